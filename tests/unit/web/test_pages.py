"""The page's files, health, models and settings: what every visitor gets."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.serving import Running, serving

from emovere import weights
from emovere.version import __version__
from emovere.web.pages import FOLDER, TYPES

pytestmark = pytest.mark.timeout(60)

FILES = sorted(path for path in FOLDER.rglob("*") if path.is_file())


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[Running]:
    with serving(tmp_path_factory.mktemp("serve")) as running:
        yield running


def test_the_page_is_there(server):
    for method in ("GET", "HEAD"):
        answer = server.ask(method, "/")
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert answer.headers["cache-control"] == "no-cache"
    assert server.ask("GET", "/kiosk").status_code == 200


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(FOLDER).as_posix())
def test_every_file_comes_whole_and_under_its_type(server, path):
    answer = server.ask("GET", f"/page/{path.relative_to(FOLDER).as_posix()}")
    assert answer.status_code == 200
    assert answer.content == path.read_bytes()
    assert answer.headers["content-type"].partition(";")[0] == TYPES[path.suffix]


def test_a_file_that_has_not_changed_is_not_sent_again(server):
    path = f"/page/{FILES[0].relative_to(FOLDER).as_posix()}"
    tag = server.ask("GET", path).headers["etag"]
    again = server.ask("GET", path, headers={"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")


def test_a_server_for_the_kiosk_opens_with_its_view(tmp_path):
    with serving(tmp_path, kiosk=True) as server:
        assert server.ask("GET", "/").content == server.ask("GET", "/kiosk").content
        assert server.ask("GET", "/v1/settings").json()["kiosk"] is True


def test_nobody_else_may_write_here(server):
    for method in ("POST", "PUT", "DELETE"):
        assert server.ask(method, "/").status_code == 405
        assert server.ask(method, "/page/index.html").status_code == 405


def test_health_says_the_version(server):
    assert server.ask("GET", "/healthz").json() == {"status": "ok", "emovere": __version__}


def test_models_are_those_of_the_package(server):
    data = server.ask("GET", "/v1/models").json()
    known = weights.manifest()
    assert [one["name"] for one in data["models"]] == list(known)
    for one in data["models"]:
        assert one["sha256"] == known[one["name"]].sha256
        assert one["here"] == weights.place(one["name"]).is_file()
    assert set(data["in_use"]) == {"detector", "classifier", "verifier"}
    assert data["in_use"]["classifier"]["sha256"] == known["light"].sha256


def test_settings_say_what_is_accepted(server):
    limits = server.service.settings.limits
    assert server.ask("GET", "/v1/settings").json() == {
        "emovere": __version__,
        "labels": ["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"],
        "kiosk": False,
        "journal": True,
        "limits": {
            "bytes": limits.bytes,
            "pixels": limits.pixels,
            "video_bytes": limits.video_bytes,
            "video_seconds": limits.video_seconds,
        },
    }


def test_uploads_that_come_slowly_are_counted(server):
    service = server.service
    service.uploads = 2 * service.settings.limits.queue
    try:
        answer = server.ask("POST", "/v1/analyze", data=b"x")
    finally:
        service.uploads = 0
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "1"
    assert server.ask("POST", "/v1/analyze", data=b"x").status_code == 415
    assert service.uploads == 0
