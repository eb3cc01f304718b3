from __future__ import annotations

from collections import Counter

import cv2
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from emovere.errors import DatasetError, OutputError
from emovere.train.faces.scenes import part_of, photographs, read_scenes, taught


def test_a_tenth_is_reported_on_a_tenth_chooses_and_the_rest_is_learned_from():
    parts = Counter(part_of(f"streets/{k}.jpg") for k in range(5000))
    assert set(parts) == {"training", "choosing", "reported"}
    assert 400 < parts["reported"] < 600
    assert 400 < parts["choosing"] < 600


def test_photographs_of_one_person_stay_together():
    for person in range(60):
        assert len({part_of(f"lfw/Ann_{person}_{k:04d}.jpg") for k in range(1, 9)}) == 1
    assert len({part_of(f"masks/mask_{k:04d}.png") for k in range(60)}) == 3


def test_photographs_are_decoded_once_and_kept(parquet, monkeypatch):
    pictures = dict(photographs(parquet))
    scenes = read_scenes(parquet)
    assert scenes.names == tuple(pictures)
    monkeypatch.setattr("emovere.train.faces.scenes.photographs", None)
    for kept in (scenes, read_scenes(parquet)):
        for row, picture in enumerate(pictures.values()):
            np.testing.assert_array_equal(kept[row][:, :, 0], cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY))


def test_colours_are_kept_where_they_are_asked_for(parquet):
    scenes = read_scenes(parquet, 3)
    for row, (_, picture) in enumerate(photographs(parquet)):
        np.testing.assert_array_equal(scenes[row], picture)


def test_what_was_kept_and_is_damaged_is_told(parquet):
    read_scenes(parquet)
    raw = taught(parquet, "scenes1").with_suffix(".raw")
    raw.write_bytes(raw.read_bytes()[:-5])
    with pytest.raises(OutputError, match="is damaged; delete it"):
        read_scenes(parquet)


def test_files_that_hold_no_photographs_are_refused(tmp_path):
    with pytest.raises(DatasetError, match="no such file"):
        read_scenes(tmp_path / "none.parquet")
    (tmp_path / "text.parquet").write_text("nothing")
    with pytest.raises(DatasetError, match="expected a parquet file of photographs"):
        read_scenes(tmp_path / "text.parquet")
    pq.write_table(pa.table({"source": ["a"]}), tmp_path / "short.parquet")
    with pytest.raises(DatasetError, match="image is missing"):
        read_scenes(tmp_path / "short.parquet")
    rows = [{"image": {"bytes": b"no picture", "path": "a/b.jpg"}, "source": "a"}]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "bad.parquet")
    with pytest.raises(DatasetError, match=r"row 1: expected a picture; a/b\.jpg cannot be decoded"):
        read_scenes(tmp_path / "bad.parquet")
