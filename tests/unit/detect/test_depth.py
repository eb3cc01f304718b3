"""Heads pass, photographs of them do not, on depth pictures of sensors that err as real ones do."""

from __future__ import annotations

import dataclasses

import cv2
import numpy as np
import pytest

from emovere.config import DetectOptions
from emovere.detect import depth as module
from emovere.detect.depth import Depth, is_head, is_too_noisy
from emovere.detect.depth_shape import Shape, shape_of
from emovere.detect.haar import Haar
from emovere.detect.yunet import YuNet
from emovere.errors import ConfigError
from emovere.testing.depth_scenes import (
    FACE,
    KINECT_1,
    KINECT_2,
    STEREO,
    Camera,
    face_box,
    head,
    measured,
    placed,
    render,
    sheet,
)
from emovere.testing.detectors import CHECKS, check_faces, portrait
from emovere.types import Faces, Frame, ModelInfo

CAMERA = Camera()
WALL_M = 0.6


@pytest.fixture(autouse=True)
def says_it_anew():
    module._say.cache_clear()
    yield
    module._say.cache_clear()


@dataclasses.dataclass
class Told:
    """A detector that gives the same boxes for every frame, framed as YuNet's."""

    boxes: np.ndarray
    landmarks: np.ndarray | None = None
    info: ModelInfo = dataclasses.field(default_factory=lambda: ModelInfo("told", "1", "abc", "none"))
    box_in_crop: tuple[float, float, float, float] = YuNet.box_in_crop

    def detect(self, frames):
        boxes = np.asarray(self.boxes, np.float32).reshape(-1, 4)
        scores = np.linspace(0.9, 0.8, len(boxes), dtype=np.float32)
        return [Faces(boxes, scores, self.landmarks) for _ in frames]


def frame(depth_m):
    return Frame(np.zeros((*depth_m.shape, 3), np.uint8), depth_m=depth_m)


def scene(points, distance_m, sensor, rng, **turn):
    depth_m = render(placed(points, distance_m, **turn), CAMERA, distance_m + WALL_M)
    return depth_m if sensor is None else measured(depth_m, sensor, rng)


def shape(points, distance_m, sensor=None, rng=None, size=1.0, **turn):
    rng = rng or np.random.default_rng(0)
    box = face_box(distance_m, CAMERA, size)
    half = (box[2:] - box[:2]) / 2 * np.exp(rng.normal(0, 0.04))
    middle = (box[:2] + box[2:]) / 2 + rng.normal(0, 0.03, 2) * 2 * half
    box = np.concatenate([middle - half, middle + half]).astype(np.float32)
    focal_px = CAMERA.width / 2 / float(np.tan(np.radians(DetectOptions().field_of_view / 2)))
    return shape_of(scene(points, distance_m, sensor, rng, **turn), box, YuNet.box_in_crop, focal_px)


def kept(make, distance_m, sensor, count=12, most=30.0):
    """Share of scenes that pass."""
    rng = np.random.default_rng(7)
    found = []
    for _ in range(count):
        turn = {"yaw": rng.uniform(-most, most), "pitch": rng.uniform(-20, 20), "roll": rng.uniform(-20, 20)}
        found.append(is_head(shape(make(rng, CAMERA.spacing(distance_m - 0.1)), distance_m, sensor, rng, **turn)))
    return np.mean(found)


def unlike_the_average(rng, spacing):
    return head(rng, spacing=spacing)


def flat(rng, spacing):
    return sheet(spacing=spacing)


def slightly_bent(rng, spacing):
    return sheet(bend_m=0.01, axis_deg=rng.uniform(0, 180), spacing=spacing)


def bent_to_a_tube(rng, spacing):
    return sheet(bend_m=0.03, axis_deg=90, spacing=spacing)


NEAR = [(KINECT_1, 0.6), (KINECT_1, 1.5), (KINECT_2, 0.6), (KINECT_2, 2.5), (STEREO, 0.5), (STEREO, 1.0)]
FAR = [(KINECT_1, 2.5), (KINECT_1, 4.0), (KINECT_2, 4.0), (STEREO, 2.0)]


def called(value):
    return getattr(value, "name", f"{value} m")


@pytest.mark.parametrize(("sensor", "distance_m"), NEAR, ids=called)
def test_heads_unlike_the_average_pass(sensor, distance_m):
    assert kept(unlike_the_average, distance_m, sensor) >= 0.8


def test_most_heads_pass_a_kinect_at_two_and_a_half_metres():
    assert kept(unlike_the_average, 2.5, KINECT_1, count=20) >= 0.7


@pytest.mark.parametrize(("sensor", "distance_m"), NEAR, ids=called)
def test_a_photograph_is_refused_flat_tilted_or_bent_even_to_a_tube(sensor, distance_m):
    assert kept(flat, distance_m, sensor, most=45) == 0
    assert kept(slightly_bent, distance_m, sensor) == 0
    assert kept(bent_to_a_tube, distance_m, sensor) <= 0.2


