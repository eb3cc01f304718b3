"""Values between processes."""

from __future__ import annotations

import io

import pytest

from emovere.scale.messages import Begun, Job, receive, send


def test_messages_come_as_they_went():
    pipe = io.BytesIO()
    for message in (Begun(3), Job(4, ("a.jpg", "b.jpg"), (None, b"x"))):
        send(pipe, message)
    pipe.seek(0)
    assert receive(pipe)[0] == Begun(3)
    job, length = receive(pipe)
    assert job.content(0) is None
    assert job.content(1) == b"x"
    assert length > 10
    with pytest.raises(EOFError):
        receive(pipe)


def test_half_a_message_is_the_end():
    pipe = io.BytesIO()
    send(pipe, "something")
    for length in (3, len(pipe.getvalue()) - 1):
        with pytest.raises(EOFError):
            receive(io.BytesIO(pipe.getvalue()[:length]))
