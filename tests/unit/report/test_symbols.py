"""Expressions as large symbols."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from emovere.labels import FERPLUS8
from emovere.report.colours import colour_of, rgb
from emovere.report.symbols import symbol


def on(ground, drawn):
    alpha = drawn[..., 3:] / 255
    return drawn[..., :3] * alpha + ground * (1 - alpha)


@pytest.mark.parametrize("side", [8, 16, 33, 128, 512])
def test_a_circle_of_that_size(side):
    drawn = symbol("happy", side)
    assert drawn.shape == (side, side, 4)
    assert drawn.dtype == np.uint8
    alpha = drawn[..., 3]
    assert alpha[0, 0] == alpha[-1, 0] == alpha[0, -1] == alpha[-1, -1] == 0
    assert alpha[side // 2, side // 2] == 255
    assert alpha.mean() / 255 == pytest.approx(np.pi / 4, abs=0.03)


def test_edges_are_smooth_and_bleed_no_colour():
    drawn = symbol("sad", 64)
    edge = drawn[(drawn[..., 3] > 0) & (drawn[..., 3] < 255)]
    assert len(np.unique(edge[:, 3])) > 10
    assert edge[:, :3].min() > 240, "the rim is white through and through"


@pytest.mark.parametrize(("side", "least"), [(16, 20), (32, 25), (64, 27)])
def test_no_two_look_alike_even_without_colour(side, least):
    """By the root mean square of what is left when each is brought to its darkness against its own ground."""

    def lines(emotion):
        face = on(255, symbol(emotion, side)).mean(axis=2)
        return np.clip(face / np.median(face), 0, 1) * 255

    drawn = {emotion: lines(emotion) for emotion in FERPLUS8}
    for one, other in itertools.combinations(FERPLUS8, 2):
        assert np.sqrt(np.mean((drawn[one] - drawn[other]) ** 2)) > least, (one, other)


@pytest.mark.parametrize("emotion", FERPLUS8)
def test_a_symbol_has_its_expressions_colour_and_dark_lines_that_stand_out(emotion):
    pixels = symbol(emotion, 96)[..., :3].reshape(-1, 3)
    ground = np.median(pixels, axis=0)
    own = np.array(rgb(colour_of(emotion)))
    assert np.abs(ground - own).max() < 60
    assert emotion == "neutral" or np.corrcoef(ground, own)[0, 1] > 0.99

    def light(colour):
        return ((np.array(colour) / 255) ** 2.2) @ (0.2126, 0.7152, 0.0722) + 0.05

    assert light(ground) / light((33, 26, 24)) > 4.5


def test_other_names_get_their_letter_and_sizes_are_bounded():
    assert (symbol("bored", 40) != symbol("calm", 40)).any()
    assert (symbol("", 40)[..., 3] == symbol("happy", 40)[..., 3]).all()
    assert symbol("\udcff", 40).shape == (40, 40, 4)
    assert symbol("fear", -3).shape == (8, 8, 4)
    assert symbol("fear", 99_999).shape == (1024, 1024, 4)


def test_a_symbol_is_drawn_once_and_nobody_spoils_it():
    drawn = symbol("angry", 48)
    assert symbol("angry", 48) is drawn
    with pytest.raises(ValueError, match="read-only"):
        drawn[0] = 0
