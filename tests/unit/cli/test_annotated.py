"""Every annotated picture gets a name of its own inside the folder."""

from __future__ import annotations

import numpy as np
import pytest

from emovere.cli.annotated import AnnotatedFolder
from emovere.labels import FER7
from emovere.types import Expressions, Faces, Frame, FrameResult


def save(folder: AnnotatedFolder, source: str, index: int = 0) -> str:
    frame = Frame(np.zeros((40, 50, 3), np.uint8), index, None, source)
    nothing = Expressions(FER7, np.zeros((0, 7), np.float32))
    return folder.save(frame, FrameResult(source, index, None, (40, 50), Faces.empty(), nothing)).name


def test_names_do_not_collide(tmp_path):
    folder = AnnotatedFolder(tmp_path, 3)
    names = [save(folder, "a/x.jpg"), save(folder, "b/x.jpg"), save(folder, "x.jpg"), save(folder, "x.jpg", 12)]
    assert names == ["x.jpg", "x-2.jpg", "x-3.jpg", "x.0012.jpg"]
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(names)


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("-", "stdin.png"),
        ("scan.tiff", "scan.png"),
        ("../../x.PNG", "x.png"),
        ("a\nb.jpg", "a_b.jpg"),
        ("ä.webp", "ä.webp"),
    ],
)
def test_names_stay_inside_the_folder(tmp_path, source, name):
    assert save(AnnotatedFolder(tmp_path, 3), source) == name
    assert (tmp_path / name).is_file()
