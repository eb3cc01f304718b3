"""Everything that can be found in a set: the order of the work stands here."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from emovere import weights
from emovere.classify.check import Check
from emovere.classify.classifier import locate_model
from emovere.datasets.clean.build import Built, Watch
from emovere.datasets.clean.faults import hidden_or_drawn, no_faces, poor_pictures, turned_heads
from emovere.datasets.clean.features import PENULTIMATE, Features
from emovere.datasets.clean.findings import Finding, Findings, in_order
from emovere.datasets.clean.looks import LOWEST, Looks, joined_looks, look
from emovere.datasets.clean.options import CleanOptions, check_options
from emovere.datasets.clean.outliers import outliers
from emovere.datasets.clean.pixels import Pixels, measure
from emovere.datasets.clean.predictions import Predictions, for_faces
from emovere.datasets.clean.probes import TENSORS, load_probes, summarised
from emovere.datasets.clean.suspects import suspects
from emovere.datasets.clean.twice import exact_copies, near_copies
from emovere.datasets.rows import FaceRows
from emovere.detect.choose import create
from emovere.types import Float32, UInt8

PART = 256
"""Faces that a thread looks at together."""


@dataclass(frozen=True, eq=False)
class Seen:
    """What was measured on N faces, one by one."""

    pixels: Pixels
    looks: Looks
    features: Float32
    """(N, D) float32: what the network's last layer reads."""
    probes: Float32 | None
    """(N, 3): hidden eyes, hidden mouth, drawing; None where the network is not the one that the probes belong to."""


def find(
    rows: FaceRows,
    options: CleanOptions,
    watch: Watch,
    *,
    predictions: Predictions | None = None,
    built: Built | None = None,
) -> Findings:
    """Every finding in a set.

    predictions: out-of-fold ones; without them no label is doubted. built: what is known of a set that was made from
    whole pictures just now. Raises ConfigError, WeightsError, ModelError, LabelMismatch, and MissingExtra without
    cleanlab where there are predictions.
    """
    check_options(options)
    probs = None if predictions is None else for_faces(predictions, rows.keys, rows.faces.label_names)
    found: list[Finding] = exact_copies(rows)
    if len(rows):
        seen = see(rows.faces.images, options, watch)
        found += near_copies(rows, options.copies)
        found += no_faces(seen.looks, options.faces)
        found += turned_heads(seen.looks, options.faces, built)
        found += hidden_or_drawn(seen.probes, seen.looks, options.faces)
        found += poor_pictures(rows, seen.pixels, options.pictures, built)
        found += outliers(seen.features, options)
    if probs is not None:
        found += suspects(rows, probs, options.labels)
    wanted = [_decided(finding, options) for finding in found if finding.reason not in options.without]
    return in_order(rows, wanted)


def _decided(finding: Finding, options: CleanOptions) -> Finding:
    if finding.reason in options.drop and not finding.action:
        return dataclasses.replace(finding, action="drop")
    return finding


def see(images: UInt8, options: CleanOptions, watch: Watch) -> Seen:
    """Measure (N, 48, 48) faces one by one, N from 1 on, in ``options.threads`` threads."""
    path = locate_model(options.model)
    known = load_probes()
    fits = weights.sha256_of(path) == known.network
    names = (PENULTIMATE, *TENSORS) if fits else (PENULTIMATE,)

    def prepared() -> _Eyes:
        return _Eyes(options, Features(path, *names))

    parts: list[tuple[Pixels, Looks, Float32, Float32 | None]] = []

    def work() -> Iterator[float]:
        starts = range(0, len(images), PART)
        with ThreadPoolExecutor(options.threads) as pool:
            eyes = [prepared() for _ in range(options.threads)]
            free = list(eyes)

            def one(start: int) -> tuple[Pixels, Looks, Float32, Float32 | None]:
                mine = free.pop()
                try:
                    part = images[start : start + PART]
                    pixels, looks = measure(part), look(part, mine.detector, mine.check, options.faces)
                    features, *inner = mine.features.read(part)
                    return pixels, looks, features, known.read(summarised(inner)) if fits else None
                finally:
                    free.append(mine)

            for done, part in enumerate(pool.map(one, starts), 1):
                parts.append(part)
                yield done / len(starts)

    for _ in watch(work(), "faces"):
        pass
    probes = [part[3] for part in parts if part[3] is not None]
    return Seen(
        Pixels(*(np.concatenate([getattr(part[0], name) for part in parts]) for name in Pixels.__dataclass_fields__)),
        joined_looks([part[1] for part in parts]),
        np.concatenate([part[2] for part in parts]),
        np.concatenate(probes) if probes else None,
    )


class _Eyes:
    """What one thread looks with."""

    def __init__(self, options: CleanOptions, features: Features) -> None:
        detect = dataclasses.replace(options.detect, score=LOWEST)
        self.detector, self.check, self.features = create(detect.name, detect), Check(), features
