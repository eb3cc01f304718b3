"""What each remedy for rare classes does to disgust, to fear and overall.

    python benchmarks/imbalance.py --data fer2013.parquet --folder runs/imbalance [--generator GENERATOR.onnx]
    python benchmarks/imbalance.py --data fer2013.parquet --folder runs/imbalance --only-table --split PrivateTest

Trains nano's network on labels alone, once for each remedy and seed, all for the same number of steps, one after
another on one core; what is finished is not trained again, and what was interrupted goes on. Then prints a table: 95 %
intervals by 2,000 resamples of the faces (accuracy: Wilson's), the same resamples for all rows, so that the difference
from plain is paired. With several seeds every figure is the mean of theirs. Intervals say how much hangs on which faces
are tested, not how much on the seed: the rows of plain with different seeds show that.

"varied faces" and "generated faces" add faces of disgust to the Training split, up to --to: turned, stretched, enlarged
and mirrored ones, or ones that the generator made. "adjusted after" is plain with its answers adjusted; nothing is
trained for it.
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from emovere.config import override
from emovere.datasets.augment.balance import GENERATED, VARIED, Balance, augment
from emovere.datasets.augment.maker import FaceMaker
from emovere.datasets.faceset import FaceSet
from emovere.datasets.load import load_faces
from emovere.datasets.rows import FaceRows
from emovere.evaluate.metrics import class_scores, confusion_matrix, wilson_interval
from emovere.export.run import head_logits, load_run
from emovere.labels import FER7
from emovere.train.fit import fit
from emovere.train.imbalance import log_shares
from emovere.train.recipe import Recipe, load_recipe

REMEDIES: dict[str, tuple[str, ...]] = {
    "plain": (),
    "weights, inverse": ("imbalance.weights=inverse",),
    "weights, effective": ("imbalance.weights=effective", "imbalance.beta=0.999"),
    "balanced sampling": ("imbalance.balance=1",),
    "focal loss": ("imbalance.focus=2",),
    "logit adjustment": ("imbalance.adjust=1",),
    "varied faces": (),
    "generated faces": (),
}
ADDED = {"varied faces": VARIED, "generated faces": (GENERATED,)}
AFTER = (0.5, 1.0)
"""How much plain's logits are adjusted after training."""

STEPS = 213
"""Of an epoch: as many as batches of 128 in the faces as they come."""

RESAMPLES = 2000
WATCHED = ("disgust", "fear")


def recipe_of(remedy: str, seed: int, epochs: int) -> Recipe:
    settings = [
        "network.heads=fer7",
        "loss.teacher=",
        "loss.fer7=1",
        "loss.smoothing=0.1",
        f"schedule.epochs={epochs}",
        f"schedule.steps={epochs * STEPS}",
        f"schedule.patience={epochs}",
        "schedule.hold=0",
        "schedule.warmup=0.15",
        "schedule.ema=0.995",
        "train.threads=1",
        f"seed={seed}",
        *REMEDIES[remedy],
    ]
    return dataclasses.replace(override(load_recipe("nano"), settings), name=_word(remedy))


def _word(remedy: str) -> str:
    return remedy.replace(",", "").replace(" ", "-")


def train(faces: FaceSet, folder: Path, names: Sequence[str], chosen: argparse.Namespace) -> None:
    """Whatever is not trained yet."""
    for seed in chosen.seeds:
        for remedy in names:
            place = folder / f"{_word(remedy)}-{seed}"
            if (place / "run.json").is_file():
                continue
            if remedy == "generated faces" and chosen.generator is None:
                print("generated faces: left out; name a --generator", file=sys.stderr)
                continue
            learned = with_more(faces, remedy, chosen)
            print(
                f"{remedy}, seed {seed}: {dict(zip(FER7, learned.split('Training').counts, strict=True))}", flush=True
            )
            recipe = recipe_of(remedy, seed, chosen.epochs)
            fit(recipe, learned, place, resume=(place / "last.ckpt").is_file())


def with_more(faces: FaceSet, remedy: str, chosen: argparse.Namespace) -> FaceSet:
    """The faces, and where the remedy says so made ones of the rarest class."""
    kinds = ADDED.get(remedy)
    if kinds is None:
        return faces
    maker = FaceMaker(chosen.generator, threads=1) if GENERATED in kinds else None
    return augment(FaceRows(faces), Balance(to=chosen.to, kinds=kinds), maker).rows.faces


def answers(tested: FaceSet, folder: Path, names: Sequence[str], seeds: Sequence[int]) -> dict[str, list[np.ndarray]]:
    """Of each remedy, what each seed's network says of the faces: (N,) int each."""
    told: dict[str, list[np.ndarray]] = {}
    for remedy in names:
        for seed in seeds:
            place = folder / f"{_word(remedy)}-{seed}"
            if not (place / "run.json").is_file():
                continue
            _, network, run = load_run(place)
            logits = head_logits(network, tested.images)["fer7"]
            told.setdefault(remedy, []).append(logits.argmax(axis=1))
            for amount in AFTER if remedy == "plain" else ():
                shares = log_shares(list(run["data"]["classes"].values()), 0)
                row = f"adjusted after, {amount:g}"
                told.setdefault(row, []).append((logits - amount * shares).argmax(axis=1))
    return told


