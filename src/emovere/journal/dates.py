"""Days, hours and moments: stored as whole numbers that every database orders alike.

A moment is milliseconds since 1970 in UTC. A day and an hour are counted from 1970, too, but on the clock of the
session's place, so that "morning" and "Monday" are the person's own.
"""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta
from typing import TypeAlias

from emovere.errors import ConfigError

Day: TypeAlias = date | str | None
"""A day as it may be handed in: a date, ``2026-11-01``, or None where it does not matter."""

FIRST = date(1970, 1, 1)
MOST_ZONE = 14 * 60
"""Minutes that a place's clock may be from UTC."""


def day_number(day: date) -> int:
    """Days since 1970."""
    return (day - FIRST).days


def day_of(number: int) -> date:
    """The inverse of ``day_number``."""
    return FIRST + timedelta(days=number)


def read_day(name: str, day: Day) -> int | None:
    """A day's number; None stays None. A time behind the date is left out.

    Raises ConfigError, which names the option.
    """
    if day is None:
        return None
    if isinstance(day, str):
        try:
            day = datetime.fromisoformat(day.strip())
        except ValueError as error:
            raise ConfigError(f"{name}: expected a day such as 2026-11-01; got {day!r}") from error
    if isinstance(day, datetime):
        day = day.date()
    if day < FIRST:
        raise ConfigError(f"{name}: expected a day from {FIRST} on; got {day}")
    return day_number(day)


def read_days(since: Day, until: Day, names: tuple[str, str] = ("since", "until")) -> tuple[int | None, int | None]:
    """The numbers of the first and the last day that are meant. Raises ConfigError."""
    first, last = read_day(names[0], since), read_day(names[1], until)
    if first is not None and last is not None and last < first:
        raise ConfigError(
            f"{names[1]}: expected a day not before {names[0]}; got {day_of(first)} and then {day_of(last)}"
        )
    return first, last


def milliseconds(at: datetime) -> int:
    """A moment's number. Raises ConfigError for one that does not say its zone, or from before 1970."""
    if at.tzinfo is None:
        raise ConfigError(f"at: expected a time with its zone, such as datetime.now(UTC); got {at.isoformat()}")
    number = round(at.timestamp() * 1000)
    if number < 0:
        raise ConfigError(f"at: expected a time from 1970 on; got {at.isoformat()}")
    return number


def moment(number: int) -> datetime:
    """The inverse of ``milliseconds``, in UTC."""
    return datetime.fromtimestamp(number // 1000, UTC) + timedelta(milliseconds=number % 1000)


def local_hour(number: int, zone: int) -> int:
    """Hours since 1970 on a clock that many minutes east of UTC, at that moment."""
    return (number // 1000 + zone * 60) // 3600


def local_day(number: int, zone: int) -> int:
    """Days since 1970 on such a clock, at that moment."""
    return local_hour(number, zone) // 24


def zone_here(number: int) -> int:
    """Minutes east of UTC on this machine's clock, at that moment."""
    return round(time.localtime(number / 1000).tm_gmtoff / 60)


def check_zone(zone: int) -> int:
    """The zone itself. Raises ConfigError where no place has it."""
    if not -MOST_ZONE <= zone <= MOST_ZONE:
        raise ConfigError(f"zone: expected minutes east of UTC, -{MOST_ZONE} to {MOST_ZONE}; got {zone}")
    return zone
