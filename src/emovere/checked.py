"""A detector whose finds are looked at once more, as crops: what is no face is left out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from emovere.align.crop import crop_faces
from emovere.classify.check import SIDE, Check
from emovere.config import DetectOptions
from emovere.detect.base import Detector
from emovere.detect.choose import create
from emovere.errors import ConfigError
from emovere.types import Bool, Faces, Frame


def create_checked(options: DetectOptions) -> Detector:
    """The detector that the options name, its finds checked unless ``detect.check`` is 0.

    Raises UnknownModel, WeightsError, ConfigError or ModelError.
    """
    if not 0 <= options.check <= 1:
        raise ConfigError(f"detect.check: expected a number from 0 to 1; got {options.check}")
    detector = create(options.name, options)
    return Checked(detector, Check(), options.check) if options.check else detector


class Checked:
    """Wraps a detector and leaves out boxes whose crop is not likely to be a face."""

    def __init__(self, within: Detector, check: Check, least: float) -> None:
        """least: the probability, in [0, 1], under which a box goes."""
        self._within, self._check, self._least = within, check, least
        self.box_in_crop = within.box_in_crop
        self.info, self.verifier = within.info, check.info
        self.whole_frames_only = bool(getattr(within, "whole_frames_only", False))

    def detect(self, frames: Sequence[Frame]) -> list[Faces]:
        """The faces of each frame, as the wrapped detector gives them, less those that are none."""
        found = self._within.detect(frames)
        crops = [
            crop_faces(frame, faces, self.box_in_crop, SIDE).images for frame, faces in zip(frames, found, strict=True)
        ]
        if not crops:
            return found
        likely = self._check.read(np.concatenate(crops)) >= self._least
        ends = np.cumsum([len(faces) for faces in found])
        return [_only(faces, likely[end - len(faces) : end]) for faces, end in zip(found, ends, strict=True)]


def _only(faces: Faces, kept: Bool) -> Faces:
    return Faces(
        faces.boxes[kept],
        faces.scores[kept],
        None if faces.landmarks is None else faces.landmarks[kept],
        None if faces.track_ids is None else faces.track_ids[kept],
    )
