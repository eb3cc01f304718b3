"""What `emovere data clean` finds in FER2013, and how much of it is right.

    python benchmarks/cleaning.py [--data fer2013.parquet] [--predictions predictions.npz]

The data must hold FER+'s votes, which judge and are never shown to what is judged, but for two shipped networks: light
and check learned from Training's votes, so what they find is counted on PublicTest and PrivateTest apart. Predictions
come from ``emovere data fold fer2013.parquet -o predictions.npz``, which learns FER2013's labels alone.

A doubtful label counts as right where FER+ contradicts FER2013: strictly, where its annotators have a majority by the
rule of FER+'s own training code (`evaluate.votes.majority`: single votes dropped, more than half of the rest) and it
is another expression; loosely, where most votes for an expression go to another one. No majority counts as wrong,
strictly.

``cleaning_judged.csv`` beside this file holds faces that were looked at one by one, by the SHA-256 of their pixels:
what was found (reason), whether a person agrees (right). They are those of PublicTest and PrivateTest, from which
nothing was learned.
"""

from __future__ import annotations

import argparse
import csv
import os
import resource
import time
from collections import defaultdict
from pathlib import Path

import cv2
import numpy as np

from emovere.datasets.clean.copies import copy_groups
from emovere.datasets.clean.find import find
from emovere.datasets.clean.findings import Findings
from emovere.datasets.clean.options import CleanOptions, CopyOptions
from emovere.datasets.clean.predictions import for_faces, read_predictions
from emovere.datasets.clean.suspects import suspects
from emovere.datasets.clean.twice import near_pairs
from emovere.datasets.load import load_rows
from emovere.datasets.rows import FaceRows
from emovere.evaluate.votes import majority, vote_shares
from emovere.labels import FERPLUS_COLUMNS
from emovere.types import UInt8

SHARED = Path(os.environ.get("EMOVERE_SHARED", Path(__file__).resolve().parents[2] / "shared"))
JUDGED = Path(__file__).with_name("cleaning_judged.csv")
PLACES = (100, 300, 1000, 3000)


def exact(rows: FaceRows) -> None:
    groups = defaultdict(list)
    for row, key in enumerate(rows.keys.tolist()):
        groups[key].append(row)
    several = [group for group in groups.values() if len(group) > 1]
    surplus = sum(len(group) - 1 for group in several)
    conflicting = sum(len(set(rows.faces.labels[group].tolist())) > 1 for group in several)
    across = sum(len(set(rows.faces.splits[group].tolist())) > 1 for group in several)
    print(f"exact copies: {len(several):,} groups, {surplus:,} surplus faces, {conflicting} groups with conflicting")
    print(f"  labels, {across} groups across splits")


def near(findings: Findings) -> None:
    splits = findings.rows.faces.splits
    these = findings.of("near copy")
    across = sum(splits[one.row] != splits[one.other] for one in these)
    mirrored = sum("mirror" in one.note for one in these)
    dropped = sum(one.action == "drop" for one in these)
    contradict = sum(one.score < 1 for one in findings.of("conflicting copy"))
    print(
        f"near copies: {len(these):,} faces are nearly another's picture, {mirrored} of them mirrored; "
        f"{across:,} across splits,\n  {dropped:,} of Training nearly held-out ones; {contradict:,} faces in groups "
        "with several labels"
    )


def altered(image: UInt8, kind: str, rng: np.random.Generator) -> UInt8:
    if kind == "JPEG of quality 30":
        return np.asarray(cv2.imdecode(cv2.imencode(".jpg", image, [1, 30])[1], 0), np.uint8)
    if kind == "lighter and flatter":
        return np.asarray(image * 0.7 + 60, np.uint8)
    if kind == "shifted by 2 pixels":
        return np.asarray(cv2.copyMakeBorder(image[2:, 2:], 0, 2, 0, 2, cv2.BORDER_REPLICATE), np.uint8)
    if kind == "cut 5 % closer":
        return np.asarray(cv2.resize(image[1:-1, 1:-1], (48, 48), interpolation=cv2.INTER_CUBIC), np.uint8)
    if kind == "written over":
        marked = image.copy()
        cv2.putText(marked, "stock", (2, int(rng.integers(24, 40))), 0, 0.45, 200, 1, cv2.LINE_AA)
        return marked
    return np.ascontiguousarray(image[:, ::-1])


def near_recall(rows: FaceRows) -> None:
    rng = np.random.default_rng(0)
    images = np.unique(rows.faces.images[rows.faces.splits == "PublicTest"], axis=0)
    images = images[rng.permutation(len(images))[:500]]
    print("copies that were made of 500 faces of PublicTest, and how many are found:")
    for kind in (
        "JPEG of quality 30",
        "lighter and flatter",
        "shifted by 2 pixels",
        "cut 5 % closer",
        "written over",
        "mirrored",
    ):
        copies = np.stack([altered(image, kind, rng) for image in images])
        pairs, _ = near_pairs(np.concatenate([images, copies]), CopyOptions())
        print(f"  {kind:<22}{np.isin(np.arange(500), pairs.first[pairs.second == pairs.first + 500]).mean():.1%}")


