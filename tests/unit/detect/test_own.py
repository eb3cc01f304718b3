"""What stands around the network: sizes, borders, batches, colours, thresholds, bad files."""

from __future__ import annotations

import numpy as np
import pytest

from emovere import weights
from emovere.config import DetectOptions
from emovere.detect.own import AT_ONCE, Own
from emovere.errors import ConfigError, EngineError, HashMismatch, ModelError, WeightsError
from emovere.testing.detectors import check_faces
from emovere.types import Frame


def dark(height, width):
    return np.full((height, width, 3), 20, np.uint8)


def lit(height, width, *squares, level=255):
    """A dark picture with bright squares (left, top, side)."""
    image = dark(height, width)
    for left, top, side in squares:
        image[top : top + side, left : left + side] = level
    return image


def found_in(own, image):
    frame = Frame(image)
    (found,) = own.detect([frame])
    check_faces(found, frame)
    return found


def test_boxes_and_landmarks_are_in_the_pictures_own_pixels(lamps):
    found = found_in(Own(DetectOptions(), lamps()), lit(96, 128, (64, 32, 32)))
    np.testing.assert_allclose(found.boxes, [[64, 32, 96, 64]])
    np.testing.assert_allclose(found.landmarks, [[[66, 34], [94, 34], [80, 48], [66, 62], [94, 62]]])
    assert found.scores[0] > 0.99


def test_a_large_picture_is_shrunk_and_the_answer_enlarged(lamps):
    found = found_in(Own(DetectOptions(size=160), lamps()), lit(240, 320, (128, 64, 64)))
    np.testing.assert_allclose(found.boxes, [[128, 64, 192, 128]])
    np.testing.assert_allclose(found.landmarks[0, 2], [160, 96])


