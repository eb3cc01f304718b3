"""What each detector finds in real photos, clips and hard pictures, and what that costs.

    python benchmarks/detectors.py [--repeats 15] [--detector own]

Pictures are those of EMOVERE_SHARED, else of ../shared: ``photos``, ``videos``, ``data/scenes.parquet``. One thread.
Three tables: faces counted on photos and clips that were marked by hand; faces in hard pictures, of which
``detectors_faces.csv`` names those that were picked by eye; and the time of each detector, in turns, so that a busy
machine slows all alike. Pictures have no depth, so that ``depth`` would be the detector that it wraps, and is left out.
"""

from __future__ import annotations

import argparse
import csv
import os
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import av
import cv2
import numpy as np
import pyarrow.parquet
from PIL import Image

from emovere import registry
from emovere.config import DetectOptions
from emovere.detect.base import Detector
from emovere.types import Faces, Frame, UInt8

SHARED = Path(os.environ.get("EMOVERE_SHARED", Path(__file__).resolve().parents[2] / "shared"))
SIZES = (320, 640)
EVERY = 5
"""Of the clips, every so many frames are looked at."""

Mark = tuple[float, float, float]
"""Middle and width of a face, in pixels."""

PHOTOS: dict[str, list[Mark]] = {
    "one_smiling.jpg": [(487, 265, 250)],
    "two_standing.jpg": [(315, 135, 155), (865, 155, 155)],
    "two_waving.jpg": [(845, 525, 180), (1235, 485, 190), (1695, 1140, 160)],
}
"""Marked by hand; the third of the last photo is a child who looks down."""

CLIPS: dict[str, list[list[tuple[float, Mark]]]] = {
    "one_smiling.gif": [[(0, (248, 95, 72)), (1, (250, 95, 72))]],
    "signing_again.mkv": [[(0, (322, 116, 68)), (1, (316, 110, 68))]],
    "signing_help.mkv": [[(0, (330, 114, 68)), (1, (320, 112, 68))]],
    "signing_sorry.mkv": [[(0, (308, 84, 68)), (1, (300, 78, 68))]],
    "signing_thanks.mkv": [[(0, (312, 84, 68)), (1, (310, 80, 68))]],
    "two_tilting.gif": [
        [(0, (102, 110, 62)), (0.15, (75, 118, 62)), (1, (64, 128, 62))],
        [(0, (355, 96, 66)), (0.15, (356, 98, 66)), (1, (342, 102, 66))],
    ],
}
"""Each person's face at some shares of the clip, marked by hand; between them it moves evenly. The skull on a shirt is
no face."""

Picture = tuple[Frame, list[Mark]]


def photos() -> Iterator[Picture]:
    for name, marks in PHOTOS.items():
        yield Frame(np.asarray(Image.open(SHARED / "photos" / name).convert("RGB")), source=name), marks


def clips() -> Iterator[Picture]:
    for name, people in CLIPS.items():
        with av.open(str(SHARED / "videos" / name)) as opened:
            images = [frame.to_ndarray(format="rgb24") for frame in opened.decode(video=0)]
        for number in range(0, len(images), EVERY):
            share = number / (len(images) - 1)
            marks = [
                tuple(float(np.interp(share, [at for at, _ in way], [mark[k] for _, mark in way])) for k in range(3))
                for way in people
            ]
            yield Frame(np.asarray(images[number], np.uint8), number, source=name), marks


def matched(found: Faces, marks: Sequence[Mark]) -> list[int]:
    """For each mark the row of the face that was found there, or -1; one face answers for one mark.

    A box holds a face if it contains its middle and is between half and twice as wide.
    """
    free, rows = list(range(len(found))), []
    for x, y, width in marks:
        here = [
            row
            for row in free
            for x1, y1, x2, y2 in [found.boxes[row].tolist()]
            if x1 < x < x2 and y1 < y < y2 and width / 2 < x2 - x1 < width * 2
        ]
        rows.append(here[0] if here else -1)
        if here:
            free.remove(here[0])
    return rows


