import numpy as np
import pytest

from emovere.errors import ShapeError
from emovere.evaluate.calibrate import softmax
from emovere.evaluate.coverage import conformal_sets, cross_fitted, one_for_all, one_for_each


@pytest.fixture
def answers(rng):
    """Three classes; the third is rare and told with far less confidence than the others."""
    labels = rng.choice(3, 2000, p=(0.5, 0.4, 0.1))
    logits = rng.normal(size=(2000, 3))
    logits[np.arange(2000), labels] += np.where(labels == 2, 0.3, 3.0)
    return softmax(logits), labels


def test_one_threshold_for_each_keeps_the_promise_to_each_class_and_costs_labels(answers):
    common, own = (cross_fitted(*answers, fit(0.9), repeats=2) for fit in (one_for_all, one_for_each))
    assert common.covered == pytest.approx(0.9, abs=0.02)
    assert common.classes[2][0] < 0.7
    assert own.classes[2][0] == pytest.approx(0.9, abs=0.04)
    assert own.size > common.size
    assert own.single < common.single


def test_a_face_is_never_judged_by_a_threshold_that_was_fitted_on_it():
    """A threshold that holds exactly the faces it has seen would cover everything; cross-fitted, it covers nothing."""
    probs = np.tile([0.3, 0.7], (40, 1)) + np.linspace(0, 0.1, 40)[:, None] * [1, -1]

    def memory(seen, labels):
        return [0.0, 0.0] if len(seen) == 40 else [1.0, 1.0]

    assert cross_fitted(probs, np.zeros(40, np.int64), memory, folds=4, repeats=1).covered == 0


def test_the_likeliest_label_is_always_in_the_set():
    sets = conformal_sets(np.array([[0.2, 0.5, 0.3]]), [0.1, 0.9, 0.9])
    assert sets.tolist() == [[True, True, False]]


def test_a_class_without_a_face_is_not_known(answers):
    probs, labels = answers
    found = cross_fitted(probs[labels < 2], labels[labels < 2], one_for_each(0.9), repeats=1)
    assert np.isnan(found.classes[2]).all()


@pytest.mark.parametrize("folds", [1, 3])
def test_folds_that_cannot_be(folds):
    with pytest.raises(ShapeError, match="folds: expected 2 to 2"):
        cross_fitted(np.full((2, 2), 0.5), np.zeros(2, np.int64), one_for_all(0.9), folds=folds)
