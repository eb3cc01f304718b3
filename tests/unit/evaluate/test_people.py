"""The network beside people; the reference is a slow walk over the annotators one by one."""

import json
import math

import numpy as np
import pytest

from emovere.errors import DatasetError, ShapeError
from emovere.evaluate.people import (
    HUMAN,
    duels,
    human_agreement,
    human_recall,
    measure_people,
    network_against_the_rest,
    one_against_the_rest,
)
from emovere.evaluate.people_distance import divergence, measure_distances
from emovere.evaluate.people_text import people_text
from emovere.evaluate.votes import COLUMNS, majority
from emovere.labels import FER7, FERPLUS8, FERPLUS_COLUMNS
from emovere.types import Expressions


def votes(**counts):
    row = np.zeros((1, 10), np.int64)
    for name, count in counts.items():
        row[0, FERPLUS_COLUMNS.index(name)] = count
    return row


def one_by_one(row, answer):
    """Agreement of people and of the network, wins and losses, by walking over the annotators of one face."""
    annotators = [column for column, count in enumerate(row) for _ in range(count)]
    found = []
    for i, mine in enumerate(annotators):
        rest = annotators[:i] + annotators[i + 1 :]
        counts = [rest.count(column) for column in range(10)]
        first = [column for column in range(10) if counts[column] == max(counts)]
        theirs = COLUMNS[answer]
        found.append(
            (
                (mine in first) / len(first),
                (theirs in first) / len(first),
                counts[theirs] > counts[mine],
                counts[theirs] < counts[mine],
            )
        )
    return np.mean(np.array(found, float), axis=0)


def test_agreement_and_duels_are_those_of_walking_over_the_annotators(rng):
    panel = rng.multinomial(10, rng.dirichlet(np.full(10, 0.4), 60))
    answers = rng.integers(0, 8, 60)
    fought = duels(panel, answers)
    found = np.stack([one_against_the_rest(panel), network_against_the_rest(panel, answers), fought.won, fought.lost])
    np.testing.assert_allclose(found.T, [one_by_one(*pair) for pair in zip(panel, answers, strict=True)])
    np.testing.assert_allclose(fought.won + fought.tied + fought.lost, 1)
    np.testing.assert_allclose(fought.share, fought.won + fought.tied / 2)


@pytest.mark.parametrize(
    ("panel", "human"),
    [
        (votes(happiness=10), 1),
        # nine agree, one does not; he is the tenth of the mean
        (votes(happiness=9, neutral=1), 0.9),
        # whoever is left out stands with four against five
        (votes(happiness=5, neutral=5), 0),
        # each of the six is with the most, each of the four is not
        (votes(happiness=6, unknown=4), 0.6),
        # the five see the rest tied at four and four, and half agree; so do the four with five against three
        (votes(anger=1, sadness=1), 0),
    ],
)
def test_one_annotator_against_the_rest(panel, human):
    assert one_against_the_rest(panel)[0] == pytest.approx(human)


def test_the_network_wins_ties_and_loses():
    panel = votes(happiness=9, neutral=1)
    right, wrong = (duels(panel, np.array([FERPLUS8.index(name)])) for name in ("happy", "sad"))
    # with the nine it ties, and beats the one
    assert (right.won[0], right.tied[0], right.lost[0]) == pytest.approx((0.1, 0.9, 0))
    # nobody named sad: it loses to the nine, and ties with the one, whom nobody follows either
    assert (wrong.won[0], wrong.tied[0], wrong.lost[0]) == pytest.approx((0, 0.1, 0.9))
    assert right.share[0] == pytest.approx(0.55)


def test_the_human_line_of_the_real_votes(shared):
    named = [f"votes_{name}" for name in FERPLUS_COLUMNS]
    table = pytest.importorskip("pyarrow.parquet").read_table(shared("data/fer2013.parquet"), columns=["usage", *named])
    usage = np.array(table.column("usage").to_pylist())
    panel = np.stack([table.column(name).to_numpy() for name in named], axis=1).astype(np.int64)
    for split in ("PublicTest", "PrivateTest"):
        cast = panel[usage == split]
        assert human_agreement(cast) == pytest.approx(HUMAN["fer7"][split], abs=0.0005)
        assert human_agreement(cast[majority(cast) >= 0]) == pytest.approx(HUMAN["ferplus8"][split], abs=0.0005)


def test_recall_of_one_annotator():
    found = human_recall(np.concatenate([votes(happiness=10), votes(happiness=8, neutral=2)]))
    # ten of ten and eight of ten, where the rest name happy
    assert found[FERPLUS8.index("happy")] == pytest.approx(18 / 20)
    assert math.isnan(found[FERPLUS8.index("fear")])