@pytest.mark.parametrize(("height", "width"), [(33, 97), (1, 1), (20, 640), (640, 5), (31, 33)])
def test_sides_that_are_no_multiples_of_32_are_padded_with_grey(lamps, height, width):
    own = Own(DetectOptions(score=0.0), lamps())
    image = np.full((height, width, 3), 128, np.uint8)  # every square, also those half in the border, says 0.5
    (found,) = own.detect([Frame(image)])
    assert len(found) == -(-height // 32) * -(-width // 32)
    np.testing.assert_allclose(found.scores, 0.5, atol=1e-6)


def test_what_lies_in_the_border_is_none(lamps):
    own = Own(DetectOptions(score=0.4), lamps())
    assert len(found_in(own, dark(32, 40))) == 0
    (box,) = found_in(own, np.full((32, 32, 3), 250, np.uint8)).boxes
    np.testing.assert_allclose(box, [0, 0, 32, 32])


def test_pictures_of_many_sizes_come_back_in_their_order(lamps):
    own = Own(DetectOptions(), lamps())
    images = [lit(64, 96, (32 * (k % 3), 0, 32)) if k % 4 else lit(40, 200, (96, 0, 32)) for k in range(24)]
    images[5] = np.zeros((0, 0, 3), np.uint8)
    frames = [Frame(image) for image in images]
    together = own.detect(frames)
    assert len(together) == len(frames)
    assert [len(found) for found in together] == [0 if k == 5 else 1 for k in range(len(frames))]
    for frame, found in zip(frames, together, strict=True):
        (alone,) = own.detect([frame])
        np.testing.assert_array_equal(found.boxes, alone.boxes)
        np.testing.assert_array_equal(found.scores, alone.scores)


def test_a_batch_is_one_call_of_the_network(lamps, monkeypatch):
    own = Own(DetectOptions(), lamps())
    calls = []
    run = own._engine.run
    monkeypatch.setattr(
        own._engine, "run", lambda names, feeds: calls.append(feeds["image"].shape) or run(names, feeds)
    )
    own.detect([Frame(dark(60, 90)), Frame(dark(20, 20)), Frame(dark(64, 70))])
    assert calls == [(2, 1, 64, 96), (1, 1, 32, 32)]
    assert own.detect([]) == []


def test_a_batch_is_bounded_in_pixels(lamps, monkeypatch):
    own = Own(DetectOptions(), lamps())
    calls = []
    run = own._engine.run
    monkeypatch.setattr(
        own._engine, "run", lambda names, feeds: calls.append(feeds["image"].shape) or run(names, feeds)
    )
    own.detect([Frame(dark(640, 640)) for _ in range(2)] + [Frame(dark(320, 320)) for _ in range(5)])
    assert calls == [(1, 1, 640, 640), (1, 1, 640, 640), (4, 1, 320, 320), (1, 1, 320, 320)]
    assert all(np.prod(shape) <= AT_ONCE for shape in calls)


def test_the_least_score_is_applied(lamps):
    path = lamps()
    image = lit(64, 64, (0, 0, 32), level=144)  # a sigmoid of 1: 0.731
    assert len(found_in(Own(DetectOptions(score=0.73), path), image)) == 1
    assert len(found_in(Own(DetectOptions(score=0.74), path), image)) == 0


def test_at_its_default_the_score_is_the_one_that_the_file_names(lamps):
    image = lit(64, 64, (0, 0, 32), level=144)  # 0.731
    said = {"name": "own", "box_in_crop": "0,0,48,48"}
    assert len(found_in(Own(DetectOptions(), lamps(said={**said, "score": "0.9"})), image)) == 0
    assert len(found_in(Own(DetectOptions(score=0.6), lamps(said={**said, "score": "0.9"})), image)) == 1
    assert len(found_in(Own(DetectOptions(), lamps(said=said)), image)) == 1
    with pytest.raises(ModelError, match="score: expected a number"):
        Own(DetectOptions(), lamps(said={**said, "score": "high"}))


def test_of_boxes_that_overlap_the_surest_stays(lamps):
    image = lit(64, 128, (0, 0, 32), (96, 32, 32))
    image[:32, 32:64] = 200
    found = found_in(Own(DetectOptions(), lamps(wider=16)), image)
    assert len(found) == 2
    assert sorted(found.boxes[:, 0].tolist()) == [0, 80]


def test_a_face_at_the_edge_ends_with_the_picture(lamps):
    found = found_in(Own(DetectOptions(), lamps(wider=8)), lit(64, 64, (32, 32, 32)))
    np.testing.assert_allclose(found.boxes, [[24, 24, 64, 64]])


def test_a_network_for_colours_gets_red_first(lamps, monkeypatch):
    own = Own(DetectOptions(), lamps(channels=3))
    fed = []
    run = own._engine.run
    monkeypatch.setattr(own._engine, "run", lambda names, feeds: fed.append(feeds["image"]) or run(names, feeds))
    image = dark(32, 32)
    image[..., 0], image[..., 2] = 200, 7
    own.detect([Frame(image)])
    assert fed[0].shape == (1, 3, 32, 32)
    assert fed[0][0, :, 5, 5].tolist() == [200, 20, 7]


def test_a_network_for_grey_gets_grey(lamps, monkeypatch):
    own = Own(DetectOptions(), lamps())
    fed = []
    run = own._engine.run
    monkeypatch.setattr(own._engine, "run", lambda names, feeds: fed.append(feeds["image"]) or run(names, feeds))
    image = dark(32, 32)
    image[...] = (200, 100, 50)
    own.detect([Frame(image)])
    assert np.unique(fed[0]).tolist() == [round(0.299 * 200 + 0.587 * 100 + 0.114 * 50)]


def test_it_says_who_it_is_and_where_its_boxes_lie(lamps):
    path = lamps()
    own = Own(DetectOptions(), path)
    assert own.box_in_crop == (4.1, -0.8, 43.4, 48.8)
    assert (own.info.name, own.info.version, own.info.engine) == ("own", "1", "onnxruntime")
    assert own.info.sha256 == weights.sha256_of(path)


@pytest.mark.parametrize("text", ["", "1,2,3", "a,b,c,d"])
def test_a_file_that_does_not_say_where_its_boxes_lie_is_refused(lamps, text):
    with pytest.raises(ModelError, match="expected box_in_crop") as raised:
        Own(DetectOptions(), lamps(said={"name": "own", "box_in_crop": text}))
    assert "\n" not in str(raised.value)


def test_another_network_is_refused_in_one_line():
    with pytest.raises(ModelError, match="no detector of emovere's: expected an input 'image'") as raised:
        Own(DetectOptions(), weights.place("nano"))
    assert "\n" not in str(raised.value)


def test_a_file_that_is_no_network_is_refused_in_one_line(tmp_path):
    path = tmp_path / "own.onnx"
    path.write_bytes(b"not a network")
    with pytest.raises(EngineError, match="ONNX Runtime cannot load it"):
        Own(DetectOptions(), path)


@pytest.mark.parametrize("options", [DetectOptions(size=8), DetectOptions(score=1.5)])
def test_options_are_checked(lamps, options):
    with pytest.raises(ConfigError, match=r"detect\."):
        Own(options, lamps())


def test_a_package_without_its_file_says_reinstall(monkeypatch, tmp_path):
    (tmp_path / "models").mkdir()
    (tmp_path / "manifest.toml").write_bytes((weights.assets() / "manifest.toml").read_bytes())
    monkeypatch.setattr(weights, "assets", lambda: tmp_path)
    with pytest.raises(WeightsError, match=r"own\.onnx: is missing from the installed package; reinstall emovere"):
        Own(DetectOptions())
    (tmp_path / "models" / "own.onnx").write_bytes(b"another")
    with pytest.raises(HashMismatch, match="reinstall emovere"):
        Own(DetectOptions())
