"""Two spans of days compared: what changed, and how sure that is.

Whole days are resampled, or whole sessions where there are too few days (Efron 1979's bootstrap, of clusters): readings
of one day resemble each other, and drawing seconds would pretend to far more evidence than there is. With few clusters
the bootstrap's intervals are too narrow; they are widened by sqrt(n / (n - 1)) on each side and by Student's t over
Gauss's z, with Welch and Satterthwaite's degrees of freedom.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import NormalDist
from typing import Any

import numpy as np
import numpy.typing as npt
import sqlalchemy as sa

from emovere.errors import ConfigError
from emovere.journal.dates import day_of
from emovere.journal.records import LABELS
from emovere.journal.schema import hours, sessions
from emovere.journal.sessions import Range
from emovere.journal.trends import Sums, summed, within

Float64 = npt.NDArray[np.float64]

LEAST = 5
"""Days, or sessions, that each side needs before an interval is given."""

RESAMPLES = 4000
LEVEL = 0.95
SEED = 0
"""Of the resampling, so that the same readings always give the same intervals."""


@dataclass(frozen=True)
class Side:
    """One span of days."""

    since: str | None
    """ISO date; None is open."""
    until: str | None
    seconds: int
    people_seconds: int
    days: int
    """Days with at least one face."""
    sessions: int
    models: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {**self.__dict__, "models": list(self.models)}


@dataclass(frozen=True)
class Change:
    """One label on both sides; None where a side did not tell it apart."""

    label: str
    before: float | None
    """Mean probability over the seconds of all people."""
    after: float | None
    difference: float | None
    low: float | None
    """Lower end of the difference's 95 % interval; None where there are too few days and sessions."""
    high: float | None

    @property
    def clear(self) -> bool:
        """Whether the interval leaves out 0."""
        return self.low is not None and self.high is not None and (self.low > 0 or self.high < 0)

    def to_dict(self) -> dict[str, Any]:
        """For JSON; shares to six digits."""
        return {
            name: round(value, 6) if isinstance(value, float) else value for name, value in self.__dict__.items()
        } | {"clear": self.clear}


@dataclass(frozen=True)
class Comparison:
    """Before and after."""

    before: Side
    after: Side
    changes: tuple[Change, ...]
    resampled: str | None
    """``days`` or ``sessions``; None where there are too few of both."""
    cautions: tuple[str, ...] = field(default=())
    """What to know before anything is read into it, a sentence each."""

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "before": self.before.to_dict(),
            "after": self.after.to_dict(),
            "changes": [change.to_dict() for change in self.changes],
            "resampled": self.resampled,
            "cautions": list(self.cautions),
        }


@dataclass(frozen=True)
class _Span:
    """Everything of one side: its sums, and those of its days and of its sessions."""

    side: Side
    whole: Sums
    clusters: Mapping[str, list[Sums]]
    labels: frozenset[str]


def compare(connection: sa.Connection, before: Range, after: Range, tag: str | None) -> Comparison:
    """What changed between two spans of days. Raises ConfigError where they share a day."""
    if _overlap(before, after):
        raise ConfigError("compare: expected two spans that share no day; choose other days")
    first, second = (_span(connection, days, tag) for days in (before, after))
    by = next((kind for kind in ("days", "sessions") if _enough(first, second, kind)), None)
    changes = []
    for k, label in enumerate(LABELS):
        ours, theirs = (span.whole.shares(span.whole.probs).get(label) for span in (first, second))
        difference = None if ours is None or theirs is None else theirs - ours
        low, high = (None, None) if by is None else interval(first.clusters[by], second.clusters[by], k)
        changes.append(Change(label, ours, theirs, difference, low, high))
    told = tuple(change for change in changes if change.before is not None or change.after is not None)
    return Comparison(first.side, second.side, told, by, tuple(_cautions(first, second, by)))


