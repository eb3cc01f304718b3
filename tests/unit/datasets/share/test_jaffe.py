import pytest

from emovere.datasets.share.jaffe import read_jaffe
from emovere.datasets.share.listing import NO_LABEL
from emovere.errors import DatasetError


def test_a_name_tells_the_person_and_the_emotion(tmp_path, draw):
    names = ["KA.AN1.39.tiff", "KA.NE3.28.tiff", "KL.SU2.159.tiff", "YM.FE4.70.tiff", "NA.DI1.214.tiff"]
    for name in names:
        draw(tmp_path / "jaffe" / name, 64)
    draw(tmp_path / "jaffe" / "montage.png")
    (tmp_path / "jaffe" / "README_FIRST.txt").write_text("about")
    listing = read_jaffe(tmp_path)
    assert {one.file.name: (one.label, one.group) for one in listing.pictures} == {
        "KA.AN1.39.tiff": ("angry", "KA"),
        "KA.NE3.28.tiff": ("neutral", "KA"),
        "KL.SU2.159.tiff": ("surprise", "KL"),
        "YM.FE4.70.tiff": ("fear", "YM"),
        "NA.DI1.214.tiff": ("disgust", "NA"),
    }
    assert [(one.kind, one.file.rpartition("/")[2]) for one in listing.left_out] == [(NO_LABEL, "montage.png")]
    assert not any(one.split for one in listing.pictures)


def test_a_folder_without_any_is_said(tmp_path, draw):
    draw(tmp_path / "happy.png")
    with pytest.raises(DatasetError, match=r"expected JAFFE's pictures, such as KA.AN1.39.tiff; there is none"):
        read_jaffe(tmp_path)
