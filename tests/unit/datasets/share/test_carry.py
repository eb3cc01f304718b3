import numpy as np
import pytest

from emovere.datasets.faceset import FaceSet
from emovere.datasets.rows import FaceRows
from emovere.datasets.share.carry import carry_files
from emovere.errors import DatasetError


def rows_of(**columns):
    return FaceRows(
        FaceSet(np.zeros((2, 48, 48), np.uint8), np.zeros(2, np.int64), np.full(2, ""), ("a",))
    ).with_columns(**columns)


def test_pictures_come_along_and_missing_ones_do_not(tmp_path):
    (tmp_path / "old" / "pictures" / "ab").mkdir(parents=True)
    (tmp_path / "old" / "pictures" / "ab" / "abc.jpg").write_bytes(b"picture")
    rows = rows_of(picture=["pictures/ab/abc.jpg", "pictures/gone.jpg"], colour=["", "/etc/hostname"])
    assert carry_files(rows, tmp_path / "old", tmp_path / "new") == 1
    assert (tmp_path / "new" / "pictures" / "ab" / "abc.jpg").read_bytes() == b"picture"
    assert carry_files(rows, tmp_path / "old", tmp_path / "new") == 1
    assert [path.name for path in (tmp_path / "new").rglob("*") if path.is_file()] == ["abc.jpg"]


def test_a_path_that_leads_out_of_the_set_is_refused(tmp_path):
    (tmp_path / "old").mkdir()
    (tmp_path / "secret").write_bytes(b"secret")
    with pytest.raises(DatasetError, match=r"'\.\./secret' leads out of the set"):
        carry_files(rows_of(picture=["../secret", ""]), tmp_path / "old", tmp_path / "new" / "deep")
    assert not (tmp_path / "new").exists()