def interval(before: Sequence[Sums], after: Sequence[Sums], k: int) -> tuple[float | None, float | None]:
    """The 95 % interval of a label's change; Nones where one side has too few clusters that told it apart."""
    ours, theirs = (np.array([(s.probs[k], s.weights[k]) for s in side if s.weights[k]]) for side in (before, after))
    if min(len(ours), len(theirs)) < LEAST:
        return None, None
    rng = np.random.default_rng(SEED)
    estimate = _mean(theirs) - _mean(ours)
    sides = [_deviations(side, rng) for side in (ours, theirs)]
    variances = [float(side.var()) for side in sides]
    if sum(variances) == 0:
        return estimate, estimate
    counts = (len(ours), len(theirs))
    freedom = sum(variances) ** 2 / sum(v**2 / (n - 1) for v, n in zip(variances, counts, strict=True))
    tail = (1 - LEVEL) / 2
    wider = student(1 - tail, freedom) / NormalDist().inv_cdf(1 - tail)
    low, high = np.quantile(sides[1] - sides[0], [tail, 1 - tail]) * wider + estimate
    return float(low), float(high)


def student(probability: float, freedom: float) -> float:
    """Student's t quantile by Fisher and Cornish's expansion (1960); within 0.2 % from 4 degrees of freedom on."""
    z = NormalDist().inv_cdf(probability)
    terms = (
        z,
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return math.fsum(term / freedom**power for power, term in enumerate(terms))


def _deviations(pairs: Float64, rng: np.random.Generator) -> Float64:
    """How far a side's mean lies from its estimate when its clusters are drawn anew."""
    count = len(pairs)
    drawn = pairs[rng.integers(0, count, (RESAMPLES, count))].sum(axis=1)
    found: Float64 = (drawn[:, 0] / drawn[:, 1] - _mean(pairs)) * math.sqrt(count / (count - 1))
    return found


def _mean(pairs: Float64) -> float:
    total = pairs.sum(axis=0)
    return float(total[0] / total[1])


def _span(connection: sa.Connection, days: Range, tag: str | None) -> _Span:
    wanted = within(days, tag)
    whole = Sums()
    clusters: dict[str, list[Sums]] = {}
    for kind, group in (("days", hours.c.hour // 24), ("sessions", hours.c.session)):
        found = []
        for _, *row in connection.execute(sa.select(group.label("place"), *summed()).where(*wanted).group_by("place")):
            found.append(Sums())
            found[-1].add(row)
            if kind == "days":
                whole.add(row)
        clusters[kind] = found
    seen = sa.select(hours.c.session).where(*wanted)
    kinds = connection.execute(
        sa.select(sessions.c.model, sessions.c.labels).distinct().where(sessions.c.key.in_(seen))
    )
    kept = kinds.all()
    first, last = (None if day is None else day_of(day).isoformat() for day in days)
    counts = (whole.seconds, whole.people_seconds, len(clusters["days"]), len(clusters["sessions"]))
    side = Side(first, last, *counts, tuple(sorted({row.model for row in kept})))
    return _Span(side, whole, clusters, frozenset(row.labels for row in kept))


def _enough(first: _Span, second: _Span, kind: str) -> bool:
    return min(len(first.clusters[kind]), len(second.clusters[kind])) >= LEAST


def _cautions(first: _Span, second: _Span, by: str | None) -> list[str]:
    found = []
    for name, span in (("before", first), ("after", second)):
        if not span.whole.seconds:
            found.append(f"There is no face in the span {name}.")
    if by is None:
        found.append(f"Fewer than {LEAST} days and sessions with a face on a side: no difference is claimed.")
    if by == "sessions":
        found.append(
            f"Fewer than {LEAST} days on a side: sessions were resampled, and sessions of one day are alike, so that"
            " the intervals may be too narrow."
        )
    alike = first.side.models == second.side.models and first.labels == second.labels
    if first.whole.seconds and second.whole.seconds and not alike:
        found.append(
            "The two sides were not read by the same network with the same labels: a difference may be the network's."
        )
    if by is not None:
        found.append(
            "One interval in twenty misses by chance. Light, camera, place, company and time of day change what is"
            " seen, too: a difference shows that something changed, not why."
        )
    return found


def _overlap(before: Range, after: Range) -> bool:
    first, last = (
        tuple(
            edge if edge is not None else infinite for edge, infinite in zip(days, (-math.inf, math.inf), strict=True)
        )
        for days in (before, after)
    )
    return first[0] <= last[1] and last[0] <= first[1]
