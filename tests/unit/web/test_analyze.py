"""``POST /v1/analyze``: the same as the command says, in every format."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Iterator

import numpy as np
import pytest
from PIL import Image
from tests.serving import Running, form, jpeg, serving

from emovere import Analyzer, Options, Report
from emovere.config import DetectOptions, EngineOptions
from emovere.errors import UnreadableImage
from emovere.report.base import write_report
from emovere.web.analyze import decode
from emovere.web.problems import ApiProblem

pytestmark = pytest.mark.timeout(60)

OPTIONS = Options(detect=DetectOptions(name="yunet"), engine=EngineOptions(threads=1))


@pytest.fixture
def server(tmp_path, yunet_weights) -> Iterator[Running]:
    with serving(tmp_path, options=OPTIONS) as running:
        yield running


def test_a_photo_says_what_the_command_says(server, shared, tmp_path):
    path = shared("photos/two_waving.jpg")
    expected = Analyzer(OPTIONS).analyze(str(path))
    body, kind = form(("photo", "my secret name.jpg", path.read_bytes()))
    answers = [
        server.ask("POST", "/v1/analyze", data=path.read_bytes()),
        server.ask("POST", "/v1/analyze", data=body, headers={"Content-Type": kind}),
        server.ask("POST", "/v1/analyze?labels=fer7", data=path.read_bytes(), headers={"Content-Type": "image/jpeg"}),
    ]
    assert {one.status_code for one in answers} == {200}
    assert {one.headers["content-type"] for one in answers} == {"application/json"}
    assert {one.headers["cache-control"] for one in answers} == {"no-store"}
    assert answers[0].json() == answers[1].json() == answers[2].json()
    data = answers[0].json()
    assert set(data) == {"schema", "emovere", "models", "frames", "errors"}
    assert data["frames"][0]["source"] == "photo"
    assert "secret" not in answers[1].text
    report = Report.from_dict(data)
    assert len(report.frames[0]) == len(expected.frames[0]) >= 2
    assert np.allclose(report.frames[0].faces.boxes, expected.frames[0].faces.boxes, atol=0.02)
    assert np.allclose(report.frames[0].expressions.probs, expected.frames[0].expressions.probs, atol=1e-5)
    assert report.models["classifier"].sha256 == expected.models["classifier"].sha256


def test_csv_is_the_commands(server, shared, tmp_path):
    path = shared("photos/two_waving.jpg")
    csv = server.ask("POST", "/v1/analyze?format=csv", data=path.read_bytes())
    assert csv.headers["content-type"] == "text/csv; charset=utf-8"
    write_report(Analyzer(OPTIONS).analyze(str(path)), "csv", tmp_path / "expected.csv")
    lines = (tmp_path / "expected.csv").read_text("utf-8").splitlines()
    got = csv.text.splitlines()
    assert got[0] == lines[0]
    assert [line.split(",")[1:9] for line in got] == [line.split(",")[1:9] for line in lines]
    assert {line.split(",")[0] for line in got[1:]} == {"photo"}


def test_crops_are_what_the_network_saw(server, shared):
    path = shared("photos/one_smiling.jpg")
    plain = server.ask("POST", "/v1/analyze", data=path.read_bytes()).json()
    (face,) = server.ask("POST", "/v1/analyze?crops=true", data=path.read_bytes()).json()["frames"][0]["faces"]
    head, _, data = face["crop"].partition(",")
    assert head == "data:image/png;base64"
    crop = np.asarray(Image.open(io.BytesIO(base64.b64decode(data))))
    assert crop.shape == (48, 48)
    assert crop.dtype == np.uint8
    expressions = Analyzer(OPTIONS).classifier.predict(crop[None])
    assert expressions.emotions[0] == face["emotion"] == "happy"
    assert expressions.probs[0].max() == pytest.approx(face["probs"]["happy"], abs=1e-5)
    assert "crop" not in plain["frames"][0]["faces"][0]


@pytest.mark.parametrize("format", ["jpeg", "png"])
def test_the_picture_comes_back_drawn_on(server, shared, format):
    path = shared("photos/one_smiling.jpg")
    answer = server.ask("POST", f"/v1/analyze?format={format}", data=path.read_bytes())
    assert answer.headers["content-type"] == f"image/{format}"
    drawn = Image.open(io.BytesIO(answer.content))
    assert drawn.format == format.upper()
    before = Image.open(path).convert("RGB")
    assert drawn.size == before.size
    changed = np.abs(np.asarray(drawn.convert("RGB"), np.int16) - np.asarray(before, np.int16)).max(axis=2) > 60
    assert 0.001 < changed.mean() < 0.3


@pytest.mark.parametrize(
    ("labels", "names"),
    [
        ("ferplus8", ["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral", "contempt"]),
        ("happy,sad", ["happy", "sad"]),
        ("sad,contempt,happy", ["sad", "contempt", "happy"]),
        ("auto", ["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"]),
    ],
)
def test_labels_are_those_that_were_asked_for(server, shared, labels, names):
    path = shared("photos/one_smiling.jpg")
    data = server.ask("POST", "/v1/analyze", params={"labels": labels}, data=path.read_bytes()).json()
    (face,) = data["frames"][0]["faces"]
    assert list(face["probs"]) == names == data["models"]["classifier"]["labels"]
    (expected,) = Analyzer(Options(detect=OPTIONS.detect, engine=OPTIONS.engine)).analyze(str(path)).frames[0]
    assert face["emotion"] == expected.emotion == "happy"
    csv = server.ask("POST", "/v1/analyze", params={"labels": labels, "format": "csv"}, data=path.read_bytes())
    assert csv.text.splitlines()[0].split(",")[11:] == names


def test_no_face_is_an_empty_result(server):
    answer = server.ask("POST", "/v1/analyze?crops=true", data=jpeg())
    assert answer.json()["frames"][0]["faces"] == []
    assert server.ask("POST", "/v1/analyze?format=csv", data=jpeg()).text.count("\n") == 1
    assert json.loads(answer.text)["errors"] == []


def test_decoding_tells_what_is_wrong():
    assert decode(jpeg(30, 20), 600).size == (20, 30)
    with pytest.raises(ApiProblem, match="at most 599 pixels; got 30 x 20"):
        decode(jpeg(30, 20), 599)
    with pytest.raises(ApiProblem, match="is text"):
        decode(b"hello", 600)
    with pytest.raises(UnreadableImage, match="camera: the file is truncated"):
        decode(jpeg(200, 200)[:-300], 40_000, "camera")
