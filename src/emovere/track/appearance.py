"""What a person looks like, in few numbers: enough to tell two people of one clip apart, no more."""

from __future__ import annotations

import cv2
import numpy as np

from emovere.types import Crops, Faces, Float32, Frame

GREY = 12
"""Side to which the aligned crop is brought: coarse enough that an expression changes little of it."""

COLOURS = 4
"""Side to which the surroundings (hair, skin, collar) are brought."""

LENGTH = GREY * GREY + 3 * COLOURS * COLOURS


def appearances(frame: Frame, faces: Faces, crops: Crops) -> Float32:
    """Describe N faces: (N, LENGTH) float32 rows of length 1; the dot product of two rows tells how alike they are.

    Half of a row is the aligned grey crop without its mean and contrast, half the colours of the box and what lies
    around it. It is no biometric template: it holds for the light and the clothes of one recording.
    """
    rows = np.zeros((len(faces), LENGTH), np.float32)
    height, width = frame.size
    for i, (x1, y1, x2, y2) in enumerate(faces.boxes):
        grey = cv2.resize(crops.images[i], (GREY, GREY), interpolation=cv2.INTER_AREA).astype(np.float32).ravel()
        across, down = 0.25 * (x2 - x1), 0.25 * (y2 - y1)
        left, top = int(max(0, x1 - across)), int(max(0, y1 - down))
        right, bottom = int(min(width, x2 + across)) + 1, int(min(height, y2 + 2 * down)) + 1
        around = cv2.resize(frame.image[top:bottom, left:right], (COLOURS, COLOURS), interpolation=cv2.INTER_AREA)
        rows[i, : GREY * GREY] = _unit(grey)
        rows[i, GREY * GREY :] = _unit(around.astype(np.float32).ravel())
    return np.asarray(rows / np.sqrt(2), np.float32)


def _unit(values: Float32) -> Float32:
    centred = values - values.mean()
    return np.asarray(centred / max(float(np.linalg.norm(centred)), 1e-6), np.float32)
