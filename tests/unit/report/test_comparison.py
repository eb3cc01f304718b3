"""Before and after, side by side."""

import dataclasses
import json

import numpy as np
import pytest
from PIL import Image

from emovere.errors import ConfigError, InputError, OutputError
from emovere.labels import FER7
from emovere.report.comparison import CAUTION, Comparison
from emovere.types import Expressions, Faces, FrameResult

HAPPY, NEUTRAL = FER7.index("happy"), FER7.index("neutral")


def frames(source, seconds, happy, *, rate=10, faces=1, rng=None, labels=FER7):
    """A clip in which the share of happy swings around a level, and neutral has the rest."""
    rng = rng or np.random.default_rng(5)
    swing = 0.0
    for index in range(round(seconds * rate)):
        swing = 0.95 * swing + 0.02 * rng.standard_normal()
        probs = np.full((faces, len(labels)), 0.01, np.float32)
        level = float(np.clip(happy + swing, 0.02, 0.93))
        probs[:, labels.index("happy")] = level
        probs[:, labels.index("neutral")] = 1 - 0.01 * (len(labels) - 2) - level
        found = Faces(np.zeros((faces, 4), np.float32), np.ones(faces, np.float32))
        yield FrameResult(source, index, index / rate, (9, 9), found, Expressions(labels, probs))


def compared(*clips):
    comparison = Comparison(FER7)
    for clip in clips:
        for result in clip:
            comparison.frame(result)
    return comparison


def test_a_difference_is_found_and_told():
    comparison = compared(frames("before.mp4", 60, 0.7), frames("after.mp4", 45, 0.2, rng=np.random.default_rng(6)))
    (found,) = comparison.differences()
    assert (found.first.name, found.second.name) == ("before.mp4", "after.mp4")
    assert found.mean.value[HAPPY] == pytest.approx(-0.5, abs=0.06)
    assert found.mean.low[HAPPY] < -0.5 < found.mean.high[HAPPY] < 0
    assert found.first.mean.sum() == pytest.approx(1, abs=1e-3)
    assert found.first.likeliest[HAPPY] > 0.9
    assert found.second.likeliest[NEUTRAL] > 0.9
    lines = comparison.table().splitlines()
    assert lines[0] == "A  before.mp4  60.0 s with a face"
    assert lines[1] == "B  after.mp4  45.0 s with a face"
    happy = next(line for line in lines if line.startswith("happy"))
    assert " less " in happy
    assert next(line for line in lines if line.startswith("neutral")).count(" more ") == 1
    assert " less " not in next(line for line in lines if line.startswith("angry"))
    assert CAUTION in comparison.table().replace("\n", " ")
    assert "All faces of a source count together" in comparison.table()


def test_the_same_clip_twice_differs_in_nothing():
    table = compared(frames("a.mp4", 60, 0.5), frames("b.mp4", 60, 0.5)).table()
    rows = [line for line in table.splitlines() if line.startswith(FER7)]
    assert len(rows) == 7
    assert not any(" more" in row or " less" in row for row in rows)
    assert all("+0.0" in row for row in rows)


def test_the_frame_rate_changes_nothing_that_is_told():
    def found(rate):
        comparison = Comparison(("happy", "neutral"))
        for source, level, phase in (("a", 0.7, 0.0), ("b", 0.45, 2.0)):
            for index in range(50 * rate):
                p = level + 0.2 * np.sin(index / rate + phase)
                probs = np.array([[p, 1 - p]], np.float32)
                faces = Faces(np.zeros((1, 4), np.float32), np.ones(1, np.float32))
                mix = Expressions(("happy", "neutral"), probs)
                comparison.frame(FrameResult(source, index, index / rate, (9, 9), faces, mix))
        return comparison.differences()[0]

    dense, sparse = found(30), found(10)
    assert dense.blocks_s == sparse.blocks_s
    for part in ("mean", "likeliest"):
        for number in ("value", "low", "high"):
            a, b = (getattr(getattr(each, part), number) for each in (dense, sparse))
            np.testing.assert_allclose(a, b, atol=0.03 if part == "likeliest" else 0.01)


def test_the_same_clips_always_give_the_same_answer():
    clips = [list(frames("a", 30, 0.6)), list(frames("b", 30, 0.4))]
    assert compared(*clips).to_dict() == compared(*clips).to_dict()


@pytest.mark.parametrize(("first", "second", "where"), [(60, 5, "B"), (5, 60, "A"), (19, 12, "A and B")])
def test_few_seconds_claim_nothing(first, second, where, tmp_path):
    comparison = compared(frames("a", first, 0.9), frames("b", second, 0.1))
    table = comparison.table()
    assert f"Fewer than 20 s with a face in {where}: no difference is claimed." in table
    happy = next(line for line in table.splitlines() if line.startswith("happy"))
    assert "[" not in table
    assert not happy.endswith(("more", "less"))
    assert happy.count("%") == 4
    data = comparison.to_dict()["differences"][0]
    assert data["blocks_s"] is None
    assert data["expressions"]["happy"]["mean"]["low"] is None
    assert data["expressions"]["happy"]["mean"]["clear"] is False
    assert data["expressions"]["happy"]["mean"]["difference"] < -0.7
    comparison.draw(tmp_path / "few.png")


def test_a_source_without_a_face_is_told(tmp_path):
    comparison = compared(frames("a", 30, 0.5), frames("empty.mp4", 30, 0.5, faces=0))
    assert "B  empty.mp4  no face found" in comparison.table()
    assert "nan" not in comparison.table()
    data = comparison.to_dict()
    assert data["groups"][1]["expressions"]["happy"] == {"mean": None, "likeliest": None}
    assert "NaN" not in json.dumps(data)
    comparison.draw(tmp_path / "none.png")
    empty = compared(frames("a", 3, 0.5, faces=0), frames("b", 3, 0.5, faces=0))
    assert empty.table().count("no face found") == 2
    empty.draw(tmp_path / "empty.png")


