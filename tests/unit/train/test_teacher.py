"""A teacher is asked about just what the student sees, as seldom as possible, and is imitated."""

from __future__ import annotations

import json

import numpy as np
import onnx
import pytest
import torch

from emovere import weights
from emovere.classify.classifier import METADATA, load_model
from emovere.config import override
from emovere.errors import ConfigError, ModelError, OutputError, UnknownModel
from emovere.train.fit import fit
from emovere.train.teacher import TaughtFaces, Teacher, imitation


@pytest.fixture(scope="module")
def light() -> Teacher:
    return Teacher("light", threads=1)


def taught(tiny, *settings):
    return override(tiny, ["loss.teacher=light", "loss.views=2", *settings])


def test_answers_are_those_of_both_heads(light, faces):
    images = torch.from_numpy(faces.images[:5])[:, None]
    expected = [load_model("light", labels=head).predict(faces.images[:5]).probs for head in ("fer7", "ferplus8")]
    np.testing.assert_allclose(light.answers(images).numpy(), np.concatenate(expected, axis=1), atol=1e-5)


def test_the_teacher_sees_what_the_student_sees(light, faces, tiny):
    lessons = TaughtFaces(faces.split("PublicTest"), taught(tiny), light)
    originals = lessons.images
    lessons.begin(0)
    images, labels, _votes, answers = lessons.__getitems__([3, 1])
    assert (images != originals[[3, 1]]).any()
    torch.testing.assert_close(answers, light.answers(images), atol=1e-3, rtol=0)
    assert labels.tolist() == faces.split("PublicTest").labels[[3, 1]].tolist()


def test_variations_recur_and_the_teacher_is_asked_once(light, faces, tiny, monkeypatch):
    def begun(epoch: int) -> tuple[torch.Tensor, torch.Tensor]:
        lessons = TaughtFaces(faces.split("PublicTest"), taught(tiny), light)
        lessons.begin(epoch)
        return lessons.images, lessons.answers

    first, second = begun(0), begun(1)
    assert not torch.equal(first[0], second[0])
    monkeypatch.setattr(light, "answers", lambda _: pytest.fail("asked again"))
    again = begun(2)
    assert torch.equal(again[0], first[0])
    torch.testing.assert_close(again[1], first[1], atol=1e-3, rtol=0)


def test_without_recurrence_nothing_is_kept(light, faces, tiny, monkeypatch, tmp_path):
    monkeypatch.setenv("EMOVERE_HOME", str(tmp_path))
    lessons = TaughtFaces(faces.split("PublicTest"), taught(tiny, "loss.views=0"), light)
    lessons.begin(0)
    first = lessons.images
    lessons.begin(5)
    assert not torch.equal(lessons.images, first)
    assert not list(tmp_path.iterdir())


def test_damaged_answers_are_one_clear_line(light, faces, tiny, monkeypatch, tmp_path):
    monkeypatch.setenv("EMOVERE_HOME", str(tmp_path))
    TaughtFaces(faces.split("PublicTest"), taught(tiny), light).begin(0)
    (kept,) = tmp_path.rglob("*.npy")
    kept.write_bytes(kept.read_bytes()[:200])
    with pytest.raises(OutputError, match=r"0\.npy: is damaged; delete it"):
        TaughtFaces(faces.split("PublicTest"), taught(tiny), light).begin(0)


def test_other_faces_or_variations_have_other_answers(light, faces, tiny, monkeypatch, tmp_path):
    monkeypatch.setenv("EMOVERE_HOME", str(tmp_path))
    for split, setting in (("PublicTest", "seed=8"), ("PrivateTest", "seed=3"), ("PublicTest", "augment.degrees=3")):
        TaughtFaces(faces.split(split), taught(tiny, setting), light).begin(0)
    assert len(list(tmp_path.rglob("*.npy"))) == 3


@pytest.mark.parametrize("softness", [1.0, 3.0])
def test_imitation_is_the_divergence_of_softened_answers(softness):
    torch.manual_seed(1)
    logits, other = (torch.randn(4, 7), torch.randn(4, 8)), (torch.randn(4, 7), torch.randn(4, 8))
    answers = torch.cat([head.softmax(dim=1) for head in other], dim=1)
    expected = 0.0
    for student, teacher in zip(logits, other, strict=True):
        p, q = (teacher / softness).softmax(dim=1), (student / softness).softmax(dim=1)
        expected += float((p * (p / q).log()).sum() / 4) * softness**2
    assert float(imitation(logits, answers, softness)) == pytest.approx(expected, rel=1e-4)
    assert float(imitation(other, answers, softness)) == pytest.approx(0, abs=1e-5)


def test_an_answer_of_exactly_zero_is_no_infinity():
    certain = torch.zeros(1, 15)
    certain[0, [2, 9]] = 1
    assert torch.isfinite(imitation((torch.randn(1, 7), torch.randn(1, 8)), certain, 1.0))


def test_a_run_names_its_teacher_and_learns_from_it_alone(tmp_path, faces, tiny):
    only = taught(tiny, "loss.fer7=0", "loss.ferplus8=0", "schedule.epochs=2")
    run = fit(only, faces, tmp_path / "taught")
    assert run["teacher"] == {"name": "light", "sha256": weights.entry("light").sha256}
    assert fit(override(tiny, ["schedule.epochs=1"]), faces, tmp_path / "untaught")["teacher"] is None
    rows = (tmp_path / "taught" / "metrics.csv").read_text().splitlines()[1:]
    first, last = (float(row.split(",")[3]) for row in rows)
    assert last < first


@pytest.mark.parametrize(
    ("setting", "error", "message"),
    [
        ("loss.teacher=ligth", UnknownModel, "did you mean 'light'"),
        ("loss.softness=0", ConfigError, "expected more than 0; got 0"),
        ("loss.views=-1", ConfigError, "views: expected 0 or more; got -1"),
        ("loss.jitter=-2", ConfigError, "jitter: expected 0 or more; got -2"),
    ],
)
def test_a_teaching_that_means_nothing_is_refused(tmp_path, faces, tiny, setting, error, message):
    with pytest.raises(error, match=message):
        fit(taught(tiny, setting), faces, tmp_path / "run")


def test_a_network_without_both_heads_cannot_teach(tmp_path):
    model = onnx.load(weights.place("light"))
    (entry,) = (item for item in model.metadata_props if item.key == METADATA)
    description = json.loads(entry.value)
    del description["heads"]["ferplus8"]
    entry.value = json.dumps(description)
    onnx.save(model, tmp_path / "half.onnx")
    with pytest.raises(ModelError, match="cannot teach: expected a head ferplus8"):
        Teacher(str(tmp_path / "half.onnx"))


def test_what_only_the_pupil_sees_does_not_make_the_teacher_answer_anew(light, faces, tiny, monkeypatch):
    public = faces.split("PublicTest")
    TaughtFaces(public, taught(tiny), light).begin(0)
    monkeypatch.setattr(light, "answers", lambda _: pytest.fail("asked again"))
    TaughtFaces(public, taught(tiny, "augment.noise=20", "augment.blur=0.2"), light).begin(0)
