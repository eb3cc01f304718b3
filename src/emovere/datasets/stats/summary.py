"""Everything that is counted of a set, in one value that the table, the JSON and the page share."""

from __future__ import annotations

import dataclasses
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import numpy.typing as npt

from emovere.datasets.clean.pixels import Pixels, measure
from emovere.datasets.rows import FaceRows
from emovere.datasets.stats.agreement import Agreement, agreement
from emovere.datasets.stats.imbalance import Imbalance, imbalance

Floats = npt.NDArray[np.floating[Any]]

UNKNOWN = "unknown"
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)

_ORDER = ("Training", "PublicTest", "PrivateTest")


@dataclass(frozen=True)
class Licence:
    """What stands under one licence."""

    name: str
    url: str
    faces: int
    authors: int


@dataclass(frozen=True, eq=False)
class Summary:
    """A set of N faces in K classes."""

    name: str
    label_names: tuple[str, ...]
    splits: Mapping[str, tuple[int, ...]]
    """Faces of each class in each split, FER2013's in their order first; ``""`` are those without one."""
    imbalance: Imbalance
    sources: Mapping[str, int]
    """Faces from each place, the commonest first."""
    licences: tuple[Licence, ...]
    """The commonest first; one of them may be unknown."""
    groups: int
    """Different texts in the column group: persons, for example."""
    made: Mapping[str, int]
    """Made faces of each kind."""
    pixels: Pixels
    sides: Floats
    """(M,) shorter side of the face's box in its whole picture, pixels, of the M faces for which it is known."""
    agreement: Agreement | None

    @property
    def counts(self) -> tuple[int, ...]:
        """Faces of each class."""
        return tuple(sum(column) for column in zip(*self.splits.values(), strict=True)) or (0,) * len(self.label_names)

    @property
    def faces(self) -> int:
        """All of them."""
        return sum(self.counts)

    def to_dict(self) -> dict[str, Any]:
        """As plain values; what is not defined is None."""
        return {
            "name": self.name,
            "faces": self.faces,
            "labels": list(self.label_names),
            "splits": {name: list(counts) for name, counts in self.splits.items()},
            "imbalance": _plain(dataclasses.asdict(self.imbalance)),
            "sources": dict(self.sources),
            "licences": [dataclasses.asdict(one) for one in self.licences],
            "groups": self.groups,
            "made": dict(self.made),
            "quantiles": list(QUANTILES),
            "brightness": _quantiles(self.pixels.mean),
            "contrast": _quantiles(self.pixels.contrast),
            "sharpness": _quantiles(self.pixels.sharpness),
            "face_side": _quantiles(self.sides),
            "votes": None if self.agreement is None else _plain(dataclasses.asdict(self.agreement)),
        }


def summarise(rows: FaceRows, name: str) -> Summary:
    """Count and measure every face; N may be 0."""
    faces = rows.faces
    kinds = len(faces.label_names)
    splits = {
        split: tuple(int(n) for n in np.bincount(faces.labels[faces.splits == split], minlength=kinds))
        for split in ordered_splits(faces.splits.tolist())
    }
    return Summary(
        name=name,
        label_names=faces.label_names,
        splits=splits,
        imbalance=imbalance(faces.counts),
        sources=dict(Counter(source_name(text) for text in rows.column("source")).most_common()),
        licences=_licences(rows),
        groups=len(set(rows.column("group")) - {""}),
        made=dict(Counter(kind for kind in rows.column("made") if kind).most_common()),
        pixels=measure(faces.images),
        sides=_sides(rows.column("box")),
        agreement=agreement(faces),
    )


def ordered_splits(names: Sequence[str]) -> list[str]:
    """The different names: FER2013's in their order, then others, last what has none."""
    there = set(names)
    return [*(name for name in _ORDER if name in there), *sorted(there - {*_ORDER, ""}), *([""] if "" in there else [])]


def source_name(text: str) -> str:
    """Where a face comes from, in short: a URL's host, or the name of a set; ``FER2013 row 17`` is FER2013."""
    if "://" in text:
        try:
            return (urlsplit(text).hostname or UNKNOWN).removeprefix("www.")
        except ValueError:
            return UNKNOWN
    return text.partition(" ")[0] or UNKNOWN


def _licences(rows: FaceRows) -> tuple[Licence, ...]:
    licences = [licence or UNKNOWN for licence in rows.column("licence")]
    authors: dict[str, set[str]] = {}
    urls: dict[str, str] = {}
    for licence, author, url in zip(licences, rows.column("author"), rows.column("licence_url"), strict=True):
        authors.setdefault(licence, set()).add(author)
        urls[licence] = urls.get(licence) or url
    listed = [Licence(name, urls[name], faces, len(authors[name] - {""})) for name, faces in Counter(licences).items()]
    return tuple(sorted(listed, key=lambda one: (-one.faces, one.name)))


def _sides(boxes: Sequence[str]) -> Floats:
    sides = []
    for text in boxes:
        try:
            left, top, right, bottom = (float(part) for part in text.split())
        except ValueError:
            continue
        sides.append(min(right - left, bottom - top))
    return np.array(sides, np.float64)


def _quantiles(values: Floats) -> list[float] | None:
    return [round(float(value), 2) for value in np.quantile(values, QUANTILES)] if len(values) else None


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    """Without nan and infinity, which JSON does not have."""

    def one(value: Any) -> Any:
        if isinstance(value, float):
            return round(value, 4) if math.isfinite(value) else None
        return [one(item) for item in value] if isinstance(value, tuple | list) else value

    return {name: one(value) for name, value in values.items()}
