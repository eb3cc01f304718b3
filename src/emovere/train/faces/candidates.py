"""From a network's answers to faces: what the runtime does, in torch, to measure a run while it goes."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from emovere.detect.suppress import suppress
from emovere.train.faces.network import SHRINK, Answers
from emovere.types import Faces, UInt8

OVERLAP = 0.3
"""Boxes that overlap more than this are one face."""

FAINTEST = 0.02
"""Boxes of a lower score are not looked at."""


def as_picture(image: UInt8) -> Tensor:
    """(H, W, C) uint8 -> (1, C, H', W') with grey at right and bottom, so that both are multiples of 32."""
    picture = torch.from_numpy(image.transpose(2, 0, 1).copy())[None]
    down, right = (-side % SHRINK for side in image.shape[:2])
    return functional.pad(picture, [0, right, 0, down], value=128)


def faces_of(answers: Answers, row: int = 0) -> Faces:
    """The faces of one picture, most certain first; boxes that overlap a better one are left out."""
    scores = answers.logits[row].sigmoid().numpy()
    likely = np.flatnonzero(scores >= FAINTEST)
    boxes = answers.boxes[row].numpy()[likely]
    kept = likely[suppress(boxes, scores[likely], OVERLAP)]
    return Faces(answers.boxes[row].numpy()[kept], scores[kept], answers.landmarks[row].numpy()[kept])


def look(network: torch.nn.Module, picture: Tensor) -> Faces:
    """The faces that a network sees on one padded picture."""
    with torch.inference_mode():
        return faces_of(network(picture.float()))
