"""Who may ask a server, and what a browser is told: one test for each way in."""

from __future__ import annotations

import base64
import hmac
import os
import re
import stat
import threading
from collections.abc import Iterator

import pytest
from tests.serving import TOKEN, Running, form, jpeg, serving
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from emovere.errors import ConfigError
from emovere.web import guard
from emovere.web.guard import SUBPROTOCOL
from emovere.web.running import listen
from emovere.web.settings import Limits, ServeSettings

pytestmark = pytest.mark.timeout(60)


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[Running]:
    with serving(tmp_path_factory.mktemp("open")) as running:
        yield running


@pytest.fixture(scope="module")
def locked(tmp_path_factory) -> Iterator[Running]:
    with serving(tmp_path_factory.mktemp("locked"), token=TOKEN) as running:
        yield running


def assert_refused(response, status: int, title: str) -> None:
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["title"] == title
    assert not [name for name in response.headers if name.lower().startswith("access-control")]


def test_only_loopback_unless_said_otherwise():
    with listen(ServeSettings().host, 0) as sock:
        assert sock.getsockname()[0] == "127.0.0.1"


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "emovere.example.org", ""])
def test_other_addresses_demand_a_token(host):
    with pytest.raises(ConfigError, match="expected a token, got none"):
        ServeSettings(host=host)
    assert ServeSettings(host=host, token="x").token == "x"


@pytest.mark.parametrize("path", ["/", "/healthz", "/v1/settings", "/v1/sessions", "/page/js/api.js"])
@pytest.mark.parametrize(
    "name", ["evil.example", "evil.example:8765", "127.0.0.1.evil.example", "localhost.evil", "", "["]
)
def test_a_name_that_was_rebound_to_this_machine_is_refused(server, name, path):
    assert_refused(server.ask("GET", path, headers={"Host": name}), 403, "Wrong host")


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "[::1]", "LOCALHOST", "emovere.localhost"])
def test_names_of_loopback_are_answered(server, name):
    assert server.ask("GET", "/v1/settings", headers={"Host": f"{name}:{server.port}"}).status_code == 200


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "http://127.0.0.1:1",
        "http://localhost:{port}",
        "https://127.0.0.1:{port}.evil",
        "http://127.0.0.1",
        "null",
        "",
        "file://",
    ],
)
@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/v1/settings"), ("POST", "/v1/analyze"), ("OPTIONS", "/v1/analyze")]
)
def test_another_origin_is_refused(server, origin, method, path):
    sent = origin.format(port=server.port)
    assert_refused(server.ask(method, path, headers={"Origin": sent}, data=b"x"), 403, "Wrong origin")


def test_the_own_origin_is_welcome(server):
    for origin in (server.url, server.url.upper()):
        answer = server.ask(
            "POST", "/v1/analyze", headers={"Origin": origin, "Sec-Fetch-Site": "same-origin"}, data=jpeg()
        )
        assert answer.status_code == 200


@pytest.mark.parametrize("site", ["cross-site", "same-site", "nonsense"])
def test_what_a_browser_fetches_for_another_site_is_refused(server, site):
    assert_refused(server.ask("GET", "/v1/settings", headers={"Sec-Fetch-Site": site}), 403, "Wrong origin")


def test_a_link_on_another_site_may_lead_to_the_page(server):
    headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    assert server.ask("GET", "/", headers=headers).status_code == 200
    assert server.ask("POST", "/", headers=headers).status_code != 200


def test_a_form_on_another_site_can_post_nothing(server):
    photos = server.service.metrics.text()
    body, kind = form(("photo", "a.jpg", jpeg()))
    headers = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site", "Content-Type": kind}
    assert_refused(server.ask("POST", "/v1/analyze", headers=headers, data=body), 403, "Wrong origin")
    count = re.compile(rb"emovere_photos_total (\S+)")
    assert count.findall(server.service.metrics.text()) == count.findall(photos)


