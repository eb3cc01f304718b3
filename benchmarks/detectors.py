"""How many faces each detector finds in real photos, and what that costs.

    python benchmarks/detectors.py [FOLDER] [--repeats 15]

FOLDER holds photos; by default the ``photos`` of EMOVERE_SHARED, else of ../shared. One thread; each time is the median
of the repeats, taken in turns so that a busy machine slows every detector alike. Reading the file is not counted.
Recall and false positives are counted on the photos in ``FACES``, whose faces were marked by hand. Photos have no
depth, so that ``depth`` is measured as the detector that it wraps.
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
from emovere.types import Faces, Frame

SIZES = (320, 640)
SUFFIXES = {".jpg", ".jpeg", ".png", ".webp"}

FACES = {
    "one_smiling.jpg": [(487, 265, 250)],
    "two_standing.jpg": [(315, 135, 155), (865, 155, 155)],
    "two_waving.jpg": [(845, 525, 180), (1235, 485, 190), (1695, 1140, 160)],
}
"""Middle and width of each face, in pixels; the third of the last photo is a child who looks down."""


def read_photos(folder: Path) -> list[Frame]:
    paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)
    if not paths:
        raise SystemExit(f"{folder}: expected photos ({', '.join(sorted(SUFFIXES))})")
    return [Frame(np.asarray(Image.open(path).convert("RGB")), source=path.name) for path in paths]


def judged(found: Faces, faces: list[tuple[int, int, int]]) -> tuple[int, int]:
    """How many faces were found, and how many boxes hold none that was not found already.

    A box holds a face if it contains its middle and is between half and twice as wide.
    """
    missed, wrong = list(faces), 0
    for x1, y1, x2, y2 in found.boxes.tolist():
        held = [f for f in missed if x1 < f[0] < x2 and y1 < f[1] < y2 and f[2] / 2 < x2 - x1 < f[2] * 2]
        if held:
            missed.remove(held[0])
        else:
            wrong += 1
    return len(faces) - len(missed), wrong


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
    found = {key: detector.detect(frames) for key, detector in runs.items()}
    times: dict[tuple[str, int], list[float]] = {key: [] for key in runs}
    for _ in range(chosen.repeats):
        for key, detector in runs.items():
            times[key].append(milliseconds(detector, frames))
    medians = {key: statistics.median(values) for key, values in times.items()}

    marked = [k for k, frame in enumerate(frames) if frame.source in FACES]
    rows = [["detector", "size", *(frame.source for frame in frames), "recall", "false", "ms a photo", "ratio"]]
    for key, median in sorted(medians.items(), key=lambda item: (item[0][1], item[1])):
        ratio = f"{median / min(medians[other] for other in runs if other[1] == key[1]):.1f}"
        counts = [str(len(faces)) for faces in found[key]]
        pairs = [judged(found[key][k], FACES[frames[k].source]) for k in marked]
        recall = f"{sum(pair[0] for pair in pairs)} of {sum(len(FACES[frames[k].source]) for k in marked)}"
        rows.append([key[0], f"{key[1]} px", *counts, recall, str(sum(p[1] for p in pairs)), f"{median:.1f}", ratio])
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    print(f"depth: without depth, so {runs['depth', SIZES[0]].info.version} and nothing else")


if __name__ == "__main__":
    main()
