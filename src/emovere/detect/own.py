"""Emovere's own detector: a small network that travels inside the package, so that nothing need be downloaded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np

from emovere import weights
from emovere.config import DetectOptions, EngineOptions
from emovere.detect.scaling import check_options, restore, shrink
from emovere.detect.suppress import suppress
from emovere.engines.onnxruntime import OnnxRuntime
from emovere.errors import ModelError
from emovere.types import Faces, Frame, ModelInfo, UInt8

OVERLAP = 0.3
"""Boxes that overlap more than this are one face."""

STRIDE = 32
"""The network's coarsest step: its pictures' sides are multiples of it."""

GREY = 128
"""What is added at right and bottom to make them so."""

AT_ONCE = 640 * 640
"""Pixels in one call of the network, if there is more than one picture: more at once would only leave the cache."""

INPUT = "image"
OUTPUTS = ("boxes", "scores", "landmarks")


class Own:
    """Boxes, calibrated scores and five landmarks. Needs no download.

    One ONNX file holds everything but the resizing and the choice among boxes that overlap: it takes (N, C, H, W) uint8
    pixels, C = 1 (grey) or 3 (RGB), and gives (N, A, 4) boxes, (N, A) scores and (N, A, 5, 2) landmarks for the A
    places at which it looks. ``detect.score`` at its default means the score that the file names: the one that was
    chosen for the network, on photographs that it did not learn from.
    """

    def __init__(self, options: DetectOptions, path: Path | None = None) -> None:
        """Load the network; the package's, unless another of its kind is given, as ``emovere train faces`` makes them.

        Raises ConfigError, WeightsError where the package's file is damaged or missing, ModelError for a file of
        another kind.
        """
        self._size = check_options(options).size
        path = path or weights.locate("own") or weights.fetch("own")
        # one thread: at this size threads wait for each other longer than they help, and a core is left for the rest
        self._engine = OnnxRuntime(path, EngineOptions(threads=1))
        self._channels = _channels(self._engine, path)
        said = self._engine.metadata
        self.box_in_crop = _box_in_crop(said, path)
        self._score = _least_score(said, path, options.score)
        self.info = ModelInfo(
            said.get("name", path.stem), said.get("version", ""), weights.sha256_of(path), "onnxruntime"
        )

    def detect(self, frames: Sequence[Frame]) -> list[Faces]:
        """The faces of each frame; boxes and landmarks in the frame's own pixels, largest face first."""
        pictures = [self._seen(frame.image) for frame in frames]
        alike: dict[tuple[int, int], list[int]] = {}
        for row, picture in enumerate(pictures):
            if picture.size:
                alike.setdefault(_padded(picture), []).append(row)
        found = [Faces.empty()] * len(frames)
        for shape, rows in alike.items():
            count = max(1, AT_ONCE // (shape[0] * shape[1]))
            for start in range(0, len(rows), count):
                part = rows[start : start + count]
                for row, faces in zip(
                    part, self._together(shape, [(frames[k], pictures[k]) for k in part]), strict=True
                ):
                    found[row] = faces
        return found

    def _seen(self, image: UInt8) -> UInt8:
        """(H, W, 3) RGB -> (h, w, C), at most ``size`` pixels long."""
        if not image.size:
            return image
        if self._channels == 3:
            return shrink(image, self._size)
        # grey first: a large photo is shrunk in a third of the time
        return shrink(np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.uint8), self._size)[:, :, None]

    def _together(self, shape: tuple[int, int], pairs: Sequence[tuple[Frame, UInt8]]) -> list[Faces]:
        """Frames and their pictures, whose sides come to the same multiples: one call of the network."""
        batch = np.full((len(pairs), self._channels, *shape), GREY, np.uint8)
        for place, (_, picture) in enumerate(pairs):
            batch[place, :, : picture.shape[0], : picture.shape[1]] = picture.transpose(2, 0, 1)
        boxes, scores, landmarks = self._engine.run(OUTPUTS, {INPUT: batch})
        out = []
        for place, (frame, picture) in enumerate(pairs):
            sure = np.flatnonzero(scores[place] >= self._score)
            rows = sure[suppress(boxes[place, sure], scores[place, sure], OVERLAP)]
            out.append(restore(frame, picture, boxes[place, rows], scores[place, rows], landmarks[place, rows]))
        return out


def _padded(picture: UInt8) -> tuple[int, int]:
    height, width = (-(-side // STRIDE) * STRIDE for side in picture.shape[:2])
    return height, width


def _channels(engine: OnnxRuntime, path: Path) -> int:
    shape = engine.inputs.get(INPUT, ())
    if len(shape) != 4 or shape[1] not in (1, 3):
        raise ModelError(
            f"{path}: is no detector of emovere's: expected an input {INPUT!r} of (N, 1 or 3, H, W); got "
            f"{dict(engine.inputs)}"
        )
    return shape[1]


def _box_in_crop(said: Mapping[str, str], path: Path) -> tuple[float, float, float, float]:
    """Where its boxes lie in FER2013's framing, as its file says."""
    text = said.get("box_in_crop", "")
    try:
        x1, y1, x2, y2 = (float(part) for part in text.split(","))
    except ValueError as error:
        raise ModelError(
            f"{path}: is no detector of emovere's: expected box_in_crop, as x1,y1,x2,y2, in its metadata; got {text!r}"
        ) from error
    return x1, y1, x2, y2


def _least_score(said: Mapping[str, str], path: Path, wanted: float) -> float:
    """What is wanted; where that is the default, the score that the network was chosen with, if its file names one."""
    if wanted != DetectOptions().score or "score" not in said:
        return wanted
    try:
        return float(said["score"])
    except ValueError as error:
        raise ModelError(f"{path}: score: expected a number in its metadata; got {said['score']!r}") from error
