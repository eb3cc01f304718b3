"""The engine that does an archive's parts on a Ray cluster, through Ray Data.

Every part is a row of a dataset, and a task that any node can do: Ray runs as many at a time as it is told, and starts
one again elsewhere when its process or its node dies. They are tasks, not actors: actors hold their CPUs for as long as
the work lasts, so that readers starve where actors hold them all; and what was sent to an actor whose node has died
waits until another node has room for that actor. A process that has done a task does the next, and keeps its models.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import sys
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np

from emovere import errors
from emovere.errors import ConfigError, EmovereError, EngineError
from emovere.extras import optional
from emovere.scale.archive import Todo
from emovere.scale.parts import Archive, Status, do
from emovere.scale.ray_start import load

RETRIES = 20
"""Times that a part is begun again because its process or its node died. A picture cannot be why: it is read in a
process of its own."""

BLOCKS = 4096
"""Most blocks of a dataset: above that, a task does several parts."""


def processes(workers: int | None) -> int:
    """How many parts are done at a time: as many as were asked for, and no more than the cluster has CPUs.

    Says on stderr where that is fewer, or where others use them. Raises ConfigError where there is none.
    """
    ray = load()
    there = int(ray.cluster_resources().get("CPU", 0))
    if there < 1:
        raise ConfigError("--engine ray: the cluster has no CPU to work on; expected one at least; add a node to it")
    if workers and workers > there:
        print(
            f"emovere: {workers} processes were asked for, and the cluster has {there} CPUs: {there} it is",
            file=sys.stderr,
        )
    if ray.available_resources().get("CPU", 0) < 1:
        print(f"emovere: all {there} CPUs of the cluster are in use by others; waiting for one", file=sys.stderr)
    return min(workers or there, there)


def on_ray(workers: int) -> Any:
    """An Engine that does so many parts at a time on the cluster that is joined."""

    def engine(archive: Archive, todo: Todo) -> Iterator[Status]:
        if not todo:
            return
        data = optional("ray.data", "scale")
        items = np.array(todo, np.int64)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Ray warns itself of its own options
            _hush(data)
            rows = (
                data.range(len(items), override_num_blocks=min(len(items), BLOCKS))
                .map(
                    _Task(archive, items),
                    compute=data.TaskPoolStrategy(size=workers),
                    num_cpus=1,
                    max_retries=RETRIES,
                )
                .iter_rows()
            )
        try:
            for row in rows:
                yield _status(row)
        except EmovereError:
            raise
        except Exception as error:  # Ray has a hundred kinds
            reason = " ".join(str(error).split())[:200]
            raise EngineError(f"Ray broke off: {type(error).__name__}: {reason}; go on with --resume") from error

    return engine


class _Task:
    """Does the part that a row of the dataset stands for."""

    def __init__(self, archive: Archive, items: np.ndarray) -> None:
        self._archive, self._items = archive, items

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        part, piece = self._items[row["id"]].tolist()
        with contextlib.suppress(OSError):  # it may not be on this node, where relative names mean nothing then
            os.chdir(self._archive.folder)
        try:
            told = dataclasses.asdict(do(self._archive, part, piece))
        except EmovereError as error:  # told as a row: Ray would wrap it, and try again
            return {**dataclasses.asdict(Status(part, piece)), "error": type(error).__name__, "message": str(error)}
        return {**told, "error": "", "message": ""}


def _status(row: dict[str, Any]) -> Status:
    error, message = row.pop("error"), row.pop("message")
    if error:
        kind: type[EmovereError] = getattr(errors, error, EngineError)
        raise kind(message)
    return Status(**row)


def _hush(data: Any) -> None:
    """No bars and no log lines of Ray Data's own."""
    import logging

    context = data.DataContext.get_current()
    context.enable_progress_bars = False
    context.print_on_execution_start = False
    logging.getLogger("ray.data").setLevel(logging.ERROR)
