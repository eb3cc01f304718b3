"""A set with more faces of its rare classes: varied ones and generated ones, each marked as such."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np

from emovere.datasets.augment.maker import FaceMaker
from emovere.datasets.augment.variations import VARIATIONS
from emovere.datasets.duplicates import exact_hashes, leaked
from emovere.datasets.emotions import official_split
from emovere.datasets.faceset import FaceSet
from emovere.datasets.rows import FaceRows, join_rows
from emovere.errors import ConfigError, DatasetError, unknown_name
from emovere.labels import FERPLUS_COLUMNS
from emovere.types import Bool, Int64, UInt8

GENERATED = "generated"
VARIED = tuple(VARIATIONS)
KINDS = (*VARIED, GENERATED)

_KEPT = ("source", "page", "author", "licence", "licence_url", "collected", "group")
"""What a varied face shares with the one that it was made from."""

_NOT_A_FACE = 5
"""Votes of FER+'s ten annotators from which on a face is no face to make others from."""

_TRIES = 20
"""Rounds in a row without a new face after which a class counts as exhausted."""


@dataclass(frozen=True)
class Balance:
    """What is wanted."""

    to: int = 0
    """Faces that every class is to have in the end; 0 takes the number of the largest."""
    split: str = "Training"
    """The split that faces are taken from and added to."""
    kinds: tuple[str, ...] = VARIED
    """What is made, in equal shares, as far as it goes: each face is flipped only once."""
    seed: int = 1


@dataclass(frozen=True, eq=False)
class Augmented:
    """The set with what was made, and what is to be said of it."""

    rows: FaceRows
    """All rows of before, unchanged and in their order, then those that were made."""
    made: dict[str, dict[str, int]]
    """By class, how many of each kind."""
    left_out: int
    """Faces of these classes in the split that nothing was made from: copies of held-out ones, shared groups, no faces,
    made ones."""
    short: dict[str, int]
    """By class, how many faces could not be made, because all variations were there already."""


def augment(
    rows: FaceRows, wanted: Balance, maker: FaceMaker | None = None, say: Callable[[str], None] | None = None
) -> Augmented:
    """Add faces to the classes of a split that have fewer than they should.

    Nothing is made from a face that stands in another split, nor from a copy, exact or near, mirrored or not, of one.
    Raises ConfigError for a split that is tested on and for kinds that are not known, DatasetError where the split has
    no face, or a class none to make others from, LabelMismatch where the maker does not know a class.
    """
    _check(rows, wanted, maker)
    there = rows.faces.splits == wanted.split
    counts = np.bincount(rows.faces.labels[there], minlength=len(rows.faces.label_names))
    target = wanted.to or int(counts.max())
    rare = there & (counts < target)[rows.faces.labels]
    sources = usable(rows, wanted.split, rare)
    parts, made, short = [rows], {}, {}
    seen = set(rows.keys.tolist())
    for label, name in enumerate(rows.faces.label_names):
        missing = target - int(counts[label])
        if missing <= 0:
            continue
        if say is not None:
            say(f"{name}: {counts[label]:,} faces, {missing:,} more to make")
        of_class = sources[rows.faces.labels[sources] == label]
        new = _made(rows, of_class, label, missing, wanted, maker, seen)
        parts += [new] if len(new) else []
        kinds = new.column("made")
        made[name] = {kind: kinds.count(kind) for kind in KINDS if kind in kinds}
        if len(new) < missing:
            short[name] = missing - len(new)
    return Augmented(join_rows(parts), made, int(rare.sum()) - len(sources), short)


def usable(rows: FaceRows, split: str, among: Bool) -> Int64:
    """Which rows others may be made from: real faces of a split that nobody is tested on, in the set's order.

    among: (N,) bool, rows of the split that are asked about.
    """
    faces = rows.faces
    held_out = (faces.splits != split) & (faces.splits != "")
    fit = among & np.array([not made for made in rows.column("made")], np.bool_)
    if held_out.any():
        tested = {group for group, out in zip(rows.column("group"), held_out, strict=True) if out and group}
        fit &= np.array([group not in tested for group in rows.column("group")], np.bool_)
        places = np.flatnonzero(fit)
        fit[places] = ~leaked(faces.images[places], faces.images[held_out])
    if faces.votes is not None:
        fit &= faces.votes[:, FERPLUS_COLUMNS.index("NF")] < _NOT_A_FACE
    return np.flatnonzero(fit)


def _made(
    rows: FaceRows,
    sources: Int64,
    label: int,
    count: int,
    wanted: Balance,
    maker: FaceMaker | None,
    seen: set[str],
) -> FaceRows:
    """So many new faces of a class, or fewer where there are no others; their keys join ``seen``."""
    random = np.random.default_rng((wanted.seed, label))
    varied = [kind for kind in wanted.kinds if kind != GENERATED]
    if varied and not len(sources):
        name = rows.faces.label_names[label]
        raise DatasetError(f"{wanted.split} holds no face of {name} to make others from; collect some")
    generated = 0
    if GENERATED in wanted.kinds:
        generated = count if not varied else count // len(wanted.kinds)
    parts: list[FaceRows] = []
    if varied:
        parts += _varied(rows, sources, count - generated, varied, random, seen)
    if generated and maker is not None:
        parts += _generated(rows, label, generated, wanted, maker, random, seen)
    return join_rows(parts) if parts else rows[np.zeros(0, np.int64)]


