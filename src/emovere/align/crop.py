"""Cutting faces to the framing that the network knows: FER2013's.

FER2013's faces come from one face detector and are framed in one way (docs/framing.md measures it). A face of a photo
is brought to the same framing by its box and, where the detector gives them, its five landmarks.
"""

from __future__ import annotations

import cv2
import numpy as np

from emovere.geometry import apply_affine, box_to_box, invert_affine, similarity
from emovere.types import Crops, Faces, Float32, Frame, UInt8

SIDE = 48
"""Side of a crop in FER2013, in pixels; the coordinates below are in its pixels."""

LANDMARKS = np.array([[14.3, 18.3], [32.7, 18.3], [23.5, 28.3], [15.7, 35.6], [31.3, 35.6]], np.float32)
"""Where right eye, left eye, nose tip and right and left mouth corner stand in FER2013: medians over the
Training split, printed by benchmarks/framing.py and made symmetrical about x = 23.5."""

BoxInCrop = tuple[float, float, float, float]

_SPARE = 2.0
"""How many times finer than the crop a large face stays before it is warped: averaging it all the way down and then
shifting it by parts of a pixel would blur it."""


def crop_faces(frame: Frame, faces: Faces, box_in_crop: BoxInCrop, side: int = SIDE) -> Crops:
    """Cut every face out of a frame.

    box_in_crop: where the detector's boxes lie in FER2013's 48 x 48 framing, x1 y1 x2 y2. Returns N grey crops of
    side x side pixels; what lies outside the picture repeats its edge.
    """
    images = np.empty((len(faces), side, side), np.uint8)
    to_frame = np.empty((len(faces), 2, 3), np.float32)
    for i in range(len(faces)):
        landmarks = None if faces.landmarks is None else faces.landmarks[i]
        to_crop = _resized(to_framing(faces.boxes[i], landmarks, box_in_crop), side / SIDE)
        images[i] = cut(frame.image, to_crop, side)
        to_frame[i] = invert_affine(to_crop)
    return Crops(images, to_frame)


def _resized(to_framing: Float32, factor: float) -> Float32:
    """The map to a crop ``factor`` times as large, pixel centres half a pixel inside their corners."""
    scaled = to_framing * factor
    scaled[:, 2] += (factor - 1) / 2
    return scaled.astype(np.float32)


def to_framing(box: Float32, landmarks: Float32 | None, box_in_crop: BoxInCrop) -> Float32:
    """The map from a frame's pixels to the 48 x 48 framing: (4,), (5, 2) or None -> (2, 3) float32.

    With landmarks, their tilt is taken out, and size and centre are the mean of what box and landmarks say: a turned
    head draws the landmarks together, a tilted one widens the box, and each makes up for the other's error.
    """
    target = np.array(box_in_crop, np.float32)
    by_box = box_to_box(box, target)
    if landmarks is None:
        return by_box
    by_landmarks = similarity(landmarks, LANDMARKS)
    turn = complex(by_landmarks[0, 0], by_landmarks[1, 0])
    scale = float(np.sqrt(max(abs(turn), 1e-6) * by_box[0, 0]))
    cos, sin = scale * np.cos(np.angle(turn)), scale * np.sin(np.angle(turn))
    linear = np.array([[cos, -sin], [sin, cos]])
    centre = (landmarks.mean(axis=0) + (box[:2] + box[2:]) / 2) / 2
    goal = (LANDMARKS.mean(axis=0) + (target[:2] + target[2:]) / 2) / 2
    return np.column_stack([linear, goal - linear @ centre]).astype(np.float32)


def cut(image: UInt8, to_crop: Float32, side: int) -> UInt8:
    """One (side, side) grey crop of an (H, W, 3) RGB picture, by the (2, 3) map to its pixels.

    Large faces are first averaged down, since warping alone would skip pixels.
    """
    scale = float(np.sqrt(abs(np.linalg.det(to_crop[:, :2].astype(np.float64)))))
    corners = np.array([[0, 0], [side, 0], [side, side], [0, side]], np.float32)
    around = apply_affine(invert_affine(to_crop), corners)
    height, width = image.shape[:2]
    margin = 2 / max(scale, 1e-6)
    left, top = np.clip(np.floor(around.min(axis=0) - margin), 0, [width - 1, height - 1]).astype(int)
    right, bottom = np.clip(np.ceil(around.max(axis=0) + margin), [left + 1, top + 1], [width, height]).astype(int)
    region = cv2.cvtColor(image[top:bottom, left:right], cv2.COLOR_RGB2GRAY)
    ratio_x = ratio_y = 1.0
    if scale * _SPARE < 1:
        size = [max(1, round(length * scale * _SPARE)) for length in region.shape[::-1]]
        ratio_x, ratio_y = region.shape[1] / size[0], region.shape[0] / size[1]
        region = cv2.resize(region, size, interpolation=cv2.INTER_AREA)
    # a pixel's centre lies half a pixel inside its corner, on both scales
    from_region = np.array(
        [[ratio_x, 0, left + (ratio_x - 1) / 2], [0, ratio_y, top + (ratio_y - 1) / 2], [0, 0, 1]], np.float64
    )
    matrix = to_crop.astype(np.float64) @ from_region
    warped = cv2.warpAffine(region, matrix, (side, side), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(warped, np.uint8)
