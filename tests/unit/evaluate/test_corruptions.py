import cv2
import numpy as np
import pytest

from emovere.align.crop import LANDMARKS
from emovere.errors import ConfigError, ShapeError
from emovere.evaluate.corruptions import CORRUPTIONS, STRENGTHS, corrupt

every = pytest.mark.parametrize("name", CORRUPTIONS)


@pytest.fixture
def faces(rng):
    """24 drawn faces: a bright oval before a dark ground, with eyes and a mouth, some texture, none quite alike."""
    drawn = []
    for _ in range(24):
        image = np.full((48, 48), rng.integers(30, 70), np.uint8)
        cv2.ellipse(image, (23, 24), (17, 23), 0, 0, 360, int(rng.integers(140, 190)), -1)
        for x, y in LANDMARKS[:2]:
            cv2.circle(image, (round(float(x)), round(float(y))), 3, 20, -1)
        cv2.line(image, (16, 36), (31, int(rng.integers(33, 39))), 60, 2)
        drawn.append(image + rng.integers(0, 30, image.shape, np.uint8))
    return np.stack(drawn)


def flat(grey, count=1):
    return np.full((count, 48, 48), grey, np.uint8)


def dot(x, y):
    """A bright spot that fades out smoothly, so that its place is known to parts of a pixel."""
    across, down = np.meshgrid(np.arange(48), np.arange(48))
    spot = 250 * np.exp(-((across - x) ** 2 + (down - y) ** 2) / 8)
    return spot.astype(np.uint8)[None]


def place(face):
    down, across = np.indices((48, 48))
    weight = face.astype(float)
    return np.array([(across * weight).sum(), (down * weight).sum()]) / weight.sum()


@every
def test_a_stronger_corruption_is_further_from_the_face(faces, name):
    distances = [np.abs(corrupt(faces, name, strength).astype(float) - faces).mean() for strength in STRENGTHS]
    assert distances[0] > 1
    assert (np.diff(distances) > 0).all()


@every
@pytest.mark.parametrize("strength", [1, 5])
def test_faces_remain_faces_and_are_not_written_into(faces, name, strength):
    before = faces.copy()
    spoilt = corrupt(faces, name, strength)
    assert (spoilt.shape, spoilt.dtype) == (faces.shape, np.uint8)
    assert np.array_equal(faces, before)
    # nothing wraps around from white to black or back: grey 0 and 255 stay at their end
    for grey in (0, 255):
        assert abs(np.median(corrupt(flat(grey), name, strength).astype(float)) - grey) < 160


@every
def test_no_face_and_one(faces, name):
    assert corrupt(faces[:0], name, 3).shape == (0, 48, 48)
    assert corrupt(faces[:1], name, 3).shape == (1, 48, 48)


@every
def test_the_same_seed_gives_the_same_faces(faces, name):
    assert np.array_equal(corrupt(faces, name, 3, seed=4), corrupt(faces, name, 3, seed=4))


@pytest.mark.parametrize("name", ["gaussian noise", "shot noise", "motion blur", "darkness", "rotation", "shift"])
def test_another_seed_gives_others_where_chance_has_a_part(faces, name):
    assert not np.array_equal(corrupt(faces, name, 3, seed=4), corrupt(faces, name, 3, seed=5))


def test_what_is_asked_for_wrongly(faces):
    with pytest.raises(ConfigError, match=r"unknown corruption 'gausian blur'; did you mean 'gaussian blur'\?"):
        corrupt(faces, "gausian blur", 1)
    for strength in (0, 6):
        with pytest.raises(ConfigError, match=f"strength: expected 1 to 5; got {strength}"):
            corrupt(faces, "JPEG", strength)
    for wrong in (faces[0], faces[:, :40], faces.astype(np.float32)):
        with pytest.raises(ShapeError, match=r"faces: expected \(N, 48, 48\) uint8"):
            corrupt(wrong, "JPEG", 1)


