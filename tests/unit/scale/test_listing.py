"""Names in an archive, as they are found."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator

import pytest

from emovere.scale import listing
from emovere.scale.listing import found_in, parts_of
from emovere.scale.place import open_place
from emovere.scale.plan import Part, read_part, write_plan
from emovere.types import Problem


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("in/a.jpg", "in/deep/er/b.PNG", "in/.hidden/c.jpg", "in/notes.txt", "in/v.mp4", "in/deep/d.webp"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "in" / "deep" / "round").symlink_to(tmp_path / "in")
    return tmp_path


def test_a_folder_gives_what_is_in_it_and_below_once(folder):
    assert sorted(found_in(["in"])) == ["in/a.jpg", "in/deep/d.webp", "in/deep/er/b.PNG", "in/v.mp4"]


def test_other_inputs_are_what_they_always_were(folder):
    (folder / "empty").mkdir()
    got = list(found_in(["in/*.jpg", "in/none.jpg", "-", "empty"]))
    assert got[0] == "in/a.jpg"
    assert [type(item) for item in got[1:]] == [Problem] * 3
    assert "no photo, video or table" in got[3].message


def test_parts_hold_photos_together_and_recordings_alone(folder):
    parts = list(parts_of(["in", "in/none.jpg"], 2))
    assert [part.number for part in parts] == list(range(len(parts)))
    assert sum(len(part) for part in parts) == 5
    assert ("in/v.mp4",) in [part.sources for part in parts]
    assert all(len(part) <= 2 for part in parts)
    assert [problem.source for part in parts for problem in part.problems] == ["in/none.jpg"]


def test_a_plan_gives_back_its_parts(tmp_path):
    place = open_place(str(tmp_path / "out"))
    parts = [Part(k, (f"{k}.jpg", "ü\udce9.png")) for k in range(130)]
    parts.append(Part(130, ("t.parquet",), (Problem("x", "InputError", "x: no"),), (5, 9)))
    assert write_plan(place, iter(parts)) == (131, 265)
    assert [read_part(place, number) for number in (0, 63, 64, 130)] == [parts[k] for k in (0, 63, 64, 130)]
    with pytest.raises(Exception, match="part 500: is not in the plan"):
        read_part(place, 500)


def test_more_names_need_no_more_memory(tmp_path, monkeypatch):
    """They come one at a time from the system, and go into the plan as they come."""

    class Entry:
        def __init__(self, number: int) -> None:
            self.name = f"photograph-{number:09d}.jpg"
            self.path = f"/archive/2019/holidays/{self.name}"

        def is_dir(self) -> bool:
            return False

    class Entries:
        def __init__(self, count: int) -> None:
            self._count = count

        def __enter__(self) -> Iterator[Entry]:
            return (Entry(number) for number in range(self._count))

        def __exit__(self, *_: object) -> None:
            """Nothing to close."""

    peaks = []
    for count in (18_000, 54_000):
        monkeypatch.setattr(listing.os, "scandir", lambda folder, count=count: Entries(count))
        place = open_place(str(tmp_path / f"out{count}"))
        tracemalloc.start()
        assert write_plan(place, parts_of([str(tmp_path)], 256)) == (-(-count // 256), count)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert len(list((tmp_path / f"out{count}" / "plan").iterdir())) == -(-count // (256 * 64))
    assert peaks[1] < 1.1 * peaks[0] < 12_000_000
