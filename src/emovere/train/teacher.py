"""A trained network whose answers another one learns: distillation (Hinton et al. 2015, arXiv 1503.02531)."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from emovere import registry
from emovere.classify.classifier import Description, locate_model
from emovere.config import EngineOptions
from emovere.datasets.faceset import FaceSet
from emovere.engines.base import Engine
from emovere.errors import ConfigError, ModelError, OutputError
from emovere.files import atomic_write
from emovere.labels import FER7, FERPLUS8
from emovere.train.augment import Augment
from emovere.train.data import Batch, FaceTensors
from emovere.train.recipe import HEADS, Recipe
from emovere.weights import home, sha256_of

_PUPILS_OWN = ("noise", "blur")
"""Variations that the teacher is not asked about."""

_AT_ONCE = 256
"""Faces that are varied, and asked about, together."""


class Teacher:
    """A network with both heads, asked through an engine."""

    def __init__(self, name: str, threads: int = 0) -> None:
        """Load a network by name or from an ONNX file. Raises UnknownModel, WeightsError, or ModelError."""
        path = locate_model(name)
        self._engine: Engine = registry.factory("engines", "onnxruntime")(path, EngineOptions(threads=threads))
        self.name, self.sha256 = name, sha256_of(path)
        heads = Description.read(self._engine.metadata, path).heads
        for head, labels in HEADS.items():
            if head not in heads or heads[head].labels != labels:
                raise ModelError(f"{path}: cannot teach: expected a head {head} with the labels {', '.join(labels)}")

    def answers(self, faces: Tensor) -> Tensor:
        """(N, 1, 48, 48) uint8 -> (N, 15) float32: the probabilities of fer7, then those of ferplus8."""
        parts = [
            np.concatenate(self._engine.run(list(HEADS), {"faces": part.numpy()}), axis=1)
            for part in torch.split(faces, _AT_ONCE)
        ]
        return torch.from_numpy(np.concatenate(parts))


class TaughtFaces(FaceTensors):
    """Faces that are varied once an epoch, all together, with the teacher's answers to just these variations.

    Teacher and student see the same pictures (Beyer et al. 2022, arXiv 2106.05237, "consistent teaching"). Asking costs
    more than learning, so variations recur every ``loss.views`` epochs and the answers are kept under
    ``$EMOVERE_HOME/taught``, where other runs with the same teacher, faces and variations find them.
    """

    def __init__(self, faces: FaceSet, recipe: Recipe, teacher: Teacher) -> None:
        super().__init__(faces)
        self._originals, self._views, self._teacher = self.images, recipe.loss.views, teacher
        self._augment = Augment(recipe.augment)
        asked = {name: value for name, value in asdict(recipe.augment).items() if name not in _PUPILS_OWN}
        key = json.dumps([teacher.sha256, asked, hashlib.sha256(faces.images.tobytes()).hexdigest()])
        self._folder = home() / "taught" / hashlib.sha256(key.encode()).hexdigest()[:16]
        self.answers = torch.zeros(0)

    def begin(self, epoch: int) -> None:
        """Vary the faces for an epoch and have the teacher's answers. Raises OutputError, EngineError."""
        view = epoch % self._views if self._views else epoch
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(view)
            parts = [self._augment(part.float()) for part in torch.split(self._originals, _AT_ONCE)]
        self.images = torch.cat(parts).round().to(torch.uint8)
        self.answers = self._kept(view) if self._views else self._teacher.answers(self.images)

    def _kept(self, view: int) -> Tensor:
        path = self._folder / f"{view}.npy"
        if not path.is_file():
            with atomic_write(path, "wb") as file:
                np.save(file, self._teacher.answers(self.images).numpy().astype(np.float16))
        try:
            kept = np.load(path)
        except (OSError, ValueError, EOFError) as error:
            raise OutputError(f"{path}: is damaged; delete it, and the teacher is asked again") from error
        return torch.from_numpy(kept.astype(np.float32))

    def __getitems__(self, rows: list[int]) -> Batch:
        return self.images[rows], self.labels[rows], self.votes[rows], self.answers[rows]


def imitation(logits: tuple[Tensor, Tensor], answers: Tensor, softness: float) -> Tensor:
    """How far both heads are from the teacher's: the sum of their Kullback-Leibler divergences, at a temperature.

    logits: (N, 7) and (N, 8). answers: (N, 15) probabilities. Scaled by the temperature's square, so that gradients
    keep their size.
    """
    total = torch.zeros(())
    for student, taught in zip(logits, torch.split(answers, [len(FER7), len(FERPLUS8)], dim=1), strict=True):
        softened = functional.softmax(taught.clamp(min=1e-6).log() / softness, dim=1)
        student_log = functional.log_softmax(student.float() / softness, dim=1)
        total = total + functional.kl_div(student_log, softened, reduction="batchmean")
    return total * softness**2


def check_teaching(recipe: Recipe) -> None:
    """Raises ConfigError for a softness, a number of views or a shift that means nothing, or a pupil with one head."""
    if recipe.loss.teacher and recipe.network.heads != tuple(HEADS):
        raise ConfigError(
            f"loss.teacher: expected a network with the heads {', '.join(HEADS)}; got network.heads = "
            f"{', '.join(recipe.network.heads)}"
        )
    if recipe.loss.softness <= 0:
        raise ConfigError(f"loss.softness: expected more than 0; got {recipe.loss.softness:g}")
    if recipe.loss.views < 0:
        raise ConfigError(f"loss.views: expected 0 or more; got {recipe.loss.views}")
    if recipe.loss.jitter < 0:
        raise ConfigError(f"loss.jitter: expected 0 or more; got {recipe.loss.jitter}")
