"""Faces that are heads: another detector's candidates, checked against the depth picture.

A photograph of a face held up to the camera is flat, or bent in one direction; one on a wall or a screen has the wrong
size as well. A mask of the right size and relief passes.
"""

from __future__ import annotations

import dataclasses
import functools
import sys
from collections.abc import Sequence

import numpy as np

from emovere.config import DetectOptions
from emovere.detect.base import Detector
from emovere.detect.choose import AUTO, create
from emovere.detect.depth_shape import Shape, shape_of
from emovere.errors import ConfigError
from emovere.types import Faces, Float32, Frame, ModelInfo

EYES_M = (0.035, 0.095)
"""Metres between the eyes. People have 0.040 (a child of five) to 0.080 (Dodgson 2004, doi 10.1117/12.529999); a sixth
more either way is left for the detector's box and the assumed field of view."""

LEAST_KNOWN = 0.5
"""Share of a face's pixels whose depth must be known."""

RELIEF = (0.4, 2.0)
"""Relief of a head as a multiple of the average face's."""

EVIDENCE = 6.5
"""Least evidence for a face rather than bent paper; chosen with benchmarks/depth.py."""

UNSURE = 0.25
"""A standard error of the relief above this means that the sensor cannot tell at this distance."""


class Depth:
    """Wraps another detector and keeps those of its faces that have a head's size and relief.

    A candidate that cannot be checked, because its depth is unknown or too noisy, is left out: what comes through has
    been seen to be a head. A frame without depth cannot be checked at all; its faces pass as they are, which is said
    once on stderr.
    """

    whole_frames_only = True
    """Parts of a frame would be checked with the wrong focal length."""

    def __init__(self, options: DetectOptions, within: Detector | None = None) -> None:
        """Wrap a detector; the choice of ``auto`` unless given. Raises what that one raises, and ConfigError."""
        field_of_view = options.field_of_view
        if not 10 <= field_of_view <= 170:
            raise ConfigError(f"detect.field_of_view: expected 10 to 170 degrees; got {field_of_view:g}")
        self._within = within or create(AUTO, options)
        self._field_of_view = field_of_view
        self.box_in_crop = self._within.box_in_crop
        inner = self._within.info
        self.info = ModelInfo("depth", f"{inner.name} {inner.version}".strip(), inner.sha256, inner.engine)

    def detect(self, frames: Sequence[Frame]) -> list[Faces]:
        """The heads of each frame; boxes and landmarks as the wrapped detector gives them, largest first."""
        found = self._within.detect(frames)
        return [self._checked(frame, faces) for frame, faces in zip(frames, found, strict=True)]

    def shapes(self, frame: Frame, boxes: Float32) -> list[Shape]:
        """What the depth of a frame says about each box. boxes: (N, 4); the frame has depth."""
        assert frame.depth_m is not None
        focal_px = frame.size[1] / 2 / float(np.tan(np.radians(self._field_of_view / 2)))
        depth_m = np.where(np.isfinite(frame.depth_m), frame.depth_m, 0)
        return [shape_of(depth_m, box, self.box_in_crop, focal_px) for box in boxes]

    def _checked(self, frame: Frame, faces: Faces) -> Faces:
        if frame.depth_m is None:
            _say("there is no depth, so that the detector depth cannot tell a head from a photograph of one")
            return faces
        shapes = self.shapes(frame, faces.boxes)
        for shape in shapes:
            if is_too_noisy(shape):
                _say(
                    "depth is too far away or too noisy to tell a head from a photograph of one: such faces are left "
                    "out; come nearer"
                )
        return _selected(faces, [row for row, shape in enumerate(shapes) if is_head(shape)])


def is_head(shape: Shape) -> bool:
    """Whether size and relief are those of a head."""
    return (
        shape.known >= LEAST_KNOWN
        and EYES_M[0] <= shape.eyes_m <= EYES_M[1]
        and RELIEF[0] <= shape.relief <= RELIEF[1]
        and shape.evidence >= EVIDENCE
    )


def is_too_noisy(shape: Shape) -> bool:
    """Whether the size is that of a head, and the relief cannot be told."""
    has_size = shape.known >= LEAST_KNOWN and EYES_M[0] <= shape.eyes_m <= EYES_M[1]
    return has_size and not is_head(shape) and shape.error > UNSURE


def _selected(faces: Faces, rows: list[int]) -> Faces:
    return dataclasses.replace(
        faces,
        boxes=faces.boxes[rows],
        scores=faces.scores[rows],
        landmarks=None if faces.landmarks is None else faces.landmarks[rows],
        track_ids=None if faces.track_ids is None else faces.track_ids[rows],
    )


@functools.cache
def _say(what: str) -> None:
    """Once for each message."""
    print(f"emovere: {what}", file=sys.stderr)
