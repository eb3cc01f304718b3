"""What an export says of conformal sets is read back, and keeps the promise to each class."""

import json
from pathlib import Path

import numpy as np

from emovere.classify.classifier import METADATA, Description
from emovere.evaluate.calibrate import softmax
from emovere.evaluate.coverage import conformal_sets
from emovere.export.run import calibrate


def test_thresholds_of_each_label_are_written_and_read(rng):
    """Three classes; the second is told with less confidence, the third is too rare for a threshold of its own."""
    labels = np.repeat([0, 1, 2], [600, 200, 12])
    logits = rng.normal(size=(812, 3))
    logits[np.arange(812), labels] += np.array([3.0, 0.5, 0.5])[labels]
    found = calibrate(logits, labels)
    head = json.loads(json.dumps({"labels": ["happy", "fear", "disgust"], **found.described}))
    about = {"name": "x", "version": "1", "side": 48, "heads": {"fer7": head}}
    read = Description.read({METADATA: json.dumps(about)}, Path("x.onnx")).heads["fer7"]
    assert read.thresholds == tuple(head["thresholds"])
    assert read.thresholds[2] == read.threshold
    assert read.thresholds[1] < read.threshold < read.thresholds[0]
    sets = conformal_sets(softmax(logits, found.temperature), read.limits)
    held = sets[np.arange(812), labels]
    assert all(held[labels == k].mean() >= 0.9 for k in (0, 1))
