"""Parquet files with pictures in them."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from emovere.errors import InputError
from emovere.scale.order import Loaded
from emovere.scale.tables import is_table, pictures, slices
from emovere.types import Problem


def write(path: Path, columns: dict, group: int = 100) -> str:
    pq.write_table(pa.table(columns), path, row_group_size=group)
    return str(path)


@pytest.fixture
def like_fer2013(tmp_path) -> str:
    images = [{"bytes": b"picture %d" % k, "path": f"{k}.png"} for k in range(10)]
    images[4] = None
    images[7]["path"] = None
    return write(tmp_path / "faces.parquet", {"label": list(range(10)), "image": images}, 6)


def test_stretches_stay_within_row_groups(like_fer2013):
    assert list(slices(like_fer2013, 4)) == [(0, 4), (4, 6), (6, 10)]


def test_pictures_are_called_by_their_paths_or_rows(like_fer2013):
    found = [item for rows in slices(like_fer2013, 4) for item in pictures(like_fer2013, rows)]
    assert len(found) == 10
    assert found[3] == Loaded("3.png", b"picture 3")
    assert found[7] == Loaded(f"{like_fer2013}#7", b"picture 7")
    assert isinstance(found[4], Problem)
    assert "row 4" in found[4].message


def test_more_rows_than_are_read_at_once(tmp_path):
    table = write(
        tmp_path / "t.parquet",
        {"bytes": [b"%d" % k for k in range(300)], "file_name": [f"f{k}" for k in range(300)]},
        250,
    )
    got = [item for rows in slices(table, 90) for item in pictures(table, rows)]
    assert [(item.name, item.content) for item in got] == [(f"f{k}", b"%d" % k) for k in range(300)]


def test_what_is_no_table_of_pictures_is_said(tmp_path):
    with pytest.raises(InputError, match=r"expected a column of pictures .* got x, y"):
        list(slices(write(tmp_path / "t.parquet", {"x": [1], "y": ["a"]}), 5))
    (tmp_path / "bad.parquet").write_bytes(b"PAR1 no")
    with pytest.raises(InputError, match="no Parquet file, or is damaged"):
        list(slices(str(tmp_path / "bad.parquet"), 5))
    with pytest.raises(InputError, match=r"none\.parquet: cannot be read: No such file"):
        list(slices(str(tmp_path / "none.parquet"), 5))
    assert is_table("a.PARQUET")
    assert not is_table("a.jpg")
