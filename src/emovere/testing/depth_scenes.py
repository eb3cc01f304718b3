"""Depth pictures made up for tests: a head before a wall, a photograph of one held up instead, and sensors' noise.

The head is the average face of emovere.detect.depth_face on an ellipsoid, or one that differs from it by more than
people do. It has no hair, glasses or neck. Surfaces are (P, 3) points in metres: x right, y down, z away from the
camera, the middle of the face at the origin.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from emovere.detect.depth_face import FEATURES, SKULL, SKULL_TOP, raised
from emovere.types import Float32

Points = npt.NDArray[np.float64]

FACE = (0.134, 0.170)
"""Width and height in metres of the box that YuNet draws round such a face: its box_in_crop, 63 mm between the eyes."""


@dataclass(frozen=True)
class Camera:
    """A pinhole; the values are those of the first Kinect (62.7 degrees across)."""

    width: int = 640
    height: int = 480
    focal_px: float = 525.0

    @property
    def field_of_view(self) -> float:
        """Degrees across."""
        return float(np.degrees(2 * np.arctan(self.width / 2 / self.focal_px)))

    def spacing(self, distance_m: float) -> float:
        """Metres between points of a surface that leave no gap in a picture at that distance."""
        return 0.7 * distance_m / self.focal_px


@dataclass(frozen=True)
class Sensor:
    """How a depth camera errs: sd = floor_m + inverse_sd * z^2."""

    name: str
    inverse_sd: float
    """Standard deviation of inverse depth, 1/m."""
    floor_m: float
    step: float
    """Inverse depth comes in steps of this size, 1/m; 0 for none."""
    grain: float
    """Pixels over which errors are alike."""
    holes: float
    """Share of pixels without a value; more where depth jumps."""


KINECT_1 = Sensor("Kinect v1", 1.16e-3, 0.0, 2.85e-3, 1.2, 0.03)
"""sd 1.425e-3 z^2, of which steps of 2.85e-3 z^2 are a part (Khoshelham and Elberink 2012, doi 10.3390/s120201437)."""

KINECT_2 = Sensor("Kinect v2", 0.4e-3, 1.0e-3, 0.0, 0.7, 0.02)
"""Time of flight: 1.4 mm at 1 m and 4.6 mm at 3 m. A plausible guess, not a measurement."""

STEREO = Sensor("stereo", 3.0e-3, 0.0, 0.0, 3.0, 0.05)
"""Two lenses 50 mm apart, such as a RealSense D435: 3 mm at 1 m, alike over a patch. A plausible guess, too."""


def head(rng: np.random.Generator | None = None, size: float = 1.0, spacing: float = 0.0008) -> Points:
    """A head's front and sides, looking at the camera (towards -z).

    rng: for a head unlike the average: skull and features vary by a tenth and a quarter (sd), and 3 mm (sd) of smooth
    unevenness, 2 to 4 cm wide, stand for cheeks, beard and expression. size: 1 for an adult, 0.8 for a child of five.
    """
    across, down, deep = SKULL
    turn = np.arange(-1.9, 1.9, spacing / across)
    rise = np.arange(SKULL_TOP - down + 1e-3, SKULL_TOP + down - 1e-3, spacing)
    angle, y = (grid.ravel() for grid in np.meshgrid(turn, rise))
    features: tuple[tuple[float, ...], ...] = FEATURES
    uneven = np.zeros_like(y)
    if rng is not None:
        across, deep = np.array([across, deep]) * rng.normal(1, 0.07, 2)
        features = tuple((h * rng.normal(1, 0.25), *rest) if h < 0.1 else (h, *rest) for h, *rest in FEATURES)
    ring = np.sqrt(1 - ((y - SKULL_TOP) / down) ** 2)
    x = across * ring * np.sin(angle)
    facing = np.clip(np.cos(angle), 0, 1)
    if rng is not None:
        bumps = [(rng.normal(0, 0.004), *rng.uniform(-0.07, 0.09, 2), *rng.uniform(0.012, 0.025, 2)) for _ in range(25)]
        uneven = raised(x, y, tuple(bumps))
    z = deep - deep * ring * np.cos(angle) - facing * (raised(x, y, features) + uneven)
    return np.asarray(size * np.column_stack([x, y, z]))


def sheet(
    width: float = 0.21, height: float = 0.297, bend_m: float = 0.0, axis_deg: float = 90.0, spacing: float = 0.0008
) -> Points:
    """A sheet of paper, flat or bent to a part of a cylinder.

    bend_m: how far its middle stands before two points 63 mm on either side, as the bulge of a face is measured.
    axis_deg: direction of the lines that stay straight; 90 is upright.
    """
    u, v = (grid.ravel() for grid in np.meshgrid(*(np.arange(-s / 2, s / 2, spacing) for s in (width, height))))
    cos, sin = np.cos(np.radians(axis_deg)), np.sin(np.radians(axis_deg))
    along, across = u * cos + v * sin, -u * sin + v * cos
    z = np.zeros_like(u)
    if bend_m:
        radius = (0.063**2 + bend_m**2) / (2 * bend_m)
        angle = np.clip(across / radius, -np.pi / 2, np.pi / 2)
        across, z = radius * np.sin(angle), radius * (1 - np.cos(angle))
    return np.column_stack([along * cos - across * sin, along * sin + across * cos, z])


def placed(
    points: Points,
    distance_m: float,
    *,
    yaw: float = 0.0,
    pitch: float = 0.0,
    roll: float = 0.0,
    aside: tuple[float, float] = (0.0, 0.0),
) -> Points:
    """A surface turned (degrees) and put before the camera. aside: metres right and down of its axis."""
    cy, sy, cp, sp, cr, sr = (f(np.radians(a)) for a in (yaw, pitch, roll) for f in (np.cos, np.sin))
    about_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    about_x = np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]])
    about_z = np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])
    return np.asarray(points @ (about_z @ about_x @ about_y).T + [*aside, distance_m])


def render(points: Points, camera: Camera, wall_m: float) -> Float32:
    """(H, W) float32 metres: the nearest point of each pixel, and a wall behind them."""
    depth = np.full((camera.height, camera.width), wall_m, np.float32)
    z = points[:, 2]
    column = np.floor(points[:, 0] * camera.focal_px / z + camera.width / 2).astype(int)
    row = np.floor(points[:, 1] * camera.focal_px / z + camera.height / 2).astype(int)
    seen = (column >= 0) & (column < camera.width) & (row >= 0) & (row < camera.height)
    np.minimum.at(depth, (row[seen], column[seen]), z[seen].astype(np.float32))
    return depth


def face_box(distance_m: float, camera: Camera, size: float = 1.0, aside: tuple[float, float] = (0.0, 0.0)) -> Float32:
    """(4,) the box that a detector would draw round a face at a distance, in pixels."""
    middle = np.array(aside) * camera.focal_px / distance_m + np.array([camera.width, camera.height]) / 2
    half = np.array(FACE) * size / 2 * camera.focal_px / distance_m
    return np.concatenate([middle - half, middle + half]).astype(np.float32)


def measured(depth_m: Float32, sensor: Sensor, rng: np.random.Generator) -> Float32:
    """What a sensor would say of a scene: noise, steps, and holes (0), most of them where depth jumps."""
    noise = rng.standard_normal(depth_m.shape).astype(np.float32)
    if sensor.grain:
        noise = np.asarray(cv2.GaussianBlur(noise, (0, 0), sensor.grain))
        noise /= noise.std()
    inverse = 1 / depth_m + noise * (sensor.inverse_sd + sensor.floor_m / depth_m**2)
    if sensor.step:
        inverse = np.round(inverse / sensor.step) * sensor.step
    seen = np.asarray(1 / np.maximum(inverse, 1e-3), np.float32)
    jump = cv2.morphologyEx(depth_m, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)) > 0.1
    lost = rng.random(depth_m.shape) < np.where(jump, 0.6, sensor.holes / 4)
    patches = cv2.GaussianBlur(rng.standard_normal(depth_m.shape).astype(np.float32), (0, 0), 2.0)
    lost |= np.asarray(patches) > np.quantile(patches, 1 - sensor.holes)
    seen[lost] = 0
    return seen
