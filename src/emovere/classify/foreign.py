"""The description of a network that others made: FILE.toml beside FILE.onnx (docs/models-of-others.md)."""

from __future__ import annotations

import dataclasses
import math
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emovere.classify.ports import Port, Ports
from emovere.config import from_dict
from emovere.errors import ConfigError, unknown_name
from emovere.labels import FERPLUS8, FERPLUS_TO_LABEL

TABLE = "network"
"""The table of the file in which the description stands."""

LAYOUTS = ("NCHW", "NHWC")
COLOURS = {"grey": 1, "rgb": 3, "bgr": 3}
"""What a network may want, and how many channels that is."""
OUTPUTS = ("logits", "probabilities")
DTYPES = ("float32", "float16", "float64", "uint8")

_OTHER_WORDS = {"disgusted": "disgust", "fearful": "fear", "scared": "fear", "surprised": "surprise", "joy": "happy"}

_WORDS = {**{name: name for name in FERPLUS8}, **FERPLUS_TO_LABEL, **_OTHER_WORDS}


@dataclass(frozen=True)
class Foreign:
    """What a network takes and gives. A value that it takes is ``(pixel / divide + offset - mean) / std``."""

    side: int
    """Side of the square crops that it takes, in pixels."""
    layout: str
    """NCHW (PyTorch's order) or NHWC (Keras's and TensorFlow's)."""
    colour: str
    """grey, rgb or bgr; the last two get the grey crop in each of their channels."""
    divide: float
    """255 where pixels are brought to 0 to 1, and 1 where they stay as they are."""
    labels: tuple[str, ...]
    """In the order of the network's outputs; other people's words become emovere's."""
    outputs: str
    """logits or probabilities."""
    offset: float = 0.0
    mean: tuple[float, ...] = (0.0,)
    """One for all channels, or one for each in the network's order."""
    std: tuple[float, ...] = (1.0,)
    input: str = ""
    """Empty for the only one."""
    output: str = ""
    """Empty for the only one."""
    dtype: str = ""
    """Empty for the one that the ONNX file states."""
    temperature: float = 1.0
    threshold: float | None = None
    """Least probability of a label that stays in the set of those that cannot be ruled out; none, no sets."""
    name: str = ""
    version: str = ""
    licence: str = ""

    def __post_init__(self) -> None:
        for field, known in (("layout", LAYOUTS), ("colour", COLOURS), ("outputs", OUTPUTS), ("dtype", (*DTYPES, ""))):
            if getattr(self, field) not in known:
                raise ConfigError(f"{field}: expected {either(known)}; got {getattr(self, field)!r}")
        if not 8 <= self.side <= 1024:
            raise ConfigError(f"side: expected 8 to 1024 pixels; got {self.side}")
        self._check_scaling()
        if self.threshold is not None and not 0 < self.threshold < 1:
            raise ConfigError(f"threshold: expected a number between 0 and 1; got {self.threshold:g}")
        if not (math.isfinite(self.temperature) and self.temperature > 0):
            raise ConfigError(f"temperature: expected more than 0; got {self.temperature:g}")
        object.__setattr__(self, "labels", canonical(self.labels))

    def _check_scaling(self) -> None:
        for field in ("mean", "std"):
            if len(getattr(self, field)) not in (1, self.channels):
                wanted = "one number" if self.channels == 1 else f"1 or {self.channels} numbers"
                raise ConfigError(f"{field}: expected {wanted} for {self.colour}; got {len(getattr(self, field))}")
        if not all(math.isfinite(value) for value in (self.divide, self.offset, *self.mean, *self.std)):
            raise ConfigError("divide, offset, mean, std: expected finite numbers")
        if self.divide <= 0 or min(self.std) <= 0:
            raise ConfigError("divide, std: expected more than 0; write 1 where nothing is divided")
        if self.dtype == "uint8" and not self.takes_plain_pixels:
            raise ConfigError("dtype: uint8 takes pixels as they are; write divide = 1, and no offset, mean or std")

    @property
    def channels(self) -> int:
        """1 or 3."""
        return COLOURS[self.colour]

    @property
    def takes_plain_pixels(self) -> bool:
        """Whether nothing is scaled."""
        return self.divide == 1 and self.offset == 0 and set(self.mean) == {0.0} and set(self.std) == {1.0}

    @property
    def shape(self) -> tuple[int | None, ...]:
        """What the network takes: (N, C, S, S) or (N, S, S, C); None for N."""
        if self.layout == "NCHW":
            return (None, self.channels, self.side, self.side)
        return (None, self.side, self.side, self.channels)

    def settled(self, ports: Ports) -> Foreign:
        """The same with input, output and dtype as the ONNX file has them.

        Raises ConfigError where it says otherwise than the file.
        """
        source = _one_of("input", self.input, ports.inputs)
        target = _one_of("output", self.output, ports.outputs)
        wanted = Port(source.name, self.shape, source.dtype)
        if source.dtype not in DTYPES:
            raise ConfigError(f"input: expected a network that takes {either(DTYPES)}; it takes {source}")
        if self.dtype not in ("", source.dtype):
            raise ConfigError(f"dtype: the network takes {source}; write dtype = {source.dtype!r}; got {self.dtype!r}")
        if target.dtype not in DTYPES:
            raise ConfigError(f"output: expected one that gives {either(DTYPES)}; {target.name!r} gives {target}")
        if not _fits(wanted.shape, source.shape):
            raise ConfigError(
                f"layout, side and colour: {self.layout}, {self.side} and {self.colour} mean {wanted}; the network "
                f"takes {source}; {_advice(source, self.side)}"
            )
        return dataclasses.replace(self, input=source.name, output=target.name, dtype=source.dtype)