def test_distances_are_those_of_walking_over_the_annotators(rng):
    panel = rng.multinomial(10, rng.dirichlet(np.full(8, 0.6), 25))
    probs = rng.dirichlet(np.ones(8), 25)
    kl, brier, human = [], [], []
    for row, answer in zip(panel, probs, strict=True):
        for column in range(8):
            for _ in range(row[column]):
                rest = (row - np.eye(8)[column]) / 9
                seen = rest > 0
                kl.append((rest[seen] * np.log(rest[seen] / answer[seen])).sum())
                brier.append(((rest - answer) ** 2).sum())
                human.append(((rest - np.eye(8)[column]) ** 2).sum())
    found = measure_distances(probs, panel)
    assert found.network_rest.kl == pytest.approx(np.mean(kl))
    assert found.network_rest.brier == pytest.approx(np.mean(brier))
    assert found.annotator_rest.brier == pytest.approx(np.mean(human))
    assert found.annotator_rest.kl == math.inf
    assert found.network.brier == pytest.approx(((panel / 10 - probs) ** 2).sum(axis=1).mean())
    assert found.hedged_rest.kl <= found.mean_rest.kl
    assert 0 < found.hedge < 1


def test_the_votes_themselves_are_no_distance_away():
    panel = np.array([[6, 4, 0], [10, 0, 0]])
    found = measure_distances(panel / 10, panel)
    assert (found.network.kl, found.network.brier) == pytest.approx((0, 0))
    # six faces of the others' 9 and so on: left out, the same answer is a little off
    assert found.network_rest.kl > 0


def test_a_face_with_fewer_than_two_votes_is_left_out():
    found = measure_distances(np.full((3, 2), 0.5), np.array([[1, 0], [0, 0], [3, 0]]))
    assert found.faces == 1
    assert found.network.brier == pytest.approx(0.5)
    empty = measure_distances(np.zeros((0, 2)), np.zeros((0, 2), np.int64))
    assert empty.faces == 0
    assert math.isnan(empty.network.kl)
    assert json.dumps(empty.to_dict(), allow_nan=False)


def test_divergence_of_zeros_is_finite():
    found = divergence(np.array([[1.0, 0.0]]), np.array([[0.0, 1.0]]))
    assert 10 < found[0] < 20


def answers_for(panel, labels=FERPLUS8):
    """What a network says that has seen the votes: the commonest of its labels, 0.9 sure."""
    top = panel[:, [COLUMNS[FERPLUS8.index(name)] for name in labels]].argmax(axis=1)
    probs = np.full((len(panel), len(labels)), 0.1 / (len(labels) - 1), np.float32)
    probs[np.arange(len(panel)), top] = 0.9
    return Expressions(labels, probs)


@pytest.mark.parametrize("labels", [FERPLUS8, FER7])
def test_a_network_that_follows_the_votes_beats_people(rng, labels):
    panel = rng.multinomial(10, rng.dirichlet(np.full(10, 0.5), 80))
    found = measure_people(answers_for(panel, labels), panel)
    assert found.every.faces == 80
    assert found.decided.faces == (majority(panel) >= 0).sum()
    assert found.decided.beats > 0.5
    low, high = found.every.beats_interval
    assert low < found.every.beats < high
    assert found.decided.network > found.decided.human
    text = people_text(found)
    assert f"{100 * found.every.beats:.1f} % [{100 * low:.1f}, {100 * high:.1f}]" in text
    assert "inf / " in text
    assert json.dumps(found.to_dict(), allow_nan=False)


def test_no_face():
    found = measure_people(answers_for(np.zeros((0, 10), np.int64)), np.zeros((0, 10), np.int64))
    assert math.isnan(found.every.human)
    assert "nan" not in people_text(found)
    assert json.dumps(found.to_dict(), allow_nan=False)


def test_what_does_not_fit():
    panel = votes(happiness=10)
    with pytest.raises(DatasetError, match="give --ferplus"):
        measure_people(answers_for(panel), None)
    with pytest.raises(ShapeError, match="expected votes of 1 faces; got 2"):
        measure_people(answers_for(panel), np.concatenate([panel, panel]))
    with pytest.raises(ShapeError, match=r"expected \(N, 10\) counts"):
        human_agreement(np.zeros((2, 8), np.int64))
    with pytest.raises(ShapeError, match="answers: expected 0 to 7"):
        duels(panel, np.array([8]))
    with pytest.raises(ShapeError, match="answers: expected"):
        duels(panel, np.array([0.5]))
    with pytest.raises(ShapeError, match="same"):
        measure_distances(np.ones((1, 2)), np.ones((1, 3)))
