from __future__ import annotations

import json

import pytest

from emovere.web.live_messages import LONGEST, Ping, StartSession, StopSession, WriteNote, read_message
from emovere.web.problems import ApiProblem


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"type": "session.start"}', StartSession(type="session.start")),
        ('{"type": "session.start", "zone": -330}', StartSession(type="session.start", zone=-330)),
        ('{"type": "session.stop"}', StopSession(type="session.stop")),
        ('{"type": "note", "text": "<script>"}', WriteNote(type="note", text="<script>")),
        ('{"type": "ping"}', Ping(type="ping")),
    ],
)
def test_what_may_be_said(text, said):
    assert read_message(text) == said


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "EOF"),
        ("nonsense", "JSON"),
        ("[]", "object"),
        ("{}", "type"),
        ('{"type": "reboot"}', "'reboot' found"),
        ('{"type": "ping", "loud": true}', "ping.loud"),
        ('{"type": "note", "text": ""}', "note.text"),
        ('{"type": "note", "text": 5}', "note.text"),
        (json.dumps({"type": "note", "text": "a" * 10_001}), "10000 characters"),
        (json.dumps({"type": "session.start", "title": "a" * 201}), "200 characters"),
        ('{"type": "session.start", "zone": 900}', "840"),
    ],
)
def test_what_may_not(text, word):
    with pytest.raises(ApiProblem) as caught:
        read_message(text)
    assert caught.value.status == 422
    assert word in caught.value.detail
    assert "\n" not in caught.value.detail


def test_a_long_one_is_not_even_read():
    with pytest.raises(ApiProblem, match="65,536 characters") as caught:
        read_message("[" * (LONGEST + 1))
    assert caught.value.status == 413
