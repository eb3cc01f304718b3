"""The camera: the notice first, live boxes and bars, a session that lands in the journal, and nothing otherwise."""

from __future__ import annotations

import contextlib
import re
import socket

import pytest
from tests.browser.browsers import launch
from tests.browser.conftest import open_camera, server_in, visiting

PAINTED = """
() => {
    const canvas = document.getElementById("camera-over");
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    return data.some((value, place) => place % 4 === 3 && value > 0);
}
"""

COUNT = """
() => {
    window.flight = { now: 0, most: 0, sent: 0 };
    const send = WebSocket.prototype.send;
    WebSocket.prototype.send = function (data) {
        if (data instanceof Blob) {
            if (!flight.sent) {
                this.addEventListener("message", ({ data }) => (flight.now -= JSON.parse(data).type === "result"));
            }
            flight.now += 1;
            flight.sent += 1;
            flight.most = Math.max(flight.most, flight.now);
        }
        return send.call(this, data);
    };
}
"""
"""Counts pictures that were sent and not yet answered."""


def test_nothing_opens_before_the_notice_is_accepted(visit):
    page = visit("#camera")
    page.click("#camera-open")
    words = page.get_by_role("dialog", name="Before the camera opens").inner_text()
    for part in ("not what the person feels", "Nothing is kept", "Article 50(3)", "Article 5(1)(f)"):
        assert part in words
    page.click("#consent button[value=no]")
    assert page.evaluate("document.getElementById('camera-video').srcObject") is None
    page.click("#camera-open")
    page.keyboard.press("Escape")
    assert page.evaluate("document.getElementById('camera-video').srcObject") is None
    open_camera(page)
    page.reload()
    page.click("#camera-open")
    page.locator("#camera-close").wait_for()
    assert page.locator("#consent").is_hidden()


def test_boxes_and_bars_come_live_with_one_picture_in_flight(visit, journal):
    page = visit("#camera")
    page.evaluate(COUNT)
    open_camera(page)
    page.wait_for_function(PAINTED)
    person = page.locator("#camera-people .face").first
    assert person.locator(".mix li").count() == 7
    assert sum(float(one.strip("<>\xa0 %")) for one in person.locator(".share").all_inner_texts()) == pytest.approx(
        100, abs=6
    )
    assert re.search(r"\d+ answers? a second, \d+ ms each", page.locator("#camera-pace").inner_text())
    page.wait_for_function("() => flight.sent > 3")
    assert page.evaluate("flight.most") == 1
    # what is drawn is mirrored with the picture
    assert page.locator("#camera-video.mirrored").count() == 1
    page.click("#camera-mirror")
    assert page.locator("#camera-video.mirrored").count() == 0
    page.click("#camera-close")
    assert page.evaluate("document.getElementById('camera-video').srcObject") is None
    assert page.locator("#camera-people .face").count() == 0
    assert journal.contents().sessions == 0


def test_leaving_the_view_lets_the_camera_go(visit):
    page = visit("#camera")
    open_camera(page)
    page.evaluate("window.track = document.getElementById('camera-video').srcObject.getTracks()[0]")
    page.get_by_role("link", name="Notice", exact=True).click()
    page.wait_for_function("() => track.readyState === 'ended'")


def test_a_session_lands_in_the_journal_and_deletion_empties_it(visit, journal):
    page = visit("#camera")
    open_camera(page)
    page.fill("#session-name", "<img src=x onerror=broken.push('title')> morning")
    page.click("#session-start")
    page.locator("#note-form").wait_for()
    assert "Kept in the journal" in page.locator("#session-said").inner_text()
    page.fill("#note-text", "<script>broken.push('note')</script> rain")
    page.keyboard.press("Enter")
    # the session goes on while another view is shown, and is seen there
    page.get_by_role("link", name="Photo", exact=True).click()
    page.locator("#running").wait_for()
    page.wait_for_timeout(2500)
    page.click("#running")
    page.click("#session-stop")
    page.get_by_role("link", name="See it in the journal").click()

    page.locator("#session-page-title").wait_for()
    assert page.locator("#session-page-title").inner_text() == "<img src=x onerror=broken.push('title')> morning"
    assert page.locator(".notes li").inner_text().endswith("<script>broken.push('note')</script> rain")
    assert page.locator("main .plot .areas path").count() >= 7
    (session,) = journal.sessions().rows
    assert session.people >= 1
    assert session.seconds >= 2
    assert [note.text for note in journal.notes(session.id)] == ["<script>broken.push('note')</script> rain"]

    page.get_by_role("link", name="All sessions").click()
    page.locator(".columns .column").first.wait_for()
    assert page.locator("a.session").count() == 1
    page.get_by_role("button", name="Delete everything").click()
    page.click("#confirm button[value=no]")
    assert journal.contents().sessions == 1
    page.get_by_role("button", name="Delete everything").click()
    page.click("#confirm button[value=yes]")
    page.get_by_text("Nothing is kept.").last.wait_for()
    assert journal.contents().sessions == 0


def test_a_camera_that_is_refused_or_missing_is_told_in_words(player, server, camera, tmp_path):
    for options, words in (
        ({"camera": camera, "refuse": True}, "The camera was refused"),
        ({}, "No camera was found"),
    ):
        home = tmp_path / words.replace(" ", "")
        home.mkdir()
        with contextlib.closing(launch(player, home, **options)) as browser, visiting(browser, server.url) as visit:
            page = visit("#camera")
            page.click("#camera-open")
            page.click("#consent button[value=yes]")
            page.locator("#camera-trouble .trouble").wait_for()
            assert words in page.locator("#camera-trouble").inner_text()
            assert page.locator("#camera-open").is_visible()


def test_it_comes_back_when_the_server_does(browser, tmp_path):
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    with visiting(browser, f"http://127.0.0.1:{port}") as visit:
        with server_in(first, port=port):
            page = visit("#camera")
            open_camera(page)
        page.locator("#camera-trouble .trouble").wait_for()
        assert "It is tried again by itself" in page.locator("#camera-trouble").inner_text()
        with server_in(second, port=port):
            page.locator("#camera-trouble .trouble").wait_for(state="detached")
            page.wait_for_function(PAINTED)
            page.click("#camera-close")
