import math

import pytest
from scipy.stats import entropy

from emovere.datasets.stats.imbalance import imbalance


def test_equal_classes_are_even():
    even = imbalance([7, 7, 7])
    assert (even.ratio, even.entropy, even.largest) == (1.0, pytest.approx(1), pytest.approx(1 / 3))
    assert even.effective == pytest.approx(3)


def test_fer2013_is_as_an_independent_computation_has_it():
    counts = [4953, 547, 5121, 8989, 6077, 4002, 6198]
    found = imbalance(counts)
    assert found.ratio == pytest.approx(8989 / 547)
    assert found.entropy == pytest.approx(entropy(counts, base=7))
    assert found.effective == pytest.approx(math.exp(entropy(counts)))


def test_a_class_without_faces_and_a_set_without_any():
    lone = imbalance([5, 0])
    assert (lone.ratio, lone.entropy, lone.effective, lone.largest) == (math.inf, 0.0, 1.0, 1.0)
    assert math.isnan(imbalance([0, 0]).ratio)