def landmark_errors(found: Faces, rows: Sequence[int], teacher: Faces, marks: Sequence[Mark]) -> list[float]:
    """Mean distance of the five points from YuNet's, as a share of its distance between the eyes, for each face."""
    if found.landmarks is None or teacher.landmarks is None:
        return []
    errors = []
    for row, known in zip(rows, matched(teacher, marks), strict=True):
        if row >= 0 and known >= 0:
            theirs = teacher.landmarks[known]
            apart = np.linalg.norm(found.landmarks[row] - theirs, axis=1).mean()
            errors.append(float(apart / np.linalg.norm(theirs[0] - theirs[1])))
    return errors


def counted(detectors: dict[str, Detector]) -> list[list[str]]:
    """Recall, false boxes and landmarks on the photos and clips that were marked by hand."""
    rows = [["", *detectors]]
    errors: dict[str, list[float]] = {name: [] for name in detectors}
    groups: dict[str, list[Picture]] = {}
    for frame, marks in (*photos(), *clips()):
        groups.setdefault(frame.source, []).append((frame, marks))
    totals = dict.fromkeys(detectors, (0, 0))
    for source, pictures in groups.items():
        faces = sum(len(marks) for _, marks in pictures)
        row = [f"{source} ({faces} faces)"]
        known = detectors["yunet"].detect([frame for frame, _ in pictures])
        for name, detector in detectors.items():
            found = detector.detect([frame for frame, _ in pictures])
            hits = [matched(one, marks) for one, (_, marks) in zip(found, pictures, strict=True)]
            right = sum(k >= 0 for hit in hits for k in hit)
            wrong = sum(len(one) for one in found) - right
            for one, hit, theirs, (_, marks) in zip(found, hits, known, pictures, strict=True):
                errors[name] += landmark_errors(one, hit, theirs, marks)
            totals[name] = (totals[name][0] + right, totals[name][1] + wrong)
            row.append(f"{right}, {wrong} false" if wrong else str(right))
        rows.append(row)
    everything = sum(len(marks) for pictures in groups.values() for _, marks in pictures)
    rows.append(["recall", *(f"{totals[name][0] / everything:.3f}" for name in detectors)])
    rows.append(["false boxes", *(str(totals[name][1]) for name in detectors)])
    told = [f"{np.median(errors[name]):.1%}" if errors[name] else "-" for name in detectors]
    rows.append(["landmarks, from YuNet's", *told])
    return rows


