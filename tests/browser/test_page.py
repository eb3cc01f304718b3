"""The page as a whole: reachable by keyboard, without faults for screen readers, with a token, without a server."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime, timedelta

import pytest
from tests.browser.conftest import PHOTO, drop, open_camera, server_in, visiting
from tests.browser.diary import write_diary
from tests.serving import TOKEN

VIEWS = ("photo", "camera", "video", "journal", "notice")


def faults(page):
    """Serious and critical faults that axe finds, a line each."""
    axe = pytest.importorskip("axe_core_python.sync_playwright").Axe()
    options = {"resultTypes": ["violations"]}
    found = axe.run(page, options=options)["violations"]
    return [
        f"{fault['id']}: {node['html'][:150]} {node['any'][:1]}"
        for fault in found
        if fault["impact"] in ("serious", "critical")
        for node in fault["nodes"]
    ]


@pytest.fixture
def week(server, journal):
    """A week of a made-up journal."""
    write_diary(server.service.settings.journal, datetime.now(UTC).date() - timedelta(days=1), weeks=1, readings=2)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_checker_finds_no_serious_fault_in_photos_video_and_notice(visit, server, scheme):
    page = visit(color_scheme=scheme)
    page.locator("#photo-drop").wait_for()
    assert faults(page) == []
    drop(page, "#photo-drop", "letter.jpg", b"no photo")
    drop(page, "#photo-drop", "grace.jpg", PHOTO.read_bytes())
    page.locator("#photo-results .face").first.wait_for()
    assert faults(page) == []
    for view in ("notice", "video"):
        page.goto(f"{server.url}/#{view}")
        page.locator(f"#view-{view}").wait_for()
        assert faults(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_checker_finds_no_serious_fault_before_the_camera(visit, journal, scheme):
    page = visit("#camera", color_scheme=scheme)
    page.click("#camera-open")
    page.get_by_role("dialog").wait_for()
    assert faults(page) == []
    page.click("#consent button[value=yes]")
    page.locator("#camera-people .face").first.wait_for()
    page.click("#session-start")
    page.locator("#note-form").wait_for()
    assert faults(page) == []
    page.click("#session-stop")
    page.click("#camera-close")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_checker_finds_no_serious_fault_in_the_journal(visit, week, scheme):
    page = visit("#journal", color_scheme=scheme)
    page.locator("a.session").first.wait_for()
    page.get_by_text("As a table").click()
    page.get_by_role("button", name="Compare").click()
    page.get_by_role("region", name="Table: before and after").wait_for()
    assert faults(page) == []
    page.locator("a.session").first.click()
    page.locator("#session-page-title").wait_for()
    assert faults(page) == []


def test_everything_is_reached_by_keyboard(visit):
    page = visit()
    page.locator("#photo-drop").wait_for()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "photo-choose"
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"

    page.locator(".brand").focus()
    for view in VIEWS[1:]:
        page.get_by_role("link", name=view.capitalize(), exact=True).first.focus()
        page.keyboard.press("Enter")
        page.locator(f"#view-{view}").wait_for()
        # whoever listens is told where they are, and goes on from there
        page.wait_for_function(f"() => document.activeElement.id === 'title-{view}'")
        assert page.title().startswith(view.capitalize())
        assert page.locator(".site nav a[aria-current=page]").inner_text() == view.capitalize()
    page.go_back()
    page.locator("#view-journal").wait_for()

    page.goto(page.url.partition("#")[0] + "#camera")
    page.locator("#camera-open").focus()
    page.keyboard.press("Enter")
    page.get_by_role("dialog").wait_for()
    for _ in range(6):
        page.keyboard.press("Tab")
        inside = "document.activeElement === document.body || Boolean(document.activeElement.closest('dialog'))"
        assert page.evaluate(inside), "the focus left the notice"
    page.keyboard.press("Escape")
    page.get_by_role("dialog").wait_for(state="detached")
    assert page.evaluate("document.activeElement.id") == "camera-open"


def test_light_and_dark_are_chosen_and_kept(visit):
    page = visit(color_scheme="light")
    ground = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(ground)
    for _ in range(2):
        page.click("#theme")
    dark = page.evaluate(ground)
    assert dark != light
    page.reload()
    page.locator("#photo-drop").wait_for()
    assert page.evaluate(ground) == dark
    page.click("#theme")
    assert page.evaluate(ground) == light


def test_a_phone_has_no_sideways_scrolling(visit, server, week):
    page = visit()
    page.set_viewport_size({"width": 360, "height": 740})
    for view in VIEWS:
        page.goto(f"{server.url}/#{view}")
        page.locator(f"#view-{view}").wait_for()
        if view == "journal":
            page.locator("a.session").first.wait_for()
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, view


def test_a_token_opens_every_part_and_its_lack_is_told(browser, tmp_path):
    with server_in(tmp_path, token=TOKEN) as running, visiting(browser, running.url) as visit:
        page = visit("#photo")
        page.locator("#view-locked").wait_for()
        page.fill("#token", "wrong")
        page.keyboard.press("Enter")
        page.wait_for_function("() => document.getElementById('token').value === ''")
        page.locator("#view-locked").wait_for()
        page.fill("#token", TOKEN)
        page.keyboard.press("Enter")
        page.locator("#photo-drop").wait_for()

        page = visit(f"#token={TOKEN}")
        drop(page, "#photo-drop", "grace.jpg", PHOTO.read_bytes())
        page.locator("#photo-results .face").first.wait_for()
        assert TOKEN not in page.url
        page.goto(f"{running.url}/#camera")
        open_camera(page)
        page.click("#camera-close")


def test_a_server_that_is_gone_is_told_and_found_again(browser, tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    with contextlib.ExitStack() as open_things:
        running = open_things.enter_context(server_in(first))
        with visiting(browser, running.url) as visit:
            page = visit()
            page.locator("#photo-drop").wait_for()
            open_things.close()
            drop(page, "#photo-drop", "grace.jpg", PHOTO.read_bytes())
            page.locator("#banner .banner").wait_for()
            assert "The server does not answer" in page.locator("#photo-results").inner_text()
            with server_in(second, port=running.port):
                page.locator("#banner .banner").wait_for(state="detached")
                page.get_by_role("button", name="Try again").click()
                page.locator("#photo-results .face").first.wait_for()
