"""Pictures made for training: parts of photographs with their faces, several together, faces pasted in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch.utils.data import Dataset, Sampler

from emovere.errors import DatasetError
from emovere.train.faces.labels import DOUBTFUL, FACE, Labels
from emovere.train.faces.losses import Targets
from emovere.train.faces.marked import FACE as SOUGHT
from emovere.train.faces.marked import IGNORED, Marks, warped
from emovere.train.faces.pasting import FaceBank, paste_decoys, paste_faces
from emovere.train.faces.recipe import SceneRecipe
from emovere.train.faces.roughen import grained, roughened
from emovere.train.faces.scenes import Scenes
from emovere.types import Float32, Int64, UInt8

Lesson = tuple[torch.Tensor, Targets]
"""(N, C, S, S) uint8 pictures and what stands in them."""

_FEWEST_PIXELS = 9.0
_MOST_ZOOM = 2.5
_CROWD = 7
"""Faces beyond so many make a photograph no likelier to be drawn."""

_WHOLE = np.array([-0.5, -0.5, 0.5, 0.5], np.float32)


@dataclass(frozen=True, eq=False)
class Places:
    """M boxes on photographs where a network erred; M may be 0."""

    scenes: Int64
    """(M,) numbers among the photographs of the training part."""
    boxes: Float32
    """(M, 4) pixels of the photograph."""

    @classmethod
    def none(cls) -> Places:
        """No place."""
        return cls(np.zeros(0, np.int64), np.zeros((0, 4), np.float32))


@dataclass(frozen=True)
class Order:
    """One picture to be made."""

    number: int
    """Which of all pictures of a run it is; everything about it follows from this."""
    side: int


class Draws(Dataset[Lesson]):
    """Makes the picture of any number; the same number gives the same picture. Hands out whole batches."""

    def __init__(self, scenes: Scenes, labels: Labels, bank: FaceBank, recipe: SceneRecipe, seed: int) -> None:
        """Only photographs of the part ``training`` are used. Raises DatasetError where there is none."""
        self._scenes, self._bank, self._recipe, self._seed = scenes, bank, recipe, seed
        self._rows = np.flatnonzero(scenes.parts == "training")
        if not len(self._rows):
            raise DatasetError("no photograph is left for training; expected more of them")
        _, inverse, counts = np.unique(scenes.sources[self._rows], return_inverse=True, return_counts=True)
        self._marks = [_marks(labels.of(int(row))) for row in self._rows]
        # The root of a source's size, so that large collections of one kind do not drown the others; and crowds more
        # often than portraits, as they hold the small and the covered faces.
        crowd = np.array([1 + min(int((marks.kinds == SOUGHT).sum()), _CROWD) for marks in self._marks])
        weights = crowd * np.sqrt(counts)[inverse] / counts[inverse]
        self._chances = np.cumsum(weights / weights.sum())
        self._empty = np.array([k for k, marks in enumerate(self._marks) if not len(marks)])
        self.hard = Places.none()

    def __getitems__(self, orders: list[Order]) -> Lesson:
        made = [self.picture(order) for order in orders]
        pictures = np.stack([image for image, _ in made]).transpose(0, 3, 1, 2)
        return torch.from_numpy(np.ascontiguousarray(pictures)), as_targets([marks for _, marks in made])

    def picture(self, order: Order) -> tuple[UInt8, Marks]:
        """(side, side, C) uint8 and its marks."""
        rng = np.random.default_rng((self._seed, order.number))
        recipe, side = self._recipe, order.side
        if rng.random() < recipe.plain and len(self._bank):
            shade = 128 if rng.random() < 0.5 else rng.integers(0, 256)
            image = np.full((side, side, self._scenes.channels), shade, np.uint8)
            marks = paste_faces(image, Marks.empty(), self._bank, rng, count=1, degrees=0, plain=True)
        else:
            image, marks = self._mosaic(rng, side) if rng.random() < recipe.mosaic else self._view(rng, side)
            if rng.random() < recipe.pasted and len(self._bank):
                count = int(rng.integers(1, 4))
                marks = paste_faces(
                    image, marks, self._bank, rng, count=count, degrees=recipe.degrees, plain=rng.random() < 0.1
                )
            if rng.random() < recipe.decoys:
                paste_decoys(image, marks, self._bank, rng)
        _cover(image, marks, rng, recipe.covered)
        return roughened(image, rng, recipe), marks.within(side, side, recipe.smallest)

    def _mosaic(self, rng: np.random.Generator, side: int) -> tuple[UInt8, Marks]:
        image = np.empty((side, side, self._scenes.channels), np.uint8)
        x, y = (int(rng.uniform(0.35, 0.65) * side) for _ in range(2))
        marks = Marks.empty()
        for left, top, right, bottom in ((0, 0, x, y), (x, 0, side, y), (0, y, x, side), (x, y, side, side)):
            width, height = right - left, bottom - top
            tile, inside = self._view(rng, max(width, height))
            image[top:bottom, left:right] = tile[:height, :width]
            inside = inside.within(width, height, 0)
            corner = np.array([[1, 0, left], [0, 1, top]], np.float32)
            marks += inside.moved(corner)
        return image, marks

    def _view(self, rng: np.random.Generator, side: int) -> tuple[UInt8, Marks]:
        """A part of one photograph, at any scale; what lies outside it is plain, drawn out, or another photograph."""
        if len(self.hard.scenes) and rng.random() < self._recipe.hard:
            which = int(rng.integers(len(self.hard.scenes)))
            pick, box = int(self.hard.scenes[which]), self.hard.boxes[which]
            zoom = float(np.exp(rng.uniform(np.log(0.5), np.log(_MOST_ZOOM))))
        else:
            pick = min(int(np.searchsorted(self._chances, rng.random())), len(self._rows) - 1)
            box, zoom = self._focus(rng, pick, side)
        image, marks = self._scenes[int(self._rows[pick])], self._marks[pick]
        height, width = image.shape[:2]
        half = min(_size(box) * zoom / 2, side / 2)
        target = rng.uniform(half, side - half, 2) if half < side / 2 else np.full(2, side / 2)
        matrix = self._matrix(rng, (box[:2] + box[2:]) / 2, target, zoom)
        if zoom * max(height, width) < 0.8 * side and len(self._empty):
            return self._over_another(rng, image, marks, matrix, side)
        border = int(rng.integers(0, 256)) if rng.random() < 0.7 else None
        return warped(image, matrix, side, side, border), marks.moved(matrix)

    def _focus(self, rng: np.random.Generator, pick: int, side: int) -> tuple[Float32, float]:
        """What is looked at in a photograph, a face or any place, and how much it is enlarged."""
        marks, (height, width) = self._marks[pick], self._scenes.sizes[self._rows[pick]]
        faces = np.flatnonzero(marks.kinds == SOUGHT)
        if len(faces) and rng.random() >= self._recipe.background:
            box = marks.boxes[rng.choice(faces)]
            wanted = np.exp(rng.uniform(np.log(_FEWEST_PIXELS), np.log(0.95 * side)))
            return box, float(np.clip(wanted / _size(box), 0.02, _MOST_ZOOM))
        zoom = float(np.exp(rng.uniform(np.log(0.3), np.log(2.0))))
        middle = rng.uniform(0, 1, 2) * (width, height)
        return np.concatenate([middle, middle]).astype(np.float32) + side / zoom * _WHOLE, zoom

    def __len__(self) -> int:
        """Photographs of the training part."""
        return len(self._rows)

    def known(self, number: int) -> tuple[UInt8, Marks]:
        """A photograph of the training part and everything that is marked on it."""
        return self._scenes[int(self._rows[number])], self._marks[number]

    def _matrix(
        self,
        rng: np.random.Generator,
        middle: Float32,
        target: np.ndarray[tuple[int], np.dtype[np.float64]],
        zoom: float,
    ) -> Float32:
        turn = np.deg2rad(rng.normal(0, self._recipe.degrees)) if rng.random() < self._recipe.turned else 0.0
        across, along = zoom * np.cos(turn), zoom * np.sin(turn)
        stretch = np.exp(rng.normal(0, 0.05))
        flip = -1.0 if rng.random() < 0.5 else 1.0
        linear = np.array([[across, -along], [along, across]]) @ np.diag([flip * stretch, 1 / stretch])
        return np.concatenate([linear, (target - linear @ middle)[:, None]], axis=1).astype(np.float32)

    def _over_another(
        self, rng: np.random.Generator, image: UInt8, marks: Marks, matrix: Float32, side: int
    ) -> tuple[UInt8, Marks]:
        """A photograph made small, on one without faces that fills the picture."""
        other = self._scenes[int(self._rows[rng.choice(self._empty)])]
        height, width = other.shape[:2]
        zoom = float(rng.uniform(1.0, 1.6)) * side / min(height, width)
        shift = np.array([side, side]) / 2 - zoom * np.array([width, height]) / 2
        under = warped(other, np.array([[zoom, 0, shift[0]], [0, zoom, shift[1]]], np.float32), side, side, None)
        over = warped(image, matrix, side, side, 0)
        mask = np.full((*image.shape[:2], 1), 255, np.uint8)
        alpha = warped(mask, matrix, side, side, 0) > 127
        return np.where(alpha, over, under), marks.moved(matrix)


def _size(box: Float32) -> float:
    return float(np.sqrt((box[2:] - box[:2]).prod()))


def _marks(labels: Labels) -> Marks:
    kinds = np.where(labels.scores >= FACE, SOUGHT, IGNORED).astype(np.int64)
    known = labels.scores >= DOUBTFUL
    return Marks(labels.boxes[known], labels.landmarks[known], kinds[known])


def _cover(image: UInt8, marks: Marks, rng: np.random.Generator, chance: float) -> None:
    """Lay a plain or a grainy rectangle over a part of some faces, in place."""
    for box in marks.boxes[marks.kinds == SOUGHT]:
        if rng.random() >= chance:
            continue
        size = box[2:] - box[:2]
        patch = size * rng.uniform(0.25, 0.6, 2)
        corner = box[:2] + rng.uniform(-0.1, 1.1, 2) * (size - patch)
        x1, y1, x2, y2 = (int(v) for v in np.concatenate([corner, corner + patch]))
        part = image[max(0, y1) : max(0, y2), max(0, x1) : max(0, x2)]
        part[...] = rng.integers(0, 256)
        if part.size and rng.random() < 0.5:
            part[...] = grained(part, rng)


def as_targets(marks: list[Marks]) -> Targets:
    """Marks of N pictures, filled up to the most of any."""
    most = max(1, *(len(one) for one in marks), 1)
    boxes = np.zeros((len(marks), most, 4), np.float32)
    landmarks = np.zeros((len(marks), most, 5, 2), np.float32)
    kinds = np.zeros((len(marks), most), np.int64)
    for row, one in enumerate(marks):
        boxes[row, : len(one)], landmarks[row, : len(one)], kinds[row, : len(one)] = one.boxes, one.landmarks, one.kinds
    return Targets(*(torch.from_numpy(values) for values in (boxes, landmarks, kinds)))


class Orders(Sampler[list[Order]]):
    """The batches of an epoch: numbers that no other epoch uses."""

    def __init__(self, recipe: SceneRecipe, batch: int, steps: int) -> None:
        self._recipe, self._batch, self._steps, self._epoch = recipe, batch, steps, 0

    def set_epoch(self, epoch: int) -> None:
        """Which epoch is to come; Lightning calls it."""
        self._epoch = epoch

    def __len__(self) -> int:
        return self._steps

    def __iter__(self) -> Iterator[list[Order]]:
        for step in range(self._epoch * self._steps, (self._epoch + 1) * self._steps):
            large = self._recipe.large and step % self._recipe.large == self._recipe.large - 1
            side, count = self._recipe.side * (2 if large else 1), max(1, self._batch // (4 if large else 1))
            first = step * self._batch
            yield [Order(number, side) for number in range(first, first + count)]