def read_foreign(path: Path, onnx: Path) -> Foreign:
    """Read a description. Raises ConfigError, which names the file."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{path}: expected a TOML file that describes {onnx.name}; {error}") from error
    table = data.get(TABLE)
    if not isinstance(table, Mapping) or len(data) > 1:
        raise ConfigError(f"{path}: expected one table [{TABLE}] that describes {onnx.name}; got {_keys(data)}")
    needed = [f.name for f in dataclasses.fields(Foreign) if f.default is dataclasses.MISSING]
    missing = [name for name in needed if name not in table]
    if missing and not set(table) - {field.name for field in dataclasses.fields(Foreign)}:
        raise ConfigError(f"{path}: expected also {', '.join(missing)}; got {_keys(table)}")
    try:
        return from_dict(Foreign, table)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from error


def canonical(words: tuple[str, ...]) -> tuple[str, ...]:
    """Other people's words for expressions in emovere's. Raises ConfigError for one that is not known, or twice."""
    names = []
    for word in words:
        name = _WORDS.get(word.strip().lower())
        if name is None:
            raise ConfigError(
                f"labels: expected, in the order of the network's outputs, some of {', '.join(FERPLUS8)}; got {word!r}"
            )
        if name in names:
            raise ConfigError(f"labels: each may be named once; got {name} twice")
        names.append(name)
    if len(names) < 2:
        raise ConfigError(f"labels: expected at least two; got {len(names)}")
    return tuple(names)


def guess(port: Port, side: int) -> tuple[str, int, str]:
    """Layout, side and colour that an input of four dimensions suggests; the side given where it takes any."""
    _, second, third, fourth = port.shape
    layout = "NHWC" if fourth in (1, 3) and second not in (1, 3) else "NCHW"
    channels = fourth if layout == "NHWC" else second
    return layout, third or side, "rgb" if channels == 3 else "grey"


def _advice(port: Port, side: int) -> str:
    if len(port.shape) == 4:
        layout, side, colour = guess(port, side)
        shape = (None, COLOURS[colour], side, side) if layout == "NCHW" else (None, side, side, COLOURS[colour])
        if _fits(shape, port.shape):
            also = " (or 'bgr')" if colour == "rgb" else ""
            return f"write layout = {layout!r}, side = {side}, colour = {colour!r}{also}"
    return "only square pictures can be given, grey or in three colours"


def _fits(wanted: tuple[int | None, ...], has: tuple[int | None, ...]) -> bool:
    """Whether an array of the wanted shape can be given to such an input; the first dimension is the batch."""
    return len(wanted) == len(has) and all(
        want == have or have is None for want, have in zip(wanted[1:], has[1:], strict=True)
    )


def _one_of(kind: str, name: str, ports: tuple[Port, ...]) -> Port:
    if not name and len(ports) != 1:
        raise ConfigError(f"{kind}: the network has {len(ports)}; name one: {', '.join(port.name for port in ports)}")
    if kind == "input" and len(ports) != 1:
        raise ConfigError(f"input: expected a network with one; it has {', '.join(port.name for port in ports)}")
    found = next((port for port in ports if port.name == name or not name), None)
    if found is None:
        raise ConfigError(unknown_name(kind, name, [port.name for port in ports]))
    return found


def either(words: Iterable[str]) -> str:
    """As in ``grey, rgb or bgr``."""
    listed = [word for word in words if word]
    return " or ".join([", ".join(listed[:-1]), listed[-1]] if len(listed) > 1 else listed)


def _keys(table: Mapping[str, Any]) -> str:
    return ", ".join(table) or "nothing"