def _varied(
    rows: FaceRows, sources: Int64, count: int, kinds: Sequence[str], random: np.random.Generator, seen: set[str]
) -> Iterator[FaceRows]:
    """Every source in turn, each time in another way, until there are enough; no face is made twice."""
    tries, turn = 0, 0
    while count > 0 and tries < _TRIES:
        order = random.permutation(sources)
        picked: list[int] = []
        images: list[UInt8] = []
        made: list[str] = []
        for place, row in enumerate(order.tolist()):
            if len(picked) == count:
                break
            kind = kinds[(turn + place) % len(kinds)]
            image = VARIATIONS[kind](rows.faces.images[row], random)
            if _is_new(image, seen):
                picked.append(row)
                images.append(image)
                made.append(kind)
        turn += 1
        tries = 0 if picked else tries + 1
        count -= len(picked)
        if picked:
            yield _marked(rows, np.array(picked, np.int64), np.stack(images), made, turn)


def _is_new(image: UInt8, seen: set[str]) -> bool:
    """Whether no face has these pixels yet; from now on one has."""
    key = str(exact_hashes(image[None])[0])
    if key in seen:
        return False
    seen.add(key)
    return True


def _marked(rows: FaceRows, picked: Int64, images: UInt8, made: Sequence[str], turn: int) -> FaceRows:
    """New rows made from some of a set, with what they share with these."""
    origins = rows[picked]
    named = zip(made, origins.faces.names, strict=False)
    names = tuple(_name(f"{kind}-{turn}", PurePosixPath(name)) for kind, name in named)
    faces = dataclasses.replace(origins.faces, images=images, names=names)
    about = {name: texts for name, texts in origins.about.items() if name in _KEPT}
    about |= {"made": tuple(made), "made_from": tuple(str(key) for key in origins.keys)}
    return FaceRows(faces, about=about)


def _name(word: str, origin: PurePosixPath) -> str:
    """A file's name of its own, beside the origin's; none where the origin has none."""
    return str(origin.with_name(f"{word}-{origin.name}")) if origin.name else ""


def _generated(
    rows: FaceRows,
    label: int,
    count: int,
    wanted: Balance,
    maker: FaceMaker,
    random: np.random.Generator,
    seen: set[str],
) -> Iterator[FaceRows]:
    """Faces made of noise; nobody voted on them, and they were made from no face in particular."""
    name = rows.faces.label_names[label]
    images = [image for image in maker.make(name, count, random) if _is_new(image, seen)]
    if not images:
        return
    total = len(images)
    faces = FaceSet(
        np.stack(images),
        np.full(total, label, np.int64),
        np.full(total, wanted.split),
        rows.faces.label_names,
        None if rows.faces.votes is None else np.zeros((total, len(FERPLUS_COLUMNS)), np.int64),
        tuple(f"{GENERATED}-{name}-{n:05}.png" for n in range(total)) if rows.faces.names else (),
    )
    source = f"generator {maker.name}, SHA-256 {maker.sha256}, seed {wanted.seed}"
    yield FaceRows(faces, about={"source": (source,) * total, "made": (GENERATED,) * total})


def _check(rows: FaceRows, wanted: Balance, maker: FaceMaker | None) -> None:
    unknown = [kind for kind in wanted.kinds if kind not in KINDS]
    if unknown:
        raise ConfigError(unknown_name("kind of made face", unknown[0], KINDS))
    if not wanted.kinds or len(set(wanted.kinds)) < len(wanted.kinds):
        raise ConfigError(
            f"kinds: expected some of {', '.join(KINDS)}, each once; got {', '.join(wanted.kinds) or '-'}"
        )
    if wanted.to < 0:
        raise ConfigError(f"to: expected a number of faces; got {wanted.to}")
    if (GENERATED in wanted.kinds) != (maker is not None):
        raise ConfigError("generated faces need a generator, and a generator is for generated faces: name both or none")
    if official_split(wanted.split) in ("PublicTest", "PrivateTest") or _tests(wanted.split):
        raise ConfigError(
            f"split: {wanted.split} is tested on; made faces belong where is learned: expected Training or the like"
        )
    if not (rows.faces.splits == wanted.split).any():
        there = ", ".join(sorted(set(rows.faces.splits.tolist()) - {""})) or "none"
        raise DatasetError(f"no face in split {wanted.split!r}; there are: {there}")


def _tests(split: str) -> bool:
    """Whether a word that is no official split's means one that is measured on."""
    return any(word in split.lower() for word in ("test", "valid", "dev", "eval", "held"))
