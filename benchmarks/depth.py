"""How well the detector depth tells heads from photographs, on made-up depth pictures.

    python benchmarks/depth.py [--count 40]

Prints the share of candidates that are kept, for each sensor and distance: heads that differ from the average face and
are turned by up to 35 degrees, and a sheet of paper the size of A4, flat or bent, turned by up to 40 degrees. Boxes err
by 5 % in size and 4 % in place (sd), the field of view is the one that is assumed, and each frame is judged alone.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numpy as np

from emovere.config import DetectOptions
from emovere.detect.depth import is_head, is_too_noisy
from emovere.detect.depth_shape import shape_of
from emovere.detect.yunet import YuNet
from emovere.testing.depth_scenes import (
    KINECT_1,
    KINECT_2,
    STEREO,
    Camera,
    Points,
    face_box,
    head,
    measured,
    placed,
    render,
    sheet,
)

CAMERA = Camera()
DISTANCES = (0.5, 0.75, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0)
WALL_M = 0.6
"""Behind the head."""

Make = Callable[[np.random.Generator, float], Points]


def turned(points: Points, distance: float, rng: np.random.Generator, most: float) -> Points:
    angles = {"yaw": rng.uniform(-most, most), "pitch": rng.uniform(-20, 20), "roll": rng.uniform(-20, 20)}
    return placed(points, distance, **angles)


def paper(distance: float, bend_m: float = 0.0, axis_deg: float = 90.0) -> Points:
    return sheet(bend_m=bend_m, axis_deg=axis_deg, spacing=CAMERA.spacing(distance - 0.1))


SCENES: dict[str, Make] = {
    "head": lambda rng, z: turned(head(rng, 1.0, CAMERA.spacing(z - 0.1)), z, rng, 35),
    "child": lambda rng, z: turned(head(rng, 0.8, CAMERA.spacing(z - 0.1)), z, rng, 35),
    "flat": lambda rng, z: turned(paper(z), z, rng, 40),
    "bent 5 mm": lambda rng, z: turned(paper(z, 0.005, rng.uniform(0, 180)), z, rng, 30),
    "bent 15 mm": lambda rng, z: turned(paper(z, 0.015, rng.uniform(0, 180)), z, rng, 30),
    "bent 30 mm": lambda rng, z: turned(paper(z, 0.03, rng.uniform(0, 180)), z, rng, 30),
}


def unsteady(box: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    half = (box[2:] - box[:2]) / 2
    middle = box[:2] + half + rng.normal(0, 0.04, 2) * 2 * half
    half = half * np.exp(rng.normal(0, 0.05))
    return np.concatenate([middle - half, middle + half]).astype(np.float32)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=40)
    count = parser.parse_args().count
    focal_px = CAMERA.width / 2 / float(np.tan(np.radians(DetectOptions().field_of_view / 2)))
    seconds, checked = 0.0, 0
    for sensor in (KINECT_1, KINECT_2, STEREO):
        print(f"{sensor.name:<12}" + "".join(f"{name:>12}" for name in SCENES) + f"{'cannot tell':>14}")
        for distance in DISTANCES:
            kept, unsure = [], []
            for name, make in SCENES.items():
                rng = np.random.default_rng(0)
                shapes = []
                for _ in range(count):
                    depth_m = measured(render(make(rng, distance), CAMERA, distance + WALL_M), sensor, rng)
                    size = 0.8 if name == "child" else 1.0
                    box = unsteady(face_box(distance, CAMERA, size), rng)
                    started = time.perf_counter()
                    shapes.append(shape_of(depth_m, box, YuNet.box_in_crop, focal_px))
                    seconds, checked = seconds + time.perf_counter() - started, checked + 1
                kept.append(np.mean([is_head(shape) for shape in shapes]))
                if name in ("head", "child"):
                    unsure += [is_too_noisy(shape) for shape in shapes]
            cells = "".join(f"{share:>12.2f}" for share in kept)
            print(f"{distance:.2f} m      {cells}{np.mean(unsure):>14.2f}")
        print()
    print(f"{1000 * seconds / checked:.1f} ms a candidate")


if __name__ == "__main__":
    main()
