"""What a large archive takes: cores, hours, bytes and money, from rates measured here and prices that you name.

    python benchmarks/scale_cost.py FOLDER [--photos 1e6,1e9] [--cores 32,1024] [--core-hour 0.04] ...

FOLDER holds photos like those of the archive (.jpg, .png, .webp). On one thread it is measured what each step of a
photo takes, and how many bytes of Parquet a photo becomes. Prices, and what a cloud's network and store can do, are
inputs: they are nobody's offer, and the table says which were taken.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np

from emovere import config
from emovere.align.crop import crop_faces
from emovere.checked import create_checked
from emovere.classify.classifier import Classifier, load_model
from emovere.config import EngineOptions, Options
from emovere.detect.base import Detector
from emovere.report.base import Header, open_writer
from emovere.sources.photo import read_photo
from emovere.types import Faces, FrameResult
from emovere.version import __version__

STEPS = ("decode", "detect", "align", "classify")
GB = 1e9


@dataclass(frozen=True)
class Rates:
    """What was measured of a photo, means over the photos."""

    ms: dict[str, float]
    """Processor time of each step on one thread."""
    faces: float
    read_bytes: float
    written_bytes: float


@dataclass(frozen=True)
class Cloud:
    """What is assumed; each is an option of its name."""

    core_hour: float = 0.04
    """Price of a core for an hour."""
    gets_1000: float = 0.0004
    """Price of a thousand objects that are read."""
    lists_1000: float = 0.005
    """Price of a thousand requests that list a thousand names each."""
    gb_month: float = 0.023
    """Price of a GB that is kept for a month."""
    node_cores: int = 16
    node_gbit: float = 5.0
    """Network of a node that it can keep up."""
    gets_s: float = 5500.0
    """Objects that the store hands out a second below one prefix."""
    list_ms: float = 100.0
    """From a request for a thousand names to its answer."""
    overhead: float = 1.1
    """Processor time of a photo on Ray, over that measured here; benchmarks/scale.py prints both."""
    part: int = 256
    """Photos in an output file."""


def measure(paths: list[Path], repeats: int, part: int) -> Rates:
    cv2.setNumThreads(1)
    engine = EngineOptions(threads=1)
    detector = create_checked(dataclasses.replace(Options(), engine=engine).detect)
    network = load_model("light", engine=engine)
    rows: list[dict[str, float]] = []
    results: list[FrameResult] = []
    for path in paths:
        data = path.read_bytes()
        times = [steps(data, detector, network, str(path)) for _ in range(repeats + 1)][1:]
        rows.append({step: statistics.median(one[0][step] for one in times) for step in STEPS})
        results.append(times[-1][1])
    return Rates(
        {step: statistics.mean(row[step] for row in rows) for step in STEPS},
        statistics.mean(len(one.faces) for one in results),
        statistics.mean(path.stat().st_size for path in paths),
        written(results, network, part),
    )


def steps(data: bytes, detector: Detector, network: Classifier, name: str) -> tuple[dict[str, float], FrameResult]:
    """Processor milliseconds of each step of one photo, and what came out."""
    clock = [time.thread_time()]
    frame = next(read_photo(data, name=name))
    clock.append(time.thread_time())
    faces: Faces = detector.detect([frame])[0]
    clock.append(time.thread_time())
    crops = crop_faces(frame, faces, detector.box_in_crop, network.side)
    clock.append(time.thread_time())
    expressions = network.predict(crops.images)
    clock.append(time.thread_time())
    spent = {step: 1000 * (end - begin) for step, begin, end in zip(STEPS, clock, clock[1:], strict=False)}
    return spent, FrameResult(name, 0, None, frame.size, faces, expressions, {})


def written(results: list[FrameResult], network: Classifier, count: int) -> float:
    """Bytes of Parquet a photo, in a file of so many photos, each with a name and numbers of its own."""
    rng = np.random.default_rng(0)
    header = Header(network.labels, {"classifier": network.info}, config.to_dict(Options()), __version__)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.parquet"
        with path.open("wb") as file, open_writer("parquet", file, header) as writer:
            for number in range(count):
                name = f"photos/{number % 97:03d}/{number * 7919:012d}.jpg"
                writer.frame(dataclasses.replace(varied(results[number % len(results)], rng), source=name))
        return path.stat().st_size / count


def varied(one: FrameResult, rng: np.random.Generator) -> FrameResult:
    """The same photo with other numbers: what is the same in every row takes no room in Parquet."""
    boxes = one.faces.boxes + rng.normal(0, 5, one.faces.boxes.shape).astype(np.float32)
    scores = (one.faces.scores * rng.uniform(0.9, 1, one.faces.scores.shape)).astype(np.float32)
    probs = one.expressions.probs ** rng.uniform(0.5, 1.5, (len(boxes), 1))
    probs = (probs / probs.sum(axis=1, keepdims=True)).astype(np.float32)
    faces = dataclasses.replace(one.faces, boxes=boxes, scores=scores)
    return dataclasses.replace(one, faces=faces, expressions=dataclasses.replace(one.expressions, probs=probs))


def table(rates: Rates, cloud: Cloud, photos: float, cores: int) -> None:
    """One archive on so many cores: what it takes, and what would hold it up."""
    core_s = photos * sum(rates.ms.values()) / 1000 * cloud.overhead
    nodes = max(1, cores // cloud.node_cores)
    hours = {
        "compute": core_s / cores / 3600,
        "network": photos * rates.read_bytes * 8 / (nodes * cloud.node_gbit * 1e9) / 3600,
        "requests, one prefix": photos / cloud.gets_s / 3600,
        "listing, one after the other": photos / 1000 * cloud.list_ms / 1000 / 3600,
    }
    read, out = photos * rates.read_bytes, photos * rates.written_bytes
    money = {
        "cores": core_s / 3600 * cloud.core_hour,
        "reading": photos / 1000 * cloud.gets_1000,
        "listing": photos / 1e6 * cloud.lists_1000,
        "a month of output": out / GB * cloud.gb_month,
    }
    print(f"\n{photos:,.0f} photos on {cores:,} cores ({nodes} nodes)")
    print(f"  core hours        {core_s / 3600:,.0f}")
    print(f"  read              {read / GB:,.0f} GB in {photos:,.0f} requests")
    print(f"  written           {out / GB:,.2f} GB in {photos / cloud.part:,.0f} files")
    print("  hours             " + ", ".join(f"{name} {value:,.2f}" for name, value in hours.items()))
    held = max(hours, key=lambda name: hours[name])
    rate = photos / (hours["compute"] * 3600)
    print(f"  held up by        {held}")
    print(
        f"  compute takes     {rate:,.0f} photos/s, {rate * rates.read_bytes * 8 / 1e9:,.1f} Gbit/s of "
        f"{nodes * cloud.node_gbit:,.0f}"
    )
    print("  money             " + ", ".join(f"{name} {value:,.2f}" for name, value in money.items()))
    print(f"  together          {sum(money.values()):,.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--photos", default="1e6,1e9")
    parser.add_argument("--cores", default="32,1024", help="for each size")
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--priced", default="", help="of what day the prices are, and whose; printed")
    for one in dataclasses.fields(Cloud):
        parser.add_argument(f"--{one.name.replace('_', '-')}", type=type(one.default), default=one.default)
    arguments = parser.parse_args()
    paths = sorted(
        one for one in arguments.folder.iterdir() if one.suffix.lower() in (".jpg", ".jpeg", ".png", ".webp")
    )
    if not paths:
        sys.exit(f"{arguments.folder}: expected photos")
    sizes = [float(one) for one in arguments.photos.split(",")]
    cores = [int(one) for one in arguments.cores.split(",")]
    if len(sizes) != len(cores):
        sys.exit("--cores: expected one for each of --photos")
    rates = measure(paths, arguments.repeats, arguments.part)
    cloud = Cloud(**{one.name: getattr(arguments, one.name) for one in dataclasses.fields(Cloud)})
    each = ", ".join(f"{step} {value:.1f}" for step, value in rates.ms.items())
    whole = sum(rates.ms.values())
    print(f"measured on {len(paths)} photos, {datetime.now(UTC):%Y-%m-%d}, load {os.getloadavg()[0]:.1f}:")
    print(f"  processor ms a photo on one thread: {each}; together {whole:.1f}, {1000 / whole:.1f} photos/s a core")
    print(
        f"  {rates.faces:.1f} faces, {rates.read_bytes:,.0f} bytes read and {rates.written_bytes:,.0f} written a photo"
    )
    named = ", ".join(f"{name} {value:g}" for name, value in dataclasses.asdict(cloud).items())
    print(f"assumed ({arguments.priced or 'of no particular day'}): {named}")
    for photos, count in zip(sizes, cores, strict=True):
        table(rates, cloud, photos, count)


if __name__ == "__main__":
    main()
