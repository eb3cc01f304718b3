import csv

from emovere.datasets.share.register import attribution_rows, author_rows, licence_rows, write_register


def test_every_licence_has_its_count_and_its_authors(rows):
    assert licence_rows(rows) == [
        ("CC BY 4.0", "https://creativecommons.org/licenses/by/4.0/", 14, 3),
        ("CC0", "", 6, 3),
        ("unknown", "", 1, 1),
    ]


def test_every_author_has_a_row_and_every_source_its_attribution(rows):
    assert author_rows(rows) == [
        ("author 0", 7, "CC BY 4.0; CC0"),
        ("author 1", 7, "CC BY 4.0; CC0"),
        ("author 2", 7, "CC BY 4.0; CC0; unknown"),
    ]
    attributions = attribution_rows(rows)
    assert len(attributions) == 21
    assert attributions[0][:4] == (1, "https://pictures.example/0.jpg", "", "author 0")
    assert sum(row[0] for row in attributions) == len(rows)


def test_what_there_is_to_say_is_written(tmp_path, rows):
    named = rows.with_columns(author=["a\nb"] + [""] * 20)
    assert write_register(named, tmp_path) == ["licences.csv", "authors.csv", "attributions.csv"]
    with (tmp_path / "authors.csv").open(newline="") as file:
        assert list(csv.reader(file)) == [["author", "faces", "licences"], ["a\\nb", "1", "CC BY 4.0"]]
    bare = rows.with_columns(author=[""] * 21, licence=[""] * 21, licence_url=[""] * 21, source=["FER2013 row 1"] * 21)
    (tmp_path / "bare").mkdir()
    assert write_register(bare, tmp_path / "bare") == ["licences.csv"]
