"""Is what a generator makes any good, and is it its own? Measured beside real faces that it never saw."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from emovere.classify.classifier import load_model
from emovere.datasets.augment.maker import FaceMaker
from emovere.datasets.faceset import FaceSet
from emovere.export.load import load_start
from emovere.files import atomic_write
from emovere.train.data import without_leaks
from emovere.train.generate.sheet import draw_grid
from emovere.train.networks import FaceNetwork
from emovere.train.recipe import load_recipe
from emovere.types import Float32, Int64, UInt8

NETWORK = "nano"
"""The shipped network in whose features faces are compared, and which is asked what it sees."""

HELD_OUT = 1000
"""Held-out faces that are compared, drawn at random; of the rarest class, all."""

QUANTILE = 0.01
"""A face that is nearer to a training face than this share of real, held-out faces counts as suspicious."""

COLUMNS = 12
"""Faces in a row of either picture."""

Features = Callable[[UInt8], Float32]
"""(N, 48, 48) uint8 -> (N, D) float32: what distances are taken between."""


@dataclass(frozen=True, eq=False)
class Nearest:
    """Of N faces the nearest training face, mirrored or not."""

    distances: Float32
    """(N,) Euclidean."""
    ratios: Float32
    """(N,) the distance divided by that to the second nearest: well below 1 for a copy of one face."""
    rows: Int64
    """(N,) which training face it is."""


@dataclass(frozen=True)
class Closeness:
    """How near made faces lie to training faces, and real, held-out faces beside them."""

    kind: str
    """pixels or features."""
    label: str
    """The class whose faces alone are compared; empty for all."""
    made: tuple[float, ...]
    """Least, 1 %, 5 % and middle distance of made faces."""
    held_out: tuple[float, ...]
    """The same of held-out faces."""
    suspicious: float
    """Share of the made faces that are nearer than all but 1 % of the held-out ones."""
    suspicious_ratio: float
    """Share of the made faces whose ratio of nearest to second nearest is lower than that of all but 1 %."""


def examine_generator(
    faces: FaceSet, generator: Path, folder: Path, *, each: int = 300, seed: int = 1, say: Callable[[str], None]
) -> dict[str, Any]:
    """Make ``each`` faces of every class, compare them, and write sheet.jpg, nearest.png and examined.json.

    Training faces are those that the generator learned from: none is a copy of a held-out one, which are PublicTest's.
    Nearest.png shows faces of the training set, which may not be ours to publish.
    """
    maker = FaceMaker(generator)
    training, _ = without_leaks(faces)
    random, everyone = np.random.default_rng(seed), faces.split("PublicTest")
    public = everyone[np.sort(random.permutation(len(everyone))[:HELD_OUT])]
    made = np.concatenate([maker.make(label, each, random) for label in maker.labels])
    labels = np.repeat(np.arange(len(maker.labels)), each)
    rows = [(label, made[labels == place][:COLUMNS]) for place, label in enumerate(maker.labels)]
    draw_grid(rows, folder / "sheet.jpg")
    features = features_of(NETWORK)
    found: list[Closeness] = []
    rare = int(np.argmin(training.counts))
    rare_made, rare_faces = made[labels == rare], training.images[training.labels == rare]
    shown = [(f"made {maker.labels[rare]}", rare_made[:COLUMNS])]
    for kind, describe in (("pixels", pixels), ("features", features)):
        say(f"comparing {len(made):,} made and {len(public):,} held-out faces with {len(training):,} by their {kind}")
        described = describe(training.images)
        ours, theirs = nearest(made, described, describe), nearest(public.images, described, describe)
        found.append(closeness(kind, "", ours, theirs))
        of_rare = described[training.labels == rare]
        mine = nearest(rare_made, of_rare, describe)
        held = nearest(everyone.images[everyone.labels == rare], of_rare, describe)
        found.append(closeness(kind, maker.labels[rare], mine, held))
        closest = np.argsort(ours.distances, kind="stable")[:COLUMNS]
        shown.insert(-1 if kind == "pixels" else -2, (f"closest by {kind}", made[closest]))
        shown.insert(-1 if kind == "pixels" else -2, (f"nearest by {kind}", training.images[ours.rows[closest]]))
        shown.append((f"nearest by {kind}", rare_faces[mine.rows[:COLUMNS]]))
    draw_grid(shown, folder / "nearest.png")
    told = load_model(NETWORK)
    result = {
        "generator": {"name": maker.name, "sha256": maker.sha256},
        "faces_of_each_class": each,
        "closeness": [asdict(one) for one in found],
        "recognised": {
            "made": _recognised(told.predict(made).probs, labels, maker.labels),
            "held_out": _recognised(told.predict(public.images).probs, public.labels, maker.labels),
        },
        "frechet": {
            "made": frechet(features(made), described[_as_often(training, labels, random)]),
            "held_out": frechet(features(public.images), described[_as_often(training, public.labels, random)]),
        },
    }
    with atomic_write(folder / "examined.json") as file:
        json.dump(result, file, indent=2)
    return result


def told_of(result: dict[str, Any]) -> list[str]:
    """What was found, as lines for people."""
    lines = ["                    distance to the nearest training face: least, 1 %, 5 %, middle      suspicious"]
    for one in result["closeness"]:
        for who in ("made", "held_out"):
            numbers = "  ".join(f"{value:8.2f}" for value in one[who])
            share = f"{one['suspicious']:.1%}, by ratio {one['suspicious_ratio']:.1%}" if who == "made" else ""
            lines.append(f"{one['kind']:9} {one['label']:8} {who:9} {numbers}   {share}".rstrip())
    for who, shares in result["recognised"].items():
        words = ", ".join(f"{label} {share:.0%}" for label, share in shares.items())
        lines.append(f"{who}: {NETWORK} reads them as what they are: {words}")
    distances = result["frechet"]
    lines.append(
        f"Fréchet distance to training faces: made {distances['made']:.1f}, held out {distances['held_out']:.1f}"
    )
    return lines


def pixels(images: UInt8) -> Float32:
    """(N, 48, 48) uint8 -> (N, 2304): distances are the root of the mean squared difference, in grey levels."""
    return np.asarray(images.reshape(len(images), -1) / images.shape[-1], np.float32)


def features_of(network: str) -> Features:
    """What a shipped network sees in a face just before it answers, each face's brought to length 1."""
    trained = load_start(network, load_recipe(network).network).network

    def describe(images: UInt8) -> Float32:
        return _trunk(trained, images)

    return describe


