"""Photos a second of an archive: one process of a pool, two, and Ray with as many; start-up apart.

    python benchmarks/scale.py FOLDER [--photos 10000] [--workers 2] [--turns 1] [--engines one,pool,ray]
    python benchmarks/scale.py --names 1000000

FOLDER holds a few photos of people. Out of them as many are made as were asked for, each cut, scaled and compressed in
its own way, so that no two have the same bytes; they go into a temporary folder. Engines take turns at all of them:

    plain     emovere analyze as it is: one process with as many threads as its libraries like
    one       a pool of one process
    pool      a pool of --workers processes
    ray       Ray on this machine, that many parts at a time

What counts is the time from when models are loaded to the last row; start-up is told beside it. On a machine that does
other things as well, processor time says more: of all processes together, and of those that do the work. With as many
cores as workers, an engine cannot be more than cores times (one's worker time a photo) / (all its time a photo) as fast
as one process, and on a quiet machine it comes near that.

--names lists a made-up folder with that many photos into a plan, and tells seconds and memory.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

import numpy as np
from PIL import Image

from emovere.config import DetectOptions
from emovere.pipeline import Analyzer, Seen
from emovere.scale.options import ArchiveOptions, ScaleOptions
from emovere.scale.pool import Pool
from emovere.scale.worker import peak_mb

PART = 64
"""Photos of one task of Ray: fewer than usual, so that few photos are enough to warm up."""

TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Run:
    """One engine's way through the photos."""

    start_s: float
    """Until models were loaded in every process."""
    work_s: float
    all_s: float
    """Processor time of all processes, this one included."""
    worker_s: float
    """Processor time of those that do the work; 0 where they are not told apart."""
    memory_mb: float
    """Most of one process that does the work."""
    faces: int


def make(folder: Path, count: int, into: Path) -> list[str]:
    """That many photos out of those in a folder, 640 to 1280 pixels wide."""
    rng = np.random.default_rng(7)
    originals = [Image.open(path).convert("RGB") for path in sorted(folder.glob("*.jpg"))]
    if not originals:
        sys.exit(f"{folder}: expected .jpg photos")
    names = []
    for number in range(count):
        original = originals[number % len(originals)]
        width, height = original.size
        share = rng.uniform(0.8, 1)
        left, top = rng.uniform(0, 1 - share, 2)
        box = tuple(round(v) for v in (left * width, top * height, (left + share) * width, (top + share) * height))
        side = int(rng.integers(640, 1281))
        photo = original.crop(box).resize((side, max(1, round(side * height / width))), Image.Resampling.BILINEAR)
        path = into / f"{number // 1000:03d}" / f"{number:06d}.jpg"
        path.parent.mkdir(exist_ok=True)
        photo.save(path, quality=int(rng.integers(70, 96)))
        names.append(str(path))
    return names


def spent_s() -> float:
    """Processor time so far of this process, those below it, and those of them that have ended."""
    parents: dict[int, int] = {}
    times: dict[int, float] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        except OSError:
            continue
        pid = int(path.parent.name)
        parents[pid], times[pid] = int(fields[1]), sum(map(int, fields[11:15])) / TICK

    def is_below(pid: int) -> bool:
        while pid in parents and pid != os.getpid():
            pid = parents[pid]
        return pid == os.getpid()

    return sum(seconds for pid, seconds in times.items() if is_below(pid))


def plain(names: list[str], options: ArchiveOptions, workers: int) -> Run:
    began = time.perf_counter()
    analyzer = Analyzer(options)
    list(analyzer.stream(names[:8]))
    ready, spent = time.perf_counter(), spent_s()
    faces = sum(len(item.result) for item in analyzer.stream(names) if isinstance(item, Seen))
    return Run(ready - began, time.perf_counter() - ready, spent_s() - spent, 0.0, peak_mb(), faces)


def one(names: list[str], options: ArchiveOptions, workers: int) -> Run:
    return pool(names, options, 1)


def pool(names: list[str], options: ArchiveOptions, workers: int) -> Run:
    with Pool(options, workers) as processes:
        list(processes.stream(names[: 8 * workers]))  # every process has its models, and its first photos behind it
        ready, spent, before = time.perf_counter(), spent_s(), processes.processor_s
        faces = sum(len(item.result) for item in processes.stream(names) if isinstance(item, Seen))
        work_s = time.perf_counter() - ready
        own = processes.processor_s - before
        return Run(processes.ready_s, work_s, spent_s() - spent, own, processes.memory_mb, faces)


