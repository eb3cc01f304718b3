"""CK+, the extended Cohn-Kanade database (Lucey et al. 2010, "The Extended Cohn-Kanade Dataset (CK+)").

Its own layout, as its ReadMe describes it::

    cohn-kanade-images/S005/001/S005_001_00000001.png ... 00000011.png    a sequence, from neutral to the peak
    Emotion/S005/001/S005_001_00000011_emotion.txt                        "   3.0000000e+00", of the last picture

0 neutral, 1 anger, 2 contempt, 3 disgust, 4 fear, 5 happy, 6 sadness, 7 surprise; 327 of 593 sequences have a label.
And the shape in which cut faces of it go round: ``CK+48/anger/S010_004_00000017.png``, 48 x 48.
"""

from __future__ import annotations

import re
from pathlib import Path

from emovere.datasets.share.listing import (
    MISSING,
    NO_LABEL,
    LeftOut,
    Listed,
    Listing,
    emotion_labels,
    emotion_name,
    find,
    find_named,
    folder_of,
    listed,
    read_text,
)
from emovere.errors import DatasetError
from emovere.sources.folders import is_image_name
from emovere.sources.names import printable

EMOTIONS = ("neutral", "angry", "contempt", "disgust", "fear", "happy", "sad", "surprise")
"""By the numbers of the label files."""

TERMS = "CK+ agreement (research)"

_IMAGES = ("cohn-kanade-images", "cohn-kanade", "extended-cohn-kanade-images")
_LABELS = ("emotion", "emotion_labels", "emotions")
_EXPECTED = "CK+: the folders cohn-kanade-images and Emotion, or CK+48 with a folder for each emotion"

_SUBJECT = re.compile(r"S\d{3}", re.IGNORECASE)
_FRAME = re.compile(r"(S\d{3})_\d{3}_\d+", re.IGNORECASE)


def read_ckplus(root: Path) -> Listing:
    """The peak of each labelled sequence, and its first picture as neutral; or every picture of a CK+48.

    ``group`` is the person, such as S005. Raises DatasetError for a folder that is neither, and for a label that is
    none.
    """
    folder_of(root, _EXPECTED)
    labels = find_named(root, _LABELS)
    if labels is not None:
        return _sequences(root, labels)
    classes = root if _is_class_folder(root) else find(root, _is_class_folder)
    if classes is None:
        raise DatasetError(f"{printable(str(root))}: expected {_EXPECTED}; there is neither")
    return _crops(root, classes)


def _sequences(root: Path, labels: Path) -> Listing:
    images = find_named(root, _IMAGES)
    if images is None:
        raise DatasetError(f"{printable(str(root))}: expected {_EXPECTED}; there is no cohn-kanade-images")
    images, labels = _down_to_subjects(images), _down_to_subjects(labels)
    pictures: list[Listed] = []
    left_out: list[LeftOut] = []
    for subject in _subjects(labels):
        for sequence in listed(subject):
            files = [file for file in listed(sequence) if file.name.lower().endswith("_emotion.txt")]
            for file in files[:1]:
                peak = images / subject.name / sequence.name / f"{file.name[: -len('_emotion.txt')]}.png"
                group = subject.name.upper()
                if not peak.is_file():
                    left_out.append(LeftOut(str(peak), MISSING, f"{file.name} names it, and it is not there"))
                    continue
                pictures.append(Listed(peak, _emotion(file), group=group))
                first = next(one for one in listed(peak.parent) if is_image_name(one.name))
                if first != peak:
                    pictures.append(Listed(first, "neutral", group=group))
    if not pictures:
        raise DatasetError(
            f"{printable(str(labels))}: expected label files such as S005/001/S005_001_00000011_emotion.txt"
        )
    return Listing("CK+", root, emotion_labels(pictures), tuple(pictures), tuple(left_out), TERMS)


def _emotion(file: Path) -> str:
    text = read_text(file).strip()
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if number not in range(len(EMOTIONS)):
        raise DatasetError(f"{printable(str(file))}: expected a number from 0 to 7; got {text[:20]!r}")
    return EMOTIONS[int(number)]


def _crops(root: Path, classes: Path) -> Listing:
    pictures: list[Listed] = []
    left_out: list[LeftOut] = []
    for folder in (child for child in listed(classes) if child.is_dir()):
        label = emotion_name(folder.name)
        if label is None:
            raise DatasetError(f"{printable(str(folder))}: expected a folder named after an emotion of CK+")
        for file in listed(folder):
            told = _FRAME.match(file.name)
            if told is None or not is_image_name(file.name):
                left_out.append(LeftOut(str(file), NO_LABEL, "no name of CK+, such as S010_004_00000017.png"))
            else:
                pictures.append(Listed(file, label, group=told.group(1).upper()))
    return Listing("CK+", root, emotion_labels(pictures), tuple(pictures), tuple(left_out), TERMS)


def _is_class_folder(path: Path) -> bool:
    """Whether it holds folders named after emotions, with pictures named as CK+ names them."""
    inner = [child for child in listed(path) if child.is_dir()] if path.is_dir() else []
    emotions = [child for child in inner if emotion_name(child.name) is not None]
    return any(_FRAME.match(file.name) for child in emotions for file in listed(child)[:20])


def _down_to_subjects(folder: Path) -> Path:
    """The folder that holds S005, S010, ...: itself, or one inside, as some archives unpack."""
    if _subjects(folder):
        return folder
    inner = find(folder, lambda path: path.is_dir() and bool(_subjects(path)), depth=1)
    if inner is None:
        raise DatasetError(f"{printable(str(folder))}: expected a folder for each person, such as S005; there is none")
    return inner


def _subjects(folder: Path) -> list[Path]:
    return [child for child in listed(folder) if child.is_dir() and _SUBJECT.fullmatch(child.name)]
