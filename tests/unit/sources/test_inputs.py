from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emovere.sources.folders import natural
from emovere.sources.inputs import expand
from emovere.types import Problem


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """A folder of photos, and the working directory in it."""
    for name in (
        *("10.jpg", "2.jpg", "B.png", "a.JPEG", "notes.txt", ".hidden.jpg", "phone.heic"),
        *("sub/1.webp", "sub/deep/z.gif", ".secret/x.jpg", "empty/readme.md", "[2019]/may.jpg", "odd[1].jpg"),
    ):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True, parents=True)
        path.touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def names(*inputs):
    """What came out, in order, with slashes; a problem as its message."""
    return [item.message if isinstance(item, Problem) else Path(item).as_posix() for item in expand(inputs)]


def the_problem(*inputs):
    (item,) = expand(inputs)
    assert isinstance(item, Problem)
    assert item.error == "InputError"
    assert item.message.isprintable()
    return item


EVERYTHING = ["2.jpg", "10.jpg", "a.JPEG", "B.png", "odd[1].jpg", "phone.heic", "[2019]/may.jpg", "sub/1.webp"]
EVERYTHING.append("sub/deep/z.gif")


def test_nothing_gives_nothing():
    assert list(expand([])) == []


def test_files_stand_for_themselves_whatever_their_ending_and_as_often_as_named(tree):
    assert names("notes.txt", "2.jpg", Path("10.jpg"), "2.jpg") == ["notes.txt", "2.jpg", "10.jpg", "2.jpg"]


def test_a_folder_in_natural_order_without_what_is_hidden_or_no_picture(tree):
    assert names(".") == EVERYTHING
    assert names(tree) == [(tree / name).as_posix() for name in EVERYTHING]


def test_a_hidden_folder_can_be_named(tree):
    assert names(".secret") == [".secret/x.jpg"]


def test_a_folder_without_photos_is_a_problem_and_the_rest_is_done(tree):
    first, second, third = expand(["2.jpg", "empty", "10.jpg"])
    assert (first, third) == ("2.jpg", "10.jpg")
    assert second.source == "empty"
    assert "no photo or video in this folder" in second.message


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("*.jpg", ["2.jpg", "10.jpg", "odd[1].jpg"]),
        ("*.txt", ["notes.txt"]),
        ("?.jpg", ["2.jpg"]),
        ("[0-9]*.jpg", ["2.jpg", "10.jpg"]),
        ("s*", ["sub/1.webp", "sub/deep/z.gif"]),
        ("n*", ["n*: no photo or video matches; expected names such as a.jpg, a.png or a.mp4"]),
        ("sub/*", ["sub/1.webp", "sub/deep/z.gif"]),
        ("s*/*.webp", ["sub/1.webp"]),
        ("**/*.gif", ["sub/deep/z.gif"]),
        ("**/*.jpg", ["2.jpg", "10.jpg", "odd[1].jpg", "[2019]/may.jpg"]),
        ("sub/**", ["sub/1.webp", "sub/deep/z.gif"]),
        ("**/deep/*", ["sub/deep/z.gif"]),
        ("**/**/*.gif", ["sub/deep/z.gif"]),
        (".h*", [".hidden.jpg"]),
        ("[2019]/*.jpg", ["[2019]/may.jpg"]),
        ("odd[1].jpg", ["odd[1].jpg"]),
        ("./sub/../*.png", ["sub/../B.png"]),
    ],
)
def test_globs_that_the_shell_left_alone(tree, pattern, expected):
    assert names(pattern) == expected


def test_an_absolute_glob(tree):
    assert names(f"{tree.as_posix()}/**/*.webp") == [(tree / "sub/1.webp").as_posix()]


def test_a_glob_that_matches_nothing_is_a_problem(tree):
    assert "no photo or video matches" in the_problem("*.tiff").message


def test_loops_of_links_end(tree):
    (tree / "sub" / "up").symlink_to(tree, target_is_directory=True)
    (tree / "sub" / "self.jpg").symlink_to(tree / "sub" / "self.jpg")
    found = names("sub")
    assert found[:2] == ["sub/1.webp", "sub/self.jpg"]
    assert len([name for name in found if name.endswith("1.webp")]) == 1
    assert len([name for name in found if name.endswith("/2.jpg")]) == 1
    assert len([name for name in names("**/*.webp") if name.endswith("1.webp")]) == 1


def test_many_links_between_folders_do_not_multiply(tmp_path):
    for level in range(30):
        (tmp_path / f"d{level}").mkdir()
    for level in range(29):
        for side in "ab":
            (tmp_path / f"d{level}" / side).symlink_to(tmp_path / f"d{level + 1}", target_is_directory=True)
    (tmp_path / "d29" / "end.jpg").touch()
    assert len(names(tmp_path / "d0")) == 1