def no_face(findings: Findings) -> None:
    faces = findings.rows.faces
    assert faces.votes is not None
    marked = faces.votes[:, FERPLUS_COLUMNS.index("NF")] >= 5
    held = faces.splits != "Training"
    for name, here in (("all", np.ones(len(faces), np.bool_)), ("PublicTest and PrivateTest", held)):
        listed = np.array([one.row for one in findings.of("no face") if here[one.row]], np.int64)
        dropped = np.array([one.row for one in findings.of("no face") if one.action and here[one.row]], np.int64)
        print(f"no face, {name}: FER+ marks {int((marked & here).sum())} (5 votes or more of ten)")
        for what, these in (("listed", listed), ("proposed to be dropped", dropped)):
            right = int(marked[these].sum())
            print(f"  {what}: {len(these)}, of which FER+ marks {right} ({right / max(1, len(these)):.0%})")


def labels(rows: FaceRows, path: Path) -> None:
    assert rows.faces.votes is not None
    probs = for_faces(read_predictions(path), rows.keys, rows.faces.label_names)
    options = CleanOptions().labels
    found = suspects(rows, probs, options)
    label, decided, shares = rows.faces.labels, majority(rows.faces.votes), vote_shares(rows.faces.votes)
    loose = np.where(shares.max(axis=1) > 0, shares.argmax(axis=1), label)
    agree = float((probs.argmax(axis=1) == label).mean())
    strict = (decided >= 0) & (decided != label)
    print(
        f"doubtful labels: networks that never saw the face agree with {agree:.1%} of the labels; FER+ contradicts\n"
        f"  {strict.mean():.1%} of all labels strictly, {(loose != label).mean():.1%} loosely"
    )
    print(f"  {'the first':<12}{'score from':>11}{'strictly':>10}{'loosely':>9}{'new label is the majority':>27}")
    for count in PLACES:
        these = np.array([one.row for one in found[:count]])
        new = np.array([rows.faces.label_names.index(one.label) for one in found[:count]])
        loosely, same = (loose[these] != label[these]).mean(), (new == decided[these]).mean()
        print(f"  {count:<12,}{found[count - 1].score:>11.2f}{strict[these].mean():>10.1%}{loosely:>9.1%}{same:>27.1%}")
    for action in ("relabel", "drop"):
        these = np.array([one.row for one in found if one.action == action])
        loosely = (loose[these] != label[these]).mean()
        print(f"  {action}: {len(these):,} faces, right strictly {strict[these].mean():.1%}, loosely {loosely:.1%}")


def judged(findings: Findings) -> None:
    with JUDGED.open(newline="", encoding="utf-8") as file:
        said = {(row["key"], row["reason"]): row["right"] == "1" for row in csv.DictReader(file)}
    print("findings in PublicTest and PrivateTest that a person looked at:")
    for reason, *_ in findings.counts():
        these = [one for one in findings.of(reason) if findings.rows.faces.splits[one.row] != "Training"]
        known = [one for one in these if (str(findings.rows.keys[one.row]), reason) in said]
        right = sum(said[str(findings.rows.keys[one.row]), reason] for one in known)
        if known:
            print(f"  {reason:<14}{right} of {len(known)} right ({right / len(known):.0%}); {len(these)} found")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=SHARED / "data" / "fer2013.parquet")
    parser.add_argument("--predictions", type=Path)
    arguments = parser.parse_args()
    started = time.monotonic()
    rows = load_rows(arguments.data)
    loaded = time.monotonic()
    findings = find(rows, CleanOptions(), lambda shares, _: shares)
    took = time.monotonic() - loaded
    used = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{len(rows):,} faces read in {loaded - started:.0f} s, looked over in {took:.0f} s, in {os.cpu_count()} cores;"
    )
    print(f"  {used:.0f} s of processor time and at most {memory:,.0f} MB altogether")
    print(f"{'reason':<20}{'listed':>8}{'drop':>8}")
    for reason, count, dropped, _ in findings.counts():
        print(f"{reason:<20}{count:>8,}{dropped:>8,}")
    exact(rows)
    near(findings)
    near_recall(rows)
    groups = np.unique(copy_groups(rows.faces.images, 4))
    print(f"groups that `emovere data fold` keeps together: {len(groups):,} of {len(rows):,} faces")
    no_face(findings)
    judged(findings)
    if arguments.predictions:
        labels(rows, arguments.predictions)


if __name__ == "__main__":
    main()
