import math

import numpy as np
import pytest
from scipy import stats
from sklearn import metrics as reference

from emovere.errors import ShapeError
from emovere.evaluate.metrics import (
    accuracy,
    brier_score,
    class_scores,
    confusion_matrix,
    expected_calibration_error,
    macro_f1,
    top_k_accuracy,
    wilson_interval,
)


@pytest.fixture(params=[(400, 7, 1.5), (60, 8, 4.0), (9, 3, 0.5)], ids=["many", "sharp", "few"])
def answers(request, rng):
    """probs (N, K), labels (N,) that the answers are often right about."""
    count, classes, sharpness = request.param
    labels = rng.integers(0, classes, count)
    logits = sharpness * rng.normal(size=(count, classes))
    logits[np.arange(count), labels] += 1.2
    probs = np.exp(logits)
    return probs / probs.sum(axis=1, keepdims=True), labels


def test_accuracy_and_top_k_agree_with_scikit_learn(answers):
    probs, labels = answers
    classes = range(probs.shape[1])
    assert accuracy(probs, labels) == pytest.approx(reference.accuracy_score(labels, probs.argmax(axis=1)))
    for k in (2, 3):
        if k < probs.shape[1]:
            wanted = reference.top_k_accuracy_score(labels, probs, k=k, labels=list(classes))
            assert top_k_accuracy(probs, labels, k) == pytest.approx(wanted)
    assert top_k_accuracy(probs, labels, probs.shape[1]) == 1


def test_equals_rank_like_argmax():
    probs = np.full((4, 4), 0.25)
    labels = np.arange(4)
    assert [top_k_accuracy(probs, labels, k) for k in (1, 2, 3)] == [0.25, 0.5, 0.75]


def test_confusion_and_class_scores_agree_with_scikit_learn(answers):
    probs, labels = answers
    predicted, classes = probs.argmax(axis=1), list(range(probs.shape[1]))
    confusion = confusion_matrix(predicted, labels, len(classes))
    np.testing.assert_array_equal(confusion, reference.confusion_matrix(labels, predicted, labels=classes))
    precision, recall, f1, support = reference.precision_recall_fscore_support(
        labels, predicted, labels=classes, zero_division=np.nan
    )
    scores = class_scores(confusion)
    np.testing.assert_allclose(scores.precision, precision)
    np.testing.assert_allclose(scores.recall, recall)
    np.testing.assert_allclose(scores.f1, f1)
    np.testing.assert_array_equal(scores.support, support)
    assert macro_f1(confusion) == pytest.approx(reference.f1_score(labels, predicted, average="macro"))


def test_classes_that_are_not_there_are_not_counted():
    confusion = confusion_matrix(np.array([0, 0, 1, 3]), np.array([0, 0, 1, 1]), 5)
    scores = class_scores(confusion)
    assert np.isnan(scores.f1).tolist() == [False, False, True, False, True]
    assert scores.precision[3] == 0
    assert math.isnan(scores.recall[3])
    assert macro_f1(confusion) == pytest.approx((1 + 2 / 3 + 0) / 3)


@pytest.mark.parametrize(("right", "of"), [(0, 5), (5, 5), (1, 2), (2387, 3589), (3588, 3589), (70, 100)])
@pytest.mark.parametrize("confidence", [0.9, 0.95])
def test_wilson_agrees_with_scipy(right, of, confidence):
    wanted = stats.binomtest(right, of).proportion_ci(confidence, method="wilson")
    assert wilson_interval(right, of, confidence) == pytest.approx((wanted.low, wanted.high), abs=1e-12)


def test_wilson_of_nothing_and_of_nonsense():
    assert all(math.isnan(edge) for edge in wilson_interval(0, 0))
    with pytest.raises(ShapeError, match="got 3 of 2"):
        wilson_interval(3, 2)


def test_brier_agrees_with_scikit_learn(answers):
    probs, labels = answers
    wanted = reference.brier_score_loss(labels, probs, labels=list(range(probs.shape[1])), scale_by_half=False)
    assert brier_score(probs, labels) == pytest.approx(wanted)


def test_brier_of_certainty():
    assert brier_score(np.eye(3), np.array([0, 1, 2])) == 0
    assert brier_score(np.eye(3), np.array([1, 2, 0])) == 2


def test_calibration_error_by_hand():
    # two bins of 15: confidence 0.65 right half of the time, confidence 0.95 always right
    probs = np.array([[0.65, 0.35], [0.65, 0.35], [0.05, 0.95], [0.05, 0.95]])
    labels = np.array([0, 1, 1, 1])
    assert expected_calibration_error(probs, labels) == pytest.approx(0.5 * 0.15 + 0.5 * 0.05)


def test_a_bin_holds_its_upper_edge():
    # 0.6 is the upper edge of the ninth of fifteen bins, 0.61 lies in the tenth
    probs = np.array([[0.6, 0.4], [0.61, 0.39]])
    labels = np.array([1, 0])
    assert expected_calibration_error(probs, labels) == pytest.approx((0.6 + 0.39) / 2)


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")
def test_calibration_error_agrees_with_torchmetrics(answers):
    torch = pytest.importorskip("torch")
    functional = pytest.importorskip("torchmetrics.functional.classification")
    probs, labels = answers
    wanted = functional.multiclass_calibration_error(
        torch.from_numpy(probs), torch.from_numpy(labels), num_classes=probs.shape[1], n_bins=15, norm="l1"
    )
    assert expected_calibration_error(probs, labels) == pytest.approx(float(wanted), abs=1e-6)


def test_nothing_is_nan():
    probs, labels = np.zeros((0, 7), np.float32), np.zeros(0, np.int64)
    for figure in (accuracy, expected_calibration_error, brier_score):
        assert math.isnan(figure(probs, labels))
    confusion = confusion_matrix(labels, labels, 7)
    assert confusion.shape == (7, 7)
    assert math.isnan(macro_f1(confusion))


@pytest.mark.parametrize(
    ("shape", "labels"), [((3, 7), [0, 1]), ((3,), [0, 1, 2]), ((2, 7), [0, 7]), ((2, 7), [-1, 0])]
)
def test_shapes_and_labels_that_do_not_fit(shape, labels):
    with pytest.raises(ShapeError):
        accuracy(np.zeros(shape), np.array(labels))


@pytest.mark.parametrize(("predicted", "labels"), [([0, 3], [0, 1]), ([0, 1], [0, -1]), ([0, 1], [0])])
def test_a_confusion_of_labels_that_do_not_fit(predicted, labels):
    with pytest.raises(ShapeError):
        confusion_matrix(np.array(predicted), np.array(labels), 3)


def test_labels_of_small_types_do_not_overflow_and_floats_are_refused():
    labels = np.full(3, 19, np.uint8)
    assert confusion_matrix(labels, labels, 20)[19, 19] == 3
    with pytest.raises(ShapeError, match="expected whole numbers; got float64"):
        confusion_matrix(labels, labels.astype(np.float64), 20)
