"""Splits of a set: whole groups, the same mix of classes in each part, the same for the same seed.

Groups of several faces are dealt out greedily, the largest first, each to the part in which it lowers

    sum over parts p and classes k of (n_pk - t_pk)^2 / (t_pk N_k)

most, where n_pk faces of class k stand in part p, t_pk should, and N_k are there: stratified group sampling as in
scikit-learn's StratifiedGroupKFold, for parts of different sizes. Faces that belong to no group are dealt out last and
fill what is missing to the face. So every class's share is right to within one face, unless a group is larger than what
a part may still hold.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from emovere.datasets.emotions import official_split
from emovere.datasets.rows import FaceRows
from emovere.errors import ConfigError, DatasetError
from emovere.types import Bool, Int64

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Dealt:
    """A set with its new splits, and what is to be said of it."""

    rows: FaceRows
    groups: int
    """Groups of several faces among those that were dealt out."""
    largest: int
    """Faces of the largest of them; 0 where there is none."""
    tied: int
    """Faces that went where the rest of their group had a split already."""
    torn: int
    """Groups that stand in several of the splits that were kept."""
    dropped: int
    """Made faces that would have stood outside the training part."""

    def told(self) -> Iterator[str]:
        """A line for each thing worth knowing."""
        yield f"{self.groups:,} groups of several faces, the largest of {self.largest:,}, each in one part"
        if self.tied:
            yield f"{self.tied:,} faces follow the split that the rest of their group has"
        if self.torn:
            yield f"{self.torn:,} groups stand in several of the splits that were kept; emovere data check lists them"
        if self.dropped:
            yield f"{self.dropped:,} made faces left out: they would have stood outside the training part"


def parse_parts(text: str) -> dict[str, float]:
    """``Training=0.8,PublicTest=0.1,PrivateTest=0.1`` as names and shares. Raises ConfigError."""
    parts: dict[str, float] = {}
    for word in text.split(","):
        name, equals, share = (piece.strip() for piece in word.partition("="))
        try:
            value = float(share)
        except ValueError:
            value = math.nan
        if not (name and equals and name.isprintable() and 0 < value < 1) or name in parts:
            raise ConfigError(
                f"parts: expected NAME=SHARE,NAME=SHARE, as in Training=0.8,test=0.2; got {word.strip()!r}"
            )
        parts[name] = value
    if len(parts) < 2 or not math.isclose(sum(parts.values()), 1, abs_tol=1e-6):
        raise ConfigError(f"parts: expected two or more shares that add up to 1; got {sum(parts.values()):g}")
    return parts


def renamed(rows: FaceRows, renames: Sequence[str]) -> FaceRows:
    """The rows with some splits called otherwise: ``test=PrivateTest`` each.

    Raises ConfigError for what is no such pair, and DatasetError for a split that is not there.
    """
    splits = rows.faces.splits.tolist()
    names: dict[str, str] = {}
    for word in renames:
        old, equals, new = (piece.strip() for piece in word.partition("="))
        if not (old and equals and new and new.isprintable()):
            raise ConfigError(f"rename: expected OLD=NEW, as in test=PrivateTest; got {word!r}")
        if old not in splits:
            raise DatasetError(
                f"no face in split {old!r}; there are: {', '.join(sorted(set(splits) - {''})) or 'none'}"
            )
        names[old] = new
    changed = np.array([names.get(split, split) for split in splits], np.str_)
    return rows.with_faces(dataclasses.replace(rows.faces, splits=changed))


def training_part(parts: Mapping[str, float]) -> str:
    """The part that is learned from: the one called so, else the largest."""
    named = next((name for name in parts if official_split(name) == "Training"), None)
    return named or max(parts, key=lambda name: parts[name])


def deal(
    rows: FaceRows, groups: Int64, parts: Mapping[str, float], seed: int, *, again: Sequence[str] | None = ()
) -> Dealt:
    """Give every face without a split one, and those of the splits named in ``again`` another; None: all.

    groups: (N,) as groups_of gives them. The other splits stay as they are, and what belongs to a face in one of them
    goes there too. Made faces do not count; they go with what they were made from, and are dropped outside the training
    part. Raises DatasetError where no face is to be dealt out, and for a name in ``again`` that is no split.
    """
    splits = [str(split) for split in rows.faces.splits]
    unknown = [] if again is None else [name for name in again if name not in splits]
    if unknown:
        there = ", ".join(sorted(set(splits) - {""})) or "none"
        raise DatasetError(f"no face in split {unknown[0]!r}; there are: {there}")
    free = np.array([again is None or split == "" or split in again for split in splits], np.bool_)
    if not free.any():
        there = ", ".join(sorted(set(splits)))
        raise DatasetError(
            f"every face has a split already ({there}); --of names those to deal out again, --anew means all"
        )
    real = np.array([not made for made in rows.column("made")], np.bool_)
    tied, torn = _tied(splits, groups, free)
    rest = free & np.array([not name for name in tied], np.bool_)
    names = list(parts)
    learned = training_part(parts)
    dealt = _assigned(rows, groups, rest & real, np.array([parts[name] for name in names]), seed)
    part_of = {int(group): names[part] for group, part in dealt.items()}
    for row in np.flatnonzero(free).tolist():
        splits[row] = tied[row] or part_of.get(int(groups[row]), learned)
    # a made face may be learned from, whatever the set calls that part; it never helps to choose or to judge
    kept = real | np.array([split == learned or official_split(split) == "Training" for split in splits], np.bool_)
    sizes = np.unique(groups[rest & real], return_counts=True)[1]
    several = sizes[sizes > 1]
    changed = rows.with_faces(dataclasses.replace(rows.faces, splits=np.array(splits, np.str_)))
    return Dealt(
        changed[kept],
        groups=len(several),
        largest=int(several.max(initial=0)),
        tied=sum(bool(name) for name in tied),
        torn=torn,
        dropped=int((~kept).sum()),
    )


def _tied(splits: Sequence[str], groups: Int64, free: Bool) -> tuple[list[str], int]:
    """For each free face the split that most of its group stands in, or nothing; and groups in several such splits."""
    held: dict[int, dict[str, int]] = {}
    for row in np.flatnonzero(~free).tolist():
        counts = held.setdefault(int(groups[row]), {})
        counts[splits[row]] = counts.get(splits[row], 0) + 1
    most = {group: max(sorted(counts), key=lambda name: counts[name]) for group, counts in held.items()}
    tied = [most.get(int(group), "") if free[row] else "" for row, group in enumerate(groups)]
    return tied, sum(len(counts) > 1 for counts in held.values())


def _assigned(rows: FaceRows, groups: Int64, chosen: Bool, shares: Floats, seed: int) -> dict[int, int]:
    """The part of each group of the chosen faces."""
    found, place = np.unique(groups[chosen], return_inverse=True)
    counts = np.zeros((len(found), len(rows.faces.label_names)), np.int64)
    np.add.at(counts, (place, rows.faces.labels[chosen]), 1)
    return dict(zip(found.tolist(), assign(counts, shares, seed).tolist(), strict=True))


def assign(counts: Int64, shares: Floats, seed: int) -> Int64:
    """The part of each group: (G, K) faces of each class, (P,) shares that add up to 1 -> (G,) int64. G may be 0."""
    generator = np.random.default_rng(seed)
    total = counts.sum(axis=0)
    there = total > 0
    counts, total = counts[:, there], total[there]
    targets = shares[:, None] * total
    held = np.zeros_like(targets)
    parts = np.zeros(len(counts), np.int64)
    sizes = counts.sum(axis=1)
    order = generator.permutation(len(counts))
    order = order[np.argsort(-sizes[order], kind="stable")]
    several = order[sizes[order] > 1]
    for group in several.tolist():
        faces = counts[group]
        worse = ((2 * faces * (held - targets) + faces**2) / (targets * total)).sum(axis=1)
        part = int(worse.argmin())
        held[part] += faces
        parts[group] = part
    single = order[sizes[order] == 1]
    labels = counts[single].argmax(axis=1)
    for label in range(len(total)):
        members = single[labels == label]
        quotas = _quotas(targets[:, label] - held[:, label], len(members))
        parts[members] = np.repeat(np.arange(len(shares)), quotas)
    return parts


def _quotas(needs: Floats, count: int) -> Int64:
    """Whole numbers that add up to count, as near to the needs as can be; needs below 0 get nothing."""
    needs = np.maximum(needs, 0)
    exact = needs * (count / needs.sum()) if needs.sum() > 0 else np.full(len(needs), count / len(needs))
    quotas = np.floor(exact + 1e-9).astype(np.int64)
    first = np.argsort(-(exact - quotas), kind="stable")[: count - int(quotas.sum())]
    quotas[first] += 1
    return quotas
