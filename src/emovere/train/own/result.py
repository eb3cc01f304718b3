"""What the held-out part says: told with its interval, or not at all where it is too small."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
import numpy.typing as npt

from emovere.evaluate.comparison_significance import mcnemar_exact
from emovere.evaluate.metrics import class_scores, confusion_matrix, macro_f1, wilson_interval
from emovere.types import Int64

WIDEST = 0.2
"""Width of the 95 % interval of a share above which nothing is claimed: ten points either way."""


def faces_for(width: float, confidence: float = 0.95) -> int:
    """Faces with which no share's Wilson interval is wider; it is widest at one half, z / sqrt(n + z^2)."""
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    return math.ceil(z * z / (width * width) - z * z)


@dataclass(frozen=True, eq=False)
class HeldOut:
    """Answers about the held-out part; N from 1 on."""

    labels: tuple[str, ...]
    truth: Int64
    """(N,)"""
    answers: Int64
    """(N,)"""
    share: float
    """Of all faces that the part holds, about."""
    start_name: str = ""
    start_answers: Int64 | None = None
    """(N,) by the network that was begun with, as it was; None where it does not know these classes."""

    @property
    def right(self) -> int:
        """Faces told right."""
        return int((self.truth == self.answers).sum())

    @property
    def enough(self) -> bool:
        """Whether anything may be claimed."""
        return len(self.truth) >= faces_for(WIDEST)

    @property
    def commonest(self) -> tuple[str, float]:
        """The class with most faces, and its share: what always answering it would reach."""
        counts = np.bincount(self.truth, minlength=len(self.labels))
        return self.labels[int(counts.argmax())], float(counts.max() / len(self.truth))

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers for JSON; where the part is too small, counts alone."""
        confusion = confusion_matrix(self.answers, self.truth, len(self.labels))
        data: dict[str, Any] = {"faces": len(self.truth), "right": self.right, "enough": self.enough}
        if self.enough:
            low, high = wilson_interval(self.right, len(self.truth))
            data["accuracy"] = round(self.right / len(self.truth), 5)
            data["interval"] = [round(low, 5), round(high, 5)]
            data["macro_f1"] = round(macro_f1(confusion), 5)
        else:
            data["needed"] = faces_for(WIDEST)
        data["confusion"] = confusion.tolist()
        if self.start_answers is not None:
            data["start"] = {"name": self.start_name, "right": int((self.start_answers == self.truth).sum())}
            if self.enough:
                data["start"]["p"] = round(mcnemar_exact(*self._only()), 5)
        return data

    def _only(self) -> tuple[int, int]:
        """Faces that only the new network tells right, and only the one that was begun with."""
        ours, theirs = self.answers == self.truth, self.start_answers == self.truth
        return int((ours & ~theirs).sum()), int((theirs & ~ours).sum())

    def text(self) -> str:
        """For people: the verdict, every class, and the comparison with what was begun with."""
        lines = [self._verdict(), "", *_class_lines(self.labels, self.truth, self.answers)]
        if self.start_answers is not None:
            right = int((self.start_answers == self.truth).sum())
            line = f"{self.start_name} as it was, on the same faces: {_share(right, len(self.truth), self.enough)}"
            if self.enough:
                ours, theirs = self._only()
                p = mcnemar_exact(ours, theirs)
                verdict = "they differ" if p < 0.05 else "no difference is shown"
                line += (
                    f"; {ours} faces are told right by the new one alone, {theirs} by it alone: {verdict} (p {p:.2g})"
                )
            lines += ["", line]
        return "\n".join(lines)

    def _verdict(self) -> str:
        count, needed = len(self.truth), faces_for(WIDEST)
        said = f"held-out faces told right: {_share(self.right, count, self.enough)}"
        if not self.enough:
            total = math.ceil(needed / self.share)
            return (
                f"{said}; too few to claim anything: {needed} held-out faces are needed, about {total:,} in all, "
                f"where there are about {round(count / self.share):,}"
            )
        name, share = self.commonest
        if wilson_interval(self.right, count)[0] <= share:
            return f"{said}; not shown to be better than always answering {name}, which reaches {100 * share:.1f} %"
        return said


def _class_lines(labels: Sequence[str], truth: Int64, answers: Int64) -> list[str]:
    confusion = confusion_matrix(answers, truth, len(labels))
    scores = class_scores(confusion)
    rows = [["class", "told right", "[95 %]", "answers that are right"]]
    for k, name in enumerate(labels):
        found, there, given = int(confusion[k, k]), int(scores.support[k]), int(confusion[:, k].sum())
        low, high = wilson_interval(found, there)
        rows.append([name, f"{found} of {there}", f"[{100 * low:.0f}, {100 * high:.0f}]", f"{found} of {given}"])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _share(right: int, count: int, enough: bool) -> str:
    if not enough:
        return f"{right} of {count}"
    low, high = wilson_interval(right, count)
    return f"{right:,} of {count:,}, {100 * right / count:.1f} % [{100 * low:.1f}, {100 * high:.1f}]"


def argmax_among(logits: npt.NDArray[np.float64], columns: Sequence[int]) -> Int64:
    """(N, K) logits -> (N,) places among some of the columns."""
    places: Int64 = logits[:, list(columns)].argmax(axis=1).astype(np.int64)
    return places
