"""Fit what tells hidden eyes, hidden mouths and drawings: src/emovere/assets/models/light-probes.npz.

    python benchmarks/cleaning_probes.py [--data fer2013.parquet] [--write]

Linear probes on values inside the network light (`datasets/clean/probes.py`). Hidden eyes and mouths are learned from
faces of Training over which a hand, a mask, dark glasses, hair or some other texture is painted, and from faces that
were looked at one by one; drawings from the latter alone. ``cleaning_probes.csv`` beside this file names those, by
the SHA-256 of their pixels, with what they are asked about and the answer. Copies of held-out faces are left out.
Without --write it only prints what it would write: how many of the judged faces, and of the photographs called masks
and lfw, are found.
"""

from __future__ import annotations

import argparse
import csv
import io
import os
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image
from sklearn.linear_model import LogisticRegression

from emovere import weights
from emovere.align.crop import LANDMARKS, crop_faces
from emovere.classify.check import Check
from emovere.classify.classifier import locate_model
from emovere.config import DetectOptions
from emovere.datasets.clean.copies import copy_groups
from emovere.datasets.clean.features import Features
from emovere.datasets.clean.probes import NAMES, TENSORS, Probes, summarised
from emovere.datasets.load import load_rows
from emovere.datasets.rows import FaceRows
from emovere.detect.yunet import YuNet
from emovere.extras import optional
from emovere.labels import FERPLUS_COLUMNS
from emovere.types import Float32, Frame, UInt8

SHARED = Path(os.environ.get("EMOVERE_SHARED", Path(__file__).resolve().parents[2] / "shared"))
LABELS = Path(__file__).with_name("cleaning_probes.csv")
TARGET = Path(__file__).resolve().parents[1] / "src" / "emovere" / "assets" / "models" / "light-probes.npz"
PAINTED, OTHERS = 3500, 5000
EARLY_PART = 1152
"""So many of the summarised values tell how a picture is made; the rest say what stands where."""

Picture = npt.NDArray[np.float32]


