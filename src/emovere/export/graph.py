"""A module as an ONNX graph, brought to the form in which ONNX Runtime is quickest."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Mapping, Sequence

import onnx
import torch
from onnxscript import optimizer
from torch import Tensor, nn

from emovere.errors import EngineError

SMALL = 64
"""Values of a constant that may be reckoned ahead. Weights are larger, and stay as they are stored."""


def traced(
    module: nn.Module, example: tuple[Tensor, ...], inputs: Sequence[str], outputs: Sequence[str], *, optimize: bool
) -> onnx.ModelProto:
    """The graph of a module that takes any number of faces, the first axis of each input.

    example: an input of two faces, from which the sizes of the other axes are taken. optimize: whether torch may fold
    normalisation into the weights, which float16 then no longer holds exactly. Raises EngineError where torch cannot.
    """
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    count = torch.export.Dim("faces_n", min=1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            module,
            example,
            dynamo=True,
            verbose=False,
            optimize=optimize,
            input_names=list(inputs),
            output_names=list(outputs),
            dynamic_shapes=tuple({0: count} for _ in example),
        )
    if program is None:
        raise EngineError("torch could not export the network")
    return program.model_proto


def reckoned_ahead(model: onnx.ModelProto) -> onnx.ModelProto:
    """The same network without the small sums over constants that torch's export leaves in the graph.

    Among these are the scales of batch normalisation: only where they stand as numbers does ONNX Runtime put the
    normalisation into the convolution before it, which takes a quarter (light) to a third (nano) off the time a face.
    Weights keep their bytes.
    """
    tidied: onnx.ModelProto = optimizer.optimize(model, input_size_limit=SMALL, output_size_limit=4096)
    return tidied


def describe(model: onnx.ModelProto, said: Mapping[str, str]) -> None:
    """Put this, and nothing else, into a network's metadata, in place; what torch's export notes of its way goes."""
    del model.metadata_props[:]
    for key, value in said.items():
        model.metadata_props.add(key=key, value=value)
    for node in model.graph.node:
        del node.metadata_props[:]
        node.doc_string = ""


def in_one_piece(model: onnx.ModelProto) -> onnx.ModelProto:
    """The same with float32 weights and the normalisation inside the convolutions, as quantisation wants it."""
    whole: onnx.ModelProto = optimizer.optimize(model, input_size_limit=2**31 - 1, output_size_limit=2**31 - 1)
    return whole
