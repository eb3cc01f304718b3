"""``emovere analyze`` by more than one process: ``--workers`` on this machine, ``--engine ray`` on many."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass

from emovere.cli.analyze import check_wanted
from emovere.cli.run import Wanted, run
from emovere.errors import ConfigError, unknown_name
from emovere.scale.options import ArchiveOptions

ENGINES = ("pool", "ray")


@dataclass(frozen=True)
class Spread:
    """How the work is shared, as the command line says it."""

    workers: int | None = None
    """Processes; 0 for as many as there are cores, None where it was not said."""
    engine: str | None = None
    address: str | None = None
    """Of a Ray cluster."""
    output: str | None = None
    """Where to write; for Ray it may be an address, such as ``s3://bucket/faces``."""


def run_scaled(options: ArchiveOptions, inputs: list[str], wanted: Wanted, spread: Spread) -> int:
    """Analyse by several processes, and return how many inputs failed. Raises ConfigError, and what engines raise."""
    engine = spread.engine or ("pool" if spread.address is None else "ray")
    if engine not in ENGINES:
        raise ConfigError(unknown_name("engine", engine, ENGINES))
    if engine == "ray":
        from emovere.cli.scale_ray import run_ray

        return run_ray(options, inputs, wanted, spread)
    if spread.address is not None:
        raise ConfigError("--address: names a Ray cluster; add --engine ray")
    check_wanted(wanted)
    return _run_pool(options, inputs, wanted, spread.workers or cores())


def _run_pool(options: ArchiveOptions, inputs: list[str], wanted: Wanted, workers: int) -> int:
    from emovere.scale.pool import Pool

    with Pool(options, workers, pictures=wanted.annotate is not None) as pool:
        failed = run(pool, inputs, wanted)
        if not wanted.quiet:
            replaced = f", {pool.replaced} replaced" if pool.replaced else ""
            print(
                f"emovere: {workers} process{'es' * (workers > 1)}, ready after {pool.ready_s:.1f} s, at most "
                f"{pool.memory_mb:.0f} MB each{replaced}",
                file=sys.stderr,
            )
    return failed


def cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
