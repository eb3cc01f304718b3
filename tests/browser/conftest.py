"""A real browser before a real server, with a real clip for its camera."""

from __future__ import annotations

import base64
import contextlib
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import matplotlib
import pytest
import uvicorn
from tests.browser.browsers import installed, launch
from tests.browser.fake_camera import write_camera
from tests.conftest import ROOT
from tests.serving import Running

from emovere.config import Options
from emovere.pipeline import with_settings
from emovere.web.app import create_app
from emovere.web.running import listen, server_config
from emovere.web.settings import Limits, ServeSettings

PHOTO = Path(matplotlib.get_data_path()) / "sample_data" / "grace_hopper.jpg"
"""Public domain, and there wherever matplotlib is."""

WEIGHTS = "face_detection_yunet_2023mar.onnx"

WATCH = """
window.broken = [];
addEventListener("securitypolicyviolation", (event) => broken.push(`${event.violatedDirective} ${event.blockedURI}`));
"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Without a browser there is nothing to test here."""
    why = None
    try:
        import playwright.sync_api  # noqa: F401
    except ModuleNotFoundError:
        why = "playwright is not installed"
    if installed() is None:
        why = "no Chromium, Chrome or Edge is installed"
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.timeout(120))
            if why is not None:
                item.add_marker(pytest.mark.skip(reason=why))


def shared_file(name: str) -> Path | None:
    """A file of the shared material, or None."""
    path = Path(os.environ.get("EMOVERE_SHARED", ROOT.parent / "shared")) / name
    return path if path.exists() else None


@pytest.fixture(scope="session")
def camera(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the browser's camera sees: two people of a real clip, or a photo that moves where the clip is missing."""
    clip = shared_file("videos/two_tilting.gif") or PHOTO
    return write_camera(clip, tmp_path_factory.mktemp("camera") / "camera.mjpeg")


@pytest.fixture(scope="module")
def player() -> Iterator[Any]:
    """Playwright. Of a module and not of the session: its event loop would be in the way of others'."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as player:
        yield player


@pytest.fixture(scope="module")
def browser(player: Any, tmp_path_factory: pytest.TempPathFactory, camera: Path) -> Iterator[Any]:
    """A browser with that camera."""
    with contextlib.closing(launch(player, tmp_path_factory.mktemp("browser"), camera=camera)) as browser:
        yield browser


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An EMOVERE_HOME with YuNet's weights, where they are to be had."""
    home = tmp_path_factory.mktemp("emovere")
    weights = shared_file(f"models/{WEIGHTS}")
    if weights is not None:
        (home / "models").mkdir()
        (home / "models" / WEIGHTS).symlink_to(weights.resolve())
    return home


@pytest.fixture(autouse=True)
def at_home(sealed: None, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server in a thread finds the weights whenever it looks for them."""
    monkeypatch.setenv("EMOVERE_HOME", str(home))


@contextlib.contextmanager
def server_in(folder: Path, *, port: int = 0, **settings: Any) -> Iterator[Running]:
    """A server in a thread, with YuNet where its weights are, else with Haar, and an empty journal."""
    weights = Path(os.environ["EMOVERE_HOME"]) / "models" / WEIGHTS
    options = with_settings(Options(), detector="yunet" if weights.exists() else "haar")
    wanted = ServeSettings(options=options, journal=str(folder / "journal.db"), limits=Limits(rate=0), **settings)
    app = create_app(wanted)
    with listen(wanted.host, port) as sock:
        server = uvicorn.Server(server_config(wanted, app))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [sock]}, daemon=True)
        thread.start()
        try:
            yield Running(app, wanted.host, sock.getsockname()[1])
        finally:
            server.should_exit = True
            thread.join(20)
            assert not thread.is_alive()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, home: Path) -> Iterator[Running]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EMOVERE_HOME", str(home))
        patch.setenv("EMOVERE_OFFLINE", "1")
        running = contextlib.ExitStack()
        server = running.enter_context(server_in(tmp_path_factory.mktemp("server")))
    with running:
        yield server


@pytest.fixture
def journal(server: Running) -> Any:
    """The server's journal, emptied."""
    journal = server.service.journal()
    journal.delete_all()
    return journal


@pytest.fixture
def visit(browser: Any, server: Running) -> Iterator[Callable[..., Any]]:
    """Opens a page of the server, as often as asked: ``visit("#camera", color_scheme="dark")``.

    In the end no page may have asked another host, broken the policy or thrown.
    """
    with visiting(browser, server.url) as visit:
        yield visit


@contextlib.contextmanager
def visiting(browser: Any, url: str) -> Iterator[Callable[..., Any]]:
    """``visit`` for any browser and server."""
    outside: list[str] = []
    thrown: list[str] = []
    pages: list[Any] = []

    def asked(request: Any) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in ("blob", "data") and parts.netloc != urlsplit(url).netloc:
            outside.append(request.url)

    def visit(path: str = "", **options: Any) -> Any:
        context = browser.new_context(viewport={"width": 1280, "height": 860}, **options)
        context.set_default_timeout(30_000)
        context.add_init_script(WATCH)
        context.on("request", asked)
        page = context.new_page()
        page.on("pageerror", lambda error: thrown.append(str(error)))
        page.on("websocket", lambda socket: asked_socket(socket.url))
        page.goto(f"{url}/{path}")
        pages.append(page)
        return page

    def asked_socket(address: str) -> None:
        if urlsplit(address).netloc != urlsplit(url).netloc:
            outside.append(address)

    yield visit
    broken = [one for page in pages for one in page.evaluate("window.broken")]
    for page in pages:
        page.context.close()
    assert not outside
    assert not broken
    assert not thrown


def drop(page: Any, place: str, name: str, data: bytes, kind: str = "image/jpeg") -> None:
    """Drop a file on an element, as a person does with the mouse."""
    page.locator(place).wait_for()
    page.evaluate(
        """([place, name, data, kind]) => {
            const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
            const transfer = new DataTransfer();
            transfer.items.add(new File([bytes], name, { type: kind }));
            const event = new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true });
            document.querySelector(place).dispatchEvent(event);
        }""",
        [place, name, base64.b64encode(data).decode(), kind],
    )


def open_camera(page: Any) -> None:
    """Accept the notice and wait for the first person."""
    page.click("#camera-open")
    page.click("#consent button[value=yes]")
    page.locator("#camera-people .face").first.wait_for()
