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
                name: Head(tuple(head["labels"]), head.get("threshold"), head.get("coverage"))
                for name, head in data["heads"].items()
            }
            return cls(data["name"], data["version"], int(data["side"]), heads, data.get("licence", ""))
        except (KeyError, ValueError, TypeError, AttributeError) as error:
            raise ModelError(
                f"{path}: is no network of emovere's: expected a description under {METADATA!r} in its metadata, as "
                f"`emovere export` writes it; {type(error).__name__}: {error}"
            ) from error
