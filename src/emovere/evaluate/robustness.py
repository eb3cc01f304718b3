"""How a network breaks: its answers on faces that are spoilt more and more, and whether it notices."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
import numpy.typing as npt

from emovere.align.crop import SIDE
from emovere.classify.classifier import resize_crops
from emovere.datasets.faceset import FaceSet
from emovere.errors import ConfigError, InputError, unknown_name
from emovere.evaluate.corruptions import CORRUPTIONS, STRENGTHS, corrupt
from emovere.evaluate.metrics import wilson_interval
from emovere.evaluate.split import Predictor, asked_classes, positions_among
from emovere.evaluate.votes import truth_of
from emovere.files import atomic_write
from emovere.types import Expressions, ModelInfo, model_to_dict
from emovere.version import __version__

SCHEMA = 1
"""Version of the layout of robustness.json."""

FACES = 1000
"""Faces that are drawn unless another number is asked for: 66 looks at a whole split take long, and 1,000 place an
accuracy within about 3 points."""


@dataclass(frozen=True)
class Level:
    """How faces were told that are all spoilt in one way and strength, or not at all. Shares are nan without a face."""

    accuracy: float
    interval: tuple[float, float]
    """95 % Wilson interval of the accuracy."""
    confidence: float
    """Mean probability of the likeliest label."""
    uncertain: float | None
    """Share of faces with more than one label in their conformal set; None where the network gives no sets."""
    coverage: float | None
    """Share of faces whose conformal set holds the true label; None where the network gives no sets."""


@dataclass(frozen=True)
class Robustness:
    """Accuracy and doubt of one network on N faces under every corruption."""

    model: ModelInfo
    split: str
    label_set: str
    faces: int
    drawn_from: int
    """Faces of the split that could have been drawn."""
    seed: int
    commonest: float
    """Share of the faces with the commonest label: the accuracy of an answer that never looks."""
    clean: Level
    spoilt: Mapping[str, tuple[Level, ...]]
    """Name of a corruption -> five levels, strength 1 first."""
    mean_interval: tuple[float, float]
    """95 % interval of ``mean_accuracy``: normal, over the faces, since every face is looked at in all ways."""

    def __post_init__(self) -> None:
        for name, levels in self.spoilt.items():
            if name not in CORRUPTIONS:
                raise ConfigError(unknown_name("corruption", name, CORRUPTIONS))
            if len(levels) != len(STRENGTHS):
                raise InputError(f"{name}: expected {len(STRENGTHS)} strengths; got {len(levels)}")

    @property
    def mean_accuracy(self) -> float:
        """The plain mean over all corruptions and strengths.

        Not divided by another network's errors, as Hendrycks and Dietterich divide by AlexNet's: on FER2013 no network
        is at hand everywhere to divide by, and a share of faces told right can be understood by itself.
        """
        return self.mean_of("accuracy")

    def mean_of(self, figure: str, name: str | None = None) -> float:
        """Mean of ``accuracy``, ``confidence``, ``uncertain`` or ``coverage`` over a corruption's strengths, or all.

        nan where the network gives no sets, or without a face.
        """
        levels = self.spoilt[name] if name else [level for levels in self.spoilt.values() for level in levels]
        values = [getattr(level, figure) for level in levels]
        return math.nan if None in values else fmean(values)

    @property
    def title(self) -> str:
        """One line that says what was measured on."""
        truth = "FER2013's labels" if self.label_set == "fer7" else "FER+'s majority"
        which = f"{self.faces:,} faces"
        if self.faces < self.drawn_from:
            which = f"{self.faces:,} of {self.drawn_from:,} faces, drawn at random (seed {self.seed})"
        return f"{self.model.name} on {self.split}, {truth}, {which}"

    def to_dict(self) -> dict[str, Any]:
        """Plain lists, numbers and strings, ready for JSON; what is not defined is None."""
        return {
            "schema": SCHEMA,
            "emovere": __version__,
            "model": model_to_dict(self.model),
            "split": self.split,
            "label_set": self.label_set,
            "faces": self.faces,
            "drawn_from": self.drawn_from,
            "seed": self.seed,
            "commonest": _number(self.commonest),
            "mean_accuracy": _number(self.mean_accuracy),
            "mean_accuracy_interval_95": [_number(edge) for edge in self.mean_interval],
            "clean": _level_to_dict(self.clean),
            "corruptions": {
                name: {
                    "measure": CORRUPTIONS[name].measure,
                    "values": list(CORRUPTIONS[name].values),
                    "strengths": [_level_to_dict(level) for level in levels],
                }
                for name, levels in self.spoilt.items()
            },
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Robustness:
        """The inverse of ``to_dict``. Raises InputError for another schema or a missing field, ConfigError for a
        corruption of another name.
        """
        if data.get("schema") != SCHEMA:
            raise InputError(f"robustness: expected schema {SCHEMA}; got {data.get('schema')!r}")
        try:
            info = data["model"]
            low, high = data["mean_accuracy_interval_95"]
            return cls(
                model=ModelInfo(**{**info, "labels": tuple(info.get("labels", ()))}),
                split=data["split"],
                label_set=data["label_set"],
                faces=data["faces"],
                drawn_from=data["drawn_from"],
                seed=data["seed"],
                commonest=_read(data["commonest"]),
                clean=_level_from_dict(data["clean"]),
                spoilt={
                    name: tuple(_level_from_dict(level) for level in one["strengths"])
                    for name, one in data["corruptions"].items()
                },
                mean_interval=(_read(low), _read(high)),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise InputError(f"robustness: a field is missing or of the wrong kind: {error}") from error

    def save(self, folder: Path) -> None:
        """Write robustness.json, robustness.txt and robustness.png. Raises OutputError where that cannot be done."""
        from emovere.evaluate.robustness_chart import robustness_png
        from emovere.evaluate.robustness_text import robustness_text

        with atomic_write(folder / "robustness.json") as file:
            json.dump(self.to_dict(), file, indent=2)
            file.write("\n")
        with atomic_write(folder / "robustness.txt") as file:
            file.write(f"{self.title}\n\n{robustness_text(self)}\n")
        robustness_png([self], folder / "robustness.png")


def measure_robustness(
    model: Predictor,
    faces: FaceSet,
    split: str,
    *,
    label_set: str = "fer7",
    count: int = FACES,
    seed: int = 0,
    names: Sequence[str] = tuple(CORRUPTIONS),
    told: Callable[[str], None] = lambda name: None,
) -> Robustness:
    """Ask a network about the same faces, clean and spoilt in each way and strength.

    count: faces to draw; a split that has fewer is taken whole. seed: of the draw and of the corruptions. told: is
    called with each corruption's name before its turn. Raises DatasetError where the split or the votes are missing,
    ConfigError where the network does not tell those labels apart or a corruption has another name.
    """
    tested = faces.split(split)
    wanted = asked_classes(model, label_set)
    truth = positions_among(truth_of(tested, label_set), wanted)
    usable = np.flatnonzero(truth >= 0)
    drawn = np.sort(np.random.default_rng(seed).permutation(usable)[:count])
    images, truth = resize_crops(tested.images[drawn], SIDE), truth[drawn]
    clean = _level(model.predict(images).select(wanted), truth)
    spoilt, right = {}, np.zeros(len(truth))
    for name in names:
        told(name)
        levels = []
        for strength in STRENGTHS:
            answers = model.predict(corrupt(images, name, strength, seed=seed)).select(wanted)
            right += answers.probs.argmax(axis=1) == truth
            levels.append(_level(answers, truth))
        spoilt[name] = tuple(levels)
    return Robustness(
        model=model.info,
        split=split,
        label_set=label_set,
        faces=len(truth),
        drawn_from=len(usable),
        seed=seed,
        commonest=float(np.bincount(truth).max() / len(truth)) if len(truth) else math.nan,
        clean=clean,
        spoilt=spoilt,
        mean_interval=_interval(right / max(1, len(names) * len(STRENGTHS))),
    )


def _level(answers: Expressions, truth: npt.NDArray[np.int64]) -> Level:
    count = len(truth)
    correct = int((answers.probs.argmax(axis=1) == truth).sum())
    uncertain = coverage = None
    if answers.sets is not None:
        uncertain = float(answers.uncertain.mean()) if count else math.nan
        coverage = float(answers.sets[np.arange(count), truth].mean()) if count else math.nan
    return Level(
        accuracy=correct / count if count else math.nan,
        interval=wilson_interval(correct, count),
        confidence=float(answers.probs.max(axis=1).mean()) if count else math.nan,
        uncertain=uncertain,
        coverage=coverage,
    )


def _interval(shares: npt.NDArray[np.float64]) -> tuple[float, float]:
    """95 % interval of the mean of (N,) values; nan for fewer than two."""
    if len(shares) < 2:
        return math.nan, math.nan
    middle, half = float(shares.mean()), 1.96 * float(shares.std(ddof=1)) / math.sqrt(len(shares))
    return max(0.0, middle - half), min(1.0, middle + half)


def _level_to_dict(level: Level) -> dict[str, Any]:
    figures = asdict(level)
    low, high = figures.pop("interval")
    return {
        "accuracy": _number(figures.pop("accuracy")),
        "accuracy_interval_95": [_number(low), _number(high)],
        **{name: _number(value) for name, value in figures.items()},
    }


def _level_from_dict(data: Mapping[str, Any]) -> Level:
    low, high = data["accuracy_interval_95"]
    return Level(
        accuracy=_read(data["accuracy"]),
        interval=(_read(low), _read(high)),
        confidence=_read(data["confidence"]),
        uncertain=data["uncertain"],
        coverage=data["coverage"],
    )


def _number(value: float | None) -> float | None:
    return None if value is None or math.isnan(value) else round(value, 6)


def _read(value: float | None) -> float:
    return math.nan if value is None else float(value)
