"""The page about a set, as a browser shows it."""

from __future__ import annotations

import numpy as np
import pytest
from tests.browser.conftest import WATCH

from emovere.datasets.faceset import FaceSet
from emovere.datasets.rows import FaceRows
from emovere.datasets.stats.check import check
from emovere.datasets.stats.report import write_report
from emovere.datasets.stats.summary import summarise
from emovere.labels import FER7


@pytest.fixture(scope="module")
def page_file(tmp_path_factory):
    """A page with everything on it: copies, votes, long names."""
    generator = np.random.default_rng(3)
    images = np.kron(generator.integers(0, 256, (70, 6, 6), np.uint8), np.ones((8, 8), np.uint8))
    images[60] = images[0]
    splits = np.array((["Training"] * 7 + ["PublicTest"] * 7) * 5)
    votes = generator.multinomial(10, np.full(10, 0.1), 70).astype(np.int64)
    rows = FaceRows(FaceSet(images, np.arange(70) % 7, splits, FER7, votes)).with_columns(
        source=[f"https://{'very' * 12}long.example/{k}" for k in range(70)], licence=["CC BY 4.0"] * 70
    )
    path = tmp_path_factory.mktemp("page") / "page.html"
    write_report(rows, summarise(rows, "A set with a name"), check(rows), path)
    return path


@pytest.mark.parametrize(("scheme", "width"), [("light", 1200), ("dark", 360)])
def test_the_page_stands_alone_on_screens_of_any_width(browser, page_file, scheme, width):
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
    context.add_init_script(WATCH)
    page = context.new_page()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(page_file.as_uri())
    assert page.evaluate("broken") == []
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate("[...document.images].filter((one) => !one.complete || !one.naturalWidth).length") == 0
    assert page.locator(".mosaics img").count() == 7
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (ground == "rgb(255, 255, 255)") == (scheme == "light")
    face = page.locator(".mosaics img").first.bounding_box()
    assert face is not None
    assert face["width"] / 8 > 35
    context.close()
