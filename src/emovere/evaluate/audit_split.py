"""Which split of FER2013 a set of labels is, told by how many there are of each class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from emovere.datasets.splits import OFFICIAL_COUNTS
from emovere.labels import FER7

ALPHABETICAL = tuple(FER7.index(name) for name in sorted(FER7))
"""Position in FER7 of each class in the order of folder names, which many loaders number by."""

CLOSE = 0.02
"""Share of a split's faces by which counts may differ and still be likely to be meant for it."""

_UNIONS: tuple[tuple[str, ...], ...] = (
    ("Training",),
    ("PublicTest",),
    ("PrivateTest",),
    ("PublicTest", "PrivateTest"),
    ("Training", "PublicTest"),
    ("Training", "PrivateTest"),
    ("Training", "PublicTest", "PrivateTest"),
)


@dataclass(frozen=True)
class Identity:
    """What the class counts tell."""

    parts: tuple[str, ...]
    """The official splits that the labels are, together; empty where they are none."""
    mapping: tuple[int, ...]
    """For each class as numbered in the file, the class of FER7 whose count it has; 0 to 6 where they agree."""
    sentence: str
    """What it is, with its reason."""

    @property
    def name(self) -> str | None:
        """Such as ``PublicTest + PrivateTest``; None where the labels are no known split."""
        return " + ".join(self.parts) or None

    @property
    def swapped(self) -> bool:
        """Whether the counts are a known split's, but on other classes."""
        return self.mapping != tuple(range(len(FER7)))


def identify(counts: Sequence[int]) -> Identity:
    """Tell a split by its class counts: seven numbers of faces in the order of FER7.

    All counts of each known split differ from each other, so that a permutation of them names the classes that were
    mixed up.
    """
    counts = tuple(counts)
    same = tuple(range(len(FER7)))
    for parts in _UNIONS:
        official = counts_of(parts)
        if counts == official:
            return Identity(parts, same, _plain(parts))
    for parts in _UNIONS:
        official = counts_of(parts)
        if sorted(counts) == sorted(official):
            mapping = tuple(official.index(count) for count in counts)
            return Identity(parts, mapping, _mixed_up(parts, counts, mapping))
    return Identity((), same, _unknown(counts))


def counts_of(parts: Sequence[str]) -> tuple[int, ...]:
    """Faces of each class of one or more official splits together, in the order of FER7."""
    return tuple(sum(numbers) for numbers in zip(*(OFFICIAL_COUNTS[part] for part in parts), strict=True))


def _plain(parts: tuple[str, ...]) -> str:
    if len(parts) == 1:
        return f"these are {parts[0]}'s labels: all seven class counts are those of the official split"
    together = " and ".join(parts) if len(parts) == 2 else "all three splits"
    return (
        f"these are {together} together: all seven class counts are their sums; a figure on them is not that of an "
        "official split and is not comparable with published ones"
    )


def _mixed_up(parts: tuple[str, ...], counts: Sequence[int], mapping: Sequence[int]) -> str:
    moved = [
        f"{FER7[place]} has {counts[place]:,}, which is {FER7[there]}'s number"
        for place, there in enumerate(mapping)
        if place != there
    ]
    reason = (
        "the classes are numbered in the alphabetical order of folder names, not in FER2013's"
        if tuple(mapping) == ALPHABETICAL
        else "the classes were mixed up when the labels were made or when the table was written"
    )
    name = " + ".join(parts)
    return f"the class counts are those of {name}, but on the wrong classes ({'; '.join(moved)}): {reason}"


def _unknown(counts: Sequence[int]) -> str:
    total = sum(counts)
    for parts in _UNIONS:
        official = counts_of(parts)
        apart = [
            f"{name} {have:,} for {want:,}"
            for name, have, want in zip(FER7, counts, official, strict=True)
            if have != want
        ]
        if sum(abs(have - want) for have, want in zip(counts, official, strict=True)) <= CLOSE * sum(official):
            return (
                f"these are not quite {' + '.join(parts)}'s labels: the class counts differ ({'; '.join(apart)}), so "
                "rows are missing, doubled or relabelled, and the figure is not that of the official split"
            )
    return (
        f"these are no official split's labels: no split of FER2013, nor several together, has {total:,} faces with "
        "these class counts; it is a split of the author's own or a part of one, whose figure is not comparable with "
        "published ones"
    )
