"""``emovere analyze --engine ray``: any number of inputs in, a folder of Parquet files out."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from emovere.cli.progress import progress
from emovere.cli.run import Wanted
from emovere.errors import ConfigError, Interrupted
from emovere.scale.archive import Work
from emovere.scale.options import ArchiveOptions
from emovere.scale.parts import Status

if TYPE_CHECKING:
    from emovere.cli.scale import Spread


def run_ray(options: ArchiveOptions, inputs: list[str], wanted: Wanted, spread: Spread) -> int:
    """Do what is to be done, and return how many inputs failed. Raises ConfigError, and what engines raise."""
    output = _checked(wanted, spread)
    from emovere.scale.ray_start import load

    def say(what: str) -> None:
        if not wanted.quiet:
            print(f"emovere: {what}", file=sys.stderr)

    load()
    try:
        work = Work(output, inputs, options, resume=wanted.resume)
        left = work.left()
        done = f", {work.parts - len(left)} done before" if wanted.resume else ""
        say(f"{work.inputs} inputs in {work.parts} parts{done}")
        totals = work.finish(
            progress(_statuses(work, left, spread, say), len(left), _place, noun="part", quiet=wanted.quiet)
        )
    except KeyboardInterrupt as error:
        raise Interrupted(f"interrupted; {output} keeps what is done: go on with --resume") from error
    replaced = f", {totals.replaced} replaced" if totals.replaced else ""
    say(f"{totals.faces} faces, {totals.errors} errors; at most {totals.memory_mb:.0f} MB a process{replaced}")
    return totals.errors


def _statuses(work: Work, left: list[int], spread: Spread, say: Callable[[str], None]) -> Iterator[Status]:
    """Do what is left; where nothing is, Ray need not be started."""
    if not left:
        return
    from emovere.scale.ray_data import on_ray, processes
    from emovere.scale.ray_start import start

    began = time.monotonic()
    with start(spread.address, cpus=spread.workers or None):
        at_once = processes(spread.workers)
        say(f"{at_once} at a time; Ray was ready after {time.monotonic() - began:.1f} s")
        yield from work.run(on_ray(at_once), left)


def _place(status: Status) -> tuple[str, float]:
    return str(status.part), 1.0


def _checked(wanted: Wanted, spread: Spread) -> str:
    """The folder or address to write to. Raises ConfigError for what Ray does not make."""
    others = {
        "--annotate": wanted.annotate,
        "--timeline": wanted.timeline,
        "--events": wanted.events,
        "--compare": wanted.compare,
        "--emoji": wanted.symbols,
    }
    for name, value in others.items():
        if value:
            raise ConfigError(f"{name}: is not made by --engine ray, which writes rows; use --workers for it")
    if wanted.format not in ("table", "parquet"):
        raise ConfigError(f"--format {wanted.format}: --engine ray writes parquet; leave --format out")
    if spread.output is None:
        raise ConfigError("--engine ray: writes a folder of Parquet files; name it with --output")
    return spread.output
