import pytest

from emovere.datasets.share.ckplus import read_ckplus
from emovere.datasets.share.listing import MISSING, NO_LABEL
from emovere.errors import DatasetError


@pytest.fixture
def ckplus(tmp_path, draw):
    """Two persons, three sequences, one of them without a label."""
    for subject, sequence, frames, label in (("S005", "001", 3, 3), ("S010", "002", 2, 7), ("S010", "004", 2, None)):
        for frame in range(1, frames + 1):
            draw(tmp_path / "cohn-kanade-images" / subject / sequence / f"{subject}_{sequence}_{frame:08d}.png")
        folder = tmp_path / "Emotion" / subject / sequence
        folder.mkdir(parents=True)
        if label is not None:
            (folder / f"{subject}_{sequence}_{frames:08d}_emotion.txt").write_text(f"   {label}.0000000e+00\n")
    return tmp_path


def told(listing):
    return [(one.file.name, one.label, one.group) for one in listing.pictures]


def test_the_peak_has_the_label_and_the_first_picture_is_neutral(ckplus):
    listing = read_ckplus(ckplus)
    assert told(listing) == [
        ("S005_001_00000003.png", "disgust", "S005"),
        ("S005_001_00000001.png", "neutral", "S005"),
        ("S010_002_00000002.png", "surprise", "S010"),
        ("S010_002_00000001.png", "neutral", "S010"),
    ]
    assert "contempt" not in listing.label_names


def test_contempt_becomes_an_eighth_label_where_it_is_there(ckplus):
    (ckplus / "Emotion" / "S010" / "002" / "S010_002_00000002_emotion.txt").write_text("2.0")
    listing = read_ckplus(ckplus)
    assert listing.label_names[7:] == ("contempt",)
    assert [one.label for one in listing.pictures].count("contempt") == 1
    kept = listing.keep("fer7")
    assert len(kept.pictures) == 3
    assert [one.kind for one in kept.left_out] == [NO_LABEL]


def test_archives_that_unpack_a_folder_deeper_are_found(ckplus):
    (ckplus / "Emotion").rename(ckplus / "inner")
    (ckplus / "Emotion_labels").mkdir()
    (ckplus / "inner").rename(ckplus / "Emotion_labels" / "Emotion")
    assert len(read_ckplus(ckplus).pictures) == 4


def test_a_peak_that_is_missing_is_left_out_and_said(ckplus):
    (ckplus / "cohn-kanade-images" / "S005" / "001" / "S005_001_00000003.png").unlink()
    listing = read_ckplus(ckplus)
    assert [(one.kind, one.file[-21:]) for one in listing.left_out] == [(MISSING, "S005_001_00000003.png")]
    assert len(listing.pictures) == 2


@pytest.mark.parametrize("text", ["", "nonsense", "8.0", "2.5", "nan"])
def test_a_label_file_that_holds_no_emotion_is_one_line(ckplus, text):
    (ckplus / "Emotion" / "S005" / "001" / "S005_001_00000003_emotion.txt").write_text(text)
    with pytest.raises(
        DatasetError, match=r"S005_001_00000003_emotion.txt: expected a number from 0 to 7; got"
    ) as error:
        read_ckplus(ckplus)
    assert "\n" not in str(error.value)


def test_the_shape_of_cut_faces(tmp_path, draw):
    draw(tmp_path / "CK+48" / "anger" / "S010_004_00000017.png")
    draw(tmp_path / "CK+48" / "contempt" / "S138_008_00000007.png")
    draw(tmp_path / "CK+48" / "happy" / "copy of a face.png")
    listing = read_ckplus(tmp_path)
    assert [(label, group) for _, label, group in told(listing)] == [("angry", "S010"), ("contempt", "S138")]
    assert [one.kind for one in listing.left_out] == [NO_LABEL]


def test_what_is_no_ckplus_is_said(tmp_path, draw):
    with pytest.raises(DatasetError, match="there is no such folder; expected CK\\+"):
        read_ckplus(tmp_path / "nowhere")
    draw(tmp_path / "happy" / "1.png")
    with pytest.raises(DatasetError, match=r"expected CK\+: the folders .* there is neither"):
        read_ckplus(tmp_path)
    (tmp_path / "Emotion" / "S005" / "001").mkdir(parents=True)
    with pytest.raises(DatasetError, match="there is no cohn-kanade-images"):
        read_ckplus(tmp_path)
