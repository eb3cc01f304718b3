"""Crops of faces, and of what detectors take for faces: what the checking network learns from and is measured on."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from emovere import registry
from emovere.align.crop import SIDE, cut, to_framing
from emovere.config import DetectOptions
from emovere.detect.base import Detector
from emovere.detect.haar import Haar
from emovere.errors import MissingExtra, OutputError
from emovere.files import atomic_write
from emovere.geometry import iou_matrix
from emovere.train.faces.labels import FACE, Labels, label_scenes
from emovere.train.faces.scenes import part_of, photographs, taught
from emovere.types import Faces, Float32, Frame, Int64, UInt8

MARGIN = 12
"""Pixels around the 48 x 48 crop that are kept, so that it can be turned and moved."""

PATCH = SIDE + 2 * MARGIN

SAME, APART = 0.35, 0.2
"""A box that overlaps a face by more than the one is that face; by less than the other, it is none."""

LOW = {"haar": 1, "hog": 0.05, "own": 0.1, "yunet": 0.35}
"""How unsure a detector's boxes may be: neighbouring windows for Haar, else scores."""

ANIMALS = "n02660000"
"""ImageNet's names of synsets up to this are animals: YuNet's faces there are often no people's."""

EACH_THIRD = 3
"""The slow detectors, Haar and HOG, look at every third photograph of the training part."""


@dataclass(frozen=True, eq=False)
class Candidates:
    """M boxes of one origin on photographs, cut out."""

    scene: Int64
    """(M,) the photograph's row."""
    scores: Float32
    """(M,) the detector's."""
    truth: Int64
    """(M,) 1 a face, 0 none, -1 doubtful, by YuNet's labels."""
    patches: UInt8
    """(M, 72, 72) grey; the middle 48 x 48 is what a network would see."""
    names: npt.NDArray[np.str_]
    """(M,) the photograph's source and file."""

    @property
    def parts(self) -> npt.NDArray[np.str_]:
        """(M,) training, choosing or reported."""
        return np.array([part_of(str(name)) for name in self.names], dtype=str)


def candidates(path: Path, origin: str, say: Callable[[str], None] | None = None) -> Candidates:
    """What a detector finds when it may be unsure, or ``random`` places; worked out once and kept.

    path: a parquet file of photographs. Raises DatasetError, WeightsError, MissingExtra or OutputError.
    """
    detector = None if origin == "random" else unsure(origin)
    version = "" if detector is None else f"-{detector.info.sha256[:8] or detector.info.version}"
    kept = taught(path, f"candidates-{origin}{version}").with_suffix(".npz")
    if not kept.is_file():
        labels = label_scenes(path)
        (say or _say)(f"emovere: looking for what {origin} takes for faces, once")
        with atomic_write(kept, "wb") as file:
            made = _gathered(path, labels, detector, origin in ("haar", "hog"))
            np.savez(file, **made)  # type: ignore[arg-type]
    try:
        with np.load(kept) as stored:
            return Candidates(**{name: stored[name] for name in stored.files})
    except (OSError, ValueError, EOFError, TypeError) as error:
        raise OutputError(f"{kept}: is damaged; delete it, and it is worked out again") from error


def unsure(name: str) -> Detector:
    """A detector that tells more boxes than it is used with. Raises MissingExtra or WeightsError."""
    if name == "haar":
        return Haar(DetectOptions(), neighbours=int(LOW[name]))
    made: Detector = registry.factory("detectors", name)(DetectOptions(score=LOW[name]))
    return made


def available() -> list[str]:
    """The detectors whose mistakes can be learned from."""
    names = []
    for name in LOW:
        try:
            unsure(name)
        except MissingExtra as error:
            _say(f"emovere: without the mistakes of {name}: {error}")
        else:
            names.append(name)
    return names


def around(middle: UInt8) -> UInt8:
    """(N, 48, 48) crops with their edges repeated: (N, 72, 72)."""
    return np.pad(middle, ((0, 0), (MARGIN, MARGIN), (MARGIN, MARGIN)), mode="edge")