@pytest.mark.parametrize(("sensor", "distance_m"), FAR, ids=called)
def test_where_noise_is_as_large_as_a_nose_most_photographs_are_still_refused(sensor, distance_m):
    assert kept(flat, distance_m, sensor, most=45) <= 0.2
    assert kept(slightly_bent, distance_m, sensor) <= 0.4


def test_a_photograph_on_the_wall_is_refused():
    wall = np.full((CAMERA.height, CAMERA.width), 1.5, np.float32)
    (found,) = Depth(DetectOptions(), Told(face_box(1.5, CAMERA))).detect(
        [frame(measured(wall, KINECT_1, np.random.default_rng(0)))]
    )
    assert len(found) == 0


def test_a_childs_head_passes_and_a_dolls_and_a_giants_do_not():
    assert is_head(shape(head(size=0.75), 1.0, size=0.75))
    doll, giant = shape(head(size=0.4, spacing=0.0004), 0.6, size=0.4), shape(head(size=2.0), 1.5, size=2.0)
    assert doll.eyes_m < 0.035
    assert giant.eyes_m > 0.095
    assert not is_head(doll)
    assert not is_head(giant)


def test_without_noise_relief_and_size_are_those_that_were_drawn():
    real, paper = shape(head(), 1.0), shape(sheet(), 1.0, yaw=40.0, pitch=20.0)
    assert real.distance_m == pytest.approx(1.0, abs=0.03)
    assert real.eyes_m == pytest.approx(0.063, rel=0.12)
    assert real.relief == pytest.approx(1.0, abs=0.15)
    assert paper.relief == pytest.approx(0.0, abs=0.02)
    hollow = head()
    hollow[:, 2] *= -1
    assert shape(hollow, 1.0).relief < 0.2


def test_where_nothing_is_known_or_too_little_no_face_is_kept():
    rng = np.random.default_rng(0)
    depth_m = scene(head(), 1.0, KINECT_1, rng)
    box = face_box(1.0, CAMERA)
    depth = Depth(DetectOptions(), Told(box))
    assert len(depth.detect([frame(depth_m)])[0]) == 1
    assert len(depth.detect([frame(np.zeros_like(depth_m))])[0]) == 0
    for share, expected in ((0.3, 1), (0.7, 0)):
        holes = depth_m.copy()
        holes[rng.random(holes.shape) < share] = 0
        assert len(depth.detect([frame(holes)])[0]) == expected, share


def test_values_that_are_no_numbers_are_unknown():
    depth_m = scene(head(), 1.0, None, None)
    depth_m[::7, ::5] = np.nan
    depth_m[::11] = np.inf
    (found,) = Depth(DetectOptions(), Told(face_box(1.0, CAMERA))).detect([frame(depth_m)])
    assert len(found) == 1


def test_depth_that_was_enlarged_counts_no_more_than_it_knows():
    small = Camera(160, 120, CAMERA.focal_px / 4)
    rng = np.random.default_rng(3)
    answers = []
    for _ in range(8):
        depth_m = measured(render(placed(sheet(), 1.2, yaw=rng.uniform(-40, 40)), small, 1.8), KINECT_1, rng)
        large = cv2.resize(depth_m, (CAMERA.width, CAMERA.height), interpolation=cv2.INTER_NEAREST_EXACT)
        answers.append(len(Depth(DetectOptions(), Told(face_box(1.2, CAMERA))).detect([frame(large)])[0]))
    assert sum(answers) <= 1


def test_a_hand_before_the_chin_and_the_wall_behind_do_not_matter():
    depth_m = scene(head(), 1.0, KINECT_1, np.random.default_rng(0))
    x1, _, x2, y2 = face_box(1.0, CAMERA).astype(int)
    depth_m[y2 - 18 : y2, x1:x2] = 0.8
    (found,) = Depth(DetectOptions(), Told(face_box(1.0, CAMERA))).detect([frame(depth_m)])
    assert len(found) == 1


def test_of_several_candidates_the_heads_stay_with_all_that_belongs_to_them(capfd):
    people, aside = placed(head(), 1.0, aside=(-0.25, 0.0)), (0.25, 0.0)
    depth_m = np.minimum(render(people, CAMERA, 2.0), render(placed(sheet(), 1.0, aside=aside), CAMERA, 2.0))
    boxes = np.stack([face_box(1.0, CAMERA, aside=aside), face_box(1.0, CAMERA, aside=(-0.25, 0.0))])
    landmarks = np.arange(20, dtype=np.float32).reshape(2, 5, 2)
    (found,) = Depth(DetectOptions(), Told(boxes, landmarks)).detect([frame(depth_m)])
    np.testing.assert_array_equal(found.boxes, boxes[1:])
    np.testing.assert_array_equal(found.landmarks, landmarks[1:])
    np.testing.assert_allclose(found.scores, [0.8])
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    "box", [(-60, -60, 0, 0), (0, 0, 1, 1), (600, 440, 640, 480), (0, 0, 640, 480), (300, 200, 300.01, 200.01)]
)
def test_odd_boxes_are_no_error(box):
    depth_m = scene(head(), 1.0, KINECT_1, np.random.default_rng(0))
    found = shape_of(depth_m, np.array(box, np.float32), YuNet.box_in_crop, 500.0)
    assert not is_head(found)
    assert 0 <= found.known <= 1


