"""A detector by its name, and what ``auto`` means."""

from __future__ import annotations

import functools
import sys

from emovere import registry, weights
from emovere.config import DetectOptions
from emovere.detect.base import Detector
from emovere.errors import HashMismatch, Offline, WeightsError

AUTO = "auto"


def create(name: str, options: DetectOptions) -> Detector:
    """A detector by its name. ``auto`` is YuNet where its weights are or can be fetched, else Haar, said on stderr.

    Raises UnknownModel, WeightsError, ConfigError or EngineError.
    """
    if name != AUTO:
        made: Detector = registry.factory("detectors", name)(options)
        return made
    try:
        return create("yunet", options)
    except WeightsError as error:
        told_in_full = isinstance(error, Offline | HashMismatch)
        _say(str(error) if told_in_full else f"{weights.entry('yunet').file} cannot be fetched")
        return create("haar", options)


@functools.cache
def _say(reason: str) -> None:
    """Once for each reason, however many analysers are made."""
    print(
        f"emovere: using the detector haar; yunet finds more faces: emovere models download yunet ({reason})",
        file=sys.stderr,
    )
