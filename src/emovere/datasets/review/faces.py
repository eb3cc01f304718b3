"""The faces of a set laid out for looking at: any few of them are there at once, and few are ever in memory.

The file is made from the set when it is first opened and again when the set has changed; it can be deleted at any time.
Faces with the same pixels are one face here: who looks at it decides for all of them.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from emovere.datasets.review.reading import fingerprint, read_parts
from emovere.datasets.rows import FaceRows
from emovere.errors import DatasetError, OutputError

FORMAT = "1"

_TABLES = """
CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE faces (face INTEGER PRIMARY KEY, key BLOB NOT NULL, label INTEGER NOT NULL, about TEXT NOT NULL);
CREATE TABLE pixels (face INTEGER PRIMARY KEY, pixels BLOB NOT NULL);
CREATE TABLE rows (
  row INTEGER PRIMARY KEY, face INTEGER NOT NULL, label INTEGER NOT NULL, usage TEXT NOT NULL, name TEXT NOT NULL
);
CREATE TABLE doubts (face INTEGER PRIMARY KEY, doubt REAL NOT NULL, label INTEGER NOT NULL);
"""

_PAGE = 16_384

Done = Callable[[int, int], None]
"""Is told how many of how many faces are done."""


@dataclass(frozen=True)
class Row:
    """One row of the set."""

    face: int
    label: int
    usage: str
    name: str


class FaceFile:
    """M different faces of a set. Usable from any thread."""

    def __init__(self, path: Path) -> None:
        """Open a file that ``open_faces`` made. Raises DatasetError."""
        self._lock = threading.RLock()
        try:
            self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            about = dict(self._db.execute("SELECT name, value FROM about"))
            self.labels: tuple[str, ...] = tuple(json.loads(about["labels"]))
            self.fingerprint = f"{about['format']} {about['fingerprint']}"
            rows = self._db.execute("SELECT key, label FROM faces ORDER BY face").fetchall()
        except (sqlite3.Error, KeyError, ValueError) as error:
            raise DatasetError(f"{path}: expected a review's faces: {error}; delete the file") from error
        self.keys: npt.NDArray[np.bytes_] = np.array([key for key, _ in rows], "S32")
        """(M,) SHA-256 of each face's pixels, 32 bytes; numpy drops zeros at their end, ``key`` adds them again."""
        self.label_of: npt.NDArray[np.int16] = np.array([label for _, label in rows], np.int16)
        """(M,) position of each face's label, of its first row where rows of the same pixels differ."""
        self._sorted = np.argsort(self.keys)

    def __len__(self) -> int:
        return len(self.keys)

    def close(self) -> None:
        """Let the file go."""
        with self._lock:
            self._db.close()

    def find(self, keys: Sequence[str]) -> npt.NDArray[np.int64]:
        """Which faces have these keys: hexadecimal keys -> (N,) int64, -1 where the set has no such face."""
        wanted = np.array([bytes.fromhex(key) for key in keys], "S32")
        if not len(self.keys) or not len(wanted):
            return np.full(len(wanted), -1)
        places = np.searchsorted(self.keys, wanted, sorter=self._sorted).clip(max=len(self.keys) - 1)
        faces = self._sorted[places]
        return np.where(self.keys[faces] == wanted, faces, -1)

    def key(self, face: int) -> str:
        """The key of a face, in hexadecimal."""
        return bytes(self.keys[face]).ljust(32, b"\0").hex()

    def pixels(self, faces: Sequence[int]) -> bytes:
        """The pixels of some faces, 48 x 48 bytes each, in the order in which they are named."""
        found = self._some("SELECT face, pixels FROM pixels WHERE face IN", faces)
        return b"".join(found[face][0] for face in faces)

    def about(self, faces: Sequence[int]) -> list[dict[str, Any]]:
        """What is known of some faces: columns of ABOUT that are not empty, ``usage``, ``rows``, ``also`` (labels)."""
        found = self._some("SELECT face, about FROM faces WHERE face IN", faces)
        return [json.loads(found[face][0]) for face in faces]

    def rows(self) -> Iterator[Row]:
        """Every row of the set, in its order."""
        start = 0
        while found := self._all(
            "SELECT face, label, usage, name FROM rows WHERE row >= ? ORDER BY row LIMIT 5000", start
        ):
            yield from (Row(*one) for one in found)
            start += len(found)

    def doubts(self) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int16]] | None:
        """(M,) how doubtful each face's label is and (M,) the label that is likelier, if ``keep_doubts`` was called."""
        found = self._all("SELECT doubt, label FROM doubts ORDER BY face")
        if len(found) != len(self):
            return None
        return np.array([one for one, _ in found], np.float32), np.array([label for _, label in found], np.int16)

    def keep_doubts(self, doubts: npt.NDArray[np.float32], labels: npt.NDArray[np.int16]) -> None:
        """Remember them for the next time."""
        rows = zip(range(len(self)), doubts.tolist(), labels.tolist(), strict=True)
        with self._lock, _transaction(self._db):
            self._db.execute("DELETE FROM doubts")
            self._db.executemany("INSERT INTO doubts VALUES (?, ?, ?)", rows)

    def _some(self, query: str, faces: Sequence[int]) -> dict[int, tuple[Any, ...]]:
        wanted = [int(face) for face in faces]
        return {row[0]: row[1:] for row in self._all(f"{query} ({','.join('?' * len(wanted))})", *wanted)}

    def _all(self, query: str, *values: int) -> list[tuple[Any, ...]]:
        with self._lock:
            return self._db.execute(query, values).fetchall()


