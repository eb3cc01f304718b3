"""Sums over days, weeks, months and hours: the same as from the readings themselves."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta

import pytest
from tests.unit.journal.conftest import NOON

from emovere.errors import ConfigError, InputError
from emovere.journal.store import Journal
from emovere.testing.weeks import Plan, write_weeks

pytestmark = pytest.mark.timeout(90)


def test_sums_agree_with_the_readings(journal):
    count = write_weeks(journal, date(2026, 10, 28), 5, Plan(hours=(9.9, 23.8), seconds=900, people=2, skip=0.0))
    by_day, by_hour, course = defaultdict(list), defaultdict(list), defaultdict(list)
    for session in journal.sessions():
        for reading in journal.readings(session.id):
            at = session.local_start + timedelta(seconds=reading.second)
            by_day[f"{at:%Y-%m-%d}"].append(reading)
            by_hour[str(at.hour)].append(reading)
            course[f"{at:%Y-%m-%dT%H}:{at.minute // 10}0"].append(reading)
    assert sum(map(len, by_day.values())) == count
    assert len(by_day) == 6  # the last session goes on after midnight

    def check(rows, expected):
        assert {row.start for row in rows} == set(expected)
        for row in rows:
            readings = expected[row.start]
            assert row.people_seconds == len(readings)
            assert row.seconds == len(readings) // 2
            for label, mean in row.means.items():
                assert mean == pytest.approx(sum(r.probs[label] for r in readings) / len(readings), abs=1e-5)
                assert row.first[label] == pytest.approx(sum(r.emotion == label for r in readings) / len(readings))
            assert sum(row.first.values()) == pytest.approx(1)

    check(journal.trends("day"), by_day)
    check(journal.trends("hour-of-day"), by_hour)
    for day in by_day:
        mine = {start: rows for start, rows in course.items() if start.startswith(day)}
        check(journal.trends("ten-minutes", day, day), mine)


def test_weeks_begin_on_monday_and_months_on_the_first(journal, keep):
    for day in (datetime(2026, 10, 31, 12, tzinfo=UTC), datetime(2026, 11, 1, 12, tzinfo=UTC), NOON):
        keep(journal, day, 2)
    assert [(t.start, t.seconds) for t in journal.trends("week")] == [("2026-10-26", 4), ("2026-11-02", 2)]
    assert [(t.start, t.seconds) for t in journal.trends("month")] == [("2026-10-01", 2), ("2026-11-01", 4)]
    assert [t.start for t in journal.trends("month", "2026-11-01")] == ["2026-11-01"]
    assert [t.start for t in journal.trends("week", until="2026-10-31")] == ["2026-10-26"]


def test_hours_are_in_the_order_of_the_clock(journal, keep):
    for hour in (11, 2, 23):
        keep(journal, NOON.replace(hour=hour), 1)
    assert [t.start for t in journal.trends("hour-of-day")] == ["2", "11", "23"]


def test_half_hour_zones(journal, keep):
    keep(journal, NOON, 1, zone=345)  # Kathmandu: a quarter to six in the evening
    assert [t.start for t in journal.trends("hour-of-day")] == ["17"]
    assert [t.start for t in journal.trends("ten-minutes", "2026-11-04", "2026-11-04")] == ["2026-11-04T17:40"]


def test_what_cannot_be_asked(journal):
    with pytest.raises(ConfigError, match="by: expected day, week, month, hour-of-day, ten-minutes; got 'year'"):
        journal.trends("year")
    with pytest.raises(ConfigError, match="ten-minutes shows one day"):
        journal.trends("ten-minutes", "2026-11-04", "2026-11-05")
    with pytest.raises(InputError, match="tag"):
        journal.trends("day", tag="\x00")


def test_an_answer_does_not_read_the_readings(path, keep):
    """The sums alone are looked at: with the readings gone, the trend is the same."""
    with Journal.open(path) as journal:
        keep(journal, happy=0.5)
        before = journal.trends("day")
        with journal.writing() as connection:
            connection.exec_driver_sql("DELETE FROM emovere_readings")
        assert journal.trends("day") == before
