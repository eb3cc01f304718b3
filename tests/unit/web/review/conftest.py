"""A review page behind a real socket."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from tests.serving import Running
from tests.unit.datasets.review.conftest import made_rows

from emovere.datasets.folder import write_folder
from emovere.datasets.review.review import Review
from emovere.web.review.app import create_app
from emovere.web.review.desk import Desk
from emovere.web.running import listen, server_config
from emovere.web.settings import ServeSettings


@contextlib.contextmanager
def reviewing(
    review: Review, *, by: str = "set", labeller: str = "", blind: bool = False, token: str = ""
) -> Iterator[Running]:
    """A server of a review, in the order of its set unless another is named."""
    settings = ServeSettings(port=0, token=token)
    app = create_app(Desk(review, review.queue(by=by), labeller, blind), settings)
    with listen(settings.host, 0) as sock:
        server = uvicorn.Server(server_config(settings, app))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [sock]}, daemon=True)
        thread.start()
        try:
            yield Running(app, settings.host, sock.getsockname()[1])
        finally:
            server.should_exit = True
            thread.join(20)
            assert not thread.is_alive()


@pytest.fixture
def review(tmp_path: Path) -> Iterator[Review]:
    """Of 19 different faces."""
    write_folder(made_rows(), tmp_path / "set", name="noise")
    review = Review(tmp_path / "set")
    yield review
    review.close()


@pytest.fixture
def server(review: Review) -> Iterator[Running]:
    with reviewing(review) as running:
        yield running


@pytest.fixture
def say(server: Running, review: Review) -> Callable[..., Any]:
    """Votes as the page sends them: ``say("Ada", 3, "relabel", "sad")``; returns the answer."""

    def say(who: str, face: int, kind: str, label: str = "", **more: Any) -> Any:
        vote = {"id": f"{who}-{face}-{kind}", "key": review.faces.key(face), "kind": kind, "label": label, **more}
        return server.ask("POST", "/v1/review/votes", json={"labeller": who, "votes": [vote]})

    return say
