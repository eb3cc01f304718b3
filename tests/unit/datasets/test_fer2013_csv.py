import numpy as np
import pytest

from emovere.datasets.fer2013_csv import read_csv
from emovere.errors import DatasetError


def written(tmp_path, lines):
    path = tmp_path / "fer2013.csv"
    path.write_bytes(b"".join(lines))
    return path


def changed(line, column, value):
    fields = line.rstrip(b"\n").split(b",")
    fields[column] = value
    return b",".join(fields) + b"\n"


def test_reads_every_pixel_label_and_split(tmp_path, faces, csv_lines):
    read = read_csv(written(tmp_path, csv_lines))
    np.testing.assert_array_equal(read.images, faces.images)
    np.testing.assert_array_equal(read.labels, faces.labels)
    np.testing.assert_array_equal(read.splits, faces.splits)


@pytest.mark.parametrize(
    ("header", "order"),
    [
        (b"emotion, Usage, pixels", (0, 2, 1)),
        (b"\xef\xbb\xbfUSAGE,Emotion,Pixels", (2, 0, 1)),
        (b'"emotion","pixels","Usage"', (0, 1, 2)),
    ],
)
def test_columns_may_stand_in_any_order_and_dress(tmp_path, faces, csv_lines, header, order):
    lines = [header + b"\r\n"]
    for line in csv_lines[1:]:
        fields = line.rstrip(b"\n").split(b",")
        lines.append(b",".join(b'"' + fields[i] + b'"' for i in order) + b"\r\n")
    read = read_csv(written(tmp_path, lines))
    np.testing.assert_array_equal(read.images, faces.images)
    np.testing.assert_array_equal(read.splits, faces.splits)


def test_blank_lines_and_a_missing_last_newline_do_no_harm(tmp_path, csv_lines):
    csv_lines[-1] = csv_lines[-1].rstrip(b"\n")
    assert len(read_csv(written(tmp_path, [*csv_lines[:4], b"\n", *csv_lines[4:]]))) == 12


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        (0, b"9", r"line 4: expected an emotion of 0 to 6; got '9'"),
        (0, b"-1", r"line 4: expected an emotion of 0 to 6; got '-1'"),
        (0, b"", r"line 4: expected an emotion of 0 to 6; got ''"),
        (1, b" ".join([b"7"] * 2303), r"line 4: expected 2304 pixels; got 2303"),
        (1, b" ".join([b"7"] * 2305), r"line 4: expected 2304 pixels; got 2305"),
        (1, b"", r"line 4: expected 2304 pixels; got 0"),
        (1, b" ".join([b"7"] * 2303 + [b"300"]), r"line 4: expected pixels of 0 to 255; got 300"),
        (1, b" ".join([b"-3"] + [b"7"] * 2303), r"line 4: expected pixels of 0 to 255; got -3"),
        (1, b" ".join([b"7"] * 2303 + [b"x"]), r"line 4: expected pixels of whole numbers"),
        (1, b" ".join([b"7"] * 2303 + [b"1.5"]), r"line 4: expected pixels of whole numbers"),
        (2, b"Train", r"line 4: expected a Usage of Training, PublicTest or PrivateTest; got 'Train'"),
        (2, b"\xff\xfe", r"line 4: expected a Usage"),
    ],
)
def test_a_wrong_field_is_named_with_its_line(tmp_path, csv_lines, column, value, message):
    csv_lines[3] = changed(csv_lines[3], column, value)
    with pytest.raises(DatasetError, match=message) as caught:
        read_csv(written(tmp_path, csv_lines))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("kept", [1, 2, 30, 4000, -2, -11, -12])
def test_a_file_cut_inside_its_last_row_is_refused(tmp_path, csv_lines, kept):
    csv_lines[-1] = csv_lines[-1].rstrip(b"\n")[:kept]
    with pytest.raises(DatasetError, match="line 13: expected"):
        read_csv(written(tmp_path, csv_lines))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty"),
        (b"emotion,pixels,Usage\n", "there is only a header"),
        (b"emotion,pixels\n0,1\n", "usage is missing in line 1"),
        (b"\x93\xff" * 5000, "emotion, pixels, usage is missing in line 1"),
    ],
)
def test_what_is_no_fer2013_csv_is_said_so(tmp_path, content, message):
    with pytest.raises(DatasetError, match=message) as caught:
        read_csv(written(tmp_path, [content]))
    assert "\n" not in str(caught.value)
