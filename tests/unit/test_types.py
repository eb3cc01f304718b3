"""Types are checked where they are made, and a report survives its JSON."""

from __future__ import annotations

import json

import numpy as np
import pytest

from emovere.errors import ConfigError, InputError, ShapeError
from emovere.labels import FER7, FERPLUS8
from emovere.types import Crops, Expressions, Faces, Frame, FrameResult, ModelInfo, Problem, Report


def expressions(count: int, *, sets: bool = True) -> Expressions:
    probs = np.random.default_rng(count).dirichlet(np.ones(7), count).astype(np.float32).reshape(count, 7)
    return Expressions(FER7, probs, probs > 0.2 if sets else None)


def result(count: int) -> FrameResult:
    boxes = np.array([[i, 2 * i, i + 10, 2 * i + 20] for i in range(count)], np.float32).reshape(count, 4)
    scores = np.linspace(0.5, 1, count, dtype=np.float32)
    landmarks = np.arange(count * 10, dtype=np.float32).reshape(count, 5, 2)
    return FrameResult("a.jpg", 0, None, (48, 64), Faces(boxes, scores, landmarks), expressions(count))


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Frame(np.zeros((4, 4), np.uint8)), r"image: expected \(N, N, 3\) uint8; got \(4, 4\)"),
        (lambda: Frame(np.zeros((4, 4, 3), np.float32)), "uint8; got .* float32"),
        (lambda: Faces(np.zeros((2, 4), np.float32), np.zeros(3, np.float32)), r"scores: expected \(2\)"),
        (lambda: Faces(np.zeros((2, 4)), np.zeros(2, np.float32)), "boxes: .* float32; got .* float64"),
        (lambda: Crops(np.zeros((2, 8, 9), np.uint8), np.zeros((2, 2, 3), np.float32)), "images"),
        (lambda: Expressions(FER7, np.zeros((1, 7), np.float32)), "sum to 1"),
        (lambda: Faces([[0, 0, 1, 1]], np.zeros(1, np.float32)), "expected a numpy array; got list"),
    ],
)
def test_a_wrong_array_is_refused_where_it_is_made(make, says):
    with pytest.raises(ShapeError, match=says):
        make()


def test_as_many_expressions_as_faces():
    with pytest.raises(ShapeError, match="0 faces, but expressions for 2"):
        FrameResult("a", 0, None, (1, 1), Faces.empty(), expressions(2))


@pytest.mark.parametrize("count", [0, 1, 5])
def test_report_survives_its_json(count):
    report = Report(
        frames=(result(count),),
        errors=(Problem("b.jpg", "UnreadableImage", "b.jpg: damaged"),),
        models={"classifier": ModelInfo("light", "1", "ab", "onnxruntime", FER7), "detector": ModelInfo("haar")},
        config={"detect": {"size": 640}},
        emovere="0.1.0",
    )
    data = json.loads(json.dumps(report.to_dict()))
    assert Report.from_dict(data).to_dict() == data
    assert len(data["frames"][0]["faces"]) == count


def test_another_schema_is_refused():
    with pytest.raises(InputError, match="expected schema 1; got 9"):
        Report.from_dict({"schema": 9})


def test_faces_for_people():
    faces = list(result(5))
    assert [face.emotion for face in faces] == list(expressions(5).emotions)
    assert faces[2].box == (2.0, 4.0, 12.0, 24.0)
    assert faces[0].top(2)[0][0] == faces[0].emotion
    assert sum(faces[0].probs.values()) == pytest.approx(1, abs=1e-5)


def test_selecting_labels_renormalises():
    whole = expressions(5)
    part = whole.select(("sad", "happy"))
    assert part.labels == ("sad", "happy")
    np.testing.assert_allclose(part.probs.sum(axis=1), 1, atol=1e-6)
    np.testing.assert_allclose(part.probs[:, 0] / part.probs[:, 1], whole.probs[:, 4] / whole.probs[:, 3], rtol=1e-4)
    assert part.sets is not None
    assert part.sets[np.arange(5), part.probs.argmax(axis=1)].all()
    with pytest.raises(ConfigError, match="contempt"):
        whole.select(FERPLUS8)


def test_uncertain_means_more_than_one_label_remains():
    probs = np.array([[0.9, 0.1, 0, 0, 0, 0, 0], [0.5, 0.5, 0, 0, 0, 0, 0]], np.float32)
    assert Expressions(FER7, probs, probs > 0.2).uncertain.tolist() == [False, True]
    assert Expressions(FER7, probs).uncertain.tolist() == [False, False]
