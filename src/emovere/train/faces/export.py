"""A finished detector as one ONNX file: normalisation, network, decoding and calibration in one graph."""

from __future__ import annotations

import copy
import logging
import tempfile
import warnings
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnx
import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from emovere.errors import EngineError
from emovere.export.graph import describe
from emovere.export.onnx import halve_weights, store_as_half
from emovere.files import atomic_write
from emovere.train.faces.network import SHRINK, Block, FaceFinder

INPUT = "image"
OUTPUTS = ("boxes", "scores", "landmarks")

PARITY = {"boxes": 0.02, "scores": 1e-4, "landmarks": 0.02}
"""Largest differences between torch and the exported file, in pixels and in probability, at places that score at least
a hundredth."""


class FinishedDetector(nn.Module):
    """A FaceFinder as it is shipped: (N, C, H, W) uint8 -> boxes, calibrated scores and landmarks of all places."""

    def __init__(self, network: FaceFinder, slope: float, offset: float) -> None:
        """slope, offset: of the logits (Platt 1999)."""
        super().__init__()
        self.network, self.slope, self.offset = network, slope, offset

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(N, A, 4), (N, A), (N, A, 5, 2) float32."""
        answers = self.network(pictures.float())
        return answers.boxes, torch.sigmoid(self.slope * answers.logits + self.offset), answers.landmarks


def write_detector(finished: FinishedDetector, channels: int, metadata: Mapping[str, str], path: Path) -> None:
    """Write the file atomically, large weights as float16. Raises EngineError where it does not agree with torch."""
    shipped = FinishedDetector(fused(finished.network), finished.slope, finished.offset).eval()
    halve_weights(shipped.network)
    example = torch.zeros(2, channels, 4 * SHRINK, 5 * SHRINK, dtype=torch.uint8)
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings(), tempfile.TemporaryDirectory() as folder:
        traced = Path(folder) / "traced.onnx"
        warnings.simplefilter("ignore")
        # The tracing exporter: the newer one reasons for half a minute about sizes that are multiples of 32.
        torch.onnx.export(
            shipped,
            (example,),
            traced,
            dynamo=False,
            opset_version=17,
            input_names=[INPUT],
            output_names=list(OUTPUTS),
            dynamic_axes={INPUT: [0, 2, 3], **{name: [0, 1] for name in OUTPUTS}},
        )
        model = onnx.load(traced)
    store_as_half(model)
    _tidy(model, metadata)
    onnx.checker.check_model(model)
    data = model.SerializeToString()
    check_parity(shipped, channels, data)
    with atomic_write(path, "wb") as file:
        file.write(data)


def fused(network: FaceFinder) -> FaceFinder:
    """The same network with each normalisation inside the convolution before it."""
    network = copy.deepcopy(network).eval()
    for module in network.modules():
        if isinstance(module, Block):
            module.each, module.each_norm = _one(module.each, module.each_norm), nn.Identity()
            module.across, module.across_norm = _one(module.across, module.across_norm), nn.Identity()
        elif isinstance(module, nn.Sequential) and len(module) > 1 and isinstance(module[1], nn.BatchNorm2d):
            module[0], module[1] = _one(module[0], module[1]), nn.Identity()
    return network


def _one(convolution: nn.Module, norm: nn.Module) -> nn.Conv2d:
    assert isinstance(convolution, nn.Conv2d)
    assert isinstance(norm, nn.BatchNorm2d)
    return fuse_conv_bn_eval(convolution, norm)


def _tidy(model: onnx.ModelProto, metadata: Mapping[str, str]) -> None:
    """Replace what torch notes of itself by our own, and name the sizes that are free."""
    describe(model, metadata)
    del model.graph.value_info[:]
    names = {INPUT: ("pictures", None, "height", "width")} | dict.fromkeys(OUTPUTS, ("pictures", "places"))
    for value in [*model.graph.input, *model.graph.output]:
        for side, name in zip(value.type.tensor_type.shape.dim, names[value.name], strict=False):
            if name is not None:
                side.dim_param = name


def check_parity(finished: FinishedDetector, channels: int, data: bytes) -> dict[str, float]:
    """The largest differences between torch and the file on pictures of several sizes. Raises EngineError."""
    import onnxruntime as ort

    session = ort.InferenceSession(data, providers=["CPUExecutionProvider"])
    rng = np.random.default_rng(1)
    worst = dict.fromkeys(OUTPUTS, 0.0)
    for count, height, width in ((1, 64, 64), (2, 96, 320), (1, 480, 640)):
        coarse = rng.integers(0, 256, (count, channels, height // 8, width // 8), dtype=np.uint8)
        pictures = coarse.repeat(8, axis=2).repeat(8, axis=3)
        with torch.no_grad():
            expected = [output.numpy() for output in finished(torch.from_numpy(pictures))]
        got = session.run(list(OUTPUTS), {INPUT: pictures})
        likely = expected[1] >= 0.01
        for name, a, b in zip(OUTPUTS, expected, got, strict=True):
            picked = slice(None) if name == "scores" else likely
            worst[name] = max(worst[name], float(np.abs(a[picked] - b[picked]).max(initial=0)))
    for name, limit in PARITY.items():
        if worst[name] > limit:
            raise EngineError(f"the exported file's {name} differ from torch's by {worst[name]:.1e}; at most {limit:g}")
    return worst
