"""YuNet's answers, which a detector of our own learns to give: on photographs, and on FER2013's faces."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from emovere import registry
from emovere.config import DetectOptions
from emovere.detect.base import Detector
from emovere.errors import OutputError
from emovere.files import atomic_write
from emovere.geometry import iou_matrix
from emovere.train.faces.scenes import photographs, taught
from emovere.types import Faces, Float32, Frame, Int64, UInt8
from emovere.weights import home

FACE = 0.7
"""Least score of the teacher that counts as a face."""

DOUBTFUL = 0.35
"""Boxes from this score up to ``FACE`` are neither sought nor punished."""

ENLARGED = 3
"""How many times a face of FER2013 is enlarged for the teacher."""

MARGIN = 72
"""Pixels of flat grey around it."""


@dataclass(frozen=True, eq=False)
class Labels:
    """M boxes on photographs, and how sure the teacher was of each."""

    scene: Int64
    """(M,) the photograph's row."""
    boxes: Float32
    """(M, 4) x1 y1 x2 y2, pixels of the photograph."""
    landmarks: Float32
    """(M, 5, 2) pixels."""
    native: Float32
    """(M,) the score on the photograph as it is; 0 where the teacher saw nothing."""
    zoomed: Float32
    """(M,) the score on the photograph enlarged twice, for faces that are tiny; 0 where it saw nothing."""

    @property
    def scores(self) -> Float32:
        """(M,) the better of both scores."""
        return np.maximum(self.native, self.zoomed)

    def of(self, row: int) -> Labels:
        """The boxes of one photograph."""
        picked = slice(*np.searchsorted(self.scene, [row, row + 1]))
        return Labels(
            self.scene[picked], self.boxes[picked], self.landmarks[picked], self.native[picked], self.zoomed[picked]
        )


@dataclass(frozen=True, eq=False)
class FaceLabels:
    """Where the teacher sees the face on each of N crops of FER2013."""

    scores: Float32
    """(N,) 0 where it sees none."""
    boxes: Float32
    """(N, 4) pixels of the 48 x 48 crop; 0 is the middle of its first pixel."""
    landmarks: Float32
    """(N, 5, 2) pixels of the crop."""


def label_scenes(path: Path, say: Callable[[str], None] | None = None) -> Labels:
    """YuNet's answers on every photograph of a parquet file; worked out once and kept.

    Raises DatasetError, WeightsError, or OutputError where what was kept is damaged.
    """
    kept = taught(path, "yunet").with_suffix(".npz")

    def work() -> dict[str, npt.NDArray[Any]]:
        tell = say or _say
        tell("emovere: YuNet looks at the photographs, once")
        small, large = _teacher(640), _teacher(4096)
        parts = []
        for row, (_, picture) in enumerate(photographs(path)):
            zoomed = np.asarray(cv2.resize(picture, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC), np.uint8)
            parts.append(_joined(row, small.detect([Frame(picture)])[0], large.detect([Frame(zoomed)])[0]))
            if row % 500 == 499:
                tell(f"emovere: {row + 1} photographs")
        columns = zip(*parts, strict=True)
        names = ("scene", "boxes", "landmarks", "native", "zoomed")
        return {name: np.concatenate(list(column)) for name, column in zip(names, columns, strict=True)}

    return Labels(**_kept(kept, work))


def label_faces(images: UInt8, say: Callable[[str], None] | None = None) -> FaceLabels:
    """YuNet's answers on (N, 48, 48) faces of FER2013, enlarged on flat grey; worked out once and kept."""
    kept = home() / "taught" / f"yunet-faces-{hashlib.sha256(images.tobytes()).hexdigest()[:16]}.npz"

    def work() -> dict[str, npt.NDArray[Any]]:
        (say or _say)("emovere: YuNet looks at FER2013's faces, once")
        teacher = _teacher(640)
        found = [_on_face(teacher, image) for image in images]
        return {
            "scores": np.array([row[0] for row in found], np.float32),
            "boxes": np.array([row[1] for row in found], np.float32).reshape(-1, 4),
            "landmarks": np.array([row[2] for row in found], np.float32).reshape(-1, 5, 2),
        }

    return FaceLabels(**_kept(kept, work))


def _on_face(teacher: Detector, image: UInt8) -> tuple[float, Float32, Float32]:
    padded = on_grey(image, ENLARGED, MARGIN)
    found = teacher.detect([Frame(np.repeat(padded[:, :, None], 3, axis=2))])[0]
    if not len(found) or found.landmarks is None:
        return 0.0, np.zeros(4, np.float32), np.zeros((5, 2), np.float32)
    return (
        float(found.scores[0]),
        (found.boxes[0] - MARGIN + 0.5) / ENLARGED - 0.5,
        (found.landmarks[0] - MARGIN + 0.5) / ENLARGED - 0.5,
    )


def on_grey(face: UInt8, enlarged: int, margin: int) -> UInt8:
    """A (48, 48) face, enlarged, with so many pixels of flat grey around it."""
    large = cv2.resize(face, None, fx=enlarged, fy=enlarged, interpolation=cv2.INTER_CUBIC)
    return np.pad(np.asarray(large, np.uint8), margin, constant_values=128)


def _teacher(size: int) -> Detector:
    made: Detector = registry.factory("detectors", "yunet")(DetectOptions(size=size, score=DOUBTFUL))
    return made


def _joined(row: int, native: Faces, zoomed: Faces) -> tuple[npt.NDArray[Any], ...]:
    """The boxes of both looks at one photograph; a face that both saw stands where the first saw it."""
    boxes, marks = native.boxes, _landmarks(native)
    more, more_marks = (
        zoomed.boxes / np.float32(2) - np.float32(0.25),
        _landmarks(zoomed) / 2 - 0.25,
    )  # centre on centre
    overlap = iou_matrix(boxes, more)
    again = overlap.max(axis=1, initial=0) > 0.4
    second = np.zeros(len(boxes), np.float32)
    if again.any():
        second[again] = zoomed.scores[overlap.argmax(axis=1)[again]]
    new = overlap.max(axis=0, initial=0) <= 0.4
    count = len(boxes) + int(new.sum())
    return (
        np.full(count, row, np.int64),
        np.concatenate([boxes, more[new]]).astype(np.float32),
        np.concatenate([marks, more_marks[new]]).astype(np.float32),
        np.concatenate([native.scores, np.zeros(int(new.sum()), np.float32)]).astype(np.float32),
        np.concatenate([second, zoomed.scores[new]]).astype(np.float32),
    )


def _landmarks(found: Faces) -> Float32:
    return np.zeros((0, 5, 2), np.float32) if found.landmarks is None else found.landmarks


def _kept(path: Path, work: Callable[[], dict[str, npt.NDArray[Any]]]) -> dict[str, npt.NDArray[Any]]:
    if not path.is_file():
        made = work()
        with atomic_write(path, "wb") as file:
            np.savez(file, **made)  # type: ignore[arg-type]
    try:
        with np.load(path) as kept:
            return {name: kept[name] for name in kept.files}
    except (OSError, ValueError, EOFError) as error:
        raise OutputError(f"{path}: is damaged; delete it, and YuNet is asked again") from error


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
