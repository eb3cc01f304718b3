"""The review page in a real browser: labelled by keys, its server killed in the middle, by several people."""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from pathlib import Path

import cv2
import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score
from tests.browser.conftest import visiting
from tests.browser.test_page import faults

from emovere.datasets.faceset import FaceSet
from emovere.datasets.folder import write_folder
from emovere.datasets.patch import Patch, Verdict, read_patch, write_patch
from emovere.datasets.review.review import Review
from emovere.datasets.review.votes import Vote
from emovere.datasets.rows import FaceRows
from emovere.labels import FER7, FERPLUS8

COUNT = 520
COMMAND = [sys.executable, "-m", "emovere", "data", "review"]
KEYS = {str(place + 1): label for place, label in enumerate(FERPLUS8)} | {"n": "not a face", "u": "unsure"}


def made(count: int, side: int = 48) -> np.ndarray:
    """Pictures that differ from each other and are small as PNG."""
    rng = np.random.default_rng(1)
    small = rng.integers(0, 256, (count, 6, 6), np.uint8)
    return np.stack([cv2.resize(one, (side, side), interpolation=cv2.INTER_LINEAR) for one in small])


@pytest.fixture(scope="module")
def faces(tmp_path_factory):
    """A set of 520 faces, of which five have a picture, and findings against three of them."""
    folder = tmp_path_factory.mktemp("review") / "set"
    folder.mkdir()
    (folder / "pictures").mkdir()
    cv2.imwrite(str(folder / "pictures" / "whole.png"), made(1, 400)[0])
    faces = FaceSet(made(COUNT), np.arange(COUNT) % 7, np.full(COUNT, "Training"), FER7)
    about = {
        "picture": tuple("pictures/whole.png" if place < 5 else "" for place in range(COUNT)),
        "box": tuple("100 100 180 200" if place < 5 else "" for place in range(COUNT)),
    }
    rows = FaceRows(faces, about=about)
    write_folder(rows, folder, name="made faces")
    verdicts = (
        Verdict(str(rows.keys[4]), "relabel", "label", 0.98, label="happy"),
        Verdict(str(rows.keys[2]), "drop", "blurred", 0.71),
        Verdict(str(rows.keys[300]), "drop", "drawing", 0.33),
    )
    write_patch(Patch(verdicts, FER7), folder.parent / "findings.jsonl")
    return folder


class Server:
    """``emovere data review`` as a process that can be killed."""

    def __init__(self, folder: Path, work: Path, *options: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.folder = folder
        self._command = [*COMMAND, str(folder), "--folder", str(work), "--quiet", *options, "--port", str(self.port)]
        self.url = f"http://127.0.0.1:{self.port}"
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL, env={**os.environ})
        due = time.monotonic() + 60
        while True:
            try:
                with urllib.request.urlopen(f"{self.url}/healthz", timeout=5):
                    return
            except OSError:
                assert time.monotonic() < due, "the server does not answer"
                assert self.process.poll() is None, "the server has ended"
                time.sleep(0.05)

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(20)

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(20) == 0


@pytest.fixture
def serve(faces, tmp_path):
    running = []

    def serve(*options: str) -> Server:
        running.append(Server(faces, tmp_path / "work", *options))
        return running[-1]

    yield serve
    for server in running:
        if server.process.poll() is None:
            server.stop()


