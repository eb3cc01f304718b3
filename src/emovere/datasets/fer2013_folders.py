"""FER2013 as folders of pictures: ``train/angry/Training_3908.jpg``, ``test/happy/PublicTest_57272892.jpg``."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from emovere.datasets.emotions import SIDE, emotion_position, official_split, split_of_file
from emovere.datasets.faceset import FaceSet
from emovere.datasets.pictures import decode_face
from emovere.errors import DatasetError
from emovere.labels import FER7

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp")


def subfolders(folder: Path) -> list[Path]:
    """The folders inside a folder, by name, without hidden ones and what archivers leave behind."""
    return sorted(child for child in folder.iterdir() if child.is_dir() and not child.name.startswith((".", "__")))


def has_emotions(folder: Path) -> bool:
    """Whether any folder inside goes by the name of an emotion."""
    return any(emotion_position(child.name) is not None for child in subfolders(folder))


def read_folders(root: Path) -> FaceSet:
    """Read every picture of ``root/<split>/<emotion>/``, or of ``root/<emotion>/`` for a single split.

    A file name that begins with Training_, PublicTest_ or PrivateTest_ tells the split; otherwise the folder does:
    train and training are Training, any other keeps its name. ``names`` are the file names. Raises DatasetError for
    a folder that names no emotion, an emotion with no picture, and a picture that is damaged or not 48 x 48.
    """
    groups = [root] if has_emotions(root) else [child for child in subfolders(root) if has_emotions(child)]
    if not groups:
        raise DatasetError(
            f"{root}: expected folders such as train/{FER7[0]} or test/{FER7[3]} with pictures in them; "
            "no folder is named after an emotion"
        )
    images, labels, splits, names = [], [], [], []
    for group in groups:
        for folder in subfolders(group):
            label = emotion_position(folder.name)
            if label is None:
                raise DatasetError(f"{folder}: expected a folder named after one of {', '.join(FER7)}")
            for file in _pictures(folder):
                images.append(decode_face(_read(file), str(file)))
                labels.append(label)
                splits.append(split_of_file(file.name) or official_split(group.name) or group.name)
                names.append(file.name)
    return FaceSet(
        images=np.stack(images).reshape(-1, SIDE, SIDE),
        labels=np.array(labels, np.int64),
        splits=np.array(splits),
        label_names=FER7,
        names=tuple(names),
    )


def _pictures(folder: Path) -> list[Path]:
    files = sorted(
        file for file in folder.iterdir() if file.suffix.lower() in SUFFIXES and not file.name.startswith(".")
    )
    if not files:
        raise DatasetError(f"{folder}: expected pictures ({', '.join(SUFFIXES)}); there is none")
    return files


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise DatasetError(f"{file}: cannot be read: {error.strerror or error}") from error
