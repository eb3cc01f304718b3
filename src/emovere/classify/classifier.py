"""Crops in, calibrated expressions out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from emovere import registry, weights
from emovere.classify.description import METADATA, Description, Head
from emovere.classify.foreign_network import ForeignNetwork
from emovere.classify.network import Network, OwnNetwork
from emovere.config import ClassifyOptions, EngineOptions
from emovere.engines.base import Engine
from emovere.errors import ShapeError, UnknownModel, unknown_name
from emovere.labels import columns_of, parse_labels
from emovere.types import Expressions, Float32, ModelInfo, UInt8

__all__ = ["AUTO", "METADATA", "Classifier", "Description", "Head", "load_model", "locate_model", "resize_crops"]

AUTO = "auto"
"""Labels that are not chosen: fer7 for a network of emovere's, all of its own for any other."""


class Classifier:
    """A network that tells expressions from grey face crops."""

    def __init__(self, path: Path, options: ClassifyOptions, engine: EngineOptions) -> None:
        """Load a model file. Raises ModelError, or ConfigError for labels that it cannot tell apart."""
        loaded: Engine = registry.factory("engines", engine.name)(path, engine)
        own = METADATA in loaded.metadata
        self._network: Network = OwnNetwork(path, loaded) if own else ForeignNetwork(path, loaded)
        self._options = options
        self.description = self._network.description
        self._head_name, self.labels = choose_labels(options.labels, self.description)
        self._head = self.description.heads[self._head_name]
        self.info = ModelInfo(
            name=self.description.name,
            version=self.description.version,
            sha256=weights.sha256_of(path),
            engine=loaded.name,
            labels=self.labels,
        )

    @property
    def side(self) -> int:
        """Side of the square crops that the network takes, in pixels."""
        return self.description.side

    def predict(self, faces: UInt8 | Sequence[UInt8]) -> Expressions:
        """The mix of expressions on each face.

        faces: (N, H, W) uint8 grey crops of any size in FER2013's framing, or a list of N such (H, W) arrays; N may
        be 0. Returns Expressions over the labels that the classifier was loaded for. Raises ShapeError.
        """
        return self.express(self.read(faces))

    def read(self, faces: UInt8 | Sequence[UInt8]) -> Float32:
        """(N, K) float32 probabilities over all labels of the head, before the wanted ones are picked."""
        crops = resize_crops(faces, self.side)
        size = max(1, self._options.batch)
        parts = [
            self._network.answer(self._head_name, crops[start : start + size]) for start in range(0, len(crops), size)
        ]
        return np.concatenate(parts) if parts else np.zeros((0, len(self._head.labels)), np.float32)

    def express(self, probs: Float32) -> Expressions:
        """(N, K) probabilities of ``read``, or means of such, as Expressions over the wanted labels."""
        sets = None
        if self._head.limits is not None:
            sets = probs >= np.asarray(self._head.limits, np.float32)
            sets[np.arange(len(probs)), probs.argmax(axis=1)] = True
        return Expressions(self._head.labels, probs, sets).select(self.labels)


def choose_labels(text: str, description: Description) -> tuple[str, tuple[str, ...]]:
    """The head to ask, and the labels to keep, for ``auto`` or what ``parse_labels`` reads. Raises ConfigError."""
    heads = description.heads
    first = "fer7" if "fer7" in heads else next(iter(heads))
    if text == AUTO:
        return first, heads[first].labels
    head, labels = parse_labels(text)
    if head not in heads:
        head = first
    columns_of(labels, heads[head].labels)
    return head, labels


def resize_crops(faces: UInt8 | Sequence[UInt8], side: int) -> UInt8:
    """Bring grey crops of any size to (N, side, side) uint8. Raises ShapeError for anything else."""
    if isinstance(faces, np.ndarray) and faces.ndim != 3:
        raise ShapeError(f"faces: expected (N, H, W) uint8, grey; got {faces.shape} {faces.dtype}")
    out = np.empty((len(faces), side, side), np.uint8)
    for i, face in enumerate(faces):
        _check_face(face)
        shrinks = min(face.shape) > side
        out[i] = (
            face
            if face.shape == (side, side)
            else cv2.resize(face, (side, side), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
        )
    return out


def _check_face(face: npt.NDArray[Any]) -> None:
    if not isinstance(face, np.ndarray) or face.ndim != 2 or face.dtype != np.uint8 or not face.size:
        got = f"{face.shape} {face.dtype}" if isinstance(face, np.ndarray) else type(face).__name__
        raise ShapeError(f"faces: expected grey (H, W) uint8 crops of at least one pixel; got {got}")


def load_model(
    name: str | Path = "light",
    *,
    labels: str = AUTO,
    batch: int = 64,
    engine: EngineOptions | None = None,
) -> Classifier:
    """Load a network by its name, or from an ONNX file: one that ``emovere export`` wrote, or anybody's with a
    description beside it (docs/models-of-others.md).

    labels: ``fer7``, ``ferplus8``, or a list such as ``angry,happy,neutral,sad``; ``auto`` takes fer7, or all labels of
    a network that is not emovere's. Raises UnknownModel, ModelError, WeightsError or ConfigError.

    >>> load_model("light").predict(np.zeros((2, 48, 48), np.uint8)).probs.shape
    (2, 7)
    """
    options = ClassifyOptions(model=str(name), labels=labels, batch=batch)
    return Classifier(locate_model(name), options, engine or EngineOptions())


def locate_model(name: str | Path) -> Path:
    """The file of a network that is named, or that is an ONNX file. Raises UnknownModel or WeightsError."""
    path = Path(name)
    if path.suffix == ".onnx":
        if not path.is_file():
            raise UnknownModel(f"{path}: no such file; expected an ONNX network or one of {', '.join(_names())}")
        return path
    if str(name) not in _names():
        raise UnknownModel(unknown_name("model", str(name), _names()))
    return weights.locate(str(name)) or weights.fetch(str(name))


def _names() -> list[str]:
    return [entry.name for entry in weights.manifest().values() if entry.role == "classifier"]