@pytest.fixture(scope="module")
def steady(faces):
    """A server that all of these tests share, doubtful faces first: each has a labeller of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EMOVERE_OFFLINE", "1")
        server = Server(faces, faces.parent / "work", "--findings", str(faces.parent / "findings.jsonl"))
    yield server
    server.stop()


def enter(visit, name, **options):
    """A page with a labeller at its first face; small, so that a thousand frames are soon drawn."""
    page = visit(**options)
    page.set_viewport_size({"width": 700, "height": 620})
    page.fill("#name", name)
    page.keyboard.press("Enter")
    page.locator("#own-label").wait_for()
    return page


def stands_at(page, number):
    page.wait_for_function(f"() => document.getElementById('place').textContent.startsWith('{number} /')")


def has(page, count, selector):
    page.wait_for_function(f"() => document.querySelectorAll('{selector}').length === {count}")


def press(page, keys):
    for key in keys:
        page.keyboard.press(key)


def all_saved(page):
    page.wait_for_function("() => document.getElementById('saved').dataset.state === 'saved'")


def plain_fleiss(ratings):
    """Fleiss' kappa from the answers of each face."""
    agreeing = [
        sum(n * (n - 1) for n in Counter(answers).values()) / (len(answers) * (len(answers) - 1)) for answers in ratings
    ]
    shares = Counter(answer for answers in ratings for answer in answers)
    total = sum(shares.values())
    chance = sum((n / total) ** 2 for n in shares.values())
    return (sum(agreeing) / len(agreeing) - chance) / (1 - chance)


@pytest.mark.timeout(300)
def test_five_hundred_faces_by_keys_with_the_server_killed_in_the_middle_and_three_labellers(browser, serve, tmp_path):
    chance = random.Random(5)
    ada = [chance.choice([*KEYS]) for _ in range(500)]
    ben = [key if chance.random() < 0.7 else chance.choice([*KEYS]) for key in ada[:120]]
    cem = [key if chance.random() < 0.5 else chance.choice([*KEYS]) for key in ada]
    server = serve("--order", "set")
    with visiting(browser, server.url) as visit:
        page = enter(visit, "Ada")
        press(page, ada[:240])
        server.kill()  # with votes under way
        press(page, ada[240:270])
        page.get_by_text("The server does not answer").wait_for()
        assert page.locator("#saved").inner_text().endswith("waiting")
        stands_at(page, 271)
        server.start()
        page.get_by_text("The server does not answer").wait_for(state="detached")
        press(page, ada[270:400])
        all_saved(page)
        server.kill()
        page.wait_for_timeout(100)
        press(page, ada[400:430])
        # even a tab that is closed while nobody answers loses nothing
        page.get_by_text("The server does not answer").wait_for()
        server.start()
        page.reload()
        page.locator("#own-label").wait_for()
        all_saved(page)
        stands_at(page, 431)
        press(page, ada[430:])
        all_saved(page)

        page = enter(visit, "Ben")
        press(page, ben)
        all_saved(page)
        page.click("#views button[value=agreement]")
        row = page.locator("#kappas tbody tr").first
        expected = cohen_kappa_score([KEYS[key] for key in ada[:120]], [KEYS[key] for key in ben])
        assert row.locator("td").first.inner_text() == f"{expected:.3f}"
        assert row.locator("td").nth(3).inner_text() == "120"

        review = Review(server.folder, tmp_path / "work")
        for face, key in enumerate(cem):
            said = KEYS[key]
            kind, label = ("relabel", said) if said in FERPLUS8 else (said, "")
            review.add([Vote(f"cem-{face}", "Cem", review.faces.key(face), kind, label)])
        page.click("#views button[value=grid]")
        page.click("#views button[value=agreement]")
        row = page.locator("#kappas tbody tr").nth(3)
        row.wait_for()
        together = plain_fleiss([[KEYS[key] for key in keys] for keys in zip(ada, ben, cem, strict=False)])
        assert row.locator("th").inner_text() == "Ada, Ben, Cem"
        assert row.locator("td").first.inner_text() == f"{together:.3f}"

    codes = review.standing.codes()
    names = review.ballot.categories
    for name, keys in (("Ada", ada), ("Ben", ben)):
        assert [names[code - 1] for code in codes[name][: len(keys)]] == [KEYS[key] for key in keys]
        assert not codes[name][len(keys) :].any()
    assert sum(vote.labeller == "Ada" for _, vote in review.book.since(0)) == 500
    done = review.write_patch(tmp_path / "people.jsonl")
    review.close()
    assert done.kept + done.relabelled + done.dropped + done.open == 500
    assert len(read_patch(tmp_path / "people.jsonl").verdicts) == 500 - done.open


