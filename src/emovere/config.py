"""Options: frozen dataclasses that are read from TOML and changed by ``--set section.key=value``.

The same dataclasses serve the library, the command line and the recipes, so that an option is spelled once.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from emovere.errors import ConfigError, unknown_name

T = TypeVar("T")


@dataclass(frozen=True)
class DetectOptions:
    """How faces are looked for."""

    name: str = "auto"
    """A registered detector, or auto."""
    size: int = 640
    """The longest side of the picture that the detector sees, in pixels; smaller pictures stay as they are."""
    score: float = 0.7
    """Least score of a face, in [0, 1], where the detector gives one."""
    check: float = 0.035
    """Boxes are looked at once more, as crops; those that are a face with less than this probability are left out,
    whichever detector found them. 0 leaves every box."""
    field_of_view: float = 60.0
    """Degrees across the picture of a depth camera, with which the detector depth reckons a head's size: a Kinect has
    57 to 63, a RealSense D435 69; errors of a third either way still leave grown-ups within what counts as a head."""


@dataclass(frozen=True)
class ClassifyOptions:
    """How expressions are read."""

    model: str = "light"
    """A registered network, or an ONNX file."""
    labels: str = "auto"
    """A label set, or a list such as angry,happy,neutral,sad; auto: fer7, or all labels of a network that is not
    emovere's."""
    batch: int = 64
    """Most faces in one call of the network."""


@dataclass(frozen=True)
class EngineOptions:
    """How networks are run."""

    name: str = "onnxruntime"
    """A registered engine."""
    threads: int = 0
    """Threads of one call; 0 leaves it to the engine."""


@dataclass(frozen=True)
class PhotoOptions:
    """What is accepted as a photo."""

    max_pixels: int = 150_000_000
    """Larger pictures are refused before they are decoded."""


@dataclass(frozen=True)
class VideoOptions:
    """Which frames of a moving picture are looked at."""

    every: float = 0.0
    """Seconds between frames that are looked at; 0 takes every frame."""
    start: float = 0.0
    """Second at which to begin."""
    end: float = 0.0
    """Second at which to stop; 0 goes on to the end."""
    rate: float = 25.0
    """Frames a second of a numbered sequence of pictures, which states none itself."""


@dataclass(frozen=True)
class StreamOptions:
    """How cameras and streams are read."""

    timeout: float = 10.0
    """Seconds without a frame after which a connection counts as lost."""
    attempts: int = 0
    """Times in a row that a lost connection is tried again; 0 goes on for ever."""
    longest_pause: float = 30.0
    """Seconds; the pause between attempts doubles from half a second up to this."""


@dataclass(frozen=True)
class TrackOptions:
    """How faces are followed from frame to frame."""

    step: float = 0.1
    """Seconds between looks at a recording; frames between two looks are filled in. 0 looks at every frame, as
    ``emovere watch`` does."""
    look_round: float = 0.5
    """Seconds between looks at the whole frame; between them only the surroundings of known faces are searched."""
    memory: float = 1.5
    """Seconds for which a person who is not seen keeps the number."""
    confirm: float = 0.9
    """A face with at least this score counts at once; a fainter one only when it is seen again."""
    smooth: float = 0.4
    """Time constant in seconds with which expressions are smoothed; 0 leaves every frame as it is."""


@dataclass(frozen=True)
class Options:
    """Everything that analysing can be told."""

    detect: DetectOptions = field(default_factory=DetectOptions)
    classify: ClassifyOptions = field(default_factory=ClassifyOptions)
    engine: EngineOptions = field(default_factory=EngineOptions)
    photo: PhotoOptions = field(default_factory=PhotoOptions)
    video: VideoOptions = field(default_factory=VideoOptions)
    stream: StreamOptions = field(default_factory=StreamOptions)
    track: TrackOptions = field(default_factory=TrackOptions)
    frames: int = 8
    """Frames that are read ahead and go through the networks together."""


def to_dict(options: Any) -> dict[str, Any]:
    """A dataclass as plain nested dicts, tuples as lists."""
    return {
        f.name: to_dict(value)
        if dataclasses.is_dataclass(value)
        else list(value)
        if isinstance(value, tuple)
        else value
        for f in dataclasses.fields(options)
        for value in [getattr(options, f.name)]
    }


