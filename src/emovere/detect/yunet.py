"""YuNet (Wu, Peng and Yu 2023, "YuNet: a tiny millisecond-level face detector", doi 10.1007/s11633-023-1423-y)."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np

from emovere import weights
from emovere.config import DetectOptions
from emovere.detect.scaling import check_options, restore, shrink
from emovere.errors import EngineError
from emovere.types import Faces, Float32, Frame, ModelInfo, UInt8

OVERLAP = 0.3
"""Boxes that overlap more than this are one face."""

CANDIDATES = 5000

SHAPES = 4
"""Sizes of pictures for which a net is kept ready, since laying one out for another size costs time, and loading one
costs more."""

SMALLEST_SIDE = 64
"""OpenCV 4.14 runs this network wrongly on inputs 32 pixels high or wide: it answers with whatever lies in memory, also
with faces. From 64 pixels on it agrees with ONNX Runtime to 5e-6."""


class YuNet:
    """Boxes, scores and five landmarks, by OpenCV's own runner."""

    box_in_crop = (4.1, -0.8, 43.4, 48.8)

    def __init__(self, options: DetectOptions) -> None:
        """Load the weights, fetching them where they are not here. Raises WeightsError, ConfigError or EngineError."""
        self._size = check_options(options).size
        known = weights.entry("yunet")
        path = weights.locate("yunet") or weights.fetch("yunet")
        self.info = ModelInfo(known.name, known.version, known.sha256, "opencv")
        self._path, self._score = path, options.score
        self._nets: OrderedDict[tuple[int, int], Any] = OrderedDict()
        self._net((320, 320))

    def detect(self, frames: Sequence[Frame]) -> list[Faces]:
        """The faces of each frame; boxes and landmarks in the frame's own pixels, largest face first."""
        return [self._one(frame) for frame in frames]

    def _one(self, frame: Frame) -> Faces:
        if not frame.image.size:
            return Faces.empty()
        seen = shrink(frame.image, self._size)
        picture = _at_least(np.asarray(cv2.cvtColor(seen, cv2.COLOR_RGB2BGR), np.uint8))
        found: Any = self._net((picture.shape[1], picture.shape[0])).detect(picture)[1]
        if found is None:
            return Faces.empty()
        rows: Float32 = found
        boxes = np.concatenate([rows[:, :2], rows[:, :2] + rows[:, 2:4]], axis=1).astype(np.float32)
        landmarks = rows[:, 4:14].reshape(-1, 5, 2).astype(np.float32)
        return restore(frame, seen, boxes, rows[:, 14].astype(np.float32), landmarks)

    def _net(self, shape: tuple[int, int]) -> Any:
        """The net for pictures of one (width, height); the one that was not used for longest is laid out anew."""
        net = self._nets.pop(shape, None)
        if net is None and len(self._nets) >= SHAPES:
            _, net = self._nets.popitem(last=False)
            net.setInputSize(shape)
        self._nets[shape] = self._loaded(shape) if net is None else net
        return self._nets[shape]

    def _loaded(self, shape: tuple[int, int]) -> Any:
        try:
            return cv2.FaceDetectorYN.create(str(self._path), "", shape, self._score, OVERLAP, CANDIDATES)
        except cv2.error as error:
            raise EngineError(f"{self._path}: OpenCV cannot load it: {str(error).splitlines()[0]}") from error


def _at_least(picture: UInt8) -> UInt8:
    """Low or narrow pictures with a grey border at right and bottom, so that no side is under ``SMALLEST_SIDE``."""
    down, right = (max(0, SMALLEST_SIDE - side) for side in picture.shape[:2])
    if not (down or right):
        return picture
    return np.pad(picture, ((0, down), (0, right), (0, 0)), constant_values=128)
