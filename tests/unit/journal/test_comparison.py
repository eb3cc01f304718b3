"""Before and after: means, intervals, and what is said where too little was seen."""

from __future__ import annotations

import json
from datetime import timedelta

import numpy as np
import pytest
from scipy import stats
from tests.unit.journal.conftest import NOON

from emovere.errors import ConfigError
from emovere.journal.comparison import interval, student
from emovere.journal.store import Journal
from emovere.journal.trends import Sums
from emovere.labels import FERPLUS8

pytestmark = pytest.mark.timeout(90)

BEFORE, AFTER = ("2026-11-01", "2026-11-30"), ("2026-12-01", "2026-12-31")


@pytest.fixture
def compared(path, keep):
    """A journal with one session a day, of which each side has as many as are asked for."""

    def make(ours, theirs, **second):
        with Journal.open(path) as journal:
            for k, share in enumerate(ours):
                keep(journal, NOON + timedelta(days=k), 2, happy=share)
            for k, share in enumerate(theirs):
                keep(journal, NOON + timedelta(days=40 + k), 2, happy=share, **second)
            return journal.compare(BEFORE, AFTER)

    return make


def change(comparison, label):
    return next(c for c in comparison.changes if c.label == label)


def test_a_clear_change_is_clear(compared):
    result = compared([0.1, 0.15, 0.2, 0.12, 0.18, 0.11], [0.5, 0.55, 0.6, 0.52, 0.58, 0.51])
    happy = change(result, "happy")
    assert result.resampled == "days"
    assert happy.difference == pytest.approx(0.4, abs=0.001)
    assert happy.low < happy.difference < happy.high
    assert happy.clear
    assert happy.low > 0.3
    assert change(result, "neutral").high < 0
    assert not change(result, "sad").clear or change(result, "sad").low == 0
    assert (result.before.days, result.before.sessions, result.before.seconds) == (6, 6, 12)
    assert (result.before.since, result.after.until) == ("2026-11-01", "2026-12-31")
    assert "not why" in result.cautions[-1]
    json.dumps(result.to_dict())


def test_days_that_vary_as_much_as_the_sides_differ_are_not_clear(compared):
    result = compared([0.1, 0.9, 0.2, 0.8, 0.5], [0.3, 0.9, 0.2, 0.9, 0.6])
    happy = change(result, "happy")
    assert happy.low < 0 < happy.high
    assert not happy.clear


def test_too_few_days_and_sessions_give_no_interval(compared):
    result = compared([0.1] * 4, [0.9] * 9)
    happy = change(result, "happy")
    assert (happy.low, happy.high, happy.clear, result.resampled) == (None, None, False, None)
    assert happy.difference == pytest.approx(0.8)
    assert "Fewer than 5 days and sessions with a face on a side: no difference is claimed." in result.cautions


def test_sessions_are_resampled_where_there_are_too_few_days(path, keep):
    with Journal.open(path) as journal:
        for k in range(6):
            keep(journal, NOON + timedelta(hours=k), 2, happy=0.1 + k / 50)
            keep(journal, NOON + timedelta(days=40, hours=k), 2, happy=0.6 + k / 50)
        result = journal.compare(BEFORE, AFTER)
    assert result.resampled == "sessions"
    assert change(result, "happy").clear
    assert any("intervals may be too narrow" in caution for caution in result.cautions)


def test_nothing_on_a_side(compared):
    result = compared([0.2] * 6, [])
    assert change(result, "happy").after is None
    assert change(result, "happy").difference is None
    assert "There is no face in the span after." in result.cautions


def test_another_network_is_told(compared):
    result = compared([0.1] * 6, [0.4] * 6, labels=FERPLUS8, model="nano")
    assert any("may be the network's" in caution for caution in result.cautions)
    contempt = change(result, "contempt")
    assert (contempt.before, contempt.difference, contempt.low) == (None, None, None)
    assert (result.before.models, result.after.models) == (("light",), ("nano",))


def test_open_ends_and_spans_that_meet(path, keep):
    with Journal.open(path) as journal:
        keep(journal, NOON, 2, happy=0.3)
        assert journal.compare((None, "2026-11-04"), ("2026-11-05", None)).before.seconds == 2
        for before, after in (((None, None), BEFORE), (BEFORE, BEFORE), (BEFORE, ("2026-11-30", None))):
            with pytest.raises(ConfigError, match="share no day"):
                journal.compare(before, after)
        with pytest.raises(ConfigError, match="after's end: expected a day not before after's beginning"):
            journal.compare(BEFORE, ("2027-01-02", "2027-01-01"))


def test_the_same_readings_give_the_same_interval(compared, path):
    first = compared([0.1, 0.3, 0.2, 0.4, 0.3], [0.2, 0.4, 0.3, 0.5, 0.3])
    with Journal.open(path) as journal:
        assert journal.compare(BEFORE, AFTER) == first


def test_students_t_agrees_with_scipy():
    for freedom in (4, 5.5, 8, 20, 1000):
        assert student(0.975, freedom) == pytest.approx(stats.t.ppf(0.975, freedom), rel=2e-3)


def days(values):
    found = []
    for value in values:
        found.append(Sums())
        found[-1].probs[0], found[-1].weights[0] = 100 * value, 100
    return found


def test_the_interval_covers_the_truth_about_as_often_as_it_says():
    """6 days against 8, all alike in truth: 95 % of the intervals hold 0, within what 400 trials can show."""
    rng = np.random.default_rng(1)
    hits = 0
    for _ in range(400):
        low, high = interval(days(rng.normal(0.4, 0.1, 6)), days(rng.normal(0.4, 0.15, 8)), 0)
        hits += low <= 0 <= high
    assert 0.92 <= hits / 400 <= 0.98