@pytest.mark.parametrize(
    "headers", [{"Origin": "https://evil.example"}, {"Host": "evil.example"}, {"Sec-Fetch-Site": "cross-site"}]
)
def test_a_websocket_from_another_site_is_refused(server, headers):
    address = f"ws://{server.host}:{server.port}/v1/live"
    with pytest.raises(InvalidStatus) as refused, _connect(address, headers):
        pass
    assert refused.value.response.status_code == 403
    assert refused.value.response.headers["content-type"] == "application/problem+json"


def test_the_own_websocket_is_welcome(server):
    with _connect(f"ws://{server.host}:{server.port}/v1/live", {"Origin": server.url}) as socket:
        assert '"ready"' in socket.recv(timeout=10)


@pytest.mark.parametrize("token", [None, "wrong", TOKEN[:-1], TOKEN + "x", TOKEN.upper(), ""])
def test_without_the_token_nothing_is_answered(locked, token):
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    for method, path in (("POST", "/v1/analyze"), ("GET", "/v1/settings"), ("GET", "/metrics"), ("GET", "/v1/nothing")):
        answer = locked.ask(method, path, headers=headers, data=jpeg())
        assert_refused(answer, 401, "Token needed")
        assert answer.headers["www-authenticate"] == "Bearer"
        assert TOKEN not in answer.text


def test_with_the_token_everything_is(locked):
    for scheme in ("Bearer", "bearer"):
        headers = {"Authorization": f"{scheme} {TOKEN}"}
        assert locked.ask("POST", "/v1/analyze", headers=headers, data=jpeg()).status_code == 200


def test_the_token_in_the_address_opens_nothing(locked):
    assert locked.ask("GET", f"/v1/settings?token={TOKEN}").status_code == 401
    assert locked.ask("GET", "/v1/settings", cookies={"token": TOKEN}).status_code == 401
    assert locked.ask("GET", "/v1/settings", headers={"Authorization": f"Basic {TOKEN}"}).status_code == 401


def test_the_page_and_the_health_need_no_token(locked):
    assert locked.ask("GET", "/").status_code == 200
    assert locked.ask("GET", "/healthz").json()["status"] == "ok"


def test_a_token_does_not_open_the_way_for_another_origin(locked):
    headers = {"Authorization": f"Bearer {TOKEN}", "Origin": "https://evil.example"}
    assert_refused(locked.ask("GET", "/v1/settings", headers=headers), 403, "Wrong origin")


def test_a_server_with_a_token_goes_by_any_name(locked):
    headers = {
        "Authorization": f"Bearer {TOKEN}",
        "Host": "emovere.example.org",
        "Origin": "https://emovere.example.org",
    }
    assert locked.ask("GET", "/v1/settings", headers=headers).status_code == 200


def test_tokens_are_compared_in_constant_time(locked, monkeypatch):
    seen = []

    def compared(one: bytes, other: bytes) -> bool:
        seen.append((len(one), len(other)))
        return compare_digest(one, other)

    compare_digest = hmac.compare_digest
    monkeypatch.setattr(guard.hmac, "compare_digest", compared)
    for token in ("a", "a" * 500, TOKEN):
        locked.ask("GET", "/v1/settings", headers={"Authorization": f"Bearer {token}"})
    assert seen == [(32, 32)] * 3


@pytest.mark.parametrize("token", [None, "wrong"])
def test_a_websocket_needs_the_token(locked, token):
    address = f"ws://{locked.host}:{locked.port}/v1/live"
    with pytest.raises(InvalidStatus) as refused, _connect(address, {}, *([] if token is None else [_offered(token)])):
        pass
    assert refused.value.response.status_code == 401


def test_a_websocket_brings_the_token_as_a_subprotocol(locked):
    with _connect(f"ws://{locked.host}:{locked.port}/v1/live", {"Origin": locked.url}, _offered(TOKEN)) as socket:
        assert socket.subprotocol == "emovere.v1"
        assert '"ready"' in socket.recv(timeout=10)


