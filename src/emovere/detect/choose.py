"""A detector by its name, and what ``auto`` means."""

from __future__ import annotations

import functools
import sys

from emovere import registry, weights
from emovere.config import DetectOptions
from emovere.detect.base import Detector
from emovere.errors import HashMismatch, ModelError, Offline, WeightsError

AUTO = "auto"


def create(name: str, options: DetectOptions) -> Detector:
    """A detector by its name. ``auto`` is YuNet where its weights are or can be fetched, else emovere's own, said on
    stderr; Haar where the package lacks even that.

    Raises UnknownModel, WeightsError, ConfigError or ModelError.
    """
    if name != AUTO:
        made: Detector = registry.factory("detectors", name)(options)
        return made
    try:
        return create("yunet", options)
    except WeightsError as error:
        told_in_full = isinstance(error, Offline | HashMismatch)
        reason = str(error) if told_in_full else f"{weights.entry('yunet').file} cannot be fetched"
    try:
        own = create("own", options)
    except (WeightsError, ModelError) as error:
        _say(f"using the detector haar, which finds fewer faces ({error})")
        return create("haar", options)
    _say(f"using the detector own; yunet finds more faces: emovere models download yunet ({reason})")
    return own


@functools.cache
def _say(what: str) -> None:
    """Once for each message, however many analysers are made."""
    print(f"emovere: {what}", file=sys.stderr)