def from_dict(kind: type[T], data: Mapping[str, Any], where: str = "") -> T:
    """Build a dataclass from nested dicts. Raises ConfigError for an unknown key or a value of the wrong type."""
    hints = typing.get_type_hints(kind)
    values = {}
    for key, value in data.items():
        if key not in hints:
            raise ConfigError(unknown_name("option", f"{where}{key}", [f"{where}{name}" for name in hints]))
        values[key] = _convert(hints[key], value, f"{where}{key}")
    try:
        return kind(**values)
    except TypeError as error:
        raise ConfigError(f"{where or 'options'}: {error}") from error


def read_toml(kind: type[T], path: Path) -> T:
    """Build a dataclass from a TOML file. Raises ConfigError where it cannot be read."""
    import tomllib

    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{path}: expected a TOML file; {error}") from error
    return from_dict(kind, data)


def has_table(path: Path, name: str) -> bool:
    """Whether a TOML file has a table of that name, on a line of its own; not where there is no such file."""
    return path.is_file() and f"\n[{name}]\n" in "\n" + path.read_text(encoding="utf-8", errors="replace")


def to_toml(options: Any) -> str:
    """A dataclass as TOML text."""
    lines, tables = [], []
    for key, value in to_dict(options).items():
        if isinstance(value, dict):
            tables.append(f"\n[{key}]\n" + "".join(f"{k} = {_toml_value(v)}\n" for k, v in value.items()))
        else:
            lines.append(f"{key} = {_toml_value(value)}\n")
    return "".join(lines) + "".join(tables)


def override(options: T, settings: Iterable[str]) -> T:
    """Apply settings such as ``detect.size=320`` to a dataclass and return the changed copy.

    A value is read by the type of its option. Raises ConfigError for an unknown key or an unreadable value.
    """
    known = keys_of(type(options))
    for setting in settings:
        key, equals, text = setting.partition("=")
        if not equals:
            raise ConfigError(f"--set: expected key=value; got {setting!r}")
        if key.strip() not in known:
            inside = [name for name in known if name.startswith(f"{key.strip()}.")]
            if inside:
                raise ConfigError(f"--set: {key.strip()} is a section; name one of its keys: {', '.join(inside)}")
            raise ConfigError(unknown_name("option", key.strip(), known))
        options = _replace(options, key.strip().split("."), text.strip(), key.strip())
    return options


def _replace(options: T, path: list[str], text: str, whole: str) -> T:
    name, rest = path[0], path[1:]
    if rest:
        value: Any = _replace(getattr(options, name), rest, text, whole)
    else:
        value = _parse(typing.get_type_hints(type(options))[name], text, whole)
    return dataclasses.replace(options, **{name: value})  # type: ignore[type-var]


def keys_of(kind: Any, where: str = "") -> list[str]:
    """Every key of a dataclass and of those inside it, dotted."""
    keys: list[str] = []
    for name, hint in typing.get_type_hints(kind).items():
        keys += keys_of(hint, f"{where}{name}.") if dataclasses.is_dataclass(hint) else [f"{where}{name}"]
    return keys


def _parse(hint: Any, text: str, where: str) -> Any:
    if typing.get_origin(hint) is tuple:
        inner = typing.get_args(hint)[0]
        return tuple(_parse(inner, part.strip(), where) for part in text.split(",") if part.strip())
    if hint is bool:
        if text.lower() not in ("true", "false"):
            raise ConfigError(f"{where}: expected true or false; got {text!r}")
        return text.lower() == "true"
    if isinstance(hint, types.UnionType):
        if text.lower() == "none":
            return None
        hint = typing.get_args(hint)[0]
    try:
        return hint(text)
    except ValueError as error:
        raise ConfigError(f"{where}: expected {hint.__name__}; got {text!r}") from error


def _convert(hint: Any, value: Any, where: str) -> Any:
    if dataclasses.is_dataclass(hint):
        if not isinstance(value, Mapping):
            raise ConfigError(f"{where}: expected a table; got {value!r}")
        return from_dict(typing.cast(type, hint), value, f"{where}.")
    if typing.get_origin(hint) is tuple:
        if not isinstance(value, list | tuple):
            raise ConfigError(f"{where}: expected a list; got {value!r}")
        return tuple(_convert(typing.get_args(hint)[0], item, where) for item in value)
    wanted = typing.get_args(hint) if isinstance(hint, types.UnionType) else (hint,)
    if float in wanted and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, wanted) or (isinstance(value, bool) and bool not in wanted):
        raise ConfigError(f"{where}: expected {getattr(hint, '__name__', hint)}; got {value!r}")
    return value


def _toml_value(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return "[" + ", ".join(_toml_value(item) for item in value) + "]"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return repr(value)
