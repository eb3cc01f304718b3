"""Which faces an epoch takes: as many as it should, each as often as it should, and the same however it is run."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from emovere.config import override
from emovere.errors import ConfigError, Interrupted
from emovere.train.data import FaceTensors, loader
from emovere.train.draws import Draws, apportioned, drawn_shares
from emovere.train.fit import fit
from emovere.train.progress import History, read_metrics
from emovere.train.recipe import ScheduleRecipe
from emovere.train.schedule import check_schedule

LABELS = np.repeat(np.arange(3), (60, 30, 7))


def epochs(draws: Draws, count: int) -> list[list[int]]:
    drawn = []
    for epoch in range(count):
        draws.set_epoch(epoch)
        drawn.append(list(draws))
    return drawn


def test_faces_come_in_passes_that_go_on_across_epochs():
    drawn = epochs(Draws(LABELS, 40, seed=3), 17)
    assert [len(rows) for rows in drawn] == [40] * 17
    stream = np.concatenate(drawn)
    for start in range(0, len(stream) - 96, 97):
        assert sorted(stream[start : start + 97]) == list(range(97))
    assert drawn[0] != sorted(drawn[0])
    assert not np.array_equal(stream[:97], stream[97:194])


def test_an_epoch_may_be_longer_than_the_set():
    (rows,) = epochs(Draws(LABELS, 500, seed=3), 1)
    seen = np.bincount(rows, minlength=97)
    assert seen.min() == 5
    assert seen.max() == 6


def test_the_order_depends_on_seed_and_epoch_alone():
    draws = Draws(LABELS, 40, seed=3, balance=0.5)
    first = epochs(draws, 4)
    draws.set_epoch(2)
    assert list(draws) == first[2]
    assert epochs(Draws(LABELS, 40, seed=4, balance=0.5), 4) != first


@pytest.mark.parametrize("balance", [0.0, 0.7])
def test_processes_share_every_step(balance):
    alone = epochs(Draws(LABELS, 48, seed=1, balance=balance), 3)
    shared = [epochs(Draws(LABELS, 48, seed=1, balance=balance, processes=2, rank=rank), 3) for rank in (0, 1)]
    for epoch in range(3):
        steps = [
            sorted(shared[0][epoch][at : at + 6] + shared[1][epoch][at : at + 6]) for at in range(0, 24, 6)
        ]  # 12 faces a step, 6 in each process
        assert steps == [sorted(alone[epoch][at : at + 12]) for at in range(0, 48, 12)]


def test_balanced_classes_are_drawn_alike_and_their_faces_too():
    drawn = np.concatenate(epochs(Draws(LABELS, 90, seed=1, balance=1.0), 7))
    np.testing.assert_array_equal(np.bincount(LABELS[drawn]), [210, 210, 210])
    seen = np.bincount(drawn, minlength=97)
    for label in range(3):
        of_it = seen[label == LABELS]
        assert of_it.max() - of_it.min() <= 1


def test_strength_lies_between_as_it_is_and_all_alike():
    counts = [60, 30, 7]
    np.testing.assert_allclose(drawn_shares(counts, 0), np.array(counts) / 97)
    np.testing.assert_allclose(drawn_shares(counts, 1), [1 / 3] * 3)
    np.testing.assert_allclose(drawn_shares(counts, 0.5), np.sqrt(counts) / np.sqrt(counts).sum())
    np.testing.assert_allclose(drawn_shares([4, 0], 1), [1, 0])
    half = np.bincount(LABELS[epochs(Draws(LABELS, 1000, seed=1, balance=0.5), 1)[0]])
    np.testing.assert_allclose(half, 1000 * drawn_shares(counts, 0.5), atol=1)


def test_whole_numbers_keep_their_sum():
    assert apportioned(10, np.array([0.26, 0.26, 0.48])) == [3, 2, 5]
    assert apportioned(0, np.array([0.5, 0.5])) == [0, 0]


def test_batches_have_the_size_of_a_step(faces):
    batches = loader(FaceTensors(faces), 14, seed=1, steps=5)
    assert [len(batch[1]) for batch in batches] == [14] * 5
    assert len(loader(FaceTensors(faces), 14, seed=1, balance=0.5)) == len(faces) // 14


def test_a_run_of_so_many_steps_takes_them_whatever_the_number_of_faces(tmp_path, faces, tiny):
    wanted = override(tiny, ["schedule.steps=20", "schedule.epochs=4"])
    for count in (210, 63):
        training = np.flatnonzero(faces.splits == "Training")[:count]
        some = faces[np.concatenate([training, np.flatnonzero(faces.splits != "Training")])]
        fit(wanted, some, tmp_path / str(count))
        assert torch.load(tmp_path / str(count) / "last.ckpt", weights_only=True)["global_step"] == 20
        rates = [row["learning_rate"] for row in read_metrics(tmp_path / str(count) / "metrics.csv")]
        assert rates[-1] == pytest.approx(0, abs=1e-4)
        assert len(rates) == 4


@pytest.mark.parametrize("settings", [["schedule.steps=24"], ["imbalance.balance=1"]])
def test_an_interrupted_run_ends_as_an_uninterrupted_one(tmp_path, faces, tiny, monkeypatch, settings):
    wanted = override(tiny, settings)
    fit(wanted, faces, tmp_path / "whole")

    def interrupt_third_epoch(self, trainer, module, batch, batch_idx):
        if trainer.current_epoch == 2 and batch_idx == 3:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(History, "on_train_batch_start", interrupt_third_epoch)
        with pytest.raises(Interrupted):
            fit(wanted, faces, tmp_path / "cut")
    fit(wanted, faces, tmp_path / "cut", resume=True)
    whole, cut = (
        torch.load(tmp_path / name / "last.ckpt", weights_only=True)["state_dict"] for name in ("whole", "cut")
    )
    for name, tensor in whole.items():
        torch.testing.assert_close(cut[name], tensor, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("schedule", "message"),
    [
        (ScheduleRecipe(epochs=70, steps=15_000), "expected a multiple of the 70 epochs, or 0; got 15000; write 14980"),
        (ScheduleRecipe(epochs=70, steps=12), "write 70"),
        (ScheduleRecipe(epochs=4, steps=-4), "got -4; write 4"),
        (ScheduleRecipe(epochs=0), r"schedule\.epochs: expected at least 1; got 0"),
    ],
)
def test_steps_that_cannot_be_shared_out_are_refused(schedule, message):
    with pytest.raises(ConfigError, match=message):
        check_schedule(schedule)