def test_a_frame_without_depth_passes_as_it_is_and_that_is_said_once(capfd):
    depth = Depth(DetectOptions(), Haar(DetectOptions()))
    plain = Frame(portrait())
    for _ in range(2):
        (found,) = depth.detect([plain])
        np.testing.assert_array_equal(found.boxes, Haar(DetectOptions()).detect([plain])[0].boxes)
    out, err = capfd.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert "no depth" in err


def test_a_face_too_far_to_tell_is_left_out_and_that_is_said_once(capfd):
    rng = np.random.default_rng(0)
    depth = Depth(DetectOptions(), Told(face_box(4.0, CAMERA)))
    frames = [frame(scene(head(), 4.0, STEREO, rng)) for _ in range(6)]
    counts = [len(found) for found in depth.detect(frames)]
    assert sum(counts) < 6
    err = capfd.readouterr().err
    assert err.count("\n") == 1
    assert "too far away or too noisy" in err


def test_a_clear_photograph_is_refused_without_a_word(capfd):
    depth = Depth(DetectOptions(), Told(face_box(1.0, CAMERA)))
    assert len(depth.detect([frame(scene(sheet(), 1.0, KINECT_2, np.random.default_rng(0)))])[0]) == 0
    assert capfd.readouterr() == ("", "")


def test_too_noisy_is_said_only_of_what_has_a_heads_size():
    noisy = Shape(1.0, 2.0, 0.06, 0.8, 0.5, 2.0)
    assert is_too_noisy(noisy)
    assert not is_too_noisy(dataclasses.replace(noisy, eyes_m=0.2))
    assert not is_too_noisy(dataclasses.replace(noisy, known=0.2))
    assert not is_too_noisy(dataclasses.replace(noisy, error=0.05))


def test_it_frames_and_names_itself_as_the_detector_within():
    depth = Depth(DetectOptions(), Told(np.zeros((0, 4))))
    assert depth.box_in_crop == YuNet.box_in_crop
    assert depth.info == ModelInfo("depth", "told 1", "abc", "none")
    assert Depth(DetectOptions()).info.version.startswith("own ")  # the choice of auto, offline


def test_auto_is_wrapped(yunet_weights):
    assert Depth(DetectOptions()).info.version.startswith("yunet")


def test_the_field_of_view_decides_the_size():
    depth_m = scene(head(), 1.0, None, None)
    boxes = np.asarray(face_box(1.0, CAMERA))[None]
    narrow, wide = (
        Depth(DetectOptions(field_of_view=field_of_view), Told(boxes)).shapes(frame(depth_m), boxes)[0].eyes_m
        for field_of_view in (CAMERA.field_of_view, 120.0)
    )
    assert narrow == pytest.approx(0.063, rel=0.03)
    assert wide > 2 * narrow
    with pytest.raises(ConfigError, match=r"detect\.field_of_view: expected 10 to 170 degrees; got 0"):
        Depth(DetectOptions(field_of_view=0.0), Told(boxes))


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_the_contract_holds_with_haar_within(check):
    check(Depth(DetectOptions(), Haar(DetectOptions())))


@pytest.mark.parametrize("name", ["yunet", "haar"])
def test_a_real_face_is_found_on_a_head_and_not_on_paper(name, request):
    if name == "yunet":
        request.getfixturevalue("yunet_weights")
    inner = YuNet(DetectOptions()) if name == "yunet" else Haar(DetectOptions())
    distance_m = 0.9
    (seen,) = (
        YuNet(DetectOptions()).detect([Frame(portrait())]) if name == "yunet" else inner.detect([Frame(portrait())])
    )
    x1, y1, x2, y2 = seen.boxes[0]
    target = np.array(inner.box_in_crop)
    # the portrait is enlarged and moved so that the face in it lies on the head
    unit = np.sqrt((x2 - x1) * (y2 - y1) / np.prod(target[2:] - target[:2]))
    scale = FACE[0] / (YuNet.box_in_crop[2] - YuNet.box_in_crop[0]) * CAMERA.focal_px / distance_m / unit
    middle = np.array([(x1 + x2) / 2, (y1 + y2) / 2]) + (np.array([23.5, 24.0]) - (target[:2] + target[2:]) / 2) * unit
    shift = np.array([CAMERA.width, CAMERA.height]) / 2 - scale * middle
    matrix = np.array([[scale, 0, shift[0]], [0, scale, shift[1]]])
    image = cv2.warpAffine(portrait(), matrix, (CAMERA.width, CAMERA.height), borderValue=(128, 128, 128))
    rng = np.random.default_rng(0)
    real, paper = (scene(points, distance_m, KINECT_1, rng) for points in (head(rng), sheet(0.5, 0.6)))
    found = Depth(DetectOptions(), inner).detect([Frame(image, depth_m=real), Frame(image, depth_m=paper)])
    assert [len(faces) for faces in found] == [1, 0]
    check_faces(found[0], Frame(image))