def test_noise_has_the_stated_deviation():
    grey = flat(128, 50)
    assert corrupt(grey, "gaussian noise", 2).std() == pytest.approx(0.08 * 255, rel=0.02)
    # so many photons of white give a Poisson number with that mean
    assert corrupt(grey, "shot noise", 3).std() == pytest.approx(255 * np.sqrt(128 / 255 / 80), rel=0.02)
    assert corrupt(flat(0, 3), "shot noise", 5).max() == 0


def test_light_and_contrast_change_as_stated(faces):
    assert (corrupt(flat(100), "brightness", 2) == 151).all()
    assert corrupt(flat(200, 20), "darkness", 3).mean() == pytest.approx(255 * (200 / 255) ** 3, abs=1)
    weak = corrupt(faces, "low contrast", 2).astype(float)
    assert weak.mean(axis=(1, 2)) == pytest.approx(faces.mean(axis=(1, 2)), abs=0.5)
    assert weak.std(axis=(1, 2)) == pytest.approx(0.4 * faces.std(axis=(1, 2)), rel=0.02)


@pytest.mark.parametrize("name", ["gaussian blur", "motion blur", "low resolution"])
def test_blur_keeps_the_light_and_takes_the_detail(faces, name):
    spoilt = corrupt(faces, name, 4)
    assert spoilt.mean() == pytest.approx(faces.mean(), abs=1)
    detail = [np.abs(np.diff(images.astype(float), axis=2)).mean() for images in (faces, spoilt)]
    assert detail[1] < 0.5 * detail[0]


@pytest.mark.parametrize("strength", STRENGTHS)
def test_a_streak_is_as_long_as_the_movement(strength):
    length = CORRUPTIONS["motion blur"].values[strength - 1]
    point = flat(0)
    point[0, 24, 24] = 255
    down, across = np.nonzero(corrupt(point, "motion blur", strength)[0])
    span = np.hypot(np.ptp(down), np.ptp(across)) + 1
    assert abs(span - length) <= 2


@pytest.mark.parametrize("strength", STRENGTHS)
def test_only_the_eyes_are_under_the_bar(faces, strength):
    spoilt = corrupt(faces, "eyes hidden", strength)
    for x, y in np.rint(LANDMARKS[:2]).astype(int):
        assert (spoilt[:, y, x] == 0).all()
    assert np.array_equal(spoilt[:, 28:], faces[:, 28:])
    assert np.array_equal(spoilt[:, :, :5], faces[:, :, :5])


@pytest.mark.parametrize("strength", STRENGTHS)
def test_the_mask_hides_the_mouth_and_not_the_eyes(faces, strength):
    spoilt = corrupt(faces, "mouth hidden", strength)
    assert (spoilt[:, 41, 23] == 220).all()
    assert np.array_equal(spoilt[:, :22], faces[:, :22])
    if strength >= 3:
        for x, y in np.rint(LANDMARKS[3:]).astype(int):
            assert (spoilt[:, y, x] == 220).all()


@pytest.mark.parametrize("strength", STRENGTHS)
def test_a_turned_face_is_turned_by_so_much_about_its_middle(strength):
    moved = place(corrupt(dot(33.5, 23.5), "rotation", strength)[0]) - 23.5
    assert np.hypot(*moved) == pytest.approx(10, abs=0.2)
    assert abs(np.degrees(np.arctan2(moved[1], moved[0]))) == pytest.approx(
        CORRUPTIONS["rotation"].values[strength - 1], abs=1
    )


@pytest.mark.parametrize("strength", STRENGTHS)
def test_a_shifted_face_is_shifted_by_so_much(strength):
    middle = dot(24, 24)
    moved = place(corrupt(middle, "shift", strength)[0]) - place(middle[0])
    assert np.hypot(*moved) == pytest.approx(CORRUPTIONS["shift"].values[strength - 1], abs=0.2)


def test_faces_are_turned_and_shifted_each_in_its_own_way():
    shifted = [tuple(np.rint(place(face))) for face in corrupt(np.repeat(dot(24, 24), 30, axis=0), "shift", 5)]
    assert len(set(shifted)) > 15
    turned = np.array([place(face) for face in corrupt(np.repeat(dot(33.5, 23.5), 30, axis=0), "rotation", 5)])
    assert 5 < (turned[:, 1] > 23.5).sum() < 25