def picked() -> dict[str, list[tuple[UInt8, tuple[float, ...]]]]:
    """Real photographs by their condition, each with one face: x, y, width and height in pixels."""
    with (Path(__file__).parent / "detectors_faces.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    table = pyarrow.parquet.read_table(SHARED / "data" / "scenes.parquet", columns=["image", "source"])
    wanted = {row["photo"] for row in rows}
    images = {}
    for image, source in zip(table["image"], table["source"], strict=True):
        name = f"{source.as_py()}/{Path(image['path'].as_py()).name}"
        if name in wanted:
            data = np.frombuffer(image["bytes"].as_py(), np.uint8)
            images[name] = np.asarray(cv2.cvtColor(cv2.imdecode(data, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB), np.uint8)
    out: dict[str, list[tuple[UInt8, tuple[float, ...]]]] = {}
    for row in rows:
        face = tuple(float(row[key]) for key in ("x", "y", "width", "height"))
        out.setdefault(row["condition"], []).append((images[row["photo"]], face))
    return out


def tilted(number: int, image: UInt8, face: tuple[float, ...]) -> Picture:
    x, y, width, _ = face
    matrix = cv2.getRotationMatrix2D((x, y), 30 if number % 2 else -30, 1.0)
    size = (image.shape[1], image.shape[0])
    out = cv2.warpAffine(image, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
    return Frame(np.asarray(out, np.uint8)), [(x, y, width)]


def covered(number: int, image: UInt8, face: tuple[float, ...]) -> Picture:
    x, y, width, height = face
    left, top, right, bottom = x - 0.6 * width, y - 0.6 * height, x + 0.6 * width, y + 0.6 * height
    if number % 3 == 0:
        top = y
    elif number % 3 == 1:
        left = x
    else:
        right = x
    out = image.copy()
    cv2.rectangle(out, (round(left), round(top)), (round(right), round(bottom)), image.mean(axis=(0, 1)).tolist(), -1)
    return Frame(out), [(x, y, width)]


def dark(number: int, image: UInt8, face: tuple[float, ...]) -> Picture:
    noise = np.random.default_rng(number).normal(0, 3, image.shape)
    return Frame(np.clip(image * 0.12 + noise, 0, 255).astype(np.uint8)), [face[:3]]


def tiny(number: int, image: UInt8, face: tuple[float, ...]) -> Picture:
    """The photograph shrunk until its face has 16 pixels, in the middle of a blurred one."""
    x, y, width, height = face
    factor = 16 / max(width, height)
    size = (round(image.shape[1] * factor), round(image.shape[0] * factor))
    out = cv2.GaussianBlur(cv2.resize(image, (320, 240)), (0, 0), 20)
    left, top = (320 - size[0]) // 2, (240 - size[1]) // 2
    out[top : top + size[1], left : left + size[0]] = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    return Frame(np.asarray(out, np.uint8)), [(left + x * factor, top + y * factor, width * factor)]


def as_it_is(number: int, image: UInt8, face: tuple[float, ...]) -> Picture:
    return Frame(image), [face[:3]]


CONDITIONS: tuple[tuple[str, str, Callable[[int, UInt8, tuple[float, ...]], Picture]], ...] = (
    ("nothing in the way", "plain", as_it_is),
    ("turned 30 to 60 degrees", "turned", as_it_is),
    ("tilted 30 degrees (made)", "plain", tilted),
    ("half covered (made)", "plain", covered),
    ("with glasses", "glasses", as_it_is),
    ("with a mask", "mask", as_it_is),
    ("dark (made)", "plain", dark),
    ("tiny, 16 px (made)", "plain", tiny),
)
"""What is looked at, the real photographs it is taken from, and how it is made of them."""


def conditions(detectors: dict[str, Detector]) -> list[list[str]]:
    """Of each kind of hard picture, in how many each detector finds the face."""
    known = picked()
    rows = [["", "faces", *detectors]]
    for name, kind, make in CONDITIONS:
        pictures = [make(number, image, face) for number, (image, face) in enumerate(known[kind])]
        hits = []
        for detector in detectors.values():
            found = detector.detect([frame for frame, _ in pictures])
            hits.append(sum(matched(one, marks)[0] >= 0 for one, (_, marks) in zip(found, pictures, strict=True)))
        rows.append([name, str(len(pictures)), *(str(hit) for hit in hits)])
    return rows


def times(names: Sequence[str], repeats: int) -> list[list[str]]:
    """Median milliseconds a picture, and how many times YuNet's that is."""
    pictures = {
        "clips of 640 x 480": [frame for frame, _ in clips() if frame.size == (480, 640)][::5],
        "photos of 0.7 to 2.9 megapixels": [frame for frame, _ in photos()],
    }
    runs = {
        (name, size): registry.factory("detectors", name)(DetectOptions(size=size)) for name in names for size in SIZES
    }
    rows = [["milliseconds", *names]]
    for what, frames in pictures.items():
        spent: dict[tuple[str, int], list[float]] = {key: [] for key in runs}
        for turn in range(repeats + 1):
            for key, detector in runs.items():
                started = time.perf_counter()
                for frame in frames:
                    detector.detect([frame])
                if turn:
                    spent[key].append((time.perf_counter() - started) * 1000 / len(frames))
        medians = {key: statistics.median(values) for key, values in spent.items()}
        for size in SIZES:
            of_yunet = [
                f"{medians[name, size]:.1f} ({medians[name, size] / medians['yunet', size]:.2f})" for name in names
            ]
            rows.append([f"{what}, {size} px", *of_yunet])
    return rows


def show(title: str, rows: list[list[str]]) -> None:
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    print(f"\n{title}")
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip(), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--detector", dest="names", action="append", help="beside yunet; all unless given")
    chosen = parser.parse_args()
    cv2.setNumThreads(1)
    names = [
        "yunet",
        *(chosen.names or [name for name in registry.names("detectors") if name not in ("yunet", "depth")]),
    ]
    detectors: dict[str, Detector] = {name: registry.factory("detectors", name)(DetectOptions()) for name in names}
    show("faces in photos and clips, marked by hand", counted(detectors))
    show("faces found in hard pictures", conditions(detectors))
    show("one core; in brackets how many times YuNet's", times(names, chosen.repeats))


if __name__ == "__main__":
    main()
