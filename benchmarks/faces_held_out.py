"""How many faces detectors find on photographs that emovere's own one has not learned from.

    python benchmarks/faces_held_out.py SCENES [--detector own --detector haar] [--part choosing] [--file own.onnx]
        [--figure errors.png] [--steadiness]

SCENES is the parquet file of photographs that ``emovere train faces`` takes. A tenth of each of its sources is kept for
this (``reported``; people of Labeled Faces in the Wild as a whole), another for choosing. The truth is what YuNet says
of each photograph as it is: a score of 0.7 is a face, boxes of less, or seen on the enlarged photograph only, count
neither way. Every detector answers with its default options; for one whose scores tell more, recall at other numbers of
false boxes and what its scores are worth follow. ``--figure`` draws what was missed (orange) and what is false (blue).
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from emovere import registry
from emovere.config import DetectOptions
from emovere.detect.base import Detector
from emovere.detect.own import Own
from emovere.files import atomic_write
from emovere.geometry import iou_matrix
from emovere.train.faces.labels import label_scenes
from emovere.train.faces.measure import OVERLAP, SIZES, Judged, Truth, judge, truth_of
from emovere.train.faces.scenes import PARTS, part_of, photographs
from emovere.types import Faces, Frame

FALSE = (0, 1, 2, 5, 10, 20, 50)
BINS = (0.02, 0.1, 0.3, 0.5, 0.7, 0.9, 1.0)
FAINTEST = 0.02


def read(scenes: Path, part: str) -> tuple[list[Frame], list[Truth]]:
    labels = label_scenes(scenes)
    frames, truths = [], []
    for row, (name, picture) in enumerate(photographs(scenes)):
        if part_of(name) == part:
            frames.append(Frame(picture, source=name))
            truths.append(truth_of(labels.of(row)))
    return frames, truths


def ranges() -> list[tuple[float, float]]:
    edges = (0.0, *(float(size) for size in SIZES), np.inf)
    return list(itertools.pairwise(edges))


def row(name: str, judged: Judged, score: float) -> list[str]:
    shares = [f"{judged.recall(score, sizes):.3f}" for sizes in ranges()]
    errors = judged.errors[judged.found >= score]
    off = f"{np.nanmedian(errors):.1%}" if np.isfinite(errors).any() else "-"
    return [name, f"{score:.2f}", f"{judged.recall(score):.3f}", *shares, str(judged.false(score)), off]


def show(rows: list[list[str]]) -> None:
    widths = [max(len(line[k]) for line in rows) for k in range(len(rows[0]))]
    for line in rows:
        print(
            "  ".join(
                cell.rjust(width) if k else cell.ljust(width)
                for k, (cell, width) in enumerate(zip(line, widths, strict=True))
            )
        )


def by_source(
    name: str, frames: Sequence[Frame], found: Sequence[Faces], truths: Sequence[Truth], score: float
) -> None:
    sources = np.array([frame.source.partition("/")[0] for frame in frames])
    rows = [["source", "photos", "faces", "recall", "false"]]
    for source in sorted(set(sources)):
        picked = np.flatnonzero(sources == source)
        judged = judge([found[k] for k in picked], [truths[k] for k in picked])
        faces = len(judged.found)
        recall = f"{judged.recall(score):.3f}" if faces else "-"
        rows.append([source, str(len(picked)), str(faces), recall, str(judged.false(score))])
    print(f"\n{name}, by source, at a score of {score:.2f}")
    show(rows)


def curve(name: str, judged: Judged) -> None:
    print(f"\n{name}: recall with so many false boxes on {judged.photos} photographs")
    rows = [["false", *(str(count) for count in FALSE)]]
    scores = [judged.score_with(count) for count in FALSE]
    rows.append(["recall", *(f"{judged.recall(max(score, 0)):.3f}" for score in scores)])
    rows.append(["score", *(f"{score:.2f}" for score in scores)])
    show(rows)
    print(f"\n{name}: what its scores are worth")
    rows = [["score from", "to", "boxes", "mean score", "faces among them"]]
    for low, high in itertools.pairwise(BINS):
        picked = (judged.scores >= low) & (judged.scores < high if high < 1 else judged.scores <= 1)
        if picked.any():
            shares = f"{judged.scores[picked].mean():.2f}", f"{judged.right[picked].mean():.2f}"
            rows.append([f"{low:.2f}", f"{high:.2f}", str(picked.sum()), *shares])
    show(rows)


def draw(path: Path, frames: Sequence[Frame], found: Sequence[Faces], truths: Sequence[Truth], score: float) -> None:
    """Every missed face and every false box, with what stands around it, 112 pixels wide."""
    tiles = []
    for frame, faces, truth in zip(frames, found, truths, strict=True):
        boxes = faces.boxes[faces.scores >= score]
        missed = truth.boxes[iou_matrix(truth.boxes, boxes).max(axis=1, initial=0) < OVERLAP]
        known = np.concatenate([truth.boxes, truth.doubtful])
        false = boxes[iou_matrix(boxes, known).max(axis=1, initial=0) < OVERLAP / 2]
        tiles += [tile(frame, box, (230, 159, 0)) for box in missed] + [
            tile(frame, box, (0, 114, 178)) for box in false
        ]
    if not tiles:
        return
    blank = np.full_like(tiles[0], 255)
    across = 12
    tiles += [blank] * (-len(tiles) % across)
    sheet = np.vstack([np.hstack(tiles[k : k + across]) for k in range(0, len(tiles), across)])
    with atomic_write(path, "wb") as file:
        file.write(cv2.imencode(".png", sheet[:, :, ::-1])[1].tobytes())


def tile(frame: Frame, box: np.ndarray, colour: tuple[int, int, int]) -> np.ndarray:
    middle, side = (box[:2] + box[2:]) / 2, float((box[2:] - box[:2]).max()) * 2.2
    scale = 112 / side
    matrix = np.array([[scale, 0, 56 - scale * middle[0]], [0, scale, 56 - scale * middle[1]]], np.float32)
    cut = cv2.warpAffine(np.ascontiguousarray(frame.image), matrix, (112, 112), borderValue=(128, 128, 128))
    x1, y1, x2, y2 = ((box * scale + np.tile(matrix[:, 2], 2)).round().astype(int)).tolist()
    cv2.rectangle(cut, (x1, y1), (x2, y2), colour, 2)
    return cut


def steadiness(frames: Sequence[Frame], truths: Sequence[Truth]) -> None:
    """How far YuNet's landmarks are from its own on the same photograph, enlarged, shrunk or mirrored."""
    teacher = registry.factory("detectors", "yunet")(DetectOptions(size=4096))
    rows = [["YuNet against itself", "faces found", "landmarks off by"]]
    for name, scale in (("a quarter larger", 1.25), ("a fifth smaller", 0.8), ("mirrored", -1.0)):
        judged = judge([faces_at(teacher, frame, scale) for frame in frames], truths)
        rows.append([name, f"{judged.recall(0.0):.3f}", f"{np.nanmedian(judged.errors):.1%}"])
    print()
    show(rows)


