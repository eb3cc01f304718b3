"""One review: a set, the order in which its faces are shown, and the votes on them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from emovere.datasets.folder import describe, is_set_folder
from emovere.datasets.patch import Patch, write_patch
from emovere.datasets.review.agreement import Agreement, agreements
from emovere.datasets.review.ballot import Ballot
from emovere.datasets.review.doubt import network_doubts
from emovere.datasets.review.faces import Done, open_faces
from emovere.datasets.review.findings import findings_of, read_findings
from emovere.datasets.review.queue import (
    ORDERS,
    Queue,
    hints_of,
    queue_as_it_is,
    queue_by_doubt,
    queue_by_hints,
)
from emovere.datasets.review.standing import Standing
from emovere.datasets.review.table import write_votes
from emovere.datasets.review.verdicts import Outcome, outcome
from emovere.datasets.review.votes import Vote, VoteBook
from emovere.errors import ConfigError, unknown_name

VOTES, FACES = "votes.db", "faces.db"

Telling = Callable[[str], Done]
"""Is told what takes a while; gives what is told how far it is."""


def usual_folder(path: Path) -> Path:
    """Where a review of a set lies: within a set's folder, beside any other layout."""
    return path / "review" if is_set_folder(path) else path.resolve().with_name(f"{path.resolve().name}.review")


class Review:
    """Usable from any thread."""

    def __init__(self, path: Path, folder: Path | None = None, telling: Telling | None = None) -> None:
        """Open or begin the review of a set. Raises DatasetError or OutputError."""
        self.path = path
        self.folder = folder or usual_folder(path)
        self._telling = telling or (lambda _: lambda *_: None)
        self.faces = open_faces(path, self.folder / FACES, self._telling("faces laid out"))
        self.ballot = Ballot(self.faces.labels)
        self.book = VoteBook(self.folder / VOTES)
        self.standing = Standing(self.faces, self.ballot, self.book)

    def close(self) -> None:
        """Let its files go."""
        self.book.close()
        self.faces.close()

    @property
    def name(self) -> str:
        """What the set calls itself."""
        return str(describe(self.path).get("name") or self.path.name) if is_set_folder(self.path) else self.path.stem

    def queue(self, findings: Sequence[Path] = (), by: str = "auto") -> Queue:
        """The faces in an order of ORDERS.

        auto: by what ``findings`` and those in the set's folder say, else by the network's doubt where it knows the
        labels, else as they stand. Raises ConfigError, or DatasetError for findings that are none.
        """
        if by not in ORDERS:
            raise ConfigError(unknown_name("order", by, ORDERS))
        found = [*findings_of(self.path), *(one for file in findings for one in read_findings(file))]
        hints = hints_of(self.faces, found)
        if by == "findings" or (by == "auto" and hints):
            return queue_by_hints(self.faces, hints)
        doubts = network_doubts(self.faces, self._telling("faces read")) if by in ("auto", "doubt") else None
        if doubts is None and by == "doubt":
            raise ConfigError(f"--order doubt: the network does not know the labels {', '.join(self.faces.labels)}")
        return queue_as_it_is(self.faces) if doubts is None else queue_by_doubt(self.faces, *doubts)

    def add(self, votes: Sequence[Vote]) -> None:
        """Keep votes for good. Raises DatasetError or OutputError, and then keeps none of them."""
        self.book.add(votes)
        self.standing.follow()

    def agreement(self) -> list[Agreement]:
        """How far the labellers agree; none where nobody shares a face with anybody."""
        self.standing.follow()
        return agreements(self.standing.codes(), len(self.ballot.categories))

    def write_votes(self, path: Path) -> int:
        """Write the votes as FER+ does; see ``write_votes``."""
        self.standing.follow()
        return write_votes(self.faces, self.ballot, list(self.standing.codes().values()), path)

    def write_patch(self, path: Path, command: str = "") -> Outcome:
        """Write what the votes come to. Raises OutputError."""
        self.standing.follow()
        found = outcome(self.faces, self.ballot, self.standing.codes(), self.book.crops())
        header = {"set": self.name, "made": datetime.now(UTC).date().isoformat(), "by": "people", "command": command}
        write_patch(Patch(found.verdicts, self.faces.labels, header), path)
        return found


def order_id(queue: Queue) -> str:
    """Differs when faces stand in another order."""
    return hashlib.sha256(queue.order.tobytes()).hexdigest()[:16]
