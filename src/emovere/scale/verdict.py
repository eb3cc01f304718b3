"""What is said of a source over which processes ended."""

from __future__ import annotations

import signal

from emovere.scale.messages import FAULT, OUT_OF_MEMORY, Piece
from emovere.scale.options import ScaleOptions
from emovere.sources.names import printable
from emovere.types import Problem

TRIES = 2
"""Processes that may end over a source; then it is left out."""

TRIES_KILLED = 3
"""The same where they were killed, which may have had nothing to do with the source."""


def is_guilty(deaths: int, code: int) -> bool:
    """Whether a source, over which so many processes ended and the last with that code, is not tried again."""
    killed = code == -getattr(signal, "SIGKILL", 9)
    return deaths >= (TRIES_KILLED if killed else TRIES)


def verdict(code: int, reason: str, options: ScaleOptions) -> str:
    """Why a process ended. reason: what it said before."""
    if code == OUT_OF_MEMORY:
        return (
            f"needed more memory than the {options.memory_mb:,} MB that a process may have; raise "
            f"--set scale.memory_mb="
        )
    if code == FAULT and reason:
        return f"met an error: {printable(' '.join(reason.split())[:160])}"
    if code == -getattr(signal, "SIGKILL", 9):
        return "was killed, perhaps for want of memory"
    return f"was ended by {_name_of_signal(-code)}" if code < 0 else f"ended with code {code}"


def blame(source: str, piece: Piece | None, why: str, *, moves: bool) -> Problem:
    """The Problem of a source that is left out."""
    where = "" if piece is None else f": from {piece.begin_s:.1f} s on"
    return Problem(
        source,
        "UnreadableVideo" if moves else "UnreadableImage",
        f"{printable(source)}{where}: left out: every process that read it {why}",
    )


def _name_of_signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
