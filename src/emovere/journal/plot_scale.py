"""Where days, weeks, months and hours stand on the axis of a picture, and how they are called."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from emovere.journal.records import Trend

MOST_COLUMNS = 400
"""Beyond that, columns stand next to each other whatever lies between them."""

TEN_MINUTES_OF_DAY = 144


@dataclass(frozen=True)
class Scale:
    """An axis of time; a column is 1 wide."""

    places: tuple[float, ...]
    """The middle of each row's column; time without a face leaves a gap."""
    marks: tuple[tuple[float, str], ...]
    limits: tuple[float, float]
    edges: bool = False
    """Whether marks name edges of columns, not their middles."""


def scale_of(trends: Sequence[Trend], by: str) -> Scale:
    """The axis for the rows of one kind of trend."""
    if not trends:
        return Scale((), (), (0.0, 1.0))
    if by == "hour-of-day":
        return _clock([int(trend.start) for trend in trends], 1, 24)
    if by == "ten-minutes":
        times = [trend.start[-5:].split(":") for trend in trends]
        return _clock([6 * int(hour) + int(minute) // 10 for hour, minute in times], 6, TEN_MINUTES_OF_DAY)
    days = [date.fromisoformat(trend.start) for trend in trends]
    places = [_steps(days[0], day, by) for day in days]
    if places[-1] > MOST_COLUMNS:
        every = max(1, len(days) // 12)
        marks = [(float(at), f"{days[at].day} {days[at]:%b}\n{days[at].year}") for at in range(0, len(days), every)]
        return Scale(tuple(map(float, range(len(days)))), tuple(marks), (-0.6, len(days) - 0.4))
    count = places[-1] + 1
    every = max(1, -(-count // (16 if by == "day" else 12)))
    named = [(float(at), _name(days[0], at, by, room=count <= 8)) for at in range(0, count, every)]
    return Scale(tuple(map(float, places)), tuple(named), (-0.6, count - 0.4))


def span_of(trends: Sequence[Trend], by: str) -> str:
    """The time that rows cover, to follow a title: ``, 2 to 8 November 2026``; empty for hours of the day."""
    if not trends or by == "hour-of-day":
        return ""
    first, last = (date.fromisoformat(trend.start[:10]) for trend in (trends[0], trends[-1]))
    if by == "ten-minutes":
        return f", {first:%A}, {_long(first)}"
    if by == "month":
        return f", {first:%B %Y}" + (f" to {last:%B %Y}" if last != first else "")
    if by == "week":
        last += timedelta(days=6)
    if first == last:
        return f", {_long(first)}"
    if (first.year, first.month) == (last.year, last.month):
        return f", {first.day} to {_long(last)}"
    begin = f"{first.day} {first:%B}" if first.year == last.year else _long(first)
    return f", {begin} to {_long(last)}"


def _clock(places: Sequence[int], an_hour: int, a_day: int) -> Scale:
    """Columns between the full hours of one day; whole hours around those that have a column."""
    first = min(places) // an_hour
    last = min(a_day // an_hour, max(places) // an_hour + 1)
    every = 1 if last - first <= 14 else 2
    marks = tuple((float(hour * an_hour), f"{hour}:00") for hour in range(first, last + 1, every))
    return Scale(tuple(place + 0.5 for place in places), marks, (first * an_hour, last * an_hour), edges=True)


def _steps(first: date, day: date, by: str) -> int:
    if by == "month":
        return 12 * (day.year - first.year) + day.month - first.month
    return (day - first).days // (7 if by == "week" else 1)


def _name(first: date, place: int, by: str, *, room: bool) -> str:
    if by == "month":
        month = first.month - 1 + place
        named = date(first.year + month // 12, month % 12 + 1, 1)
        return f"{named:%B}\n{named.year}" if room else f"{named:%b}\n{named.year}"
    day = first + timedelta(days=place * (7 if by == "week" else 1))
    if by == "week":
        return f"from\n{day.day} {day:%b}"
    return f"{day:%A}\n{day.day} {day:%b}" if room else f"{day:%a}\n{day.day} {day:%b}"


def _long(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
