"""What own faces bring: ``python benchmarks/own_faces.py --data fer2013.parquet``.

Faces of FER2013's PublicTest are taken as a person's own, four emotions under names that tell a network nothing, and
shared out as ``emovere train light --from light`` does. Three ways to learn them: light's architecture from scratch,
its shipped weights with a new head alone, and all of it after that. Figures are of each set's held-out part, with 95 %
intervals. light's own training saw none of these faces, but its epoch was chosen on them.
"""

from __future__ import annotations

import argparse
import dataclasses
import time
from pathlib import Path

import numpy as np
import torch

from emovere.datasets.faceset import FaceSet
from emovere.datasets.fer2013 import load_fer2013
from emovere.evaluate.metrics import wilson_interval
from emovere.export.load import load_start
from emovere.train.own.parts import shared_out
from emovere.train.own.recipe import OwnRecipe, TuneRecipe, own_recipe
from emovere.train.own.run import begin, measured
from emovere.train.own.tune import Tuning
from emovere.train.recipe import load_recipe

NAMES = {"angry": "ember", "happy": "birch", "neutral": "slate", "sad": "heron"}


def own_faces(public: FaceSet, count: int) -> FaceSet:
    """So many faces of each of the four emotions, renamed."""
    rng = np.random.default_rng(1)
    rows, labels = [], []
    for place, emotion in enumerate(NAMES):
        of_it = np.flatnonzero(public.labels == public.label_names.index(emotion))
        rows.append(rng.permutation(of_it)[:count])
        labels += [place] * len(rows[-1])
    picked = public[np.concatenate(rows)]
    return dataclasses.replace(picked, labels=np.array(labels, np.int64), label_names=tuple(NAMES.values()))


def main(data: Path, counts: list[int], epochs: int) -> None:
    torch.set_num_threads(1)
    recipe = own_recipe(load_recipe("light"), "light", "", "own")
    start = load_start("light", recipe.network)
    public = load_fer2013(data).split("PublicTest")
    print("faces a class  from scratch           head alone             released               (held-out, seconds)")
    for count in counts:
        faces = shared_out(own_faces(public, count), recipe.parts, recipe.seed)
        cells = []
        torch.manual_seed(1)
        scratch = begin(None, recipe, faces.label_names)
        fresh = TuneRecipe(
            frozen_epochs=0, released_epochs=epochs, released_lr=2e-3, patience=epochs, keep_statistics=False
        )
        cells.append(learned(scratch, faces, dataclasses.replace(recipe, tune=fresh)))
        network = begin(start, recipe, faces.label_names)
        for stage in ({"released_epochs": 0}, {"frozen_epochs": 0}):
            cells.append(learned(network, faces, dataclasses.replace(recipe, tune=TuneRecipe(**stage))))
        print(f"{count:13}  " + "  ".join(cells), flush=True)


def learned(network: torch.nn.Module, faces: FaceSet, recipe: OwnRecipe) -> str:
    """Learn, and give the held-out accuracy with its interval and the processor's seconds."""
    started = time.process_time()
    network.load_state_dict(Tuning(network, faces, recipe).run(lambda row: None))
    result = measured(network.eval(), None, faces, recipe.parts.held_out)
    low, high = wilson_interval(result.right, len(result.truth))
    share = result.right / len(result.truth)
    return f"{share:6.1%} [{low:4.0%}, {high:4.0%}] {time.process_time() - started:4.0f}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--counts", type=int, nargs="+", default=[50, 100, 200, 400])
    parser.add_argument("--epochs", type=int, default=25, help="from scratch")
    wanted = parser.parse_args()
    main(wanted.data, wanted.counts, wanted.epochs)
