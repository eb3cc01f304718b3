"""What a lane looks like, whatever it is drawn with: its areas, and where names fit into them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from emovere.report.colours import colour_of, rgb
from emovere.report.timeline_data import Lane, Piece, TimelineData

NAMED_SHARE, NAMED_LENGTH = 0.42, 0.055
"""An expression is named inside its area where it holds so much of the mix for so much of the axis."""


def edged(piece: Piece) -> tuple[Any, Any]:
    """A piece's times (N + 2,) and shares (N + 2, K), drawn out to where it begins and ends."""
    times = np.concatenate([[piece.begin_s], piece.times, [piece.end_s]])
    shares = np.concatenate([piece.probs[:1], piece.probs, piece.probs[-1:]])
    return times, shares


def names_inside(piece: Piece, data: TimelineData, length: float) -> Iterator[tuple[float, float, str]]:
    """Where an expression's name fits into its own area: second, height in [0, 1], label.

    length: of the time axis in seconds. At most one place a label in each piece: its longest run.
    """
    times, shares = edged(piece)
    floors = np.zeros(len(times))
    for k in data.order:
        share = shares[:, k]
        wide = np.concatenate([[False], share > NAMED_SHARE, [False]])
        starts, ends = np.flatnonzero(wide[1:] & ~wide[:-1]), np.flatnonzero(~wide[1:] & wide[:-1]) - 1
        runs = [(times[end] - times[start], start, end) for start, end in zip(starts, ends, strict=True)]
        longest = max(runs, default=None)
        if longest is not None and longest[0] > NAMED_LENGTH * length * max(1, len(data.labels[k]) / 7):
            middle = (times[longest[1]] + times[longest[2]]) / 2
            floor, height = np.interp(middle, times, floors), np.interp(middle, times, share)
            if height > 0.8 * NAMED_SHARE:
                yield float(middle), float(floor + height / 2), data.labels[k]
        floors = floors + share


def coarser(lane: Lane, most: int) -> tuple[Piece, ...]:
    """A lane's pieces with neighbouring points averaged until there are at most so many, but one a piece."""
    pieces = lane.pieces
    while sum(len(piece.times) for piece in pieces) > max(most, len(pieces)):
        pieces = tuple(_halved(piece) for piece in pieces)
    return pieces


def _halved(piece: Piece) -> Piece:
    starts = np.arange(0, len(piece.times), 2)
    counts = np.minimum(len(piece.times) - starts, 2)
    times = np.add.reduceat(piece.times, starts) / counts
    probs = np.add.reduceat(piece.probs, starts, axis=0) / counts[:, None]
    return Piece(piece.begin_s, piece.end_s, times.astype(np.float32), probs.astype(np.float32))


def ink_on(label: str) -> str:
    """Black or white, whichever is read more easily on a label's colour."""
    parts = (np.array(rgb(colour_of(label))) / 255) ** 2.2
    return "#ffffff" if parts @ (0.2126, 0.7152, 0.0722) < 0.18 else "#222222"
