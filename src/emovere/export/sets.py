"""The conformal sets of a network that is one file already, fitted anew: its answers stay as they are."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx

from emovere.classify.classifier import METADATA, Classifier, locate_model
from emovere.config import ClassifyOptions, EngineOptions
from emovere.datasets.faceset import FaceSet
from emovere.errors import ConfigError, ModelError
from emovere.evaluate.calibrate import class_thresholds, conformal_threshold
from emovere.evaluate.votes import majority
from emovere.export.run import Exported, rounded_down
from emovere.files import atomic_write
from emovere.types import Float32


def refit_sets(model: str | Path, faces: FaceSet, path: Path) -> Exported:
    """Write a network again with the thresholds of its sets fitted on PublicTest, one for all labels and one for each.

    model: a network's name or file. Raises UnknownModel, ConfigError for data without FER+ votes, DatasetError for data
    without PublicTest, and ModelError for a network that is not emovere's.
    """
    source = locate_model(model)
    graph, description = read_described(source)
    public = faces.split("PublicTest")
    described = with_sets(description, answers_of(source, public), public)
    write_described(graph, described, path)
    return Exported(path, described)


def read_described(path: Path) -> tuple[onnx.ModelProto, dict[str, Any]]:
    """A network's graph and description. Raises ModelError for one that is not emovere's."""
    graph = onnx.load(path)
    said = {entry.key: entry.value for entry in graph.metadata_props}
    if METADATA not in said:
        raise ModelError(f"{path}: expected a network that `emovere export` wrote")
    return graph, json.loads(said[METADATA])


def write_described(graph: onnx.ModelProto, description: Mapping[str, Any], path: Path) -> None:
    """Write a graph with this description and no other metadata."""
    del graph.metadata_props[:]
    graph.metadata_props.add(key=METADATA, value=json.dumps(description))
    with atomic_write(path, "wb") as file:
        file.write(graph.SerializeToString())


def answers_of(path: Path, faces: FaceSet) -> dict[str, Float32]:
    """A network's (N, 7) and (N, 8) probabilities for the faces."""
    return {
        head: Classifier(path, ClassifyOptions(labels=head), EngineOptions()).read(faces.images)
        for head in ("fer7", "ferplus8")
    }


def with_sets(description: Mapping[str, Any], answers: Mapping[str, Float32], public: FaceSet) -> dict[str, Any]:
    """The description with thresholds and accuracy by these answers. Raises ConfigError for faces without votes."""
    if public.votes is None:
        raise ConfigError("the data holds no FER+ votes; name them with --ferplus")
    heads = {}
    for name, head in description["heads"].items():
        truth = public.labels if name == "fer7" else majority(public.votes)
        decided = truth >= 0
        probs, truth = answers[name][decided].astype(np.float64), truth[decided]
        probs /= probs.sum(axis=1, keepdims=True)
        heads[name] = {
            **head,
            "threshold": rounded_down(conformal_threshold(probs, truth, head["coverage"])),
            "thresholds": [rounded_down(one) for one in class_thresholds(probs, truth, head["coverage"])],
            "public_accuracy": round(float((probs.argmax(axis=1) == truth).mean()), 5),
        }
    return {**description, "heads": heads}
