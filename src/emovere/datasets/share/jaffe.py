"""JAFFE, the Japanese female facial expressions (Lyons et al. 1998, doi 10.1109/AFGR.1998.670949; zenodo 3451524).

213 grey pictures of 256 x 256 pixels of ten persons. A name says everything: ``KA.AN1.39.tiff`` is person KA, angry for
the first time, picture 39. AN angry, DI disgust, FE fear, HA happy, NE neutral, SA sad, SU surprise.
"""

from __future__ import annotations

import re
from pathlib import Path

from emovere.datasets.share.listing import NO_LABEL, LeftOut, Listed, Listing, folder_of
from emovere.errors import DatasetError
from emovere.labels import FER7
from emovere.sources.folders import is_image_name, pictures_below
from emovere.sources.names import printable

EMOTIONS = {
    "AN": "angry",
    "DI": "disgust",
    "FE": "fear",
    "HA": "happy",
    "NE": "neutral",
    "SA": "sad",
    "SU": "surprise",
}

TERMS = "JAFFE terms (non-commercial research)"

_NAME = re.compile(r"([A-Z]{2})[.-](AN|DI|FE|HA|NE|SA|SU)\d?[.-]\d+", re.IGNORECASE)


def read_jaffe(root: Path) -> Listing:
    """Every picture below the folder whose name is JAFFE's. ``group`` is the person, such as KA.

    Raises DatasetError where there is none.
    """
    folder_of(root, "JAFFE's pictures, such as KA.AN1.39.tiff")
    pictures: list[Listed] = []
    left_out: list[LeftOut] = []
    for item in pictures_below(str(root)):
        if not isinstance(item, str):
            raise DatasetError(item.message)
        file = Path(item)
        told = _NAME.match(file.name)
        if told is None or not is_image_name(file.name):
            left_out.append(LeftOut(item, NO_LABEL, "no name of JAFFE, such as KA.AN1.39.tiff"))
        else:
            person, emotion = told.groups()
            pictures.append(Listed(file, EMOTIONS[emotion.upper()], group=person.upper()))
    if not pictures:
        raise DatasetError(f"{printable(str(root))}: expected JAFFE's pictures, such as KA.AN1.39.tiff; there is none")
    return Listing("JAFFE", root, FER7, tuple(pictures), tuple(left_out), TERMS)