def faces_at(detector: Detector, frame: Frame, scale: float) -> Faces:
    """Faces on a photograph at another scale, or mirrored where it is negative, in pixels of the photograph."""
    if scale < 0:
        found = detector.detect([Frame(np.ascontiguousarray(frame.image[:, ::-1]))])[0]
        last = frame.size[1] - 1
        boxes = found.boxes * (-1, 1, -1, 1) + (last, 0, last, 0)
        marks = None if found.landmarks is None else (found.landmarks * (-1, 1) + (last, 0))[:, [1, 0, 2, 4, 3]]
        boxes = boxes[:, [2, 1, 0, 3]]
    else:
        how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
        found = detector.detect([Frame(cv2.resize(frame.image, None, fx=scale, fy=scale, interpolation=how))])[0]
        boxes = (found.boxes + 0.5) / scale - 0.5
        marks = None if found.landmarks is None else (found.landmarks + 0.5) / scale - 0.5
    return Faces(boxes.astype(np.float32), found.scores, None if marks is None else marks.astype(np.float32))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scenes", type=Path)
    parser.add_argument("--detector", dest="names", action="append", help="own and haar unless given")
    parser.add_argument("--part", choices=PARTS[1:], default="reported")
    parser.add_argument("--file", type=Path, help="own's network, where it is not the one that emovere carries")
    parser.add_argument("--score", type=float, help="the score that own is used with; its default unless given")
    parser.add_argument("--figure", type=Path, help="a PNG of own's errors")
    parser.add_argument("--steadiness", action="store_true", help="also hold YuNet's landmarks against its own")
    chosen = parser.parse_args()
    cv2.setNumThreads(1)
    frames, truths = read(chosen.scenes, chosen.part)
    faces = sum(len(truth.boxes) for truth in truths)
    print(f"{chosen.part}: {len(frames)} photographs, {faces} faces\n")
    names = [f"{low:.0f} to {high:.0f}" if np.isfinite(high) else f"{low:.0f} and more" for low, high in ranges()]
    rows = [["detector", "score", "recall", *(f"{name} px" for name in names), "false", "landmarks off by"]]
    default = DetectOptions().score
    for name in chosen.names or ["own", "haar"]:
        if name == "own":
            detector: Detector = Own(DetectOptions(score=FAINTEST), chosen.file)
            found, score = detector.detect(frames), chosen.score or default
            rows.append(row(name, judge(found, truths), score))
            own = found, score
        else:
            found = registry.factory("detectors", name)(DetectOptions()).detect(frames)
            rows.append(row(name, judge(found, truths), 0.0))
    show(rows)
    if chosen.steadiness:
        steadiness(frames, truths)
    if "own" in (chosen.names or ["own"]):
        found, score = own
        by_source("own", frames, found, truths, score)
        curve("own", judge(found, truths))
        if chosen.figure is not None:
            draw(chosen.figure, frames, found, truths, score)


if __name__ == "__main__":
    main()
