"""A network beside people, as text."""

from __future__ import annotations

import math
from collections.abc import Callable

from emovere.evaluate.comparison_text import aligned
from emovere.evaluate.people import People, PeopleFigures
from emovere.evaluate.people_distance import Distance


def people_text(people: People) -> str:
    """Agreement, duels and distances, on all faces and on those with a majority, then how to read them."""
    both = (people.every, people.decided)
    rows = [["against people", "all faces", "with a majority"]]
    rows += [[name, *(show(figures) for figures in both)] for name, show in _ROWS]
    hedge = people.every.distances.hedge
    return (
        aligned(rows, left=(0,))
        + "\n\nThe rest are the votes of a face without one annotator's, each left out in turn. Whoever names what "
        "more\nof the rest named wins; an equal number, and the same answer, is a tie. KL (nats) and Brier say how far "
        "an\nanswer is from the shares of the votes"
        + (
            "."
            if math.isnan(hedge)
            else f"; a hedged vote is blended with {100 * hedge:.0f} % of the mean of all faces."
        )
    )


def _percent(share: float) -> str:
    return "-" if math.isnan(share) else f"{100 * share:.1f} %"


def _interval(share: float, interval: tuple[float, float]) -> str:
    low, high = interval
    return _percent(share) if math.isnan(low) else f"{_percent(share)} [{100 * low:.1f}, {100 * high:.1f}]"


def _distance(distance: Distance) -> str:
    return f"{_decimal(distance.kl)} / {_decimal(distance.brier)}"


def _decimal(value: float) -> str:
    return "-" if math.isnan(value) else "inf" if math.isinf(value) else f"{value:.3f}"


_ROWS: tuple[tuple[str, Callable[[PeopleFigures], str]], ...] = (
    ("faces", lambda one: f"{one.faces:,}"),
    ("one annotator agrees with most of the rest", lambda one: _percent(one.human)),
    ("the network does [95 %]", lambda one: _interval(one.network, one.network_interval)),
    ("it beats one annotator, ties as half [95 %]", lambda one: _interval(one.beats, one.beats_interval)),
    ("  won / tied / lost", lambda one: " / ".join(map(_percent, (one.won, one.tied, one.lost)))),
    ("KL / Brier from all votes: network", lambda one: _distance(one.distances.network)),
    ("KL / Brier from the rest: network", lambda one: _distance(one.distances.network_rest)),
    ("  one annotator, as the vote was cast", lambda one: _distance(one.distances.annotator_rest)),
    ("  one annotator, hedged", lambda one: _distance(one.distances.hedged_rest)),
    ("  mean of all faces", lambda one: _distance(one.distances.mean_rest)),
)
