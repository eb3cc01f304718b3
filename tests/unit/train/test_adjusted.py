"""A network that is adjusted after training is exported and measured as it was adjusted."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from emovere.config import override
from emovere.export.run import export_run, head_logits, load_run
from emovere.train.fit import fit


def test_what_is_exported_is_what_the_epoch_was_chosen_by(tmp_path, faces, tiny):
    some = faces[(faces.splits != "Training") | (faces.labels != 1) | (np.arange(len(faces)) < 40)]
    run = fit(override(tiny, ["imbalance.adjust_after=1", "schedule.epochs=2"]), some, tmp_path)
    counts = np.array(some.split("Training").counts)
    assert counts[1] < counts[0]
    network = load_run(tmp_path)[1]
    trained = torch.load(tmp_path / "best.ckpt", weights_only=True)["state_dict"]["network.fer7.bias"]
    bias = network.get_submodule("fer7").bias.detach().numpy()
    np.testing.assert_allclose(bias, trained.numpy() - np.log(counts / counts.sum()), atol=1e-5)
    public = some.split("PublicTest")
    right = (head_logits(network, public.images)["fer7"].argmax(axis=1) == public.labels).mean()
    assert right == pytest.approx(run["public_accuracy"], abs=1e-4)
    described = export_run(tmp_path, some, tmp_path / "a.onnx").description
    assert described["heads"]["fer7"]["public_accuracy"] == pytest.approx(right, abs=0.03)
