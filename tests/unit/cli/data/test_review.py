"""``emovere data review``: what it tells of the votes, and what it refuses. The page is tested in tests/browser."""

from __future__ import annotations

import csv

import pytest
import typer
from tests.unit.datasets.review.conftest import made_rows
from typer.testing import CliRunner

from emovere.cli.data.review import review
from emovere.datasets.folder import write_folder
from emovere.datasets.patch import read_patch
from emovere.datasets.review.review import Review
from emovere.datasets.review.votes import Vote
from emovere.errors import ConfigError, DatasetError

app = typer.Typer()
app.command()(review)


def run(*arguments):
    """Standard output; what fails is raised."""
    done = CliRunner().invoke(app, [str(one) for one in arguments], catch_exceptions=False)
    assert done.exit_code == 0
    return done.stdout


@pytest.fixture
def folder(tmp_path):
    write_folder(made_rows(), tmp_path / "set", name="noise")
    return tmp_path / "set"


@pytest.fixture
def voted(folder):
    """Ada and Ben agree on nine of twelve faces; Cem saw four of them."""
    review = Review(folder)
    for who, count in (("Ada", 12), ("Ben", 12), ("Cem", 4)):
        labels = ["happy" if face % 2 or (who == "Ben" and face > 5) else "sad" for face in range(count)]
        votes = [Vote(f"{who}{face}", who, review.faces.key(face), "relabel", one) for face, one in enumerate(labels)]
        review.add(votes)
    review.close()
    return folder


def test_agreement_is_printed(voted):
    lines = run(voted, "--agreement").splitlines()
    assert lines[:3] == ["Ada: 12 of 19 faces", "Ben: 12 of 19 faces", "Cem: 4 of 19 faces"]
    assert lines[3].startswith("Ada and Ben: Cohen's kappa 0.500 (0.000 to 1.000) on 12 faces")
    assert lines[3].endswith(") on 12 faces, 75.0% the same")
    assert lines[4] == "Ada and Cem: Cohen's kappa 1.000 (1.000 to 1.000) on 4 faces, 100.0% the same"
    assert lines[6].startswith("Ada, Ben and Cem: Fleiss' kappa 1.000 (")


def test_nobody_has_voted_yet(folder, tmp_path):
    assert run(folder, "--agreement") == ""
    assert "0 kept, 0 relabelled, 0 dropped" in run(folder, "--patch", tmp_path / "people.jsonl")
    with pytest.raises(DatasetError, match="none yet"):
        run(folder, "--votes-csv", tmp_path / "votes.csv")


def test_a_patch_and_a_table_are_written(voted, tmp_path):
    said = run(voted, "--patch", tmp_path / "people.jsonl", "--votes-csv", tmp_path / "votes.csv")
    # faces 3 and 4 are happy and sad as they stand; on 6, 8 and 10 the two differ
    assert said.splitlines() == [
        f"{tmp_path / 'votes.csv'}: votes on 13 rows",
        f"{tmp_path / 'people.jsonl'}: 2 kept, 7 relabelled, 0 dropped, 0 cut anew; 3 stay open",
    ]
    assert len(read_patch(tmp_path / "people.jsonl").verdicts) == 9
    with (tmp_path / "votes.csv").open(newline="") as file:
        # eleven votes, and once more the three on face 0, which stands in two rows
        assert sum(int(row["sadness"]) for row in csv.DictReader(file)) == 14


def test_what_cannot_be_is_told(folder, tmp_path):
    for arguments, kind, words in (
        ((folder, "--labeller", "x" * 61), DatasetError, "expected a name"),
        ((tmp_path / "nowhere",), DatasetError, "cannot be read"),
        ((folder, "--order", "random"), ConfigError, "unknown order"),
        ((folder, "--findings", tmp_path / "none.csv"), DatasetError, "cannot be read"),
        ((folder, "--host", "0.0.0.0", "--order", "set"), ConfigError, "expected a token"),
    ):
        with pytest.raises(kind, match=words):
            run(*arguments)
