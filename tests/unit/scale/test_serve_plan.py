"""How many replicas there may be: within the cores, with one line where these are too few."""

from __future__ import annotations

import pytest

from emovere.config import override
from emovere.errors import ConfigError
from emovere.scale.serve_plan import Replicas, bounded


@pytest.mark.parametrize(
    ("asked", "cores", "expected"),
    [
        (Replicas(), [2.0], (1, 2, False)),
        (Replicas(least=2, most=3), [8.0], (2, 3, True)),
        (Replicas(most=4), [2.0, 2.0], (1, 4, False)),
        (Replicas(cores=2.0), [3.0, 3.0], (1, 2, False)),
        (Replicas(cores=0.1), [1.0], (1, 10, False)),
    ],
)
def test_there_are_as_many_as_whole_ones_fit_into_nodes(asked, cores, expected):
    found = bounded(asked, cores)
    assert (found.least, found.most, found.spare) == expected
    assert found.notice == ""


def test_more_than_fit_are_told_in_one_line():
    found = bounded(Replicas(most=12), [1.0, 2.0])
    assert found.most == 3
    assert found.notice == "12 replicas asked for; the cluster has 1 + 2 cores, room for 3: at most 3"


@pytest.mark.parametrize(
    ("asked", "cores"), [(Replicas(least=3), [2.0]), (Replicas(cores=4.0), [2.0, 2.0]), (Replicas(), [])]
)
def test_too_few_cores_for_the_least_are_an_error(asked, cores):
    with pytest.raises(ConfigError, match=r"do not fit; the cluster has .* cores, room for \d") as told:
        bounded(asked, cores)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize(
    "setting", ["least=0", "most=-1", "ongoing=0", "cores=0", "cores=nan", "up_s=-1", "down_s=nan", "leest=2"]
)
def test_what_can_never_be_is_refused(setting):
    with pytest.raises(ConfigError):
        override(Replicas(), [setting])


def test_the_most_are_no_fewer_than_the_least():
    with pytest.raises(ConfigError, match=r"at least replicas\.least, 4; got 2"):
        Replicas(least=4, most=2)
