"""Thresholds in a file's metadata: one for all labels, or one for each; files without either still read."""

import json
from pathlib import Path

import numpy as np
import pytest

from emovere.classify import classifier
from emovere.classify.classifier import METADATA, Description, load_model
from emovere.classify.description import Head
from emovere.config import EngineOptions
from emovere.errors import ModelError

LABELS = ["happy", "sad", "fear"]


def read(**head):
    about = {"name": "x", "version": "1", "side": 48, "heads": {"fer7": {"labels": LABELS, **head}}}
    return Description.read({METADATA: json.dumps(about)}, Path("x.onnx")).heads["fer7"]


def test_what_a_label_has_to_reach():
    assert read().limits is None
    assert read(threshold=0.1).limits == 0.1
    assert read(threshold=0.1, thresholds=[0.3, 0.2, 0.05]).limits == (0.3, 0.2, 0.05)


@pytest.mark.parametrize("thresholds", [[0.1, 0.2], [0.1, 0.2, "much"], 0.1])
def test_thresholds_that_do_not_fit(thresholds):
    with pytest.raises(ModelError, match=r"x\.onnx: is no network of emovere's"):
        read(thresholds=thresholds)


def test_each_label_is_held_to_its_own_threshold(monkeypatch, rng):
    own = Head(tuple("abcdefg"), 0.5, 0.9, (0.9, 0.01, 0.9, 0.9, 0.9, 0.9, 0.9))
    network = load_model("light", engine=EngineOptions(threads=1))
    monkeypatch.setattr(network, "_head", own)
    monkeypatch.setattr(network, "labels", own.labels)
    probs = np.array([[0.6, 0.2, 0.2, 0, 0, 0, 0], [0.3, 0.005, 0.695, 0, 0, 0, 0]], np.float32)
    sets = network.express(probs).sets
    assert sets is not None
    assert [[own.labels[k] for k in np.flatnonzero(row)] for row in sets] == [["a", "b"], ["c"]]
    assert isinstance(network, classifier.Classifier)
