"""How FER2013 frames its faces, and what cutting faces out of pictures costs.

    python benchmarks/framing.py measure --data fer2013.parquet [--figure docs/images/framing.png] [--detector hog]
    python benchmarks/framing.py compare --data fer2013.parquet --split PublicTest

``measure`` enlarges faces of the Training split, lets each detector find them, and prints where eyes, nose, mouth and
box stand in the 48 x 48 crop. ``compare`` pastes faces of a held-out split, enlarged, into larger pictures, runs them
through detect, align and classify, and compares the accuracy with that of the same crops given directly.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np

from emovere.align.crop import LANDMARKS, SIDE, crop_faces
from emovere.classify.classifier import load_model
from emovere.config import DetectOptions
from emovere.datasets.fer2013 import load_fer2013
from emovere.detect.choose import create
from emovere.files import atomic_write
from emovere.types import Faces, Frame

ENLARGED = 4
MARGIN = 144
"""Pixels of flat grey around a pasted face."""


def enlarged(face: np.ndarray) -> np.ndarray:
    return cv2.resize(face, None, fx=ENLARGED, fy=ENLARGED, interpolation=cv2.INTER_CUBIC)


def picture(face: np.ndarray, margin: int) -> Frame:
    padded = cv2.copyMakeBorder(enlarged(face), *[margin] * 4, cv2.BORDER_CONSTANT, value=128)
    return Frame(cv2.cvtColor(padded, cv2.COLOR_GRAY2RGB))


def to_crop(points: np.ndarray, margin: int) -> np.ndarray:
    """Pixels of the enlarged, pasted picture as pixels of the 48 x 48 crop, centre on centre."""
    return (points - margin + 0.5) / ENLARGED - 0.5


def largest(found: Faces) -> tuple[np.ndarray, np.ndarray | None] | None:
    if not len(found):
        return None
    return found.boxes[0], None if found.landmarks is None else found.landmarks[0]


def measure(data: Path, names: list[str], count: int, figure: Path | None) -> None:
    images = load_fer2013(data).split("Training").images
    images = images[np.random.default_rng(0).permutation(len(images))[:count]]
    for name in names:
        detector = create(name, DetectOptions())
        found = [largest(detector.detect([picture(image, MARGIN)])[0]) for image in images]
        hits = [pair for pair in found if pair is not None]
        boxes = to_crop(np.array([box for box, _ in hits]), MARGIN)
        print(f"{name}: found {len(hits)} of {len(images)} ({len(hits) / len(images):.1%})")
        print(f"  box          median {np.median(boxes, axis=0).round(1)}  sd {boxes.std(axis=0).round(1)}")
        marks = [landmarks for _, landmarks in hits if landmarks is not None]
        if marks:
            points = to_crop(np.array(marks), MARGIN)
            for row, part in enumerate(("right eye", "left eye", "nose", "right mouth", "left mouth")):
                at = points[:, row]
                print(
                    f"  {part:<12} median {np.median(at, axis=0).round(1)}  mean {at.mean(axis=0).round(1)}  "
                    f"sd {at.std(axis=0).round(1)}"
                )
            if figure is not None:
                draw(figure, images, points, np.median(boxes, axis=0))


def draw(path: Path, images: np.ndarray, points: np.ndarray, box: np.ndarray) -> None:
    from matplotlib.figure import Figure
    from matplotlib.patches import Rectangle

    canvas = Figure(figsize=(7.5, 4), layout="constrained")
    left, right = canvas.subplots(1, 2)
    left.imshow(images.mean(axis=0), cmap="gray")
    for row, colour in enumerate(("#56B4E9", "#E69F00", "#009E73", "#CC79A7", "#F0E442")):
        left.scatter(points[:600, row, 0], points[:600, row, 1], s=5, alpha=0.5, color=colour, linewidths=0)
    left.set_title("where landmarks stand in FER2013", fontsize=10)
    right.imshow(images.mean(axis=0), cmap="gray")
    right.scatter(*LANDMARKS.T, s=60, color="#56B4E9", edgecolor="black", label="landmarks")
    right.add_patch(Rectangle(box[:2], *(box[2:] - box[:2]), fill=False, color="#E69F00", lw=2, label="YuNet's box"))
    right.set_title("the framing that faces are cut to", fontsize=10)
    right.legend(loc="lower right", fontsize=8)
    for axes in (left, right):
        axes.set(xlim=(-3.5, SIDE + 2.5), ylim=(SIDE + 2.5, -3.5), xticks=range(0, SIDE, 8), yticks=range(0, SIDE, 8))
    with atomic_write(path, "wb") as file:
        canvas.savefig(file, format="png", dpi=110)


def compare(data: Path, names: list[str], split: str, model: str) -> None:
    faces = load_fer2013(data).split(split)
    network = load_model(model)
    direct = network.predict(faces.images).probs.argmax(axis=1)
    print(f"{split}: {len(faces)} faces, {(direct == faces.labels).mean():.2%} when all crops are given directly")
    for name in names:
        detector = create(name, DetectOptions())
        rows, crops = [], []
        for row, image in enumerate(faces.images):
            frame = picture(image, MARGIN)
            found = detector.detect([frame])[0]
            if len(found):
                rows.append(row)
                first = Faces(
                    found.boxes[:1], found.scores[:1], None if found.landmarks is None else found.landmarks[:1]
                )
                crops.append(crop_faces(frame, first, detector.box_in_crop).images[0])
        seen = network.predict(np.stack(crops)).probs.argmax(axis=1)
        before = (direct[rows] == faces.labels[rows]).mean()
        after = (seen == faces.labels[rows]).mean()
        print(
            f"{name}: found {len(rows)} ({len(rows) / len(faces):.1%}); of these, given directly {before:.2%}, through "
            f"detect and align {after:.2%}: {(after - before) * 100:+.2f} points"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["measure", "compare"])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--detector", dest="names", action="append", help="yunet, haar and hog unless given")
    parser.add_argument("--split", default="PublicTest")
    parser.add_argument("--model", default="light")
    parser.add_argument("--count", type=int, default=4000)
    parser.add_argument("--figure", type=Path)
    arguments = parser.parse_args()
    names = arguments.names or ["yunet", "haar", "hog"]
    if arguments.what == "measure":
        measure(arguments.data, names, arguments.count, arguments.figure)
    else:
        compare(arguments.data, names, arguments.split, arguments.model)


if __name__ == "__main__":
    main()
