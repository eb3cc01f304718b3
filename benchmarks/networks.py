"""Milliseconds of processor time a face, on one core: ``python benchmarks/networks.py light nano``.

The networks take turns, so that whatever else the machine does falls on all of them; the best of many rounds counts.
"""

from __future__ import annotations

import sys
import time

import numpy as np

import emovere
from emovere.config import EngineOptions

ROUNDS = 60


def main(names: list[str]) -> None:
    """Print a line for each network: alone, and 64 faces in one call."""
    networks = {name: emovere.load_model(name, engine=EngineOptions(threads=1)) for name in names}
    rng = np.random.default_rng(1)
    best = {}
    for count in (1, 64):
        faces = rng.integers(0, 256, (count, 48, 48), dtype=np.uint8)
        for _ in range(ROUNDS):
            for name, network in networks.items():
                started = time.process_time()
                network.predict(faces)
                taken = (time.process_time() - started) / count * 1000
                best[name, count] = min(taken, best.get((name, count), taken))
    print("network   1 face  64 at once   (ms a face)")
    for name in networks:
        print(f"{name:8}  {best[name, 1]:6.2f}  {best[name, 64]:10.2f}")


if __name__ == "__main__":
    main(sys.argv[1:] or ["light", "nano"])
