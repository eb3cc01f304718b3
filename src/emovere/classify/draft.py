"""What to write for a network that nothing describes."""

from __future__ import annotations

import json
from pathlib import Path

from emovere.classify.foreign import DTYPES, TABLE, either, guess
from emovere.classify.ports import Ports
from emovere.errors import ModelError
from emovere.labels import FERPLUS8


def undescribed(onnx: Path, description: Path, ports: Ports) -> ModelError:
    """The error for a network without a description: what to write, filled in from what its file says."""
    found = f"{onnx}: is no network of emovere's, and there is no {description.name} beside it that describes it"
    if len(ports.inputs) != 1 or len(ports.inputs[0].shape) != 4 or ports.inputs[0].dtype not in DTYPES:
        takes = ", ".join(f"{port.name} {port}" for port in ports.inputs)
        return ModelError(
            f"{found}; nor could it: expected one input of (N, C, S, S) or (N, S, S, C) numbers; got {takes or 'none'}"
        )
    source, output = ports.inputs[0], ports.outputs[0]
    layout, side, colour = guess(source, 48)
    divide = 1.0 if source.dtype == "uint8" else 255.0
    count = next((length for length in reversed(output.shape[1:] or output.shape) if length and length > 1), 7)
    if count > len(FERPLUS8):
        return ModelError(
            f"{found}; nor could it: expected at most {len(FERPLUS8)} numbers a face, one for each of "
            f"{', '.join(FERPLUS8)}; its output {output.name} is {output}"
        )
    labels = ", ".join(['"?"'] * count)
    also = f", and output ({either([port.name for port in ports.outputs])})" if len(ports.outputs) > 1 else ""
    return ModelError(
        f"{found}; write that file with this line in it, put the {count} labels in the order of its outputs in place "
        f"of the question marks (each one of {', '.join(FERPLUS8)}), and check divide and outputs{also}: "
        f'{TABLE} = {{ input = {json.dumps(source.name)}, side = {side}, layout = "{layout}", colour = "{colour}", '
        f'dtype = "{source.dtype}", divide = {divide}, '
        f'output = {json.dumps(output.name)}, outputs = "probabilities", labels = [{labels}], licence = "" }}'
    )
