"""What other people call FER2013's seven emotions and its three splits."""

from __future__ import annotations

from emovere.labels import FER7

SIDE = 48
"""Height and width of a FER2013 face, in pixels."""

_EMOTIONS = {
    "angry": ("angry", "anger", "ang"),
    "disgust": ("disgust", "disgusted", "dis"),
    "fear": ("fear", "fearful", "afraid", "scared"),
    "happy": ("happy", "happiness", "joy", "hap"),
    "sad": ("sad", "sadness"),
    "surprise": ("surprise", "surprised", "sur"),
    "neutral": ("neutral", "neutrality", "neu"),
}

_SPLITS = {
    "Training": ("training", "train", "fer2013train"),
    "PublicTest": ("publictest", "public", "fer2013valid"),
    "PrivateTest": ("privatetest", "private", "fer2013test"),
}

_POSITION = {word: FER7.index(label) for label, words in _EMOTIONS.items() for word in words}
_OFFICIAL = {word: split for split, words in _SPLITS.items() for word in words}


def emotion_position(word: str) -> int | None:
    """Where the emotion that a word means stands in FER7; None for a word that means none of them."""
    return _POSITION.get(word.strip().lower())


def official_split(word: str) -> str | None:
    """Training, PublicTest or PrivateTest for a word that means one of them; None for any other, such as ``test``."""
    return _OFFICIAL.get(word.strip().lower().replace("_", "").replace("-", "").replace(" ", ""))


def split_of_file(name: str) -> str | None:
    """The split that a file name such as ``PublicTest_57272892.jpg`` begins with; None where it tells none."""
    word, underscore, _ = name.partition("_")
    split = official_split(word) if underscore else None
    return split if split is not None and word.lower() == split.lower() else None
