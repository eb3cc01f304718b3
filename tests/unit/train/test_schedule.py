"""The learning rate rises, stays and falls as the recipe says."""

from __future__ import annotations

import pytest
import torch

from emovere.errors import ConfigError
from emovere.train.recipe import ScheduleRecipe
from emovere.train.schedule import LAST, check_schedule, share_of_peak


@pytest.mark.parametrize(("steps", "warmup"), [(50, 0.1), (213, 0.3)])
def test_without_a_plateau_it_is_one_cycle(steps, warmup):
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    expected = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, 1.0, steps, pct_start=warmup, cycle_momentum=False, final_div_factor=1e3
    )
    for step in range(steps):
        share = share_of_peak(step, steps, ScheduleRecipe(warmup=warmup))
        assert share == pytest.approx(expected.get_last_lr()[0], rel=1e-6)
        optimizer.step()
        if step < steps - 1:
            expected.step()


def test_the_peak_is_held():
    schedule = ScheduleRecipe(warmup=0.1, hold=0.6)
    shares = [share_of_peak(step, 100, schedule) for step in range(101)]
    assert [share == 1 for share in shares] == [9 <= step <= 69 for step in range(101)]
    assert shares[:10] == sorted(shares[:10])
    assert shares[69:] == sorted(shares[69:], reverse=True)
    assert shares[99] == shares[100] == pytest.approx(LAST)


def test_a_longer_plateau_changes_nothing_before_the_fall():
    """A run whose length is settled under way has gone the way that its final recipe describes."""
    early, late = ScheduleRecipe(warmup=0.1, hold=0.6), ScheduleRecipe(warmup=0.05, hold=0.8)
    for step in range(60):
        assert share_of_peak(step, 100, early) == pytest.approx(share_of_peak(step, 200, late))


def test_without_a_rise_it_begins_at_the_peak():
    assert share_of_peak(0, 10, ScheduleRecipe(warmup=0.0)) < 1.01
    assert share_of_peak(0, 10, ScheduleRecipe(warmup=0.0, hold=0.5)) == 1


@pytest.mark.parametrize(("warmup", "hold"), [(-0.1, 0.0), (0.1, -0.1), (0.5, 0.5)])
def test_a_schedule_that_cannot_be_is_refused(warmup, hold):
    with pytest.raises(ConfigError, match="together below 1; got"):
        check_schedule(ScheduleRecipe(warmup=warmup, hold=hold))
