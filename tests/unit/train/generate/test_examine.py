"""A copy is found out, an own face is not, and the figures are what they say."""

from __future__ import annotations

import json

import cv2
import numpy as np
import pytest
from PIL import Image

from emovere.datasets.faceset import FaceSet
from emovere.labels import FER7
from emovere.train.generate import examine
from emovere.train.generate.examine import closeness, examine_generator, features_of, frechet, nearest, pixels, told_of


def smooth(rng, count: int) -> np.ndarray:
    coarse = rng.integers(0, 256, (count, 6, 6), dtype=np.uint8)
    return np.stack([cv2.resize(one, (48, 48), interpolation=cv2.INTER_CUBIC) for one in coarse])


def test_the_nearest_face_is_found_mirrored_or_not(rng):
    training, faces = smooth(rng, 40), smooth(rng, 9)
    faces[2] = training[7]
    faces[3] = training[11][:, ::-1]
    found = nearest(faces, pixels(training), pixels)
    assert found.rows[[2, 3]].tolist() == [7, 11]
    assert found.distances[[2, 3]].max() < 0.1
    assert found.ratios[[2, 3]].max() < 0.01
    for row in (0, 5, 8):
        each = [
            np.sqrt(((view.astype(float) - training) ** 2).mean(axis=(1, 2)))
            for view in (faces[row], faces[row][:, ::-1])
        ]
        both = np.sort(np.minimum(*each))
        assert found.distances[row] == pytest.approx(both[0], rel=1e-3)
        assert found.ratios[row] == pytest.approx(both[0] / both[1], rel=1e-3)


def test_copies_are_suspicious_and_faces_like_the_held_out_ones_are_not(rng):
    training = smooth(rng, 300)
    described = pixels(training)
    held_out = nearest(smooth(rng, 200), described, pixels)
    honest = closeness("pixels", "", nearest(smooth(rng, 200), described, pixels), held_out)
    noise = rng.integers(-4, 5, (100, 48, 48))
    copies = np.clip(training[:100].astype(int) + noise, 0, 255).astype(np.uint8)
    caught = closeness("pixels", "", nearest(copies, described, pixels), held_out)
    assert honest.suspicious < 0.06
    assert honest.suspicious_ratio < 0.06
    assert caught.suspicious == caught.suspicious_ratio == 1
    assert caught.made[3] < honest.made[0]


def test_features_tell_a_face_from_another(rng):
    describe = features_of("nano")
    training = smooth(rng, 12)
    described = describe(training)
    np.testing.assert_allclose((described**2).sum(axis=1), 1, rtol=1e-4)
    found = nearest(training[4:6], described, describe)
    assert found.rows.tolist() == [4, 5]
    assert found.distances.max() < 1e-2


def test_frechet_distance_is_that_of_normal_clouds(rng):
    means, spreads = (np.zeros(3), np.array([1.0, -2, 0.5])), (np.array([1.0, 2, 3]), np.array([2.0, 2, 1]))
    one, other = (rng.normal(m, s, (200_000, 3)) for m, s in zip(means, spreads, strict=True))
    expected = ((means[0] - means[1]) ** 2).sum() + ((spreads[0] - spreads[1]) ** 2).sum()
    assert frechet(one, other) == pytest.approx(1000 * expected, rel=0.02)
    assert frechet(one[:1000], one[:1000]) == pytest.approx(0, abs=1e-3)


class Copying:
    """Hands out training faces as if it had made them."""

    name, sha256, labels = "copying", "0" * 64, FER7

    def __init__(self, faces: FaceSet) -> None:
        self.faces = faces

    def make(self, label, count, random):
        of_class = self.faces.images[self.faces.labels == FER7.index(label)]
        return of_class[random.integers(0, len(of_class), count)]


def test_a_generator_that_copies_is_found_out(tmp_path, rng, monkeypatch):
    images = smooth(rng, 180)
    faces = FaceSet(
        images, np.arange(180) % 7, np.repeat(["Training", "PublicTest", "PrivateTest"], (120, 40, 20)), FER7
    )
    monkeypatch.setattr(examine, "FaceMaker", lambda path: Copying(faces.split("Training")))
    said: list[str] = []
    found = examine_generator(faces, tmp_path / "g.onnx", tmp_path, each=6, say=said.append)
    assert json.loads((tmp_path / "examined.json").read_text())["closeness"][0]["suspicious"] == 1
    assert all(one["suspicious"] == 1 for one in found["closeness"])
    assert found["frechet"]["made"] >= 0
    assert set(found["recognised"]["made"]) == set(FER7)
    assert len(said) == 2
    lines = told_of(found)
    assert any("suspicious" in line for line in lines)
    assert any("100.0%, by ratio 100.0%" in line for line in lines)
    for name, rows in (("sheet.jpg", 7), ("nearest.png", 7)):
        with Image.open(tmp_path / name) as picture:
            assert picture.mode == "L"
            assert picture.size[1] == rows * 50 + 2
