"""A video: sent, followed, walked through by keyboard, taken away and deleted."""

from __future__ import annotations

import json

import pytest
import requests
from tests.browser.conftest import PHOTO, drop, shared_file
from tests.browser.fake_camera import write_video


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    pytest.importorskip("av")
    path = tmp_path_factory.mktemp("clip") / "two.webm"
    return write_video(shared_file("videos/two_tilting.gif") or PHOTO, path)


def test_a_video_is_walked_through_by_keyboard_and_pointer(visit, clip, tmp_path, server):
    page = visit("#video")
    page.locator("#video-choose").wait_for()
    page.set_input_files("#video-file", [clip])
    page.locator(".reel").wait_for(timeout=40_000)
    plot = page.locator(".reel .plot").first
    assert plot.locator(".areas path").count() >= 7

    plot.focus()
    page.keyboard.press("Home")
    for _ in range(30):
        page.keyboard.press("ArrowRight")
    seconds = float(plot.get_attribute("aria-valuenow"))
    assert seconds > 0.5
    page.wait_for_function(f"() => Math.abs(document.querySelector('.reel video').currentTime - {seconds}) < 0.1")
    assert "%" in plot.get_attribute("aria-valuetext")
    assert "#1" in page.locator(".readout").inner_text()
    assert page.evaluate(
        """() => {
            const canvas = document.querySelector(".reel canvas");
            const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
            return data.some((value, place) => place % 4 === 3 && value > 0);
        }"""
    )
    size = plot.bounding_box()
    page.mouse.move(size["x"] + 5, size["y"] + 40)
    page.wait_for_function("() => document.querySelector('.reel video').currentTime < 0.3")
    page.locator(".eventlist button").last.click()

    with page.expect_download() as coming:
        page.get_by_role("button", name="JSON", exact=True).click()
    coming.value.save_as(tmp_path / "two.json")
    assert json.loads((tmp_path / "two.json").read_text())["frames"]
    with page.expect_response(lambda response: response.request.method == "DELETE") as deleted:
        page.get_by_role("button", name="Delete it from the server").click()
    assert deleted.value.status == 204
    assert requests.get(deleted.value.url, timeout=10).status_code == 404
    assert page.locator(".reel").count() == 0


def test_it_can_be_cancelled_and_a_file_that_is_no_video_is_told(visit, clip):
    page = visit("#video")
    drop(page, "#video-drop", "letter.mp4", b"no video at all " * 100, "video/mp4")
    page.locator("#video-result .trouble").wait_for()
    assert "letter.mp4" in page.locator("#video-result").inner_text()
    page.route("**/v1/videos/*/events", lambda route: None)
    page.set_input_files("#video-file", [clip])
    page.get_by_role("button", name="Cancel", exact=True).click()
    page.get_by_text("Cancelled; nothing of two.webm is kept.").wait_for()