def _trunk(network: FaceNetwork, images: UInt8) -> Float32:
    parts = []
    with torch.no_grad():
        for part in torch.split(torch.from_numpy(np.ascontiguousarray(images))[:, None], 256):
            seen = network.trunk(network.prepared(part.float()))
            parts.append(torch.nn.functional.normalize(seen, dim=1).numpy())
    return np.concatenate(parts)


def nearest(images: UInt8, training: Float32, describe: Features) -> Nearest:
    """The nearest of (M, D) described training faces, M from 2 on, to each of (N, 48, 48) uint8 faces."""
    best, rows = [], []
    squares = (training**2).sum(axis=1)
    both = [describe(images), describe(np.ascontiguousarray(images[:, :, ::-1]))]
    for start in range(0, len(images), 256):
        gaps = [
            (view**2).sum(axis=1)[:, None] + squares - 2 * view @ training.T
            for view in (one[start : start + 256] for one in both)
        ]
        gap = np.minimum(*gaps)
        two = np.argpartition(gap, 1, axis=1)[:, :2]
        best.append(np.take_along_axis(gap, two, axis=1))
        rows.append(two[:, 0])
    distances = np.sqrt(np.maximum(np.concatenate(best), 0))
    ratios = distances[:, 0] / np.maximum(distances[:, 1], 1e-9)
    return Nearest(distances[:, 0], ratios.astype(np.float32), np.concatenate(rows).astype(np.int64))


def closeness(kind: str, label: str, made: Nearest, held_out: Nearest) -> Closeness:
    """Both beside each other."""
    return Closeness(
        kind,
        label,
        _summary(made.distances),
        _summary(held_out.distances),
        float((made.distances < np.quantile(held_out.distances, QUANTILE)).mean()),
        float((made.ratios < np.quantile(held_out.ratios, QUANTILE)).mean()),
    )


def _summary(distances: Float32) -> tuple[float, ...]:
    return tuple(float(value) for value in np.quantile(distances, [0, 0.01, 0.05, 0.5]))


def frechet(one: Float32, other: Float32) -> float:
    """Distance of two clouds of features as if both were normal (Heusel et al. 2017, arXiv 1706.08500), times 1,000.

    (N, D) and (M, D) -> at least 0.
    """
    means, spreads = zip(*((part.mean(axis=0), np.cov(part, rowvar=False)) for part in (one, other)), strict=True)
    values, vectors = np.linalg.eigh(spreads[0].astype(np.float64))
    root = vectors * np.sqrt(np.maximum(values, 0)) @ vectors.T
    cross = np.sqrt(np.maximum(np.linalg.eigvalsh(root @ spreads[1] @ root), 0)).sum()
    gap = ((means[0] - means[1]) ** 2).sum() + np.trace(spreads[0]) + np.trace(spreads[1]) - 2 * cross
    return float(max(0.0, gap) * 1000)


def _as_often(training: FaceSet, labels: Int64, random: np.random.Generator) -> Int64:
    """Rows of training faces with just these classes, so that both clouds hold the same mix."""
    places = {int(label): np.flatnonzero(training.labels == label) for label in np.unique(labels)}
    return np.array([random.choice(places[int(label)]) for label in labels], np.int64)


def _recognised(probs: npt.NDArray[Any], labels: Int64, names: tuple[str, ...]) -> dict[str, float]:
    right = probs.argmax(axis=1) == labels
    return {name: round(float(right[labels == place].mean()), 4) for place, name in enumerate(names)}
