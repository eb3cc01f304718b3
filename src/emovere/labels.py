"""Label sets: their names, their order, and how one becomes another.

fer7      FER2013's seven classes in FER2013's order (Goodfellow et al. 2013, arXiv 1307.0414).
ferplus8  the same seven and contempt (FER+, Barsoum et al. 2016, arXiv 1608.01041).
"""

from __future__ import annotations

from collections.abc import Sequence

from emovere.errors import ConfigError, unknown_name

FER7 = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
FERPLUS8 = (*FER7, "contempt")

LABEL_SETS: dict[str, tuple[str, ...]] = {"fer7": FER7, "ferplus8": FERPLUS8}

FERPLUS_COLUMNS = (
    "neutral",
    "happiness",
    "surprise",
    "sadness",
    "anger",
    "disgust",
    "fear",
    "contempt",
    "unknown",
    "NF",
)
"""The ten vote columns of FER+, in its order."""

FERPLUS_TO_LABEL = {
    "neutral": "neutral",
    "happiness": "happy",
    "surprise": "surprise",
    "sadness": "sad",
    "anger": "angry",
    "disgust": "disgust",
    "fear": "fear",
    "contempt": "contempt",
}
"""FER+'s words for our labels; its 'unknown' and 'NF' (not a face) have none."""


def parse_labels(text: str) -> tuple[str, tuple[str, ...]]:
    """Read ``fer7``, ``ferplus8`` or a list such as ``angry,happy,neutral,sad``.

    Returns (head, labels): the label set to ask the network for, and the labels to keep, in the order given.
    Raises ConfigError for an unknown name, a repeated one, or fewer than two.
    """
    if text in LABEL_SETS:
        return text, LABEL_SETS[text]
    names = tuple(part.strip() for part in text.split(",") if part.strip())
    for name in names:
        if name not in FERPLUS8:
            raise ConfigError(unknown_name("label", name, (*LABEL_SETS, *FERPLUS8)))
    if len(names) < 2:
        raise ConfigError(f"labels: expected at least two of {', '.join(FERPLUS8)}; got {text!r}")
    if len(set(names)) < len(names):
        raise ConfigError(f"labels: each may be named once; got {text!r}")
    return ("ferplus8" if "contempt" in names else "fer7"), names


def columns_of(wanted: Sequence[str], available: Sequence[str]) -> list[int]:
    """Where each wanted label stands among those available. Raises ConfigError where one is missing."""
    missing = [name for name in wanted if name not in available]
    if missing:
        raise ConfigError(
            f"labels: {', '.join(missing)} is not among what the model tells apart ({', '.join(available)})"
        )
    return [list(available).index(name) for name in wanted]