def ray(names: list[str], options: ArchiveOptions, workers: int) -> Run:
    from emovere.scale.archive import Work
    from emovere.scale.ray_data import on_ray
    from emovere.scale.ray_start import start

    began = time.perf_counter()
    with start(None, cpus=workers), tempfile.TemporaryDirectory() as folder:
        engine = on_ray(workers)

        def work(name: str, chosen: list[str]) -> Work:
            listed = Path(folder) / f"{name}.txt"
            listed.write_text("\n".join(chosen), encoding="utf-8")
            return Work(f"{folder}/{name}", [f"@{listed}"], options, resume=False)

        warm = work("warm", (names * 2)[: 2 * workers * options.scale.part])
        warm.finish(warm.run(engine, warm.left()))
        real = work("real", names)
        ready, spent = time.perf_counter(), spent_s()
        totals = real.finish(real.run(engine, real.left()))
        return Run(ready - began, time.perf_counter() - ready, spent_s() - spent, 0.0, totals.memory_mb, totals.faces)


ENGINES: dict[str, Callable[[list[str], ArchiveOptions, int], Run]] = {
    "plain": plain, "one": one, "pool": pool, "ray": ray
}  # fmt: skip


def tell(runs: dict[str, list[Run]], photos: int, workers: int) -> None:
    """The medians of each engine, and how they compare with one process."""
    cores = len(os.sched_getaffinity(0))
    print(f"{photos} photos, {workers} workers, {cores} cores; processor time in ms a photo")
    print("engine     start s  photos/s  x one  all ms  worker ms  possible x one  MB a process   faces")
    middle = {
        name: [statistics.median(values) for values in zip(*(vars(run).values() for run in of), strict=True)]
        for name, of in runs.items()
    }
    base = middle.get("one")
    for name, (start_s, work_s, all_s, worker_s, memory, faces) in middle.items():
        ratio = f"{base[1] / work_s:5.2f}" if base else "     "
        possible = f"{min(cores, workers) * base[3] / all_s:5.2f}" if base and name in ("pool", "ray") else "     "
        print(
            f"{name:<10} {start_s:7.1f} {photos / work_s:9.1f}  {ratio} {1000 * all_s / photos:7.1f} "
            f"{1000 * worker_s / photos:10.1f} {possible:>15} {memory:13.0f} {faces:7.0f}"
        )


class Entries:
    """What the system would give for a folder with so many photos."""

    def __init__(self, count: int) -> None:
        self._count = count

    def __enter__(self) -> Iterator[SimpleNamespace]:
        return map(self._entry, range(self._count))

    def _entry(self, number: int) -> SimpleNamespace:
        name = f"photograph-{number:09d}.jpg"
        return SimpleNamespace(name=name, path=f"/archive/2019/holidays/{name}", is_dir=lambda: False)

    def __exit__(self, *_: object) -> None:
        """Nothing to close."""


def list_names(count: int) -> None:
    """Write the plan of a folder that holds so many names, and tell what that took."""
    from emovere.scale import listing
    from emovere.scale.place import open_place
    from emovere.scale.plan import write_plan

    with tempfile.TemporaryDirectory() as folder:
        for names in (20_000, count):
            before, began = peak_mb(), time.process_time()
            with mock.patch.object(listing.os, "scandir", return_value=Entries(names)):
                parts, _ = write_plan(open_place(f"{folder}/{names}"), listing.parts_of([folder], 256))
            spent = time.process_time() - began
            print(f"{names:>9} names: {parts} parts, {spent:.1f} s, {peak_mb() - before:.1f} MB more than before")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--photos", type=int, default=10_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--turns", type=int, default=1)
    parser.add_argument("--engines", default="one,pool,ray")
    parser.add_argument("--detector", default="yunet")
    parser.add_argument("--names", type=int, default=0)
    arguments = parser.parse_args()
    if arguments.names:
        list_names(arguments.names)
        return
    if arguments.folder is None:
        parser.error("name a folder with photos, or --names")
    scale = ScaleOptions(part=PART)
    options = ArchiveOptions(detect=DetectOptions(name=arguments.detector), scale=scale)
    engines = arguments.engines.split(",")
    runs: dict[str, list[Run]] = {name: [] for name in engines}
    with tempfile.TemporaryDirectory(prefix="emovere-scale-") as folder:
        names = make(arguments.folder, arguments.photos, Path(folder))
        for _ in range(arguments.turns):
            for name in engines:
                runs[name].append(ENGINES[name](names, options, arguments.workers))
                print(f"{name}: {runs[name][-1]}", file=sys.stderr, flush=True)
        tell(runs, arguments.photos, arguments.workers)


if __name__ == "__main__":
    main()
