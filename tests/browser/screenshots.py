"""Pictures of the page for the docs: ``python tests/browser/screenshots.py docs/images``.

Needs a Chromium, Chrome or Edge, playwright and scikit-image. The people are those of two public-domain portraits
(`portraits.py`), which the clip tilts; the journal is made up. Faces are found by `own`.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from PIL import Image
from tests.browser.browsers import launch
from tests.browser.diary import write_diary
from tests.browser.fake_camera import write_camera, write_video
from tests.browser.portraits import write_clip, write_photo, write_portrait
from tests.browser.shots import save_drawn, save_people
from tests.serving import serving

from emovere.config import Options
from emovere.pipeline import with_settings

DESK = {"width": 1100, "height": 700}
PHONE = {"width": 390, "height": 780}

DRAWN = ("journal", "session", "notice")
"""Views without people."""

PAINTED = """
() => {
    const canvas = document.querySelector("#camera-over, #over");
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    return data.filter((value, place) => place % 4 === 3 && value > 0).length > 5000;
}
"""


def main(folder: Path, only: set[str]) -> None:
    """Take every picture, or only those that are named."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name, ready(Path(name)) as (browser, url):
        for take in (photo, camera, video, journal, session, notice, dark, phone, kiosk):
            if only and take.__name__ not in only:
                continue
            take(Studio(browser, url, folder, Path(name)))


@contextlib.contextmanager
def ready(scratch: Path) -> Iterator[tuple[Any, str]]:
    """A server with a made-up journal, and a browser with a clip for its camera."""
    from playwright.sync_api import sync_playwright

    os.environ["EMOVERE_HOME"] = str(scratch)
    write_diary(scratch / "journal.db", datetime.now(UTC).date() - timedelta(days=1), readings=6)
    clip = write_camera(write_clip(scratch / "two.avi"), scratch / "camera.mjpeg", slower=6)
    with serving(scratch, options=with_settings(Options(), detector="own")) as running, sync_playwright() as player:
        yield launch(player, scratch, camera=clip), running.url


class Studio:
    """Opens views and keeps pictures of them."""

    def __init__(self, browser: Any, url: str, folder: Path, scratch: Path) -> None:
        self._browser, self._url, self._folder = browser, url, folder
        self.scratch = scratch

    def open(self, path: str, size: dict[str, int] | None = None, **options: Any) -> Any:
        """A page at its beginning."""
        context = self._browser.new_context(viewport=size or DESK, **options)
        context.set_default_timeout(90_000)
        page = context.new_page()
        page.goto(f"{self._url}/{path}")
        return page

    def keep(self, page: Any, name: str, **clip: int) -> None:
        """Write what is seen now, from a height on where one is given, and close the page."""
        page.evaluate(f"scrollTo({{ top: {clip.get('top', 0)}, behavior: 'instant' }})")
        page.wait_for_timeout(400)
        if name in ("camera", "kiosk"):
            page.wait_for_function(PAINTED)
        if name in DRAWN:
            save_drawn(page.screenshot(), self._folder / f"page-{name}.png")
        else:
            save_people(page.screenshot(), self._folder / f"page-{name}.jpg")
        page.context.close()

    def photo(self, page: Any, photo: Path) -> None:
        """Give a photo and wait for its faces."""
        page.locator("#photo-choose").wait_for()
        page.set_input_files("#photo-file", [photo])
        page.locator("#photo-results .face").first.wait_for()
        page.wait_for_timeout(600)

    def camera(self, page: Any, seconds: float) -> None:
        """Open the camera for a while."""
        page.click("#camera-open")
        page.click("#consent button[value=yes]")
        page.locator("#camera-people .face").nth(1).wait_for()
        page.wait_for_timeout(1000 * seconds)


def photo(studio: Studio) -> None:
    page = studio.open("#photo")
    studio.photo(page, write_photo(studio.scratch / "two.jpg"))
    studio.keep(page, "photo")


def camera(studio: Studio) -> None:
    page = studio.open("#camera", {"width": 980, "height": 760})
    studio.camera(page, 25)
    studio.keep(page, "camera")


def video(studio: Studio) -> None:
    page = studio.open("#video", {"width": 1180, "height": 980})
    page.locator("#video-choose").wait_for()
    clip = write_video(studio.scratch / "two.avi", studio.scratch / "two.webm")
    page.set_input_files("#video-file", [clip])
    page.locator(".reel").wait_for()
    page.locator(".reel .plot").first.focus()
    for _ in range(36):
        page.keyboard.press("ArrowRight")
    page.wait_for_timeout(1500)
    page.evaluate("document.activeElement.blur()")
    studio.keep(page, "video", top=120)


def journal(studio: Studio) -> None:
    page = studio.open("#journal", {"width": 1180, "height": 900})
    page.locator("a.session").first.wait_for()
    studio.keep(page, "journal")


def session(studio: Studio) -> None:
    page = studio.open("#journal", {"width": 1180, "height": 860})
    page.locator("a.session", has_text="2 people").first.click()
    page.locator("#session-page-title").wait_for()
    studio.keep(page, "session")


def notice(studio: Studio) -> None:
    page = studio.open("#camera")
    page.click("#camera-open")
    page.get_by_role("dialog").wait_for()
    page.wait_for_timeout(300)
    studio.keep(page, "notice")


def dark(studio: Studio) -> None:
    page = studio.open("#photo", color_scheme="dark")
    studio.photo(page, write_portrait(studio.scratch / "collins.jpg", 1))
    studio.keep(page, "dark")


def phone(studio: Studio) -> None:
    """Three views of a phone side by side."""
    pages = [studio.open(f"#{view}", PHONE) for view in ("photo", "camera", "journal")]
    studio.photo(pages[0], write_portrait(studio.scratch / "collins.jpg", 1))
    studio.camera(pages[1], 3)
    pages[2].locator("a.session").first.wait_for()
    pages[0].evaluate("document.querySelector('#photo-results').scrollIntoView()")
    for page in pages[:2]:
        page.wait_for_timeout(300)
    shots = [Image.open(io.BytesIO(page.screenshot())) for page in pages]
    gap = 30
    whole = Image.new("RGB", (3 * PHONE["width"] + 2 * gap, PHONE["height"]), "white")
    for place, shot in enumerate(shots):
        whole.paste(shot.convert("RGB"), (place * (PHONE["width"] + gap), 0))
    for page in pages:
        page.context.close()
    file = io.BytesIO()
    whole.save(file, "PNG")
    save_people(file.getvalue(), studio._folder / "page-phone.jpg")


def kiosk(studio: Studio) -> None:
    page = studio.open("kiosk", {"width": 1000, "height": 640})
    page.click("#begin")
    page.wait_for_function("() => document.getElementById('said').textContent.length > 3")
    page.click("#play")
    page.wait_for_timeout(2500)
    studio.keep(page, "kiosk")


if __name__ == "__main__":
    main(Path(sys.argv[1]), set(sys.argv[2:]))
