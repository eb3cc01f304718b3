"""One day in steps of ten minutes, from the readings themselves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt
import sqlalchemy as sa

from emovere.errors import ConfigError
from emovere.journal.records import LABELS, Trend
from emovere.journal.schema import hours, readings, sessions
from emovere.journal.sessions import Range

Float64 = npt.NDArray[np.float64]

STEP_S = 600


def read_course(connection: sa.Connection, days: Range, wanted: Sequence[sa.ColumnElement[bool]]) -> list[Trend]:
    """One row for each ten minutes in which a face was seen, on the place's clock.

    wanted: the conditions on ``hours`` for the sessions that are meant. Raises ConfigError for more or less than a day.
    """
    first, last = days
    if first is None or first != last:
        raise ConfigError("by: ten-minutes shows one day; expected since and until to be the same")
    local = sa.cast(sessions.c.started_ms // 1000 + 60 * sessions.c.zone, sa.BigInteger) + readings.c.second
    columns = [local, readings.c.session, readings.c.second, *(readings.c[label] for label in LABELS)]
    begin = 86_400 * first
    query = (
        sa.select(*columns)
        .join_from(readings, sessions, sessions.c.key == readings.c.session)
        .where(sessions.c.key.in_(sa.select(hours.c.session).where(*wanted)), local >= begin, local < begin + 86_400)
        .order_by(readings.c.session, readings.c.second)
    )
    rows = connection.execute(query).all()
    # a label that was not told apart is None in the database and nan here
    return _trends(np.array([tuple(row) for row in rows], np.float64)) if rows else []


def _trends(table: Float64) -> list[Trend]:
    """table: (n, 3 + K) float64: local second, session, second of the session, probabilities."""
    places, index = np.unique(table[:, 0] // STEP_S, return_inverse=True)
    probs = table[:, 3:]
    told = ~np.isnan(probs)
    weights, sums = (_summed(values, index, len(places)) for values in (told, np.where(told, probs, 0)))
    likeliest = np.where(told, probs, -1).argmax(axis=1)
    first = _summed(likeliest[:, None] == np.arange(len(LABELS)), index, len(places))
    begins = np.append(True, (np.diff(table[:, 1:3], axis=0) != 0).any(axis=1))
    seconds, people = np.bincount(index, begins), np.bincount(index)
    return [
        Trend(
            datetime.fromtimestamp(float(place) * STEP_S, UTC).strftime("%Y-%m-%dT%H:%M"),
            int(seconds[row]),
            int(people[row]),
            _shares(sums[row], weights[row]),
            _shares(first[row], weights[row]),
        )
        for row, place in enumerate(places)
    ]


def _summed(values: npt.NDArray[np.generic], index: npt.NDArray[np.intp], count: int) -> Float64:
    """(count, K): each column of ``values`` (n, K) added up over the rows of one place."""
    return np.stack([np.bincount(index, column, count) for column in values.T], axis=1)


def _shares(values: Float64, weights: Float64) -> dict[str, float]:
    return {label: float(v / w) for label, v, w in zip(LABELS, values, weights, strict=True) if w}
