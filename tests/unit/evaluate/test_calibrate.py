import math

import numpy as np
import pytest
from scipy import optimize

from emovere.errors import ShapeError
from emovere.evaluate.calibrate import (
    COLDEST,
    class_thresholds,
    conformal_threshold,
    fit_temperature,
    fit_temperature_soft,
    softmax,
)
from emovere.evaluate.metrics import expected_calibration_error


def drawn(rng, count, temperature):
    """Logits, and labels drawn from the probabilities that they mean at that temperature."""
    logits = 3 * rng.normal(size=(count, 7))
    probs = softmax(logits, temperature)
    labels = (probs.cumsum(axis=1) < rng.random((count, 1))).sum(axis=1)
    return logits, np.minimum(labels, 6)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.5])
def test_a_known_temperature_is_recovered_and_calibrates(rng, temperature):
    logits, labels = drawn(rng, 20_000, temperature)
    fitted = fit_temperature(logits, labels)
    assert fitted == pytest.approx(temperature, rel=0.05)
    assert expected_calibration_error(softmax(logits, fitted), labels) < 0.012


def test_it_is_the_minimum_that_scipy_finds(rng):
    logits, labels = drawn(rng, 500, 1.7)
    rows = np.arange(len(labels))

    def loss(log_temperature):
        return -np.log(softmax(logits, math.exp(log_temperature))[rows, labels]).mean()

    wanted = optimize.minimize_scalar(loss, bounds=(-3, 3), method="bounded", options={"xatol": 1e-9})
    assert fit_temperature(logits.astype(np.float32), labels) == pytest.approx(math.exp(wanted.x), rel=1e-4)


def test_soft_targets(rng):
    logits = 3 * rng.normal(size=(300, 8))
    targets = softmax(logits, 2.0)
    assert fit_temperature_soft(logits, targets) == pytest.approx(2.0, rel=1e-6)
    targets[:100] = 0
    assert fit_temperature_soft(logits, targets) == pytest.approx(2.0, rel=1e-6)


def test_without_an_error_it_stops_at_its_bound():
    assert fit_temperature(np.eye(3), np.arange(3)) == pytest.approx(COLDEST)


def test_nothing_to_fit_on():
    with pytest.raises(ShapeError, match="at least one face"):
        fit_temperature(np.zeros((0, 7)), np.zeros(0, np.int64))
    with pytest.raises(ShapeError, match="at least one face"):
        fit_temperature_soft(np.ones((2, 7)), np.zeros((2, 7)))
    with pytest.raises(ShapeError, match="of the same"):
        fit_temperature_soft(np.ones((2, 7)), np.ones((2, 8)))


@pytest.mark.parametrize("coverage", [0.8, 0.9, 0.95])
def test_the_promised_coverage_holds_on_new_faces(rng, coverage):
    held = []
    for _ in range(400):
        logits, labels = drawn(rng, 250, 1.0)
        probs = softmax(logits, 1.8)
        threshold = conformal_threshold(probs[:100], labels[:100], coverage)
        held.append((probs[np.arange(100, 250), labels[100:]] >= threshold).mean())
    # the mean over draws lies between coverage and coverage + 1 / (n + 1); 4 standard errors are 0.008
    assert coverage - 0.008 < np.mean(held) < coverage + 1 / 101 + 0.008


def test_it_is_the_quantile_of_the_paper():
    # n = 9, coverage 0.9: the ninth smallest of nine scores 1 - p, which is the least p
    true = np.array([0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.35, 0.3, 0.2])
    probs = np.stack([true, 1 - true], axis=1)
    labels = np.zeros(9, np.int64)
    assert conformal_threshold(probs, labels, 0.9) == 0.2
    assert conformal_threshold(probs, labels, 0.8) == 0.3
    assert conformal_threshold(probs, labels, 0.5) == 0.5


def test_too_few_faces_promise_nothing_but_everything():
    assert conformal_threshold(np.full((8, 2), 0.5), np.zeros(8, np.int64), 0.9) == 0
    assert conformal_threshold(np.zeros((0, 7)), np.zeros(0, np.int64)) == 0


def test_float32_keeps_the_face_that_the_threshold_is_of(rng):
    probs = softmax(rng.normal(size=(50, 7))).astype(np.float32)
    labels = rng.integers(0, 7, 50)
    threshold = conformal_threshold(probs, labels, 0.9)
    assert (probs[np.arange(50), labels] >= threshold).sum() == math.ceil(51 * 0.9)


@pytest.mark.parametrize("coverage", [0.0, 1.0, 90.0])
def test_a_coverage_that_is_no_share(coverage):
    with pytest.raises(ShapeError, match="coverage: expected a share between 0 and 1"):
        conformal_threshold(np.ones((1, 1)), np.zeros(1, np.int64), coverage)


def hard_class(rng, faces):
    """Three classes; the third is told with far less confidence than the others."""
    labels = rng.choice(3, faces, p=(0.5, 0.4, 0.1))
    logits = rng.normal(size=(faces, 3))
    logits[np.arange(faces), labels] += np.where(labels == 2, 0.3, 3.0)
    return softmax(logits), labels


def test_class_thresholds_cover_each_class(rng):
    probs, labels = hard_class(rng, 6000)
    fitted, fresh = slice(0, 3000), slice(3000, None)
    common = conformal_threshold(probs[fitted], labels[fitted])
    own = np.array(class_thresholds(probs[fitted], labels[fitted]))
    true = probs[np.arange(6000), labels]
    hard = np.flatnonzero(labels[fresh] == 2) + 3000
    assert (true[hard] >= common).mean() < 0.75
    for k in range(3):
        rows = np.flatnonzero(labels[fresh] == k) + 3000
        assert (true[rows] >= own[k]).mean() == pytest.approx(0.9, abs=0.05)
    assert own[2] < common < own[0]


def test_a_class_of_few_faces_keeps_the_common_threshold(rng):
    probs, labels = hard_class(rng, 300)
    kept = np.concatenate([np.flatnonzero(labels != 2), np.flatnonzero(labels == 2)[:19]])
    probs, labels = probs[kept], labels[kept]
    own = class_thresholds(probs, labels)
    assert own[2] == conformal_threshold(probs, labels)
    assert own[0] == conformal_threshold(probs[labels == 0], labels[labels == 0])
    assert class_thresholds(probs, labels, least=19)[2] < own[2]
