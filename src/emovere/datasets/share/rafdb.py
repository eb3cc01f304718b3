"""RAF-DB, its basic emotions (Li, Deng and Du 2017, doi 10.1109/CVPR.2017.277; whdeng.cn/raf/model1.html).

::

    basic/EmoLabel/list_patition_label.txt                           "train_00001.jpg 5", its own spelling
    basic/Image/original/train_00001.jpg                             the picture as it was found
    basic/Image/aligned/train_00001_aligned.jpg                      the face, 100 x 100
    basic/Annotation/boundingbox/train_00001_boundingbox.txt         x1 y1 x2 y2 in the original picture

1 surprise, 2 fear, 3 disgust, 4 happy, 5 sad, 6 angry, 7 neutral. And the shape in which it stands on Kaggle:
``DATASET/train/5/train_00001_aligned.jpg``.
"""

from __future__ import annotations

import re
from pathlib import Path

from emovere.datasets.share.listing import (
    MISSING,
    Box,
    LeftOut,
    Listed,
    Listing,
    find,
    find_named,
    folder_of,
    listed,
    read_text,
)
from emovere.errors import ConfigError, DatasetError
from emovere.labels import FER7
from emovere.sources.folders import is_image_name
from emovere.sources.names import printable

EMOTIONS = {"1": "surprise", "2": "fear", "3": "disgust", "4": "happy", "5": "sad", "6": "angry", "7": "neutral"}

SPLITS = {"train": "Training", "test": "test"}

TERMS = "RAF-DB terms (non-commercial research)"

PICTURES = ("original", "aligned")

_LISTS = ("list_patition_label.txt", "list_partition_label.txt")
_EXPECTED = "RAF-DB: EmoLabel/list_patition_label.txt beside Image/original or Image/aligned, or train/1 to train/7"
_NAME = re.compile(r"(train|test)_\d+", re.IGNORECASE)


def read_rafdb(root: Path, pictures: str = "") -> Listing:
    """Every picture that the list names. pictures: ``original`` or ``aligned``; the original ones where they are there.

    Splits are Training and test. Raises DatasetError for a folder without list or pictures, and for a line of the list
    that is none, with its number; ConfigError for other ``pictures``.
    """
    if pictures and pictures not in PICTURES:
        raise ConfigError(f"pictures: expected {' or '.join(PICTURES)}; got {pictures!r}")
    folder_of(root, _EXPECTED)
    labels = find_named(root, _LISTS)
    if labels is not None:
        return _by_list(root, labels, (pictures,) if pictures else PICTURES)
    numbered = find(root, _is_numbered)
    if numbered is None:
        raise DatasetError(f"{printable(str(root))}: expected {_EXPECTED}; there is neither")
    return _by_folders(root, numbered.parent)


def _by_list(root: Path, labels: Path, kinds: tuple[str, ...]) -> Listing:
    folder = next((found for kind in kinds if (found := find_named(root, (kind,))) is not None), None)
    if folder is None:
        raise DatasetError(
            f"{printable(str(root))}: expected pictures in Image/{' or Image/'.join(kinds)}; there is none"
        )
    ending = "_aligned" if folder.name.lower() == "aligned" else ""
    boxes = None if ending else find_named(root, ("boundingbox",))
    pictures: list[Listed] = []
    left_out: list[LeftOut] = []
    for number, line in enumerate(read_text(labels).splitlines(), 1):
        if not line.strip():
            continue
        name, _, emotion = line.strip().partition(" ")
        split = _NAME.match(name)
        if split is None or emotion.strip() not in EMOTIONS:
            where = f"{printable(str(labels))}: line {number}"
            raise DatasetError(f"{where}: expected a picture and 1 to 7, as in train_00001.jpg 5; got {line[:40]!r}")
        stem = Path(name).stem
        file = folder / f"{stem}{ending}.jpg"
        if not file.is_file():
            left_out.append(
                LeftOut(str(file), MISSING, f"line {number} of {labels.name} names it, and it is not there")
            )
            continue
        box = None if boxes is None else _box(boxes / f"{stem}_boundingbox.txt")
        pictures.append(Listed(file, EMOTIONS[emotion.strip()], SPLITS[split.group(1).lower()], box=box))
    if not pictures:
        raise DatasetError(f"{printable(str(folder))}: none of the pictures is there that {labels.name} names")
    return Listing("RAF-DB", root, FER7, tuple(pictures), tuple(left_out), TERMS)


def _box(file: Path) -> Box | None:
    """Where the face is in the original picture; None where that is not known."""
    if not file.is_file():
        return None
    text = read_text(file)
    try:
        left, top, right, bottom = (float(part) for part in text.split())
    except ValueError as error:
        raise DatasetError(f"{printable(str(file))}: expected x1 y1 x2 y2; got {text[:40].strip()!r}") from error
    return left, top, right, bottom


def _is_numbered(path: Path) -> bool:
    return path.is_dir() and path.name.lower() in SPLITS and {child.name for child in listed(path)} >= set(EMOTIONS)


def _by_folders(root: Path, parent: Path) -> Listing:
    pictures = tuple(
        Listed(file, label, SPLITS[folder.name.lower()])
        for folder in listed(parent)
        if _is_numbered(folder)
        for number, label in EMOTIONS.items()
        for file in listed(folder / number)
        if is_image_name(file.name)
    )
    if not pictures:
        raise DatasetError(f"{printable(str(parent))}: expected pictures in train/1 to train/7; there is none")
    return Listing("RAF-DB", root, FER7, pictures, terms=TERMS)
