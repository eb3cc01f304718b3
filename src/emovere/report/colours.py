"""One colour an expression, told apart also by eyes that see red and green alike."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TypeAlias

COLOURS: Mapping[str, str] = MappingProxyType(
    {
        "angry": "#d55e00",
        "disgust": "#009e73",
        "fear": "#cc79a7",
        "happy": "#f0e442",
        "sad": "#0072b2",
        "surprise": "#56b4e9",
        "neutral": "#bbbbbb",
        "contempt": "#e69f00",
    }
)
"""Label -> sRGB hex, from the palette of Okabe and Ito (2008), with grey in the place of its black."""

RGB: TypeAlias = tuple[int, int, int]

_CYCLE = tuple(colour for label, colour in COLOURS.items() if label != "neutral")


def colour_of(label: str) -> str:
    """The colour of a label, as sRGB hex; another than those above always gets the same one of them."""
    if label in COLOURS:
        return COLOURS[label]
    return _CYCLE[sum(label.encode("utf-8", "surrogatepass")) % len(_CYCLE)]


def rgb(colour: str) -> RGB:
    """``#d55e00`` as three numbers in [0, 255], red first."""
    red, green, blue = bytes.fromhex(colour[1:])
    return red, green, blue