def test_doubtful_faces_first_undo_to_any_depth_and_every_answer(browser, steady):
    with visiting(browser, steady.url) as visit:
        page = enter(visit, "Dee")
        assert "label: rather happy" in page.locator("#known").inner_text()
        for key, said in (
            ("a", "right: sad"),
            ("x", "wrong label"),
            ("n", "not a face"),
            ("u", "unsure"),
            ("4", "happy"),
        ):
            page.keyboard.press(key)
            page.keyboard.press("ArrowLeft")
            page.get_by_text(f"Your vote: {said}").wait_for()
            if key == "a":
                page.keyboard.press("z")
                page.get_by_text("You have not voted on it yet").wait_for()
                continue
            page.keyboard.press("ArrowRight")
        all_saved(page)
        # another day: what was said before can be taken back as well
        page.reload()
        page.get_by_text("of 520 faces").wait_for()
        for left in range(3, -1, -1):
            page.keyboard.press("Control+z" if left % 2 else "z")
            page.wait_for_function(f"() => /^{left} of/.test(document.getElementById('set-progress').textContent)")
        page.keyboard.press("z")
        page.wait_for_function("() => /nothing to take back/.test(document.getElementById('said').textContent)")

        page.keyboard.press("Home")
        page.select_option("#reason", "blurred")
        page.get_by_text("1 / 1").wait_for()
        page.locator("#known").get_by_text("blurred").wait_for()
        # keys answer, and may be switched off for those who speak to their machine
        page.keyboard.press("?")
        page.get_by_label("Single keys answer").uncheck()
        page.keyboard.press("Escape")
        page.keyboard.press("a")
        page.click("#unsure")
        page.get_by_text("Your vote: unsure").wait_for()


def test_a_key_pressed_as_the_help_closes_is_not_lost(browser, steady):
    with visiting(browser, steady.url) as visit:
        page = enter(visit, "Gus")
        page.keyboard.press("?")
        page.locator("#keys-on:focus").wait_for()
        page.evaluate(
            """() => {
                document.getElementById("help").close();
                document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key: "g", bubbles: true }));
            }"""
        )
        page.locator("#face-0[data-of]").wait_for()


def test_a_crop_is_mended_by_pointer_and_by_keys(browser, steady, faces):
    with visiting(browser, steady.url) as visit:
        page = enter(visit, "Eva")
        page.keyboard.press("c")
        page.get_by_role("dialog").wait_for()
        number = {name: page.locator(f"#crop-{name}") for name in ("x", "y", "side")}
        # the square around the face's box, 100 100 180 200
        page.wait_for_function("() => document.getElementById('crop-side').value === '100'")
        assert [one.input_value() for one in number.values()] == ["90", "100", "100"]
        page.keyboard.press("ArrowRight")
        page.keyboard.press("Shift+ArrowUp")
        assert [one.input_value() for one in number.values()] == ["90", "98", "104"]
        frame = page.locator("#crop-stage").bounding_box()
        scale = frame["width"] / 400
        page.mouse.move(frame["x"] + 20 * scale, frame["y"] + 240 * scale)
        page.mouse.down()
        page.mouse.move(frame["x"] + 140 * scale, frame["y"] + 300 * scale, steps=4)
        page.mouse.up()
        drawn = [int(one.input_value()) for one in number.values()]
        assert np.allclose(drawn, [20, 240, 120], atol=2)
        number["y"].fill("200")
        page.get_by_role("button", name="Keep this crop").click()
        page.get_by_text("You have mended its crop").wait_for()
        all_saved(page)
        press(page, "jjjjjj")
        page.wait_for_function("() => document.getElementById('crop-open').disabled")
    review = Review(faces, faces.parent / "work")
    (boxes,) = review.book.crops().values()
    x1, y1, x2, y2 = (float(side) for side in boxes[0].split())
    assert np.allclose([x1, y1, x2 - x1, y2 - y1], [20, 200, 120, 120], atol=2)
    review.close()


