"""When a source is left out, and what is said of it."""

from __future__ import annotations

import signal

import pytest

from emovere.scale.messages import FAULT, OUT_OF_MEMORY, Piece
from emovere.scale.options import ScaleOptions
from emovere.scale.verdict import blame, is_guilty, verdict


def test_a_kill_may_have_come_from_outside_and_a_crash_did_not():
    assert not is_guilty(1, -signal.SIGSEGV)
    assert is_guilty(2, -signal.SIGSEGV)
    assert not is_guilty(2, -signal.SIGKILL)
    assert is_guilty(3, -signal.SIGKILL)
    assert is_guilty(2, OUT_OF_MEMORY)


@pytest.mark.parametrize(
    ("code", "reason", "said"),
    [
        (-signal.SIGSEGV, "", "was ended by SIGSEGV"),
        (-signal.SIGKILL, "", "was killed, perhaps for want of memory"),
        (OUT_OF_MEMORY, "", "needed more memory than the 4,096 MB"),
        (FAULT, "ValueError: odd\nvalue", "met an error: ValueError: odd value"),
        (3, "", "ended with code 3"),
        (-200, "", "was ended by signal 200"),
    ],
)
def test_why_is_said_in_words(code, reason, said):
    assert said in verdict(code, reason, ScaleOptions())


def test_the_source_is_named_on_one_line():
    problem = blame("a\nb.mp4", Piece(1, 3, 300.0, 600.0), "died", moves=True)
    assert problem.error == "UnreadableVideo"
    assert problem.message == "a\\nb.mp4: from 300.0 s on: left out: every process that read it died"
    assert blame("a.jpg", None, "died", moves=False).error == "UnreadableImage"
