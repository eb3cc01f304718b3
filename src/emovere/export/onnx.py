"""A finished network as one ONNX file: normalisation, network, temperature and softmax in one graph."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn

from emovere.classify.classifier import METADATA
from emovere.errors import EngineError
from emovere.export.graph import describe, reckoned_ahead, traced
from emovere.files import atomic_write
from emovere.train.networks import FaceNetwork

PARITY = 1e-4
"""Largest difference of any probability between torch and the exported file."""

_SMALLEST_HALVED = 512
"""Weights with fewer values stay in float32: they weigh nothing and are the most sensitive."""


class Finished(nn.Module):
    """A FaceNetwork as it is shipped: (N, 1, S, S) uint8 -> calibrated probabilities of each head."""

    def __init__(self, network: FaceNetwork, temperatures: Mapping[str, float]) -> None:
        super().__init__()
        self.network = network
        self.temperatures = dict(temperatures)

    def forward(self, faces: Tensor) -> tuple[Tensor, ...]:
        """(N, 1, S, S) uint8 -> (N, K) float32 of each head, rows sum to 1."""
        logits = zip(self.network.heads, self.network(faces.float()), strict=True)
        return tuple(torch.softmax(values / self.temperatures[name], dim=1) for name, values in logits)


def halve_weights(network: nn.Module) -> None:
    """Round large weights to what float16 can hold, in place, so that storing them as float16 loses nothing."""
    with torch.no_grad():
        for parameter in network.parameters():
            if parameter.ndim > 1 and parameter.numel() >= _SMALLEST_HALVED:
                parameter.copy_(parameter.half().float())


def write_onnx(finished: Finished, side: int, description: Mapping[str, Any], path: Path) -> None:
    """Write the file atomically, large weights as float16, with its description in the metadata.

    Raises EngineError where the file's probabilities differ from torch's by more than PARITY.
    """
    finished.eval()
    example = torch.randint(0, 256, (2, 1, side, side), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    model = traced(finished, (example,), ["faces"], list(finished.network.heads), optimize=False)
    store_as_half(model)
    model = reckoned_ahead(model)
    describe(model, {METADATA: json.dumps(description)})
    onnx.checker.check_model(model)
    data = model.SerializeToString()
    check_parity(finished, side, data)
    with atomic_write(path, "wb") as file:
        file.write(data)


def check_parity(finished: Finished, side: int, data: bytes) -> float:
    """The largest difference between torch and the file on 64 random faces. Raises EngineError above PARITY."""
    import onnxruntime as ort

    faces = np.random.default_rng(1).integers(0, 256, (64, 1, side, side), dtype=np.uint8)
    with torch.no_grad():
        expected = [output.numpy() for output in finished(torch.from_numpy(faces))]
    session = ort.InferenceSession(data, providers=["CPUExecutionProvider"])
    got = session.run(list(finished.network.heads), {"faces": faces})
    difference = max(float(np.abs(a - b).max()) for a, b in zip(expected, got, strict=True))
    if difference > PARITY:
        raise EngineError(f"the exported file differs from torch by {difference:.1e}; expected at most {PARITY:.0e}")
    return difference


def store_as_half(model: onnx.ModelProto) -> None:
    """Store large weights as float16, in place, where that loses nothing; they are widened where they are used."""
    casts = []
    for weight in model.graph.initializer:
        if weight.data_type != TensorProto.FLOAT or np.prod(weight.dims) < _SMALLEST_HALVED or len(weight.dims) < 2:
            continue
        values = numpy_helper.to_array(weight)
        halved = values.astype(np.float16)
        if not np.array_equal(halved.astype(np.float32), values):
            continue
        name = weight.name
        weight.CopyFrom(numpy_helper.from_array(halved, f"{name}_half"))
        casts.append(helper.make_node("Cast", [f"{name}_half"], [name], to=TensorProto.FLOAT))
    nodes = list(model.graph.node)
    del model.graph.node[:]
    model.graph.node.extend([*casts, *nodes])