def open_faces(path: Path, file: Path, done: Done | None = None) -> FaceFile:
    """The faces of a set, laid out in ``file`` unless they are there already.

    Raises DatasetError for what is no set, OutputError where the file cannot be written.
    """
    wanted = f"{FORMAT} {fingerprint(path)}"
    if file.is_file():
        with contextlib.suppress(DatasetError):
            faces = FaceFile(file)
            if faces.fingerprint == wanted:
                return faces
            faces.close()
    _write(path, file, wanted, done or (lambda *_: None))
    return FaceFile(file)


def _write(path: Path, file: Path, wanted: str, done: Done) -> None:
    labels, total, parts = read_parts(path)
    partial = file.with_name(f"{file.name}.part")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        partial.unlink(missing_ok=True)
        db = sqlite3.connect(partial, isolation_level=None)
        try:
            # it is made anew if the machine fails, so it need not wait for the disk
            db.execute("PRAGMA journal_mode = OFF")
            db.execute(f"PRAGMA page_size = {_PAGE}")  # a smaller page would hold one face and much air
            db.execute("PRAGMA synchronous = OFF")
            db.executescript(_TABLES)
            with _transaction(db):
                written = _write_parts(db, parts, total, done)
                if written != total:
                    raise DatasetError(f"{path}: expected {total:,} faces; got {written:,}; copy the set again")
                about = {"format": FORMAT, "fingerprint": wanted.partition(" ")[2], "labels": json.dumps(labels)}
                db.executemany("INSERT INTO about VALUES (?, ?)", about.items())
        finally:
            db.close()
        partial.replace(file)
    except (OSError, sqlite3.Error) as error:
        reason = getattr(error, "strerror", None) or error
        raise OutputError(f"{file}: cannot be written: {reason}; name another folder with --folder") from error
    finally:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)


def _write_parts(db: sqlite3.Connection, parts: Iterator[FaceRows], total: int, done: Done) -> int:
    face_of: dict[bytes, int] = {}
    row = 0
    for part in parts:
        faces = part.faces
        names = faces.names or ("",) * len(part)
        for place, key in enumerate(bytes.fromhex(str(key)) for key in part.keys):
            face, label, usage = face_of.get(key), int(faces.labels[place]), str(faces.splits[place])
            if face is None:
                face = face_of[key] = len(face_of)
                about = {name: texts[place] for name, texts in part.about.items() if texts[place]}
                values = (face, key, label, json.dumps({"usage": usage, "rows": 1, **about}, ensure_ascii=False))
                db.execute("INSERT INTO faces VALUES (?, ?, ?, ?)", values)
                db.execute("INSERT INTO pixels VALUES (?, ?)", (face, faces.images[place].tobytes()))
            else:
                _add_row(db, face, label, faces.label_names)
            db.execute("INSERT INTO rows VALUES (?, ?, ?, ?, ?)", (row, face, label, usage, names[place]))
            row += 1
        done(row, total)
    return row


def _add_row(db: sqlite3.Connection, face: int, label: int, names: Sequence[str]) -> None:
    """One more row of a face that is there; what it is called differently is remembered."""
    first, text = db.execute("SELECT label, about FROM faces WHERE face = ?", (face,)).fetchone()
    about = json.loads(text)
    about["rows"] += 1
    if label != first:
        about["also"] = sorted({*about.get("also", ()), names[label]})
    db.execute("UPDATE faces SET about = ? WHERE face = ?", (json.dumps(about, ensure_ascii=False), face))


@contextlib.contextmanager
def _transaction(db: sqlite3.Connection) -> Iterator[None]:
    db.execute("BEGIN")
    try:
        yield
    except BaseException:
        with contextlib.suppress(sqlite3.Error):
            db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")
