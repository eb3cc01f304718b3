import math

import cv2
import numpy as np
import pytest

from emovere.errors import OutputError, ShapeError
from emovere.evaluate.confidence import reliability, risk_coverage
from emovere.evaluate.confidence_charts import reliability_png, risk_coverage_png
from emovere.evaluate.metrics import expected_calibration_error


def sure(confidences, right):
    """Two classes; the first is the truth."""
    top = np.array(confidences)
    probs = np.stack([top, 1 - top], axis=1)
    wrong = ~np.array(right, bool)
    probs[wrong] = probs[wrong][:, ::-1]
    return probs, np.zeros(len(top), np.int64)


def test_risk_among_the_surest():
    curve = risk_coverage(*sure([0.6, 0.9, 0.8, 0.7], [False, True, True, False]))
    assert curve.coverage.tolist() == [0.25, 0.5, 0.75, 1]
    np.testing.assert_allclose(curve.risk, [0, 0, 1 / 3, 1 / 2])
    assert curve.area == pytest.approx((1 / 3 + 1 / 2) / 4)
    assert curve.at_coverage(0.5) == 0
    assert curve.at_coverage(0.51) == pytest.approx(1 / 3)
    assert curve.coverage_at(0.34) == 0.75
    assert curve.coverage_at(0.5) == 1


def test_an_order_that_helps_has_a_smaller_area_than_one_that_misleads():
    confidences = np.linspace(0.55, 0.95, 9)
    right = confidences > 0.65
    helpful, misleading = (risk_coverage(*sure(order, right)).area for order in (confidences, confidences[::-1]))
    assert helpful < (~right).mean() < misleading


def test_equal_confidence_counts_as_a_random_order(rng):
    """Against the mean over many orders, by breaking ties with noise."""
    confidences = np.array([0.9, 0.8, 0.8, 0.8, 0.8, 0.6])
    right = [True, False, True, False, True, False]
    found = risk_coverage(*sure(confidences, right))
    shuffled = [risk_coverage(*sure(confidences + rng.uniform(0, 1e-6, 6), right)).risk for _ in range(4000)]
    np.testing.assert_allclose(found.risk, np.mean(shuffled, axis=0), atol=0.02)


def test_people_on_the_same_faces():
    probs, labels = sure([0.6, 0.9], [True, True])
    human = np.array([0.5, 1.0])
    curve = risk_coverage(probs, labels, human=human)
    assert curve.human is not None
    np.testing.assert_allclose(curve.human, [0, 0.25])
    assert [one.human for one in reliability(probs, labels, human=human)] == [0.5, 1.0]


def test_bins_are_those_of_the_calibration_error(rng):
    probs = rng.dirichlet(np.ones(5), 400)
    labels = rng.integers(0, 5, 400)
    bins = reliability(probs, labels)
    assert sum(one.faces for one in bins) == 400
    assert all(one.low < one.confidence <= one.high for one in bins)
    assert all(one.interval[0] <= one.accuracy <= one.interval[1] for one in bins)
    gap = sum(one.faces * abs(one.accuracy - one.confidence) for one in bins) / 400
    assert gap == pytest.approx(expected_calibration_error(probs, labels))


def test_no_face():
    none = np.zeros((0, 3)), np.zeros(0, np.int64)
    assert reliability(*none) == ()
    curve = risk_coverage(*none)
    assert math.isnan(curve.area)
    assert math.isnan(curve.at_coverage(0.5))
    assert curve.coverage_at(0.5) == 0


def test_arguments_that_do_not_fit():
    probs, labels = sure([0.6, 0.9], [True, True])
    for measure in (reliability, risk_coverage):
        with pytest.raises(ShapeError, match="human"):
            measure(probs, labels, human=np.zeros(3))
        with pytest.raises(ShapeError, match="labels"):
            measure(probs, labels + 2)


@pytest.mark.parametrize("count", [0, 1, 30, 900])
def test_charts_of_any_number_of_faces(tmp_path, rng, count):
    probs, labels = rng.dirichlet(np.ones(3), count), rng.integers(0, 3, count)
    human = rng.uniform(size=count) if count != 30 else None
    bins = reliability(probs, labels, human=human)
    reliability_png(bins, expected_calibration_error(probs, labels), tmp_path / "a.png", title="some")
    curve = risk_coverage(probs, labels, human=human) if count else risk_coverage(probs, labels)
    risk_coverage_png(curve, tmp_path / "b.png")
    for name in ("a.png", "b.png"):
        assert np.ptp(cv2.imread(str(tmp_path / name))) > 100


def test_the_chart_shows_what_it_is_given(tmp_path):
    good, bad = sure([0.7] * 40, [True] * 28 + [False] * 12), sure([0.7] * 40, [False] * 40)
    for name, answers in (("good", good), ("bad", bad)):
        reliability_png(reliability(*answers), 0.0, tmp_path / f"{name}.png")
    images = [cv2.imread(str(tmp_path / f"{name}.png")) for name in ("good", "bad")]
    assert not np.array_equal(*images)


def test_a_chart_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputError):
        risk_coverage_png(risk_coverage(*sure([0.7], [True])), tmp_path / "file" / "a.png")
