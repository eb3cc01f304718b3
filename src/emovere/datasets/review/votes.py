"""Votes on the disk: a table to which rows are only ever added, so that nothing is lost and everything can be undone.

A vote is kept when ``add`` returns: it lies on the disk by then (SQLite, WAL, ``synchronous=FULL``). To undo is a row
as well, which names the row that no longer stands.
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from emovere.datasets.review.ballot import ANSWERS
from emovere.errors import DatasetError, OutputError

KINDS = (*ANSWERS, "crop", "undo")

FORMAT = 1

PATIENCE_S = 10.0
"""For how long another process that writes is waited for."""

LONGEST_NAME = 60
"""Letters of a labeller's name."""

_TABLES = """
CREATE TABLE IF NOT EXISTS about (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS votes (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  labeller TEXT NOT NULL,
  key TEXT NOT NULL,
  kind TEXT NOT NULL,
  label TEXT NOT NULL,
  box TEXT NOT NULL,
  undoes TEXT NOT NULL,
  at TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS votes_of_face ON votes (key, labeller);
CREATE INDEX IF NOT EXISTS votes_undone ON votes (undoes) WHERE undoes <> '';
CREATE INDEX IF NOT EXISTS votes_of_labeller ON votes (labeller, number);
"""

_STANDING = "kind <> 'undo' AND NOT EXISTS (SELECT 1 FROM votes u WHERE u.undoes = v.id)"


@dataclass(frozen=True)
class Vote:
    """What one labeller said of one face at one moment."""

    id: str
    """Made by whoever sends it: what comes a second time changes nothing."""
    labeller: str
    key: str
    """Of the face: SHA-256 of its pixels, in hexadecimal."""
    kind: str
    """One of KINDS."""
    label: str = ""
    """The label that is named, or that the face bore when it was accepted or rejected."""
    box: str = ""
    """For crop: x1 y1 x2 y2 in pixels of the whole picture."""
    undoes: str = ""
    """For undo: id of the vote that no longer stands, of the same labeller."""

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise DatasetError(f"kind: expected one of {', '.join(KINDS)}; got {self.kind[:40]!r}")
        if not self.id or len(self.id) > 80:
            raise DatasetError(f"id: expected 1 to 80 letters; got {len(self.id)}")
        check_name(self.labeller)
        for what, needed in (
            ("label", self.kind in ("accept", "reject", "relabel")),
            ("box", self.kind == "crop"),
            ("undoes", self.kind == "undo"),
        ):
            if bool(getattr(self, what)) != needed:
                raise DatasetError(f"{what}: expected {'one' if needed else 'none'} with {self.kind}")


def check_name(name: str) -> str:
    """A labeller's name as it is kept. Raises DatasetError."""
    if not name.strip() or len(name) > LONGEST_NAME or not name.isprintable() or name != name.strip():
        raise DatasetError(f"labeller: expected a name of 1 to {LONGEST_NAME} letters; got {name[:80]!r}")
    return name


class VoteBook:
    """The votes of one review. Usable from any thread, and by several processes at once."""

    def __init__(self, path: Path) -> None:
        """Open or make the file. Raises OutputError where it cannot be made, DatasetError where it is no such file."""
        self.path = path
        self._lock = threading.RLock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(path, timeout=PATIENCE_S, isolation_level=None, check_same_thread=False)
        except (OSError, sqlite3.Error) as error:
            raise OutputError(f"{path}: cannot be made: {error}; name another folder with --folder") from error
        try:
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
            with self._writing():
                for statement in _TABLES.split(";"):
                    self._db.execute(statement)
                for name, value in (("format", str(FORMAT)), ("id", uuid.uuid4().hex)):
                    self._db.execute("INSERT OR IGNORE INTO about VALUES (?, ?)", (name, value))
            about = dict(self._db.execute("SELECT name, value FROM about"))
        except sqlite3.Error as error:
            self._db.close()
            raise DatasetError(
                f"{path}: expected a file of votes: {error}; name another folder with --folder"
            ) from error
        if about["format"] != str(FORMAT):
            self._db.close()
            raise DatasetError(f"{path}: is of format {about['format']}; this version reads {FORMAT}: update emovere")
        self.id = about["id"]
        """Of this file, different for each review."""

    def close(self) -> None:
        """Let the file go."""
        with self._lock:
            self._db.close()

    def add(self, votes: Sequence[Vote]) -> None:
        """Keep votes for good; those whose id is there already change nothing.

        Raises DatasetError for an undo of what is no vote of the same labeller, and then keeps none of them;
        OutputError where the disk takes nothing more.
        """
        at = datetime.now(UTC).isoformat(timespec="milliseconds")
        try:
            with self._writing():
                for vote in votes:
                    if vote.kind == "undo":
                        self._check_undo(vote)
                    row = (vote.id, vote.labeller, vote.key, vote.kind, vote.label, vote.box, vote.undoes, at)
                    self._db.execute(
                        "INSERT INTO votes (id, labeller, key, kind, label, box, undoes, at) "
                        "VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING",
                        row,
                    )
        except sqlite3.Error as error:
            raise OutputError(f"{self.path}: the votes cannot be kept: {error}") from error

    def since(self, number: int) -> list[tuple[int, Vote]]:
        """Votes with their numbers, from the one after ``number`` on, in their order, undone ones among them."""
        return self._read("SELECT * FROM votes WHERE number > ? ORDER BY number", (number,))

    def standing(self, key: str, labeller: str) -> tuple[Vote | None, Vote | None]:
        """What holds of a face for a labeller: the latest answer and the latest crop that are not undone."""
        found = self._read(
            f"SELECT * FROM votes v WHERE key = ? AND labeller = ? AND {_STANDING} ORDER BY number", (key, labeller)
        )
        answers = [vote for _, vote in found if vote.kind != "crop"]
        crops = [vote for _, vote in found if vote.kind == "crop"]
        return answers[-1] if answers else None, crops[-1] if crops else None

    def latest(self, labeller: str, count: int) -> list[Vote]:
        """The last votes of a labeller that stand, the latest first: what undo takes back, in its order."""
        rows = self._read(
            f"SELECT * FROM votes v WHERE labeller = ? AND {_STANDING} ORDER BY number DESC LIMIT ?", (labeller, count)
        )
        return [vote for _, vote in rows]

    def crops(self) -> dict[str, list[str]]:
        """Of each face's key the boxes that stand, one a labeller."""
        rows = self._read(f"SELECT * FROM votes v WHERE kind = 'crop' AND {_STANDING} ORDER BY number", ())
        last = {(vote.key, vote.labeller): vote.box for _, vote in rows}
        boxes: dict[str, list[str]] = {}
        for (key, _), box in last.items():
            boxes.setdefault(key, []).append(box)
        return boxes

    def _check_undo(self, vote: Vote) -> None:
        found = self._db.execute("SELECT kind FROM votes WHERE id = ? AND labeller = ?", (vote.undoes, vote.labeller))
        kind = found.fetchone()
        if kind is None or kind[0] == "undo":
            raise DatasetError(f"undoes: expected the id of a vote of {vote.labeller}; got {vote.undoes[:80]!r}")

    def _read(self, query: str, values: tuple[object, ...]) -> list[tuple[int, Vote]]:
        try:
            with self._lock:
                rows = self._db.execute(query, values).fetchall()
        except sqlite3.Error as error:
            raise DatasetError(f"{self.path}: the votes cannot be read: {error}") from error
        return [(row[0], Vote(*row[1:8])) for row in rows]

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")