class Painter:
    """Paints over parts of faces, by lot."""

    def __init__(self, faces: UInt8, seed: int) -> None:
        self._faces, self._random = faces, np.random.default_rng(seed)

    def views(self, face: UInt8) -> list[tuple[UInt8, int, int]]:
        """A face as it is, with something beside it, with hidden eyes, with a hidden mouth: picture, eyes, mouth."""
        marks = LANDMARKS + self._random.normal(0, 0.8, 2)
        plain = face.astype(np.float32)
        made = [
            (plain, 0, 0),
            (self._beside(plain), 0, 0),
            (self._eyes(plain, marks), 1, 0),
            (self._mouth(plain, marks), 0, 1),
        ]
        return [(self._softened(picture), eyes, mouth) for picture, eyes, mouth in made]

    def _softened(self, picture: Picture) -> UInt8:
        if self._random.random() < 0.3:
            picture = np.asarray(cv2.GaussianBlur(picture, (0, 0), self._random.uniform(0.5, 1.3)), np.float32)
        return picture.clip(0, 255).astype(np.uint8)

    def _texture(self, kind: str) -> Picture:
        random = self._random
        down, right = np.mgrid[0:48, 0:48].astype(np.float32)
        if kind == "cloth":
            picture = (
                random.uniform(20, 245) + random.normal(0, 0.8) * (right - 24) + random.normal(0, 0.8) * (down - 24)
            )
            if random.random() < 0.4:
                picture = picture + random.uniform(5, 20) * np.sin(down / random.uniform(0.8, 2.5))
        elif kind == "skin":
            face, side = self._faces[random.integers(len(self._faces))], int(random.integers(6, 12))
            top, left = (random.integers(22, 30), random.integers(8, 34)) if random.random() < 0.5 else (5, 18)
            patch = face[top : top + side, left : left + side].astype(np.float32)
            picture = cv2.resize(patch, (48, 48), interpolation=cv2.INTER_CUBIC)
            if random.random() < 0.7:
                angle, wide = random.uniform(0, np.pi), random.uniform(4, 8)
                across = (right * np.cos(angle) + down * np.sin(angle)) / wide + random.uniform(0, 1)
                picture = picture - random.uniform(15, 60) * np.exp(-(((across - across.round()) / 0.12) ** 2))
        else:
            picture = np.rot90(self._faces[random.integers(len(self._faces))], random.integers(1, 4)).astype(np.float32)
            if random.random() < 0.5:
                picture = cv2.resize(picture[8:32, 8:32], (48, 48))
        return np.asarray(picture + random.normal(0, random.uniform(0, 4), (48, 48)), np.float32).clip(0, 255)

    def _blob(self, x: float, y: float, wide: float, high: float) -> Picture:
        random, angles = self._random, np.linspace(0, 2 * np.pi, 12, endpoint=False)
        rough, corner = 1 + random.normal(0, 0.12, 12), random.uniform(0.5, 1)
        edge = [
            part * rough * np.sign(value) * np.abs(value) ** corner
            for part, value in ((wide, np.cos(angles)), (high, np.sin(angles)))
        ]
        return _filled(np.stack([x + edge[0], y + edge[1]], axis=1))

    def _put(self, face: Picture, mask: Picture, texture: Picture) -> Picture:
        soft = cv2.GaussianBlur(mask, (0, 0), self._random.uniform(0.4, 0.9))
        return np.asarray(face * (1 - soft) + texture * soft, np.float32)

    def _any(self, *kinds: str) -> str:
        return str(self._random.choice(kinds))

    def _mouth(self, face: Picture, marks: Float32) -> Picture:
        random, kind = self._random, self._random.random()
        middle, wide = (marks[3] + marks[4]) / 2, abs(marks[4, 0] - marks[3, 0]) + 1
        if kind < 0.45:
            top, side, x = marks[2, 1] + random.uniform(-4, 2), random.uniform(13, 18), marks[2, 0] + random.normal()
            low, chin = side * random.uniform(0.7, 0.95), random.uniform(4, 8)
            edge = [(-side, top + 1), (0, top - 2), (side, top + 1), (low, 43), (chin, 50), (-chin, 50), (-low, 43)]
            mask = _filled(np.array([(x + across, y) for across, y in edge]))
            return self._put(face, mask, self._texture("cloth" if random.random() < 0.8 else "anything"))
        mask = self._blob(
            middle[0] + random.normal(0, 2), middle[1] + random.uniform(0, 3), wide * random.uniform(0.75, 1.3) + 2,
            random.uniform(6, 10),
        )  # fmt: skip
        return self._put(face, mask, self._texture("skin" if kind < 0.85 else self._any("cloth", "anything")))

    def _eyes(self, face: Picture, marks: Float32) -> Picture:
        random, kind = self._random, self._random.random()
        apart, middle = float(np.hypot(*(marks[1] - marks[0]))), (marks[0] + marks[1]) / 2
        if kind < 0.4:
            size, flat = random.uniform(0.36, 0.52) * apart, random.uniform(0.6, 0.9)
            mask = np.maximum(*(self._blob(x, y + random.uniform(0, 1.5), size, size * flat) for x, y in marks[:2]))
            ends = [tuple((mark * 16).astype(int).tolist()) for mark in marks[:2]]
            cv2.line(mask, ends[0], ends[1], 1.0, 1, cv2.LINE_AA, 4)
            shade = random.uniform(0, 55) + np.linspace(random.uniform(0, 50), 0, 48)[:, None]
            return self._put(face, mask, np.broadcast_to(shade, (48, 48)).astype(np.float32))
        if kind < 0.75:
            mask = self._blob(middle[0], middle[1], apart * random.uniform(0.8, 1.2), random.uniform(4.5, 9))
            return self._put(face, mask, self._texture("skin"))
        if kind < 0.9:
            mask = np.zeros((48, 48), np.float32)
            mask[: int(middle[1] + random.uniform(3, 7))] = 1
            return self._put(face, mask, self._texture(self._any("cloth", "anything")) * random.uniform(0.2, 0.6))
        mask = self._blob(middle[0], middle[1], apart * random.uniform(0.9, 1.2), random.uniform(3.5, 7))
        return self._put(face, mask, self._texture(self._any("cloth", "anything")))

    def _beside(self, face: Picture) -> Picture:
        random, kind = self._random, self._random.random()
        if kind < 0.35:
            mask = self._blob(random.uniform(0, 48), random.uniform(-2, 5), random.uniform(6, 14), random.uniform(3, 6))
        elif kind < 0.7:
            x = float(random.choice([0, 47]))
            mask = self._blob(x, random.uniform(20, 48), random.uniform(4, 8), random.uniform(6, 14))
        else:
            mask = self._blob(random.uniform(10, 38), 48, random.uniform(8, 16), random.uniform(2, 5))
        return self._put(face, mask, self._texture(self._any("cloth", "skin", "anything")))


def _filled(edge: npt.NDArray[np.float64]) -> Picture:
    mask = np.zeros((48, 48), np.float32)
    cv2.fillPoly(mask, [(edge * 16).round().astype(np.int32)], 1.0, lineType=cv2.LINE_AA, shift=4)
    return mask


