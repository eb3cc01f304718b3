"""How well people keep their numbers in made-up scenes with known truth, and what smoothing does on a real clip.

    python benchmarks/tracking.py [--scenes 10] [--step 0.1] [--seed 8]

Heads of 40 portraits (``data/scenes.parquet`` of EMOVERE_SHARED, else of ../shared) walk over photographs without
faces: they cross, meet and turn back, pass behind a pillar. The tracker's limits were set with seed 7; figures are
given for another.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow.parquet

from emovere.config import DetectOptions, Options, TrackOptions
from emovere.evaluate.identities import identity_scores
from emovere.following import Follower, follow
from emovere.pipeline import Analyzer
from emovere.sources.photo import read_photo
from emovere.testing.crossings import Actor, Path2d, Scene, actor_of, stage
from emovere.types import UInt8

SHARED = Path(os.environ.get("EMOVERE_SHARED", Path(__file__).resolve().parents[2] / "shared"))
PORTRAITS = ("congress", "imagenet-sample")


def cast(analyzer: Analyzer, path: Path, count: int = 40) -> tuple[list[Actor], list[UInt8]]:
    """Actors cut out of portraits with one sure face, and backgrounds without any."""
    table = pyarrow.parquet.read_table(path, columns=["image", "source"])
    actors: dict[str, list[Actor]] = {source: [] for source in PORTRAITS}
    backgrounds: list[UInt8] = []
    for image, source in zip(table["image"], table["source"], strict=True):
        name = source.as_py()
        wants_actor = name in actors and len(actors[name]) < count // 2
        if not wants_actor and (name != "bsds500" or len(backgrounds) >= count):
            continue
        frame = next(read_photo(image["bytes"].as_py()))
        faces = analyzer.detector.detect([frame])[0]
        if wants_actor and len(faces) == 1 and faces.scores[0] > 0.9 and faces.boxes[0, 2] - faces.boxes[0, 0] > 60:
            actors[name].append(actor_of(frame.image, faces.boxes[0]))
        elif name == "bsds500" and not len(faces):
            backgrounds.append(frame.image)
    return [actor for group in actors.values() for actor in group], backgrounds


def across(begin: float, end: float, height: float) -> Path2d:
    return lambda t: (begin + (end - begin) * t, height)


def to_and_fro(begin: float, turn: float, height: float) -> Path2d:
    return lambda t: (begin + (turn - begin) * (1 - abs(2 * t - 1)), height)


def scenes(kind: str, actors: list[Actor], backgrounds: list[UInt8], count: int, seed: int = 7) -> Iterator[Scene]:
    rng = np.random.default_rng(seed)
    for number in range(count):
        a, b = (actors[i] for i in rng.choice(len(actors), 2, replace=False))
        ground = backgrounds[number % len(backgrounds)]
        height = float(rng.uniform(0.4, 0.6))
        if kind == "crossing":
            paths = [(a, across(0.1, 0.9, height)), (b, across(0.9, 0.1, height + float(rng.uniform(-0.08, 0.08))))]
            yield stage(ground, paths)
        elif kind == "meet and turn back":
            yield stage(ground, [(a, to_and_fro(0.15, 0.48, height)), (b, to_and_fro(0.85, 0.53, height))])
        else:
            yield stage(ground, [(a, across(0.1, 0.9, height)), (b, across(0.3, 0.2, height))], pillar=(0.5, 0.66))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenes", type=int, default=10)
    parser.add_argument("--seed", type=int, default=8)
    parser.add_argument("--step", type=float, default=TrackOptions().step)
    chosen = parser.parse_args()
    analyzer = Analyzer(Options(detect=DetectOptions(name="yunet")))
    actors, backgrounds = cast(analyzer, SHARED / "data" / "scenes.parquet")
    print(f"{len(actors)} actors, {len(backgrounds)} backgrounds, {chosen.scenes} scenes of each kind, YuNet")
    print(f"{'':20s} {'switches':>8s} {'IDF1':>6s} {'found':>6s} {'false':>6s}")
    for kind in ("crossing", "meet and turn back", "behind a pillar"):
        truth, found = [], []
        for place, scene in enumerate(scenes(kind, actors, backgrounds, chosen.scenes, chosen.seed)):
            follower = Follower(analyzer.detector, analyzer.classifier, TrackOptions())
            for look in follow(follower, scene.frames, chosen.step):
                numbers = look.result.faces.track_ids
                ids = [] if numbers is None else (numbers + 1000 * place).tolist()
                found.append(dict(zip(ids, look.result.faces.boxes, strict=True)))
            truth += [{person + 1000 * place: box for person, box in boxes.items()} for boxes in scene.truth]
        scores = identity_scores(truth, found)
        print(f"{kind:20s} {scores.switches:8d} {scores.idf1:6.3f} {scores.recall:6.3f} {scores.false:6d}")


if __name__ == "__main__":
    main()
