import base64
import io

import numpy as np
from PIL import Image

from emovere.datasets.stats.mosaic import GAP, GROUND, drawn, jpeg, mosaic


def test_faces_stand_in_rows(rng):
    images = rng.integers(0, 256, (5, 48, 48), np.uint8)
    picture = mosaic(images, 3)
    step = 48 + GAP
    assert picture.shape == (2 * step - GAP, 3 * step - GAP)
    assert np.array_equal(picture[step:, step : step + 48], images[4])
    assert (picture[step:, 2 * step :] == GROUND).all()
    assert mosaic(images[:1]).shape == (48, 48)


def test_the_same_seed_draws_the_same_faces_of_one_class(rows_of):
    faces = rows_of([0, 1] * 50, ["x"] * 100).faces
    first = drawn(faces, 1, 4, 10)
    assert set(first.labels.tolist()) == {1}
    assert len(first) == 10
    assert np.array_equal(first.images, drawn(faces, 1, 4, 10).images)
    assert not np.array_equal(first.images, drawn(faces, 1, 5, 10).images)
    assert len(drawn(faces, 0, 4, 99)) == 50


def test_a_data_uri_is_a_picture(rng):
    picture = np.kron(rng.integers(0, 256, (4, 4), np.uint8), np.ones((8, 8), np.uint8))
    head, _, data = jpeg(picture).partition(",")
    assert head == "data:image/jpeg;base64"
    with Image.open(io.BytesIO(base64.b64decode(data))) as opened:
        assert opened.size == (32, 32)
