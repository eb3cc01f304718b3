"""What cleaning is worth: ``python benchmarks/cleaning_worth.py --data fer2013.parquet --patch P --folder RUNS``.

Trains ``light``'s network on FER2013's labels alone, without FER+'s votes, for the same 1,350 steps: on the Training
faces as they are and with the patch laid over them, three seeds each (a quarter of an hour a run on one core; what is
there already is not trained again). From both, copies of held-out faces are left out, as always. Measures all on the
same held-out faces, which no patch touches: by FER2013's labels, and by the majority of FER+'s votes where it means one
of the seven. The intervals (95 %) are bootstraps over the held-out faces, the answers of the seeds taken together;
``sd`` is between seeds. ``--split PrivateTest`` is for the reported figures, once.
"""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path

import numpy as np

from emovere.config import override
from emovere.datasets.faceset import FaceSet
from emovere.datasets.load import load_faces
from emovere.evaluate.votes import majority
from emovere.export.run import head_logits, load_run
from emovere.labels import FER7, FERPLUS8
from emovere.train.fit import fit
from emovere.train.recipe import load_recipe

SEEDS = (1, 2, 3)
KINDS = {"asis": "as it is", "clean": "cleaned"}
SETTINGS = ["network.heads=fer7", "schedule.epochs=6", "schedule.steps=1350", "schedule.ema=0.99", "train.threads=1"]
RESAMPLES = 10_000


def train(data: Path, patch: Path, folder: Path) -> None:
    for kind in KINDS:
        faces: FaceSet | None = None
        for seed in SEEDS:
            run = folder / f"{kind}-{seed}"
            if (run / "run.json").is_file():
                continue
            if faces is None:
                patches = [patch] if kind == "clean" else []
                faces = dataclasses.replace(load_faces(data, patches=patches, splits=["Training"]), votes=None)
            recipe = override(load_recipe("light"), [*SETTINGS, f"seed={seed}"])
            fit(recipe, faces, run, resume=(run / "last.ckpt").is_file())


def answers(run: Path, faces: FaceSet) -> np.ndarray:
    _, network, _ = load_run(run)
    return head_logits(network, faces.images)["fer7"].argmax(axis=1)


def measure(folder: Path, faces: FaceSet, split: str) -> None:
    truths = {"FER2013's labels": (faces.labels, np.ones(len(faces), bool))}
    if faces.votes is not None:
        seven = np.array([FER7.index(name) if name in FER7 else -1 for name in (*FERPLUS8, "none")])
        voted = seven[majority(faces.votes)]
        truths["FER+'s majority"] = (voted, voted >= 0)
    said = {kind: np.array([answers(folder / f"{kind}-{seed}", faces) for seed in SEEDS]) for kind in KINDS}
    for what, (truth, asked) in truths.items():
        print(f"{split}, {what}: {asked.sum():,} faces")
        right = {kind: (said[kind] == truth)[:, asked] for kind in KINDS}
        for kind, name in KINDS.items():
            each = right[kind].mean(axis=1)
            low, high = interval(right[kind].mean(axis=0))
            seeds = ", ".join(f"{value:.2%}" for value in each)
            print(f"  {name:<10}{each.mean():.2%} [{low:.2%}, {high:.2%}]  sd {each.std(ddof=1) * 100:.2f}  ({seeds})")
        difference = right["clean"].mean(axis=0) - right["asis"].mean(axis=0)
        low, high = interval(difference)
        print(f"  cleaned - as it is: {difference.mean() * 100:+.2f} points [{low * 100:+.2f}, {high * 100:+.2f}]")


def interval(values: np.ndarray) -> tuple[float, float]:
    rng = np.random.default_rng(0)
    means = [rng.choice(values, len(values)).mean() for _ in range(RESAMPLES)]
    low, high = np.percentile(means, [2.5, 97.5])
    return float(low), float(high)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="FER2013 with FER+'s votes.")
    parser.add_argument("--patch", type=Path, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--split", default="PublicTest", choices=("PublicTest", "PrivateTest"))
    given = parser.parse_args()
    train(given.data, given.patch, given.folder)
    measure(given.folder, load_faces(given.data).split(given.split), given.split)


if __name__ == "__main__":
    main()
