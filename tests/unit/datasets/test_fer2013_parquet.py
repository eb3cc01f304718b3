import contextlib
import json

import cv2
import numpy as np
import pytest

from emovere.datasets.fer2013 import load_fer2013
from emovere.datasets.fer2013_parquet import read_parquet
from emovere.errors import DatasetError
from emovere.labels import FERPLUS_COLUMNS

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")


def pictures(images, names=None):
    encoded = [cv2.imencode(".png", image)[1].tobytes() for image in images]
    return [{"bytes": data, "path": names[i] if names else None} for i, data in enumerate(encoded)]


def write(path, metadata=None, **columns):
    table = pa.table(columns)
    pq.write_table(table.replace_schema_metadata(metadata), path)
    return path


def test_reads_pictures_labels_splits_and_votes(tmp_path, faces):
    votes = {f"votes_{name}": [i] * 12 for i, name in enumerate(FERPLUS_COLUMNS)}
    names = [f"{i}.png" for i in range(12)]
    path = write(
        tmp_path / "a.parquet",
        image=pictures(faces.images, names),
        label=faces.labels,
        usage=faces.splits.tolist(),
        **votes,
    )
    read = read_parquet(path)
    np.testing.assert_array_equal(read.images, faces.images)
    np.testing.assert_array_equal(read.labels, faces.labels)
    assert read.splits.tolist() == faces.splits.tolist()
    assert read.names == tuple(names)
    assert read.votes is not None
    assert read.votes[5].tolist() == list(range(10))


def test_several_files_whose_names_tell_the_split(tmp_path, faces):
    for name, rows in (("train-00000-of-00001", slice(0, 8)), ("test-00000-of-00001", slice(8, 12))):
        write(tmp_path / f"{name}.parquet", image=pictures(faces.images[rows]), label=faces.labels[rows])
    read = load_fer2013(tmp_path)
    assert sorted(read.splits.tolist()) == ["Training"] * 8 + ["test"] * 4
    training = read.split("Training")
    np.testing.assert_array_equal(training.images, faces.images[:8])


def test_another_order_of_labels_is_followed(tmp_path, faces):
    order = ["sad", "disgust", "angry", "neutral", "fear", "surprise", "happy"]
    info = {"info": {"features": {"label": {"names": order, "_type": "ClassLabel"}}}}
    path = write(
        tmp_path / "train.parquet",
        {"huggingface": json.dumps(info)},
        image=pictures(faces.images[:2]),
        label=[0, 3],
    )
    assert read_parquet(path).labels.tolist() == [4, 6]


def test_labels_may_be_words(tmp_path, faces):
    path = write(tmp_path / "train.parquet", image=pictures(faces.images[:2]), label=["Anger", "happiness"])
    assert read_parquet(path).labels.tolist() == [0, 3]


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"label": [0, 9]}, "row 2: expected a label of 0 to 6; got 9"),
        ({"label": [None, 1]}, "row 1: expected a label of 0 to 6; got None"),
        ({"usage": ["Training", None]}, "row 2: expected the name of a split; got None"),
        ({"image": [b"", b"x"]}, "row 1: the picture is damaged"),
        ({"image": [None, b"x"]}, "row 1: expected the bytes of a picture; got NoneType"),
    ],
)
def test_a_wrong_row_is_named(tmp_path, faces, columns, message):
    good = {"image": pictures(faces.images[:2]), "label": [0, 1], "usage": ["Training"] * 2}
    with pytest.raises(DatasetError, match=message):
        read_parquet(write(tmp_path / "a.parquet", **{**good, **columns}))


def test_missing_columns_and_rows(tmp_path):
    with pytest.raises(DatasetError, match="missing image, label"):
        read_parquet(write(tmp_path / "a.parquet", usage=["Training"]))
    empty = write(tmp_path / "b.parquet", image=pa.array([], pa.binary()), label=pa.array([], pa.int64()))
    with pytest.raises(DatasetError, match="expected a row for each face; there is none"):
        read_parquet(empty)


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.99])
def test_a_file_cut_short_is_one_line(tmp_path, faces, share):
    path = write(tmp_path / "a.parquet", image=pictures(faces.images), label=faces.labels)
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    with pytest.raises(DatasetError, match=r"a\.parquet: expected a whole parquet file") as caught:
        load_fer2013(path)
    assert "\n" not in str(caught.value)


def test_flipped_bytes_in_the_middle_are_never_a_traceback(tmp_path, faces, rng):
    path = write(tmp_path / "a.parquet", image=pictures(faces.images), label=faces.labels)
    whole = np.frombuffer(path.read_bytes(), np.uint8)
    messages = []
    for _ in range(20):
        damaged = whole.copy()
        start = rng.integers(4, len(damaged) - 64)
        damaged[start : start + 48] ^= 0xA5
        path.write_bytes(damaged.tobytes())
        with contextlib.suppress(DatasetError):
            load_fer2013(path)
            continue
        with pytest.raises(DatasetError) as caught:
            load_fer2013(path)
        messages.append(str(caught.value))
    assert messages
    assert not [message for message in messages if "\n" in message]
