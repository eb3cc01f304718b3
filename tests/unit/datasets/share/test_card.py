import pytest
import yaml

from emovere.datasets.share.card import hub_licence, write_card


@pytest.mark.parametrize(
    ("names", "licence"),
    [
        (["CC BY 4.0"], "cc-by-4.0"),
        (["CC BY-NC-SA 2.0"], "cc-by-nc-sa-2.0"),
        (["CC0"], "cc0-1.0"),
        (["unknown"], "unknown"),
        (["CC BY 4.0", "CC0"], "other"),
        (["JAFFE terms (non-commercial research)"], "other"),
    ],
)
def test_licences_by_the_hubs_names(names, licence):
    assert hub_licence(names) == licence


def header(text):
    _, head, body = text.split("---\n", 2)
    return yaml.safe_load(head), body


def test_the_card_says_what_is_there(tmp_path, rows):
    made = rows.with_columns(made=["flipped"] + [""] * 20, group=["p"] * 2 + [""] * 19)
    write_card(
        made, tmp_path, 'Faces: "mine" #1', "Files.", ["licences.csv", "authors.csv"], {"train": "data/train-*.parquet"}
    )
    head, body = header((tmp_path / "README.md").read_text(encoding="utf-8"))
    assert head["pretty_name"] == 'Faces: "mine" #1'
    assert head["license"] == "other"
    assert head["license_link"] == "licences.csv"
    assert head["size_categories"] == ["n<1K"]
    assert head["configs"][0]["data_files"] == [{"split": "train", "path": "data/train-*.parquet"}]
    assert "| Training | 1 | 1 | 1 | 1 | 1 | 1 | 1 | 7 |" in body
    assert "| CC BY 4.0 | 14 | 3 | https://creativecommons.org/licenses/by/4.0/ |" in body
    assert "1 of the faces are made, not photographed (1 flipped)." in body
    assert "The licence of 1 faces is not known" in body
    assert "attributions.csv" not in body


def test_names_stay_text(tmp_path, rows):
    hostile = rows.with_columns(licence=["<script>|x"] * 21)
    write_card(hostile, tmp_path, "a\nb: <b>", "Files.", [])
    head, body = header((tmp_path / "README.md").read_text(encoding="utf-8"))
    assert head["pretty_name"] == "a\\nb: <b>"
    assert "<script>" not in body.replace("\\<script\\>", "")
    assert "\\<script\\>\\|x" in body