def test_more_than_two_are_each_set_against_the_first():
    comparison = compared(frames("a", 30, 0.5), frames("b", 30, 0.6), frames("c", 30, 0.7))
    assert [(each.first.name, each.second.name) for each in comparison.differences()] == [("a", "b"), ("a", "c")]
    assert comparison.table().count("A  a  ") == 2
    assert [group["name"] for group in comparison.to_dict()["groups"]] == ["a", "b", "c"]


def test_several_sources_may_make_one_group():
    comparison = Comparison(FER7)
    # in turns, as from two cameras
    for one, other in zip(frames("a.mp4", 15, 0.5), frames("b.mp4", 15, 0.7), strict=True):
        comparison.frame(one, "before")
        comparison.frame(other, "before")
    for result in frames("c.mp4", 30, 0.6):
        comparison.frame(result, "after")
    (found,) = comparison.differences()
    assert found.first.seconds == pytest.approx(30)
    assert found.first.mean[HAPPY] == pytest.approx(0.6, abs=0.05)
    assert comparison.to_dict()["groups"][0]["sources"] == ["a.mp4", "b.mp4"]


def test_several_faces_count_together():
    comparison = compared(frames("a", 30, 0.5, faces=3), frames("b", 30, 0.5))
    found = comparison.differences()[0].first
    assert found.seconds == pytest.approx(30)
    assert found.face_seconds == pytest.approx(90)


def test_asking_does_not_end_the_comparison():
    comparison = compared(frames("a", 30, 0.5), frames("b", 10, 0.5))
    before = comparison.table()
    for result in frames("b", 40, 0.5):
        comparison.frame(result)
    assert "no difference is claimed" in before
    assert "no difference is claimed" not in comparison.table()


def test_one_source_is_too_few():
    for comparison, got in ((Comparison(FER7), "none"), (compared(frames("a.mp4", 3, 0.5)), r"a\.mp4")):
        for ask in (comparison.table, comparison.to_dict, lambda made=comparison: made.draw(None)):
            with pytest.raises(InputError, match=f"at least two sources with frames; got {got}$"):
                ask()


@pytest.mark.parametrize("time_s", [None, float("nan"), float("inf")])
def test_what_has_no_times_is_refused(time_s):
    (photo,) = frames("party.jpg", 0.1, 0.5)
    with pytest.raises(InputError, match=r"party\.jpg: has no times"):
        Comparison(FER7).frame(dataclasses.replace(photo, time_s=time_s))


def test_labels_are_those_that_were_asked_for():
    comparison = Comparison(("neutral", "happy"))
    for result in [*frames("a", 30, 0.5), *frames("b", 30, 0.5)]:
        comparison.frame(result)
    assert comparison.differences()[0].first.mean.sum() == pytest.approx(1, abs=1e-3)
    (other,) = frames("a", 0.1, 0.5, labels=("happy", "neutral"))
    with pytest.raises(ConfigError, match="angry"):
        Comparison(FER7).frame(other)


def test_json_is_plain_and_in_bounds():
    data = json.loads(json.dumps(compared(frames("a", 30, 0.93), frames("b", 30, 0.02)).to_dict()))
    assert data["schema"] == 1
    assert data["method"]["least_seconds"] == 20
    happy = data["differences"][0]["expressions"]["happy"]["mean"]
    assert -1 <= happy["low"] < happy["difference"] < happy["high"] < 0
    assert happy["clear"] is True
    assert set(data["groups"][0]["expressions"]) == set(FER7)


def test_names_fit_and_cannot_steer_the_terminal(tmp_path):
    names = ("x" * 300 + "\x1b[31mlast.mp4", "写真$x^{$_家族.mp4")
    comparison = compared(*(frames(name, 30, 0.5) for name in names))
    lines = comparison.table().splitlines()
    assert all(len(line) <= 80 for line in lines)
    assert "\\x1b[31mlast.mp4" in lines[0]
    assert "\x1b" not in comparison.table()
    comparison.draw(tmp_path / "names.png")


def test_the_chart_shows_each_difference_on_its_side(tmp_path):
    comparison = compared(frames("before.mp4", 60, 0.7), frames("after.mp4", 60, 0.2))
    comparison.draw(tmp_path / "out" / "chart.png")
    with Image.open(tmp_path / "out" / "chart.png") as picture:
        image = np.asarray(picture.convert("RGB")).astype(int)
    height, width = image.shape[:2]
    assert 1000 < width < 1400
    assert 400 < height < 700
    yellow = (np.abs(image - [0xF0, 0xE4, 0x42]) < 40).all(axis=2)
    grey = (np.abs(image - 0xBB) < 6).all(axis=2)
    _, happy_at = np.nonzero(yellow)
    _, neutral_at = np.nonzero(grey)
    assert len(happy_at) > 50
    assert happy_at.mean() < width * 0.35
    assert np.median(neutral_at) > width * 0.6


def test_a_chart_that_cannot_be_written_is_told(tmp_path):
    comparison = compared(frames("a", 30, 0.7), frames("b", 30, 0.2))
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be written"):
        comparison.draw(tmp_path / "file" / "chart.png")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_collecting_does_not_import_what_only_drawing_needs():
    import subprocess
    import sys

    script = "import sys, emovere.report.comparison; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False, timeout=60).returncode == 0
