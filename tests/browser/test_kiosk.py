"""The kiosk: the notice first, large symbols, a game, and no trace."""

from __future__ import annotations

import pytest
from tests.browser.test_page import faults

SPOTS = """
async (boxes) => {
    const { Giant } = await import("/page/js/draw/giant.js");
    const giant = new Giant(document.createElement("canvas"));
    giant.ceiling = 90;
    const spots = [];
    giant.pen.drawImage = (_, left, top, side) => spots.push([left, top, side]);
    giant.box = () => null;
    for (const [x, y, w, h] of boxes) {
        giant.draw([{ one: { face: { emotion: "happy", uncertain: false } }, at: { x, y, w, h } }], 1000, 640);
    }
    return spots;
}
"""

TRACES = "[localStorage.length, sessionStorage.length, document.cookie]"


def test_it_shows_large_symbols_after_the_notice_and_leaves_no_trace(visit, journal):
    page = visit("kiosk")
    words = page.locator("#welcome").inner_text()
    for part in ("not how somebody feels", "Nothing is kept", "Article 50(3)", "Article 5(1)(f)"):
        assert part in words
    assert faults(page) == []
    assert page.evaluate("document.getElementById('video').srcObject") is None
    page.click("#begin")
    page.wait_for_function(
        """() => {
            const canvas = document.getElementById("over");
            if (!canvas.width) return false;
            const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
            return data.filter((value, place) => place % 4 === 3 && value > 0).length > 5000;
        }"""
    )
    page.wait_for_function("() => document.getElementById('said').textContent.length > 3")
    page.click("#play")
    assert page.locator("#task-words").inner_text().startswith("Can you look ")
    first = page.locator("#task-face").get_attribute("src")
    page.click("#another")
    assert page.locator("#task-face").get_attribute("src") != first
    assert faults(page) == []
    page.click("#end")
    page.locator("#begin").wait_for()
    assert page.evaluate("document.getElementById('video').srcObject") is None
    assert page.evaluate(TRACES) == [0, 0, ""]
    assert journal.contents().sessions == 0


def test_a_star_is_won_by_making_the_face(visit):
    page = visit("kiosk")
    won = page.evaluate(
        """async () => {
            const { Game } = await import("/page/js/game.js");
            const game = new Game();
            game.toggle();
            const faces = (share) => [{ probs: { [game.target]: share } }];
            game.take(faces(0.2), 0);
            game.take(faces(0.9), 100);
            game.take(faces(0.9), 500);
            const early = game.stars;
            game.take(faces(0.9), 800);
            return [early, game.stars];
        }"""
    )
    assert won == [0, 1]
    assert page.locator("#stars").text_content() == "1"


@pytest.mark.parametrize(
    ("box", "spot"),
    [
        ((400, 320, 150, 200), "over"),
        ((500, 100, 200, 240), "left"),
        ((100, 100, 150, 180), "right"),
        ((740, 100, 240, 300), "left"),
        ((30, 0, 300, 380), "right"),
    ],
)
def test_a_symbol_stands_over_the_head_or_beside_it_and_never_on_the_face(visit, box, spot):
    page = visit("kiosk")
    x, y, w, _ = box
    ((left, top, side),) = page.evaluate(SPOTS, [box])
    assert top >= 90
    assert 0 <= left <= 1000 - side
    assert {"over": top + side <= y, "left": left + side <= x, "right": left >= x + w}[spot]
