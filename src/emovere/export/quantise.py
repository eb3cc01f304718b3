"""A network in 8-bit integers: half the size and a third of the time, for next to no accuracy, or refused.

Static quantisation after training (Jacob et al. 2018, arXiv 1712.05877): the ranges of what flows between the layers
are measured on a few hundred training faces; weights are rounded a channel at a time.
"""

from __future__ import annotations

import contextlib
import io
import logging
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

from emovere.classify.classifier import locate_model
from emovere.datasets.faceset import FaceSet
from emovere.errors import ConfigError, ModelError
from emovere.export.graph import in_one_piece
from emovere.export.run import Exported
from emovere.export.sets import answers_of, read_described, with_sets, write_described
from emovere.types import UInt8

MEASURED_ON = 512
"""Training faces on which the ranges are measured."""

MOST_LOST = 0.003
"""Share of PublicTest that may be told wrong in addition; more, and the network is refused."""

_LAYERS = ["Conv", "Gemm", "Add", "Mul", "AveragePool", "Relu"]
_AT_ONCE = 64


@dataclass(frozen=True)
class Quantised(Exported):
    """What a quantisation wrote, and what it cost."""

    accuracy_before: float
    """Of the fer7 head on PublicTest, in [0, 1]."""
    accuracy_after: float


def quantise(model: str | Path, faces: FaceSet, path: Path, *, most_lost: float = MOST_LOST) -> Quantised:
    """Write a network of emovere's in 8-bit integers; its name gets ``-int8``.

    model: a network's name or file. faces: the ranges are measured on its Training split; conformal thresholds are
    fitted, and the loss is measured, on PublicTest. Weights keep to 7 bits, since processors without VNNI add two
    products of 8 bits in 16. Raises UnknownModel, ConfigError for data without FER+ votes, DatasetError for data
    without one of these splits, and ModelError for a network that is not emovere's or loses more than ``most_lost``.
    """
    source = locate_model(model)
    graph, description = read_described(source)
    if faces.votes is None:
        raise ConfigError("quantize: expected FER+'s votes; name them with --ferplus")
    public, seen = faces.split("PublicTest"), faces.split("Training")
    rows = np.random.default_rng(0).choice(len(seen), min(MEASURED_ON, len(seen)), replace=False)
    small = _quantised(graph, seen.images[np.sort(rows)])
    with tempfile.TemporaryDirectory() as folder:
        draft = Path(folder) / "draft.onnx"
        write_described(small, description, draft)
        before, after = answers_of(source, public), answers_of(draft, public)
    accuracies = [float((answer["fer7"].argmax(axis=1) == public.labels).mean()) for answer in (before, after)]
    if accuracies[0] - accuracies[1] > most_lost:
        raise ModelError(
            f"{source}: in 8 bits it tells {100 * accuracies[1]:.2f} % of PublicTest right instead of "
            f"{100 * accuracies[0]:.2f} %; expected to lose at most {100 * most_lost:g} points; nothing is written"
        )
    named = {"name": f"{description['name']}-int8", "data": f"{description['data']}, in 8-bit integers"}
    described = {**with_sets(description, after, public), **named}
    write_described(small, described, path)
    return Quantised(path, described, *accuracies)


class _Faces(CalibrationDataReader):  # type: ignore[misc]
    """Hands faces to the quantiser, a batch at a time."""

    def __init__(self, images: UInt8) -> None:
        self._batches = iter([images[k : k + _AT_ONCE, None] for k in range(0, len(images), _AT_ONCE)])

    def get_next(self) -> dict[str, UInt8] | None:
        """The next batch, or None."""
        batch = next(self._batches, None)
        return None if batch is None else {"faces": batch}


def _quantised(model: onnx.ModelProto, images: UInt8) -> onnx.ModelProto:
    with tempfile.TemporaryDirectory() as folder, _in_silence():
        whole, shaped, done = (Path(folder) / f"{name}.onnx" for name in ("whole", "shaped", "done"))
        onnx.save(in_one_piece(model), whole)
        quant_pre_process(whole, shaped, skip_symbolic_shape=True)
        quantize_static(
            shaped,
            done,
            _Faces(images),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=_LAYERS,
            per_channel=True,
            reduce_range=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
        )
        return onnx.load(done)


@contextlib.contextmanager
def _in_silence() -> Iterator[None]:
    """The quantiser advises on steps that were taken already."""
    level = logging.root.level
    logging.root.setLevel(logging.ERROR)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            yield
    finally:
        logging.root.setLevel(level)