def summaries(images: UInt8) -> Float32:
    network = Features(locate_model("light"), *TENSORS, threads=0)
    return np.concatenate([summarised(network.read(images[at : at + 512])) for at in range(0, len(images), 512)])


def judged(rows: FaceRows, reason: str) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Rows of Training that were judged and have no held-out copy: those that are so, and those that are not."""
    with LABELS.open(newline="", encoding="utf-8") as file:
        said = {line["key"]: line["is"] == "1" for line in csv.DictReader(file) if line["what"] == reason}
    groups = copy_groups(rows.faces.images, 4)
    learned = (rows.faces.splits == "Training") & ~np.isin(groups, groups[rows.faces.splits != "Training"])
    known = [row for row, key in enumerate(rows.keys.tolist()) if key in said and learned[row]]
    right = np.array([said[str(rows.keys[row])] for row in known], np.bool_)
    return np.array(known, np.int64)[right], np.array(known, np.int64)[~right]


def photographed(source: str, most: int) -> UInt8:
    """Faces of at least 30 pixels in the first photographs of one source."""
    rows = optional("pyarrow.parquet", "data").read_table(SHARED / "data" / "scenes.parquet").to_pylist()
    detector, crops = YuNet(DetectOptions()), []
    for row in [row for row in rows if row["source"] == source][:most]:
        frame = Frame(np.array(Image.open(io.BytesIO(row["image"]["bytes"])).convert("RGB")))
        faces = detector.detect([frame])[0]
        large = (faces.boxes[:, 2:] - faces.boxes[:, :2]).min(axis=1) >= 30
        crops.append(crop_faces(frame, faces, detector.box_in_crop).images[large])
    return np.concatenate(crops)


def fitted(inputs: list[tuple[Float32, int, float]]) -> tuple[Float32, float]:
    """A logistic regression on parts that are so (1) or not (0), each face of a part with its weight."""
    values = np.concatenate([part for part, _, _ in inputs])
    truth = np.concatenate([np.full(len(part), one) for part, one, _ in inputs])
    weight = np.concatenate([np.full(len(part), each) for part, _, each in inputs])
    model = LogisticRegression(C=1e-2 if values.shape[1] == EARLY_PART else 1e-3, max_iter=400)
    model.fit(values, truth, sample_weight=weight)
    return model.coef_[0].astype(np.float32), float(model.intercept_[0])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=SHARED / "data" / "fer2013.parquet")
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    rows, random = load_rows(arguments.data), np.random.default_rng(0)
    assert rows.faces.votes is not None
    images, training = rows.faces.images, rows.faces.splits == "Training"
    faces = training & (rows.faces.votes[:, FERPLUS_COLUMNS.index("NF")] == 0) & (Check().read(images) > 0.2)
    chosen = random.permutation(np.flatnonzero(faces))
    some = summaries(images[chosen[:OTHERS]])
    mean, scale = some.mean(axis=0), some.std(axis=0) + 1e-2
    others = (some - mean) / scale
    painter = Painter(images[chosen], seed=3)
    painted = [view for row in chosen[OTHERS : OTHERS + PAINTED] for view in painter.views(images[row])]
    shown = (summaries(np.stack([view[0] for view in painted])) - mean) / scale
    weight, offset = np.zeros((3, len(mean)), np.float32), np.zeros(3, np.float32)
    for place, name in enumerate(NAMES):
        part = slice(0, EARLY_PART) if name == "drawing" else slice(EARLY_PART, None)
        parts: list[tuple[Float32, int, float]] = [(others[:, part], 0, 1.0)]
        for one, these in zip((1, 0), judged(rows, name), strict=True):
            parts.append(
                (((summaries(images[these]) - mean) / scale)[:, part], one, 5.0 if name == "drawing" else 10.0)
            )
        if name != "drawing":
            hidden = np.array([view[1 + place] for view in painted], np.bool_)
            parts += [(shown[hidden][:, part], 1, 0.5), (shown[~hidden][:, part], 0, 0.5)]
        weight[place, part], offset[place] = fitted(parts)
        print(f"{name}: learned from {len(parts[1][0])} judged to be so and {len(parts[2][0])} judged not to be")
    probes = Probes(weights.sha256_of(locate_model("light")), mean, scale, weight, offset)
    for source in ("masks", "lfw"):
        crops = photographed(source, 400)
        hidden = probes.read(summaries(crops))[:, 1]
        cells = ", ".join(f"{(hidden > limit).mean():.1%} at {limit}" for limit in (0.5, 0.7, 0.9))
        print(f"mouth hidden, {len(crops)} faces of {source}: {cells}")
    if arguments.write:
        probes.write(TARGET)
        print(f"{TARGET.name} written")


if __name__ == "__main__":
    main()
