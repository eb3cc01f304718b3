"""Examining anybody's predictions on FER2013: which split, how good, and whether it can be believed."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from emovere.datasets.faceset import FaceSet
from emovere.errors import ConfigError, LabelMismatch
from emovere.evaluate import audit_verdicts as verdicts
from emovere.evaluate.audit_file import Predictions
from emovere.evaluate.audit_leak import Copies, Mask, find_copies
from emovere.evaluate.audit_split import Identity, identify
from emovere.evaluate.audit_verdicts import Verdict
from emovere.evaluate.confidence import risk_coverage
from emovere.evaluate.examine import TOP, Figures, figures_to_dict, measure
from emovere.evaluate.metrics import brier_score, expected_calibration_error, top_k_accuracy
from emovere.labels import FER7
from emovere.version import __version__

SCHEMA = 1
"""Version of the layout of the JSON."""


@dataclass(frozen=True)
class Scores:
    """Figures of the probabilities."""

    top3: float
    ece: float
    brier: float
    aurc: float


@dataclass(frozen=True)
class Audit:
    """Everything that was found."""

    identity: Identity
    figures: Figures
    """Of the predictions; what needs probabilities stands in ``scores``."""
    scores: Scores | None
    """None where the file gives no probabilities."""
    without_copies: Figures | None
    """On rows that are neither in Training nor copied there; None where that is not known."""
    copies: int | None
    """Rows left out of ``without_copies``."""
    claim: float | None
    """The accuracy that is claimed, a share."""
    verdicts: tuple[Verdict, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain lists, numbers and strings, ready for JSON; what is not known is None."""
        return {
            "schema": SCHEMA,
            "emovere": __version__,
            "split": self.identity.name,
            "classes_swapped": self.identity.swapped,
            "claim": self.claim,
            "copies_in_training": self.copies,
            "figures": _plain(self.figures, self.scores),
            "without_copies": None if self.without_copies is None else _plain(self.without_copies, None),
            "verdicts": [
                {"about": one.about, "grade": one.grade.value, "sentence": one.sentence} for one in self.verdicts
            ],
        }


def audit(predictions: Predictions, *, faces: FaceSet | None = None, claim: float | None = None) -> Audit:
    """Examine predictions.

    faces: FER2013, to look for copies in Training. claim: the accuracy that is claimed, in percent. Raises ConfigError
    for a claim that is no percentage, LabelMismatch for data with other labels than FER2013's.
    """
    if claim is not None and not 1 < claim <= 100:
        raise ConfigError(f"claim: expected percent, such as 79.79; got {claim:g}")
    if faces is not None and faces.label_names != FER7:
        raise LabelMismatch(f"data: expected FER2013's labels {', '.join(FER7)}; got {', '.join(faces.label_names)}")
    share = None if claim is None else claim / 100
    figures = _measure(predictions, np.ones(len(predictions.labels), np.bool_))
    identity = identify([one.support for one in figures.classes])
    copies = None if faces is None else find_copies(predictions, identity, faces)
    held_out = _held_out(copies)
    return Audit(
        identity=identity,
        figures=figures,
        scores=_scores(predictions),
        without_copies=None if held_out is None else _measure(predictions, held_out),
        copies=None if held_out is None else int((~held_out).sum()),
        claim=share,
        verdicts=(
            verdicts.on_split(identity),
            *verdicts.on_numbering(predictions, figures),
            *verdicts.on_accuracy(identity, figures),
            *(() if copies is None else verdicts.on_copies(predictions, copies)),
            *(() if share is None else verdicts.on_claim(share, figures)),
        ),
    )


def _measure(predictions: Predictions, rows: Mask) -> Figures:
    """Figures that need no probabilities; certainty stands in for them."""
    return measure(np.eye(len(FER7))[predictions.predicted[rows]], predictions.labels[rows], FER7)


def _scores(predictions: Predictions) -> Scores | None:
    probs, labels = predictions.probs, predictions.labels
    if probs is None:
        return None
    return Scores(
        top3=top_k_accuracy(probs, labels, TOP),
        ece=expected_calibration_error(probs, labels),
        brier=brier_score(probs, labels),
        aurc=risk_coverage(probs, labels).area,
    )


def _held_out(copies: Copies | None) -> Mask | None:
    """Rows that are neither in Training nor copied there; None where that is not known."""
    if copies is None or copies.inside is None or copies.copied is None:
        return None
    return ~(copies.inside | copies.copied)


def _plain(figures: Figures, scores: Scores | None) -> dict[str, Any]:
    plain = {key: value for key, value in figures_to_dict(figures).items() if not key.startswith("set_")}
    plain["top3_accuracy"] = _number(scores.top3) if scores else None
    plain["ece"] = _number(scores.ece) if scores else None
    plain["brier"] = _number(scores.brier) if scores else None
    plain["aurc"] = _number(scores.aurc) if scores else None
    for one in plain["classes"].values():
        del one["set_coverage"]
    return plain


def _number(value: float) -> float | None:
    return None if math.isnan(value) else round(value, 6)
