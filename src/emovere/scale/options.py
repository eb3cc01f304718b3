"""What only large archives are told, beside the options of every analysis."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from emovere.config import Options
from emovere.errors import ConfigError
from emovere.types import ModelInfo

LEAST_MB = 512
"""Memory without which the models are loaded and nothing can be read with them."""


@dataclass(frozen=True)
class ScaleOptions:
    """How the work is cut up and what one process of it may use."""

    chunk: int = 16
    """Most photos that a process takes at once."""
    piece_s: float = 300.0
    """Seconds after which a recording is cut, at a key picture; 0 never cuts. Rows depend on it, not on the number of
    processes."""
    memory_mb: int = 4096
    """Most memory in MB that a process may ask for (RLIMIT_DATA; not on Windows); 0 sets no limit."""
    part: int = 256
    """Photos whose rows make one Parquet file, where an engine writes a folder of them."""

    def __post_init__(self) -> None:
        for name in ("chunk", "part"):
            value = getattr(self, name)
            if value < 1:
                raise ConfigError(f"scale.{name}: expected a number from 1 on; got {value}")
        if self.memory_mb != 0 and self.memory_mb < LEAST_MB:
            raise ConfigError(f"scale.memory_mb: expected 0, or {LEAST_MB} or more; got {self.memory_mb}")
        if not (math.isfinite(self.piece_s) and (self.piece_s == 0 or self.piece_s >= 1)):
            raise ConfigError(f"scale.piece_s: expected 0, or 1 second or more; got {self.piece_s}")


@dataclass(frozen=True)
class ArchiveOptions(Options):
    """Everything that analysing an archive can be told."""

    scale: ScaleOptions = field(default_factory=ScaleOptions)


def in_one_thread(options: ArchiveOptions) -> ArchiveOptions:
    """The same for one of many processes, whose networks share no work among threads unless they were told to."""
    engine = options.engine
    return dataclasses.replace(options, engine=dataclasses.replace(engine, threads=engine.threads or 1))


def settled(options: ArchiveOptions, models: Mapping[str, ModelInfo]) -> ArchiveOptions:
    """The same, with the detector that one process has chosen: all others must not choose for themselves."""
    if options.detect.name != "auto":
        return options
    return dataclasses.replace(options, detect=dataclasses.replace(options.detect, name=models["detector"].name))
