"""Work in progress: what is kept, what is dropped, what is refused."""

from __future__ import annotations

import dataclasses
import json

import pytest

from emovere.errors import ConfigError, OutputError
from emovere.report.kept import KeptWork
from emovere.types import Event, Problem, frame_to_dict

BROKEN = Problem("b.jpg", "UnreadableImage", "b.jpg: is empty")


def begin(tmp_path, header, resume=False) -> KeptWork:
    return KeptWork(tmp_path / "out.csv", header, resume=resume)


def test_what_is_kept_comes_back_as_it_was(tmp_path, header, seen):
    kept = begin(tmp_path, header)
    frames = [seen("a.mp4", n, index=n, time_s=n / 25, tracked=True, landmarks=True) for n in (0, 1, 5)]
    frames[1] = dataclasses.replace(frames[1], events=(Event("onset", "a.mp4", 0.04, 7, "happy", 0.6),))
    for frame in frames:
        kept.frame(frame)
    kept.problem(BROKEN)
    back = list(kept.replay())
    assert back[3] == BROKEN
    assert [frame_to_dict(one) for one in back[:3]] == [frame_to_dict(one) for one in frames]
    kept.remove()
    assert list(tmp_path.iterdir()) == []


def test_rows_behind_the_last_place_to_go_on_are_dropped(tmp_path, header, seen):
    kept = begin(tmp_path, header)
    kept.frame(seen("a.jpg", 1))
    kept.source_done("a.jpg")
    kept.frame(seen("b.mp4", 1, time_s=0.0))
    kept.checkpoint({"source": "b.mp4", "state": {"x": 1}, "probs": []})
    kept.frame(seen("b.mp4", 1, index=1, time_s=0.1))
    kept.close()
    again = begin(tmp_path, header, resume=True)
    assert again.resumed.done == {"a.jpg"}
    assert again.resumed.checkpoint["source"] == "b.mp4"
    assert [(frame.source, frame.index) for frame in again.replay()] == [("a.jpg", 0), ("b.mp4", 0)]
    again.frame(seen("b.mp4", 1, index=1, time_s=0.1))
    assert len(list(again.replay())) == 3
    again.close()


def test_a_line_that_is_torn_by_a_sudden_end_is_dropped(tmp_path, header, seen):
    kept = begin(tmp_path, header)
    kept.frame(seen("a.jpg", 1))
    kept.source_done("a.jpg")
    kept.close()
    with kept.path.open("ab") as file:
        file.write(b'{"frame": {"source": "b.jpg", "ind')
    again = begin(tmp_path, header, resume=True)
    assert [frame.source for frame in again.replay()] == ["a.jpg"]
    again.close()


def test_interrupted_work_is_not_overwritten_and_not_gone_on_with_by_other_options(tmp_path, header, seen):
    kept = begin(tmp_path, header)
    kept.frame(seen("a.jpg", 1))
    kept.close()
    before = kept.path.read_bytes()
    with pytest.raises(ConfigError, match="holds interrupted work; go on with --resume, or delete it"):
        begin(tmp_path, header)
    other = dataclasses.replace(header, config={"classify": {"labels": "ferplus8"}})
    with pytest.raises(ConfigError, match="begun with other options or models"):
        begin(tmp_path, other, resume=True)
    assert kept.path.read_bytes() == before


def test_nothing_to_resume_and_nonsense_are_one_clear_line(tmp_path, header):
    with pytest.raises(ConfigError, match="nothing to resume"):
        begin(tmp_path, header, resume=True)
    (tmp_path / "out.csv.partial").write_text("nonsense\n" + json.dumps({"frame": 1}))
    with pytest.raises(ConfigError, match="is no interrupted work"):
        begin(tmp_path, header, resume=True)
    with pytest.raises(ConfigError, match="or delete it"):
        begin(tmp_path, header)


def test_a_run_that_kept_nothing_leaves_nothing(tmp_path, header):
    begin(tmp_path, header).close()
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_one_clear_line(tmp_path, header):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be written"):
        KeptWork(tmp_path / "file" / "out.csv", header, resume=False)
