"""Photos: dropped, pasted, taken, broken; what is shown of them and what can be taken away."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from PIL import Image
from tests.browser.conftest import PHOTO, drop, shared_file
from tests.serving import jpeg


def test_a_dropped_photo_gives_boxes_bars_and_the_crop(visit):
    page = visit()
    drop(page, "#photo-drop", "<b>Grace</b>.jpg", PHOTO.read_bytes())
    shot = page.locator("#photo-results .shot")
    shot.locator(".face").first.wait_for()
    assert shot.locator("h2").inner_text() == "<b>Grace</b>.jpg"
    assert shot.locator("h2 b").count() == 0

    faces = shot.locator(".face").count()
    assert shot.locator("svg .box").count() == faces >= 1
    assert shot.locator("svg .box-number").first.text_content() == "1"
    first = shot.locator(".face").first
    shares = [float(one.rstrip("\xa0 %").lstrip("<>")) for one in first.locator(".share").all_inner_texts()]
    assert len(shares) == 7
    assert shares == sorted(shares, reverse=True)
    assert sum(shares) == pytest.approx(100, abs=5)
    widths = first.locator(".bar i").evaluate_all("bars => bars.map((bar) => bar.getBoundingClientRect().width)")
    assert widths[0] > 3 * widths[-1] > 0
    assert first.locator("img.crop").evaluate("image => [image.naturalWidth, image.naturalHeight]") == [48, 48]

    # the box lies on the picture, over the face: in the upper half, near the middle
    box = shot.locator("svg .box-line").first.bounding_box()
    picture = shot.locator(".picture img").bounding_box()
    assert picture["x"] < box["x"] + box["width"] / 2 < picture["x"] + picture["width"]
    assert picture["y"] < box["y"] + box["height"] / 2 < picture["y"] + picture["height"] / 2
    assert picture["height"] / picture["width"] == pytest.approx(600 / 512, rel=0.02)


def test_what_was_seen_can_be_taken_away(visit, tmp_path):
    page = visit()
    drop(page, "#photo-drop", "grace.jpg", PHOTO.read_bytes())
    page.locator("#photo-results .face").first.wait_for()
    taken = {}
    for name in ("Picture with boxes", "JSON", "CSV"):
        with page.expect_download() as coming:
            page.get_by_role("button", name=name, exact=True).click()
        file = tmp_path / coming.value.suggested_filename
        coming.value.save_as(file)
        taken[file.name] = file.read_bytes()
    assert set(taken) == {"grace.jpg", "grace.json", "grace.csv"}
    with Image.open(io.BytesIO(taken["grace.jpg"])) as picture:
        assert picture.size == (512, 600)
    report = json.loads(taken["grace.json"])
    assert report["schema"] == 1
    rows = list(csv.DictReader(io.StringIO(taken["grace.csv"].decode())))
    assert len(rows) == len(report["frames"][0]["faces"]) == page.locator("#photo-results .face").count()


def test_a_file_that_is_no_photo_is_told_and_the_next_one_is_read(visit):
    page = visit()
    drop(page, "#photo-drop", "letter.jpg", b"Dear reader, this is no photo." * 20)
    page.locator(".trouble").wait_for()
    words = page.locator(".trouble").inner_text()
    assert "letter.jpg" in words
    assert "photo" in words.lower()
    drop(page, "#photo-drop", "empty.jpg", jpeg())
    page.get_by_text("No face was found").wait_for()
    drop(page, "#photo-drop", "grace.jpg", PHOTO.read_bytes())
    page.locator("#photo-results .face").first.wait_for()
    assert page.locator("#photo-results > article").count() == 3
    page.locator(".trouble").get_by_role("button", name="Remove").click()
    assert page.locator("#photo-results > article").count() == 2


def test_a_photo_that_is_too_large_is_not_even_sent(visit):
    page = visit()
    sent = []
    page.on("request", lambda request: sent.append(request.url) if "analyze" in request.url else None)
    page.locator("#photo-drop").wait_for()
    page.evaluate(
        """() => {
            const transfer = new DataTransfer();
            transfer.items.add(new File([new Uint8Array(26e6)], "huge.jpg"));
            const place = document.querySelector("#photo-drop");
            place.dispatchEvent(new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true }));
        }"""
    )
    page.locator(".trouble").wait_for()
    assert "26 MB" in page.locator(".trouble").inner_text()
    assert not sent


def test_a_pasted_photo_is_read(visit):
    page = visit()
    page.locator("#photo-drop").wait_for()
    page.evaluate(
        """async () => {
            const canvas = document.createElement("canvas");
            [canvas.width, canvas.height] = [64, 48];
            canvas.getContext("2d").fillRect(0, 0, 30, 30);
            const picture = await new Promise((resolve) => canvas.toBlob(resolve));
            const transfer = new DataTransfer();
            transfer.items.add(new File([picture], "pasted.png", { type: "image/png" }));
            dispatchEvent(new ClipboardEvent("paste", { clipboardData: transfer, bubbles: true }));
        }"""
    )
    page.get_by_text("No face was found").wait_for()
    assert page.locator("#photo-results h2").inner_text() == "pasted.png"


def test_a_photo_is_taken_by_the_camera_after_the_notice(visit):
    page = visit()
    page.click("#photo-take")
    page.get_by_role("dialog", name="Before the camera opens").wait_for()
    page.click("#consent button[value=yes]")
    page.get_by_role("dialog", name="Take a photo").wait_for()
    page.wait_for_function("() => document.querySelector('#snap video').videoWidth > 0")
    page.click("#snap button[value=yes]")
    page.locator("#photo-results .face").first.wait_for()
    assert page.evaluate("document.querySelector('#snap video').srcObject") is None


def test_two_faces_have_two_numbers_and_a_doubt_is_in_words(visit):
    path = shared_file("photos/two_standing.jpg")
    if path is None:
        pytest.skip("photos/two_standing.jpg is not in EMOVERE_SHARED")
    page = visit()
    page.locator("#photo-choose").wait_for()
    page.set_input_files("#photo-file", [Path(path)])
    page.locator("#photo-results .face").nth(1).wait_for()
    assert page.locator(".box-number").all_text_contents() == ["1", "2"]
    doubtful = page.locator(".face", has=page.locator(".unsure"))
    assert doubtful.count() == page.locator("svg .box.unsure").count() >= 1
    assert " or " in doubtful.first.locator("h3").inner_text()
