"""A person's own pictures: FOLDER/class/picture, the shape that ``emovere train --from`` takes."""

from __future__ import annotations

import unicodedata
from pathlib import Path

from emovere.datasets.share.listing import NO_LABEL, LeftOut, Listed, Listing, emotion_name, folder_of, listed
from emovere.errors import DatasetError
from emovere.labels import FERPLUS8
from emovere.sources.folders import is_image_name, pictures_below
from emovere.sources.names import printable

_EXPECTED = "a folder of pictures for each class"


def read_own_folders(root: Path) -> Listing:
    """Every picture below each class's folder; those of deeper folders count to their class.

    Where every folder's name means an emotion, the labels are our names for them, in FER2013's order. Raises
    DatasetError for fewer than two classes, and for one without pictures.
    """
    folder_of(root, _EXPECTED)
    folders = [child for child in listed(root) if child.is_dir()]
    if len(folders) < 2:
        raise DatasetError(f"{printable(str(root))}: expected {_EXPECTED}, two at least; got {len(folders)}")
    words = [unicodedata.normalize("NFC", folder.name) for folder in folders]
    known = [emotion_name(word) for word in words]
    names = [name for name in known if name is not None]
    labels = names if len(names) == len(words) else words
    pictures: list[Listed] = []
    left_out: list[LeftOut] = []
    for folder, label in zip(folders, labels, strict=True):
        before = len(pictures)
        for item in pictures_below(str(folder)):
            if not isinstance(item, str):
                raise DatasetError(item.message)
            if is_image_name(item):
                pictures.append(Listed(Path(item), label))
            else:
                left_out.append(LeftOut(item, NO_LABEL, "a video: write its frames as pictures first"))
        if len(pictures) == before:
            raise DatasetError(f"{printable(str(folder))}: no picture in it; put some in, or take it away")
    order = [name for name in FERPLUS8 if name in labels] if len(names) == len(words) else list(dict.fromkeys(words))
    return Listing("own pictures", root, tuple(order), tuple(pictures), tuple(left_out), one_subject=False)