def judged(boxes: Float32, labels: Labels, animals: bool) -> Int64:
    """(M,) whether boxes are faces by the labels of their photograph: 1, 0, or -1 for what is doubtful."""
    if not len(labels.boxes):
        return np.zeros(len(boxes), np.int64)
    overlap = iou_matrix(boxes, labels.boxes)
    best = overlap.argmax(axis=1)
    most = overlap.max(axis=1)
    truth = np.where(most <= APART, 0, -1)
    truth[(most > SAME) & (labels.scores[best] >= FACE) & (not animals)] = 1
    return truth.astype(np.int64)


def cut_patches(frame: Frame, faces: Faces, box_in_crop: tuple[float, float, float, float]) -> UInt8:
    """(N, 72, 72) grey: each face in FER2013's framing, with some of what is around it."""
    out = np.empty((len(faces), PATCH, PATCH), np.uint8)
    for row, box in enumerate(faces.boxes):
        to_crop = to_framing(box, None if faces.landmarks is None else faces.landmarks[row], box_in_crop)
        to_crop[:, 2] += MARGIN
        out[row] = cut(frame.image, to_crop, PATCH)
    return out


def _gathered(path: Path, labels: Labels, detector: Detector | None, slow: bool) -> dict[str, npt.NDArray[np.generic]]:
    rows: list[tuple[int, str, Float32, Int64, UInt8]] = []
    for scene, (name, picture) in enumerate(photographs(path)):
        if slow and part_of(name) == "training" and scene % EACH_THIRD:
            continue
        frame, known = Frame(picture), labels.of(scene)
        if detector is None:
            found, box_in_crop = _anywhere(frame, known.boxes, scene), (0.0, 0.0, float(SIDE), float(SIDE))
        else:
            found, box_in_crop = detector.detect([frame])[0], detector.box_in_crop
        if len(found):
            truth = judged(found.boxes, known, _is_animal(name))
            rows.append((scene, name, found.scores, truth, cut_patches(frame, found, box_in_crop)))
    counts = [len(row[2]) for row in rows]
    return {
        "scene": np.repeat([row[0] for row in rows], counts).astype(np.int64),
        "names": np.repeat([row[1] for row in rows], counts),
        "scores": np.concatenate([row[2] for row in rows]).astype(np.float32),
        "truth": np.concatenate([row[3] for row in rows]).astype(np.int64),
        "patches": np.concatenate([row[4] for row in rows]),
    }


def _anywhere(frame: Frame, known: Float32, seed: int) -> Faces:
    """Squares of all sizes in the picture; some lie near a face and are none: a mouth, a shoulder, a whole person."""
    rng = np.random.default_rng(seed)
    height, width = frame.size
    boxes = []
    for _ in range(5):
        side = float(np.exp(rng.uniform(np.log(12), np.log(min(height, width)))))
        boxes.append(_square(rng.uniform(0, width), rng.uniform(0, height), side))
    for box in known[rng.permutation(len(known))[:3]]:
        x, y = (box[:2] + box[2:]) / 2
        side = float(np.sqrt(np.prod(box[2:] - box[:2])))
        factor = float(np.exp(rng.choice([-1, 1]) * rng.uniform(0.9, 1.5)))
        boxes.append(_square(x + rng.normal(0, 0.3) * side, y + rng.normal(0, 0.3) * side, side * factor))
        angle = rng.uniform(0, 2 * np.pi)
        boxes.append(_square(x + 0.9 * side * np.cos(angle), y + 0.9 * side * np.sin(angle), side))
    return Faces(np.array(boxes, np.float32), np.zeros(len(boxes), np.float32))


def _square(x: float, y: float, side: float) -> tuple[float, float, float, float]:
    return x - side / 2, y - side / 2, x + side / 2, y + side / 2


def _is_animal(name: str) -> bool:
    source, _, file = name.partition("/")
    return source == "imagenet-sample" and file < ANIMALS


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
