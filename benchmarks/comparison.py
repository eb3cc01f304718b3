"""How often intervals of a difference hold the true one, where neighbouring seconds resemble each other.

    python benchmarks/comparison.py [--repeats 400]
    python benchmarks/comparison.py --example docs/images/comparison.png

Pairs of made-up clips that do not differ: readings at 5 frames a second whose likeness falls with time as in an AR(1)
process. Beside emovere's intervals, those of a bootstrap that takes every frame for independent. 95 % is right.
``--example`` shows the table, and draws the chart, of two made-up clips that do differ.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import numpy.typing as npt

from emovere.labels import FER7
from emovere.report.comparison import Comparison
from emovere.report.comparison_difference import Shares, difference
from emovere.report.comparison_seconds import Seconds
from emovere.types import Expressions, Faces, FrameResult

RATE = 5
LENGTHS = (20, 60, 300)
LIKENESS = (0.0, 0.5, 0.8)

Float32 = npt.NDArray[np.float32]


def clips(rng: np.random.Generator, count: int, seconds: int, alike: float) -> Float32:
    """(count, frames, 2) readings; those a second apart correlate by ``alike``."""
    kept = alike ** (1 / RATE)
    noise = rng.standard_normal((seconds * RATE + 500, count)) * np.sqrt(1 - kept**2)
    levels = np.zeros_like(noise)
    for frame in range(1, len(noise)):
        levels[frame] = kept * levels[frame - 1] + noise[frame]
    happy = 0.5 + 0.1 * np.clip(levels[500:].T, -4, 4)
    return np.stack([happy, 1 - happy], axis=-1).astype(np.float32)


def shares(readings: Float32) -> Shares:
    seconds = Seconds(2)
    for frame, mix in enumerate(readings):
        seconds.frame(frame / RATE, mix[None])
    return Shares("", seconds.rows())


def frame_wise(rng: np.random.Generator, first: Float32, second: Float32) -> tuple[float, float]:
    means = [rng.choice(side[:, 0], (400, len(side))).mean(axis=1) for side in (first, second)]
    low, high = np.quantile(means[1] - means[0], [0.025, 0.975])
    return float(low), float(high)


def made_up(rng: np.random.Generator, source: str, seconds: int, leaning: tuple[float, ...]) -> list[FrameResult]:
    """One face whose mix leans to some of the seven expressions and wanders about that."""
    wandering = (clips(rng, len(FER7), seconds, 0.6)[:, :, 0].T - 0.5) * 8
    odds = np.exp(wandering + np.array(leaning))
    probs = (odds / odds.sum(axis=1, keepdims=True)).astype(np.float32)
    face = Faces(np.zeros((1, 4), np.float32), np.ones(1, np.float32))
    return [
        FrameResult(source, frame, frame / RATE, (9, 9), face, Expressions(FER7, probs[frame : frame + 1]))
        for frame in range(len(probs))
    ]


def example(path: Path) -> None:
    rng = np.random.default_rng(0)
    comparison = Comparison(FER7)
    before = made_up(rng, "before.mp4", 90, (0, -2, -1, 0.2, 0.7, 0, 1.5))
    after = made_up(rng, "after.mp4", 120, (0, -2, -1, 1.3, 0.2, 0, 1.5))
    for result in (*before, *after):
        comparison.frame(result)
    print(comparison.table(), end="")
    comparison.draw(path)


def coverage(repeats: int) -> None:
    print("seconds of each  likeness after 1 s  by blocks of seconds  by frames")
    for seconds in LENGTHS:
        for alike in LIKENESS:
            rng = np.random.default_rng(0)
            ours = naive = 0
            firsts, others = clips(rng, repeats, seconds, alike), clips(rng, repeats, seconds, alike)
            for first, second in zip(firsts, others, strict=True):
                found = difference(shares(first), shares(second)).mean
                ours += found.low is not None and found.high is not None and found.low[0] <= 0 <= found.high[0]
                low, high = frame_wise(rng, first, second)
                naive += low <= 0 <= high
            print(f"{seconds:<17}{alike:<20}{ours / repeats:<22.1%}{naive / repeats:.1%}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=400)
    parser.add_argument("--example", type=Path, metavar="PNG")
    chosen = parser.parse_args()
    if chosen.example is not None:
        example(chosen.example)
        return
    coverage(chosen.repeats)


if __name__ == "__main__":
    main()
