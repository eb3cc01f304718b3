"""Rough pictures: grain and softness of each face's own, and none where none is asked for."""

from __future__ import annotations

import torch

from emovere.train.augment import roughened


def grey(count: int = 400) -> torch.Tensor:
    return torch.full((count, 1, 12, 12), 128.0)


def test_nothing_is_changed_where_nothing_is_asked_for():
    faces = torch.rand(5, 1, 12, 12) * 255
    assert torch.equal(roughened(faces, noise=0.0, blur=0.0), faces)


def test_grain_is_of_each_faces_own_strength_up_to_the_largest():
    torch.manual_seed(1)
    strengths = roughened(grey(), noise=30.0, blur=0.0).std(dim=(1, 2, 3))
    assert strengths.min() < 1
    assert 20 < strengths.max() < 36
    assert strengths.median() < 15, "small ones are drawn more often"


def test_pixels_stay_within_their_range():
    torch.manual_seed(2)
    rough = roughened(torch.tensor([0.0, 255.0]).repeat(200)[:, None, None, None].expand(-1, 1, 8, 8), 60.0, 0.5)
    assert rough.min() == 0
    assert rough.max() == 255


def test_softened_faces_are_softened_once_or_twice_and_keep_their_light():
    torch.manual_seed(3)
    faces = torch.rand(400, 1, 12, 12) * 255
    soft = roughened(faces, noise=0.0, blur=0.4)
    changed = (soft != faces).flatten(1).any(dim=1)
    assert 0.3 < changed.float().mean() < 0.5
    spread = soft.std(dim=(1, 2, 3)) / faces.std(dim=(1, 2, 3))
    assert (spread[changed] < 0.55).all()
    assert len(spread[changed][spread[changed] < 0.28]) > 20, "some twice"
    assert abs(float(soft.mean() - faces.mean())) < 1.5
