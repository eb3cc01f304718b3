"""How many faces each detector finds in real photos, and what that costs.

    python benchmarks/detectors.py [FOLDER] [--repeats 15]

FOLDER holds photos; by default the ``photos`` of EMOVERE_SHARED, else of ../shared. One thread; each time is the median
of the repeats, taken in turns so that a busy machine slows every detector alike. Reading the file is not counted.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from emovere import registry
from emovere.config import DetectOptions
from emovere.detect.base import Detector
from emovere.types import Frame

SIZES = (320, 640)
SUFFIXES = {".jpg", ".jpeg", ".png", ".webp"}


def read_photos(folder: Path) -> list[Frame]:
    paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)
    if not paths:
        raise SystemExit(f"{folder}: expected photos ({', '.join(sorted(SUFFIXES))})")
    return [Frame(np.asarray(Image.open(path).convert("RGB")), source=path.name) for path in paths]


def milliseconds(detector: Detector, frames: Sequence[Frame]) -> float:
    """Time of one pass over all photos, a photo."""
    started = time.perf_counter()
    detector.detect(frames)
    return (time.perf_counter() - started) * 1000 / len(frames)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    shared = Path(os.environ.get("EMOVERE_SHARED", Path(__file__).resolve().parents[2] / "shared"))
    parser.add_argument("folder", type=Path, nargs="?", default=shared / "photos")
    parser.add_argument("--repeats", type=int, default=15)
    chosen = parser.parse_args()

    cv2.setNumThreads(1)
    frames = read_photos(chosen.folder)
    runs = {
        (name, size): registry.factory("detectors", name)(DetectOptions(size=size))
        for name in registry.names("detectors")
        for size in SIZES
    }
    faces = {key: [len(found) for found in detector.detect(frames)] for key, detector in runs.items()}
    times: dict[tuple[str, int], list[float]] = {key: [] for key in runs}
    for _ in range(chosen.repeats):
        for key, detector in runs.items():
            times[key].append(milliseconds(detector, frames))
    medians = {key: statistics.median(values) for key, values in times.items()}

    columns = [frame.source for frame in frames]
    rows = [["detector", "size", *columns, "ms a photo", "ratio"]]
    for key, median in sorted(medians.items(), key=lambda item: (item[0][1], item[1])):
        ratio = f"{median / min(medians[other] for other in runs if other[1] == key[1]):.1f}"
        rows.append([key[0], f"{key[1]} px", *map(str, faces[key]), f"{median:.1f}", ratio])
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


if __name__ == "__main__":
    main()
