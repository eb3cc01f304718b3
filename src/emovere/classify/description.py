"""What a classifier knows of its network, whoever made it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emovere.errors import ModelError

METADATA = "emovere"
"""The key of the model file's metadata under which its description stands, as JSON."""


@dataclass(frozen=True)
class Head:
    """One output of a network."""

    labels: tuple[str, ...]
    threshold: float | None = None
    """Least probability of a label that stays in the conformal set; None where none was fitted."""
    coverage: float | None = None
    """Share of faces whose true label the set was fitted to hold."""
    thresholds: tuple[float, ...] | None = None
    """The same for each label, fitted on the faces that have it; they take the place of ``threshold``. None where one
    was fitted for all."""

    def __post_init__(self) -> None:
        if self.thresholds is not None and len(self.thresholds) != len(self.labels):
            raise ValueError(f"expected {len(self.labels)} thresholds, one a label; got {len(self.thresholds)}")

    @property
    def limits(self) -> tuple[float, ...] | float | None:
        """What a label's probability has to reach to stay in the set: one for each, or one for all; None, no sets."""
        return self.threshold if self.thresholds is None else self.thresholds


@dataclass(frozen=True)
class Description:
    """What a network is, by its own file or by the file that stands beside it."""

    name: str
    version: str
    side: int
    heads: Mapping[str, Head]
    licence: str = ""

    @classmethod
    def read(cls, metadata: Mapping[str, str], path: Path) -> Description:
        """Read it from a model file's metadata. Raises ModelError where it is missing or incomplete."""
        try:
            data: dict[str, Any] = json.loads(metadata[METADATA])
            heads = {
                name: Head(tuple(head["labels"]), head.get("threshold"), head.get("coverage"), _each(head))
                for name, head in data["heads"].items()
            }
            return cls(data["name"], data["version"], int(data["side"]), heads, data.get("licence", ""))
        except (KeyError, ValueError, TypeError, AttributeError) as error:
            raise ModelError(
                f"{path}: is no network of emovere's: expected a description under {METADATA!r} in its metadata, as "
                f"`emovere export` writes it; {type(error).__name__}: {error}"
            ) from error


def _each(head: Mapping[str, Any]) -> tuple[float, ...] | None:
    """The thresholds of a head's labels; files that were written before there were any hold none."""
    each = head.get("thresholds")
    return None if each is None else tuple(map(float, each))