def test_the_grid_answers_for_several_and_shows_only_what_is_seen(browser, serve):
    server = serve("--order", "set", "--blind")
    with visiting(browser, server.url) as visit:
        page = enter(visit, "Ben")
        press(page, "1111")
        all_saved(page)
        page = enter(visit, "Ada")
        page.keyboard.press("g")
        page.locator("#face-0[data-of]").wait_for()
        assert page.locator(".tile").count() < 150
        assert page.evaluate("document.activeElement.id") == "sheet"
        press(page, ["Shift+ArrowRight", "Shift+ArrowRight", "Shift+ArrowRight"])
        has(page, 4, ".tile[aria-selected=true]")
        page.keyboard.press("4")
        has(page, 3, ".tile[data-vote=other]")  # the fourth is happy as it stands
        has(page, 1, ".tile[data-vote=right]")
        page.wait_for_function(
            "() => document.querySelector('#sheet').getAttribute('aria-activedescendant') === 'face-4'"
        )
        page.keyboard.press("z")
        has(page, 0, ".tile[data-vote=other]")
        all_saved(page)
        page.keyboard.press("End")
        page.locator("#face-519[data-of]").wait_for()
        has(page, 0, "#face-0")
        page.keyboard.press("Home")
        page.locator("#face-1").click()
        page.locator("#face-1").click()
        page.locator("#own-label").wait_for()
        stands_at(page, 2)
        # blind: what others said is seen after one's own vote
        assert page.locator(".others").count() == 0
        page.keyboard.press("2")
        page.keyboard.press("k")
        page.locator(".others").get_by_text("Ben").wait_for()
        page.click("#views button[value=agreement]")
        page.get_by_role("button", name="Look at them").click()
        page.locator("#face-0[data-of]").wait_for()
        has(page, 1, ".tile")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_checker_finds_no_serious_fault(browser, steady, scheme):
    with visiting(browser, steady.url) as visit:
        page = visit(color_scheme=scheme)
        page.locator("#name").wait_for()
        assert faults(page) == []
        page.fill("#name", scheme)
        page.keyboard.press("Enter")
        page.locator("#own-label").wait_for()
        press(page, "axnu4")
        assert faults(page) == []
        page.keyboard.press("Home")
        page.keyboard.press("c")
        page.locator("#crop-box:focus").wait_for()
        assert faults(page) == []
        page.keyboard.press("Escape")
        page.keyboard.press("?")
        page.locator("#help").wait_for()
        assert faults(page) == []
        page.keyboard.press("Escape")
        page.locator("#help").wait_for(state="hidden")
        page.keyboard.press("g")
        page.locator("#face-0[data-of]").wait_for()
        assert faults(page) == []
        page.click("#views button[value=agreement]")
        page.locator(".people").wait_for()
        assert faults(page) == []


def test_a_phone_labels_by_touch_without_sideways_scrolling(browser, steady):
    with visiting(browser, steady.url) as visit:
        page = enter(visit, "Fay", has_touch=True)
        page.set_viewport_size({"width": 360, "height": 740})
        page.locator("#own-label").wait_for()
        for view in ("grid", "one"):
            page.locator(f"#views button[value={view}]").tap()
            page.locator(f"#view-{view}").wait_for()
            assert page.evaluate("document.documentElement.scrollWidth") <= 360
            for name in ("Right", "happy", "Undo", "Next"):
                box = page.get_by_role("button", name=name, exact=True).bounding_box()
                assert box["height"] >= 44
                assert box["y"] + box["height"] <= 740
        page.locator("#accept").tap()
        page.locator("#label-3").tap()
        all_saved(page)
        page.wait_for_function("() => /^2 of/.test(document.getElementById('set-progress').textContent)")
        stands_at(page, 3)