def test_a_broken_link_is_left_to_the_reader(tree):
    (tree / "empty" / "lost.jpg").symlink_to(tree / "nowhere.jpg")
    assert names("empty", "empty/lost.jpg") == ["empty/lost.jpg", "empty/lost.jpg"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_in_a_folder_is_passed_by(tree):
    os.mkfifo(tree / "sub" / "pipe.jpg")
    assert "sub/pipe.jpg" not in names("sub")


@pytest.mark.parametrize(
    ("name", "meant"),
    [("20.jpg", "2.jpg"), ("b.PNG", "B.png"), ("sub/1.web", "sub/1.webp"), ("sup/1.webp", "sub")],
)
def test_a_missing_path_suggests_the_near_one(tree, name, meant):
    problem = the_problem(name)
    assert problem.source == name
    assert f"{name}: no such file or folder; did you mean " in problem.message
    assert Path(meant) == Path(problem.message.rpartition("did you mean ")[2].removesuffix("?"))


def test_a_missing_path_without_a_near_one(tree):
    assert the_problem("quite-different.jpg").message == "quite-different.jpg: no such file or folder"
    assert "there is no folder elsewhere" in the_problem("elsewhere/x.jpg").message


@pytest.mark.parametrize("name", ["", "a\0b", "x" * 10_000, "line\nbreak.jpg", "\udcff\udcfe", "a\0b*", "*\n"])
def test_impossible_names_are_problems_of_one_line(tree, name):
    assert the_problem(name).source == name


def test_no_permission_to_list_a_folder_and_the_rest_goes_on(tree, monkeypatch):
    # A superuser would be let in whatever the folder's mode.
    scandir = os.scandir

    def refuse(folder):
        if Path(folder).name == "sub":
            raise PermissionError(13, "Permission denied", folder)
        return scandir(folder)

    monkeypatch.setattr(os, "scandir", refuse)
    found = list(expand(["sub", "2.jpg"]))
    assert [isinstance(item, Problem) for item in found] == [True, False]
    assert "cannot be listed: Permission denied" in found[0].message
    whole = list(expand(["."]))
    assert [item for item in whole if isinstance(item, Problem)][0].source == os.path.join(".", "sub")  # noqa: PTH118, RUF015
    assert len(whole) == len(EVERYTHING) - 2 + 1
    assert any(isinstance(item, Problem) for item in expand(["**/*.jpg"]))


def test_no_permission_to_look_at_a_path(tree, monkeypatch):
    def refuse(self, **_):
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "stat", refuse)
    assert "no permission" in the_problem("locked/a.jpg").message


def test_standard_input_once(tree):
    first, second, third, fourth = expand(["-", "2.jpg", "-", "10.jpg"])
    assert (first, second, fourth) == ("-", "2.jpg", "10.jpg")
    assert isinstance(third, Problem)
    assert "only once" in third.message


def test_a_file_called_minus(tree):
    (tree / "-").touch()
    assert names(Path("-"), "./-", "-") == ["-", "-", "-"]
    assert list(expand([Path("-")])) == [f".{os.sep}-"]


@pytest.mark.parametrize("name", ["größe.jpg", "写真.png", "-rf.jpg", "a b'c\".jpg", "line\nbreak.jpg", "\u202f.gif"])
def test_odd_names_come_out_as_they_went_in(tmp_path, name):
    (tmp_path / name).touch()
    assert list(expand([str(tmp_path / name), tmp_path])) == [str(tmp_path / name)] * 2


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="names are text there, not bytes")
def test_names_that_are_no_text(tmp_path):
    raw = os.fsencode(tmp_path) + b"/\xff\xfe.jpg"
    with open(raw, "w"):  # noqa: PTH123 - a Path takes no bytes
        pass
    (found,) = expand([tmp_path])
    assert os.fsencode(found) == raw


def test_sources_are_found_as_they_are_asked_for(tree, monkeypatch):
    found = expand(["2.jpg", "sub"])
    assert next(found) == "2.jpg"
    (tree / "sub" / "0.jpg").touch()
    assert Path(next(found)).as_posix() == "sub/0.jpg"


@given(st.lists(st.text("0123456789aB²٣ ", max_size=8), max_size=6))
def test_any_names_can_be_sorted_and_numbers_count(found):
    found = sorted(found, key=natural)
    numbers = [int(name) for name in found if name.isascii() and name.isdigit()]
    assert numbers == sorted(numbers)


def test_natural_order():
    assert sorted(["img10", "Img2", "img1", "img", "10", "9"], key=natural) == [
        *("9", "10", "img", "img1", "Img2", "img10"),
    ]


@given(st.text(max_size=30))
def test_any_text_is_at_worst_a_problem_of_one_line(name):
    for missing in (f"nowhere/{name}", f"nowhere/{name}*"):
        (item,) = expand([missing])
        assert isinstance(item, Problem)
        assert item.source == missing
        assert len(item.message.splitlines()) == 1
        item.message.encode("utf-8")
