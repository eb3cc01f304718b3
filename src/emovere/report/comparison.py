"""Sources side by side, for example before and after: what their faces show, and by how much it differs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from emovere.errors import InputError
from emovere.report.comparison_bootstrap import LEVEL, RESAMPLES
from emovere.report.comparison_difference import LEAST_SECONDS, SEED, Difference, Interval, Shares, difference
from emovere.report.comparison_seconds import Seconds
from emovere.types import FrameResult

SCHEMA = 1
"""Version of what ``Comparison.to_dict`` gives."""

CAUTION = (
    "This compares what faces show to this network, not what people feel, and only under the same camera, light and"
    " network."
)
WHOLE = "All faces of a source count together: track numbers do not carry over from one source to another."


class Comparison:
    """Collects the frames of two or more groups of moving pictures, and sets each group against the first.

    A group is one source, or as many as are given its name. Memory grows by half a megabyte an hour of video.

    >>> comparison = Comparison(("happy", "sad"))
    >>> comparison.groups
    ()
    """

    def __init__(self, labels: Sequence[str]) -> None:
        self.labels = tuple(labels)
        self._groups: dict[str, dict[str, Seconds]] = {}
        self._differences: list[Difference] | None = None

    @property
    def groups(self) -> tuple[str, ...]:
        """The names of the groups, in the order in which they came."""
        return tuple(self._groups)

    def frame(self, result: FrameResult, group: str | None = None) -> None:
        """Take one frame, the frames of a source in the order of time.

        group: what it belongs to; by default its source, which makes each source a group of its own. Raises InputError
        for a frame without a time, and ConfigError where the result lacks one of the labels.
        """
        if result.time_s is None or not math.isfinite(result.time_s):
            raise InputError(f"{result.source}: has no times and cannot be compared; expected a moving picture")
        probs = result.expressions.select(self.labels).probs
        sources = self._groups.setdefault(result.source if group is None else group, {})
        sources.setdefault(result.source, Seconds(len(self.labels))).frame(result.time_s, probs)
        self._differences = None

    def differences(self) -> list[Difference]:
        """Each further group against the first. Raises InputError for fewer than two groups."""
        if len(self._groups) < 2:
            seen = ", ".join(self._groups) or "none"
            raise InputError(f"a comparison needs at least two sources with frames; got {seen}")
        if self._differences is None:
            first, *others = [
                Shares(name, np.concatenate([seconds.rows() for seconds in sources.values()]))
                for name, sources in self._groups.items()
            ]
            self._differences = [difference(first, other) for other in others]
        return self._differences

    def table(self) -> str:
        """Aligned plain text for a terminal, within 80 columns. Raises InputError for fewer than two groups."""
        from emovere.report.comparison_table import table

        return table(self.labels, self.differences(), (WHOLE, CAUTION))

    def draw(self, path: Path) -> None:
        """Draw the differences with their intervals as a PNG.

        Raises InputError for fewer than two groups, and OutputError where the file cannot be written.
        """
        from emovere.report.comparison_chart import chart

        chart(self.labels, self.differences(), CAUTION, path)

    def to_dict(self) -> dict[str, Any]:
        """Plain lists, numbers and strings in the layout of docs/comparing.md, ready for JSON.

        Shares lie in [0, 1], differences in [-1, 1], to 6 digits; null where no face was seen, or no difference may be
        claimed. Raises InputError for fewer than two groups.
        """
        differences = self.differences()
        groups = [differences[0].first, *(each.second for each in differences)]
        return {
            "schema": SCHEMA,
            "method": {
                "interval": "circular block bootstrap of seconds",
                "level": LEVEL,
                "resamples": RESAMPLES,
                "seed": SEED,
                "least_seconds": LEAST_SECONDS,
            },
            "caution": f"{WHOLE} {CAUTION}",
            "groups": [
                {
                    "name": group.name,
                    "sources": list(self._groups[group.name]),
                    "seconds_with_face": round(group.seconds, 3),
                    "face_seconds": round(group.face_seconds, 3),
                    "expressions": {
                        label: {"mean": _number(group.mean[k]), "likeliest": _number(group.likeliest[k])}
                        for k, label in enumerate(self.labels)
                    },
                }
                for group in groups
            ],
            "differences": [
                {
                    "first": each.first.name,
                    "second": each.second.name,
                    "blocks_s": None if each.blocks_s is None else list(each.blocks_s),
                    "expressions": {
                        label: {"mean": _interval(each.mean, k), "likeliest": _interval(each.likeliest, k)}
                        for k, label in enumerate(self.labels)
                    },
                }
                for each in differences
            ],
        }


def _interval(interval: Interval, k: int) -> dict[str, float | bool | None]:
    return {
        "difference": _number(interval.value[k]),
        "low": None if interval.low is None else _number(interval.low[k]),
        "high": None if interval.high is None else _number(interval.high[k]),
        "clear": interval.clear(k),
    }


def _number(value: float) -> float | None:
    return None if math.isnan(value) else round(float(value), 6)
