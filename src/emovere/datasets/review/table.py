"""Votes as FER+ publishes them: ``Usage,Image name,neutral,happiness,...``, a row for each face of the set."""

from __future__ import annotations

import csv
from pathlib import Path

from emovere.datasets.review.ballot import Ballot, Codes
from emovere.datasets.review.faces import FaceFile
from emovere.files import atomic_write


def write_votes(faces: FaceFile, ballot: Ballot, codes: list[Codes], path: Path) -> int:
    """Write the table, and return how many rows have a vote. Raises DatasetError without any votes, OutputError.

    Rows stand in the order of the set, those without votes too, so that they can be joined by their order as FER+'s
    are; rows with the same pixels have the same votes.
    """
    votes = ballot.columns_of(ballot.count(codes))
    voted = 0
    with atomic_write(path) as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["Usage", "Image name", *ballot.columns])
        for row in faces.rows():
            counts = votes[row.face].tolist()
            voted += any(counts)
            table.writerow([row.usage, row.name, *counts])
    return voted