@pytest.mark.parametrize("path", ["/", "/kiosk", "/healthz", "/v1/settings", "/v1/nothing", "/page/nothing.js"])
def test_every_answer_says_what_a_browser_may_do_with_it(server, path):
    headers = server.ask("GET", path).headers
    policy = dict(part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == policy["base-uri"] == policy["form-action"] == "'none'"
    assert "unsafe" not in headers["content-security-policy"]
    assert "http:" not in headers["content-security-policy"]
    assert "*" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-opener-policy"] == headers["cross-origin-resource-policy"] == "same-origin"
    assert "server" not in headers


def test_the_page_obeys_its_own_policy(server):
    page = server.ask("GET", "/").text
    assert not re.findall(r"<script(?![^>]*\bsrc=)|<style|\son\w+=|javascript:|\sstyle=", page)
    assert not re.findall(r"(?:src|href)=\"(?:https?:)?//", page)


@pytest.mark.parametrize("path", ["/page/../app.py", "/page/%2e%2e/app.py", "/page/..%2fapp.py", "/page//etc/passwd"])
def test_no_path_leads_out_of_the_pages_folder(server, path):
    request = f"GET {path} HTTP/1.1\r\nHost: {server.host}\r\n\r\n".encode()
    assert server.send(request).status in (404, 405)


def test_uploads_lie_nowhere_under_a_clients_name(server, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    body, kind = form(("video", "../../evil.mkv", b"\x1a\x45\xdf\xa3" + bytes(300_000)))
    seen: set[str] = set()
    scratch = server.service.scratch
    assert stat.S_IMODE(scratch.stat().st_mode) == 0o700
    over = threading.Event()

    def look() -> None:
        while not over.wait(0.002):
            seen.update(name for _, folders, files in os.walk(scratch) for name in (*folders, *files))

    looker = threading.Thread(target=look)
    looker.start()
    answer = server.ask("POST", "/v1/videos", data=body, headers={"Content-Type": kind})
    over.set()
    looker.join()
    assert "evil" not in answer.text
    assert seen
    assert not [name for name in seen if "evil" in name or not re.fullmatch(r"[\w.-]+", name)]
    assert not list(tmp_path.rglob("*evil*"))
    assert not list(scratch.parent.glob("*evil*"))


def test_too_many_uploads_of_one_address_wait(tmp_path):
    with serving(tmp_path, Limits(rate=2.0)) as server:
        answers = [server.ask("POST", "/v1/analyze", data=jpeg()) for _ in range(7)]
        late = [one for one in answers if one.status_code == 429]
        assert [one.status_code for one in answers[:4]] == [200] * 4
        assert late
        assert late[0].headers["content-type"] == "application/problem+json"
        assert int(late[0].headers["retry-after"]) >= 1
        assert server.ask("GET", "/v1/settings").status_code == 200


def test_a_client_cannot_give_itself_another_address(tmp_path):
    with serving(tmp_path, Limits(rate=1.0)) as server:
        statuses = [
            server.ask("POST", "/v1/analyze", data=jpeg(), headers={"X-Forwarded-For": f"10.0.0.{i}"}).status_code
            for i in range(4)
        ]
        assert 429 in statuses


def test_the_word_of_a_proxy_is_taken_where_it_was_named(tmp_path):
    with serving(tmp_path, Limits(rate=1.0), proxy="127.0.0.1") as server:
        statuses = [
            server.ask("POST", "/v1/analyze", data=jpeg(), headers={"X-Forwarded-For": f"10.0.0.{i}"}).status_code
            for i in range(4)
        ]
        assert statuses == [200] * 4


def _connect(address: str, headers: dict[str, str], *subprotocols: str):
    host = headers.get("Host")
    others = {name: value for name, value in headers.items() if name != "Host"}
    if host is None:
        return connect(address, additional_headers=others, subprotocols=[SUBPROTOCOL, *subprotocols], proxy=None)
    # the library writes the Host of the address that it is given
    import socket

    port = int(address.rpartition(":")[2].partition("/")[0])
    sock = socket.create_connection(("127.0.0.1", port))
    return connect(
        f"ws://{host}/v1/live", sock=sock, additional_headers=others, subprotocols=["emovere.v1"], proxy=None
    )


def _offered(token: str) -> str:
    return "token." + base64.urlsafe_b64encode(token.encode()).decode().rstrip("=")