def figures(predicted: Sequence[np.ndarray], labels: np.ndarray, picked: np.ndarray) -> dict[str, float]:
    """The mean over the seeds of each figure on some faces, drawn with their rows."""
    rows = []
    for one in predicted:
        confusion = confusion_matrix(one[picked], labels[picked], len(FER7))
        scores = class_scores(confusion)
        row = {
            "accuracy": np.trace(confusion) / len(picked),
            "macro-F1": np.nanmean(scores.f1),
            "mean recall": np.nanmean(scores.recall),
        }
        for name in WATCHED:
            place = FER7.index(name)
            row |= {f"{name} recall": scores.recall[place], f"{name} F1": scores.f1[place]}
            row[f"{name} precision"] = scores.precision[place]
        rows.append(row)
    return {name: _mean([row[name] for row in rows]) for name in rows[0]}


def _mean(values: Sequence[float]) -> float:
    """Over the seeds that have a value: a network that never names a class has no precision."""
    there = [value for value in values if not np.isnan(value)]
    return float(np.mean(there)) if there else float("nan")


def table(told: dict[str, list[np.ndarray]], labels: np.ndarray) -> Iterator[str]:
    """Lines of Markdown."""
    rng = np.random.default_rng(1)
    draws = rng.integers(0, len(labels), (RESAMPLES, len(labels)))
    everyone = np.arange(len(labels))
    most = max(map(len, told.values()))
    resampled = {name: [figures(one, labels, picked) for picked in draws] for name, one in told.items()}

    def interval(values: list[float]) -> str:
        low, high = np.nanpercentile(values, [2.5, 97.5])
        return f"[{low * 100:.1f}, {high * 100:.1f}]"

    yield (
        "| | accuracy | macro-F1 | macro-F1 less plain's | mean recall | "
        + " | ".join(f"{name}: recall, precision, F1" for name in WATCHED)
        + " |"
    )
    yield "|---|" + "---|" * (4 + len(WATCHED))
    for name, predicted in told.items():
        whole = figures(predicted, labels, everyone)
        right = round(whole["accuracy"] * len(labels))
        low, high = wilson_interval(right, len(labels))
        cells = [f"{whole['accuracy']:.1%} [{low * 100:.1f}, {high * 100:.1f}]"]
        cells.append(f"{whole['macro-F1'] * 100:.1f} {interval([r['macro-F1'] for r in resampled[name]])}")
        if name == "plain" or "plain" not in told:
            cells.append("")
        else:
            pairs = zip(resampled[name], resampled["plain"], strict=True)
            gap = (whole["macro-F1"] - figures(told["plain"], labels, everyone)["macro-F1"]) * 100
            cells.append(f"{gap:+.1f} {interval([a['macro-F1'] - b['macro-F1'] for a, b in pairs])}")
        cells.append(f"{whole['mean recall']:.1%}")
        for emotion in WATCHED:
            spread = interval([r[f"{emotion} F1"] for r in resampled[name]])
            recall, precision = whole[f"{emotion} recall"], whole[f"{emotion} precision"]
            said = "-" if np.isnan(precision) else f"{precision:.0%}"
            cells.append(f"{recall:.0%}, {said}, {whole[f'{emotion} F1'] * 100:.1f} {spread}")
        fewer = f", {len(predicted)} of {most} seeds" if len(predicted) < most else ""
        yield f"| {name}{fewer} | " + " | ".join(cells) + " |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--folder", type=Path, required=True, help="where the runs are kept")
    parser.add_argument("--generator", type=Path, help="an ONNX file; without one no faces are generated")
    parser.add_argument("--epochs", type=int, default=10, help=f"of {STEPS} steps each")
    parser.add_argument("--to", type=int, default=3000, help="faces of a rare class after some were added")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1])
    parser.add_argument("--only", nargs="+", choices=list(REMEDIES), help="these remedies alone")
    parser.add_argument("--only-table", action="store_true", help="train nothing")
    parser.add_argument("--split", default="PublicTest", choices=["PublicTest", "PrivateTest"])
    chosen = parser.parse_args()
    faces = load_faces(chosen.data)
    names = chosen.only or list(REMEDIES)
    if not chosen.only_table:
        train(faces, chosen.folder, names, chosen)
    tested = faces.split(chosen.split)
    told = answers(tested, chosen.folder, names, chosen.seeds)
    print(f"\n{chosen.split}, {len(tested):,} faces, {chosen.epochs} epochs, seeds {chosen.seeds}\n")
    for line in table(told, tested.labels):
        print(line)


if __name__ == "__main__":
    main()
