import re

import numpy as np
import pytest

from emovere.datasets.faceset import FaceSet
from emovere.datasets.rows import FaceRows
from emovere.datasets.stats.check import check
from emovere.datasets.stats.report import write_report
from emovere.datasets.stats.summary import summarise
from emovere.errors import OutputError
from emovere.labels import FER7


def page_of(rows, path, name="mine"):
    write_report(rows, summarise(rows, name), check(rows), path)
    return path.read_text(encoding="utf-8")


@pytest.fixture
def voted(rng):
    votes = rng.multinomial(10, np.full(10, 0.1), 42).astype(np.int64)
    images = np.kron(rng.integers(0, 256, (42, 6, 6), np.uint8), np.ones((8, 8), np.uint8))
    splits = np.array((["Training"] * 7 + ["PublicTest"] * 7) * 3)
    return FaceRows(FaceSet(images, np.arange(42) % 7, splits, FER7, votes)).with_columns(
        source=["https://a.example/1"] * 42, licence=["CC0"] * 42, box=["0 0 90 90"] * 42, made=["flipped"] + [""] * 41
    )


def test_the_page_holds_everything_and_loads_nothing(voted, tmp_path):
    page = page_of(voted, tmp_path / "page.html")
    for title in (
        "At a glance",
        "What was found",
        "Classes",
        "The pictures",
        "What annotators say",
        "Faces of each class",
    ):
        assert f"<h2>{title}</h2>" in page
    assert page.count('<img alt="6 faces labelled') == 7
    assert "size in the whole picture" in page
    assert not re.search(r'(src|href)="(?!data:)', page)
    assert "<script" not in page
    assert "default-src 'none'" in page
    assert page == page_of(voted, tmp_path / "again.html")


def test_names_of_others_stay_text(voted, tmp_path):
    hostile = voted.with_columns(licence=["<img src=x onerror=alert(1)>"] * 42, source=['https://"><b>/'] * 42)
    page = page_of(hostile, tmp_path / "page.html", "<script>alert(1)</script>")
    assert "<script" not in page
    assert "<img src=x" not in page
    assert "&lt;img src=x" in page


def test_small_sets_have_a_page_too(rows_of, tmp_path):
    assert "No such" not in page_of(rows_of([0], [""]), tmp_path / "one.html")
    page = page_of(rows_of([], []), tmp_path / "none.html")
    assert "0 faces in 2 classes and no splits" in page
    many = page_of(rows_of([0, 1] * 12, list("abcdefghijkl") * 2), tmp_path / "many.html")
    assert "12 splits" in many


def test_a_page_that_cannot_be_written_is_one_line(voted, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be written"):
        page_of(voted, tmp_path / "file" / "page.html")
