"""Pictures of a day, a week, a month and a session."""

from __future__ import annotations

import warnings
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.unit.journal.conftest import NOON

from emovere.errors import OutputError
from emovere.journal.plot_scale import scale_of, span_of
from emovere.journal.plot_session import draw_session
from emovere.journal.plot_trends import draw_trends
from emovere.journal.records import Note, Trend
from emovere.journal.store import Journal
from emovere.report.colours import colour_of, rgb
from emovere.testing.weeks import Plan, write_weeks

pytestmark = pytest.mark.timeout(60)


def colours(path: Path) -> dict[tuple[int, ...], int]:
    with Image.open(path) as picture:
        assert picture.mode == "P"
        pixels = np.asarray(picture.convert("RGB")).reshape(-1, 3)
    values, counts = np.unique(pixels, axis=0, return_counts=True)
    return {tuple(int(v) for v in value): int(count) for value, count in zip(values, counts, strict=True)}


def near(found: dict[tuple[int, ...], int], label: str) -> int:
    """Pixels of about a label's colour."""
    wanted = np.array(rgb(colour_of(label)))
    return sum(count for colour, count in found.items() if np.abs(np.array(colour) - wanted).max() <= 6)


def day(start: str, seconds: int = 600, **means: float) -> Trend:
    shares = {"neutral": 1 - sum(means.values()), **means}
    return Trend(start, seconds, seconds, shares, shares)


def test_more_of_an_expression_is_more_of_its_colour(tmp_path):
    draw_trends([day("2026-11-01", happy=0.25), day("2026-11-02", happy=0.75)], "day", tmp_path / "a.png", colour_of)
    draw_trends([day("2026-11-01", happy=0.25), day("2026-11-02", happy=0.25)], "day", tmp_path / "b.png", colour_of)
    more, less = (near(colours(tmp_path / name), "happy") for name in ("a.png", "b.png"))
    assert 1.8 < more / less < 2.2


def test_a_column_of_a_few_seconds_is_pale(tmp_path):
    for seconds in (10, 600):
        draw_trends([day("2026-11-01", seconds, happy=0.5)], "day", tmp_path / f"{seconds}.png", colour_of)
    pale, full = (near(colours(tmp_path / f"{seconds}.png"), "happy") for seconds in (10, 600))
    assert pale < full / 10  # the legend's square alone


def test_every_kind_is_drawn_and_small(path, tmp_path):
    with Journal.open(path) as journal:
        write_weeks(journal, date(2026, 11, 1), 10, Plan(seconds=300))
        for by in ("day", "week", "month", "hour-of-day"):
            draw_trends(journal.trends(by), by, tmp_path / f"{by}.png", colour_of)
            assert near(colours(tmp_path / f"{by}.png"), "happy") > 1000
        course = journal.trends("ten-minutes", "2026-11-02", "2026-11-02")
        draw_trends(course, "ten-minutes", tmp_path / "day.png", colour_of)
        last = journal.sessions().rows[0].id
        notes = [journal.add_note(last, text, 10.0) for text in ("$x$ note", "写真 🙂", "x" * 500)]
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            draw_session(journal.session(last), journal.readings(last), notes, tmp_path / "session.png", colour_of)
    for file in tmp_path.glob("*.png"):
        assert 2000 < file.stat().st_size < 60_000


def test_nothing_seen_is_a_picture_that_says_so(path, tmp_path, keep):
    draw_trends([], "day", tmp_path / "a.png", colour_of)
    with Journal.open(path) as journal:
        session = journal.session(journal.begin("camera", ("happy", "sad"), at=NOON).session_id)
    draw_session(session, [], [Note("1" * 32, None, "about it all", NOON)], tmp_path / "b.png", colour_of)
    for name in ("a.png", "b.png"):
        assert near(colours(tmp_path / name), "happy") == 0


def test_a_place_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be written"):
        draw_trends([day("2026-11-01")], "day", tmp_path / "file" / "a.png", colour_of)


def test_days_without_a_face_leave_a_gap():
    scale = scale_of([day("2026-10-30"), day("2026-11-02")], "day")
    assert scale.places == (0.0, 3.0)
    assert [text for _, text in scale.marks] == [
        "Friday\n30 Oct", "Saturday\n31 Oct", "Sunday\n1 Nov", "Monday\n2 Nov"
    ]  # fmt: skip
    assert scale_of([day("2026-10-26"), day("2026-11-09")], "week").places == (0.0, 2.0)
    months = scale_of([day("2025-11-01"), day("2026-02-01")], "month")
    assert months.places == (0.0, 3.0)
    assert [text for _, text in months.marks] == ["November\n2025", "December\n2025", "January\n2026", "February\n2026"]


def test_years_without_a_face_leave_none():
    scale = scale_of([day("2020-01-01"), day("2026-11-02")], "day")
    assert scale.places == (0.0, 1.0)
    assert [text for _, text in scale.marks] == ["1 Jan\n2020", "2 Nov\n2026"]


def test_hours_stand_between_their_edges():
    scale = scale_of([day("9"), day("11")], "hour-of-day")
    assert scale.places == (9.5, 11.5)
    assert scale.limits == (9, 12)
    assert scale.edges
    course = scale_of([day("2026-11-01T23:50")], "ten-minutes")
    assert (course.places, course.limits) == ((143.5,), (138, 144))


def test_many_marks_do_not_stand_on_each_other():
    first = datetime(2026, 1, 1, tzinfo=UTC)
    rows = [day(f"{first + timedelta(days=k):%Y-%m-%d}") for k in range(300)]
    assert len(scale_of(rows, "day").marks) <= 16


@pytest.mark.parametrize(
    ("starts", "by", "expected"),
    [
        (["2026-11-02", "2026-11-08"], "day", ", 2 to 8 November 2026"),
        (["2026-10-30", "2026-11-02"], "day", ", 30 October to 2 November 2026"),
        (["2025-12-30", "2026-01-02"], "day", ", 30 December 2025 to 2 January 2026"),
        (["2026-11-02"], "day", ", 2 November 2026"),
        (["2026-11-02"], "week", ", 2 to 8 November 2026"),
        (["2026-11-01"], "month", ", November 2026"),
        (["2026-10-01", "2026-11-01"], "month", ", October 2026 to November 2026"),
        (["8", "9"], "hour-of-day", ""),
        (["2026-11-05T08:10"], "ten-minutes", ", Thursday, 5 November 2026"),
        ([], "day", ""),
    ],
)
def test_titles(starts, by, expected):
    assert span_of([day(start) for start in starts], by) == expected
