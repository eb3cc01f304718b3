"""What a collection holds and knows: two files of JSON lines that only grow, so that a crash can tear one line at most.

``found.jsonl`` says what was found, how far each query was asked, and what was refused or failed; ``collected.jsonl``
has a line for each picture and each query that found it. A find without a verdict waits for the next run.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import IO, Any

from emovere.datasets.collect.found import Find
from emovere.errors import DatasetError, OutputError
from emovere.files import lock_file

FOUND, COLLECTED, PICTURES = "found.jsonl", "collected.jsonl", "pictures"
TRIES = 3
"""Runs in which a picture may fail before it is given up."""

_SAID = ("url", "page", "author", "licence", "licence_url")
"""What is kept of a find beside its query; emotion and provider stand with the query unless they differ."""


@dataclasses.dataclass(frozen=True)
class Query:
    """Words that are asked of one provider, for one emotion."""

    provider: str
    emotion: str
    words: str


@dataclasses.dataclass
class Asked:
    """How far a query was asked."""

    pages: int = 0
    finds: int = 0
    next: str = ""
    """The mark of the next page; "" where there is none, or where the first was not asked for yet."""


class Ledger:
    """The two files, and what they say. Open it with ``with``; one process at a time has a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.finds: dict[tuple[str, str, str], Find] = {}
        """By address, emotion and words, in the order in which they were found."""
        self.asked: dict[Query, Asked] = {}
        self.refused: dict[str, tuple[str, str]] = {}
        """Address to reason and note."""
        self.failures: Counter[str] = Counter()
        self.failed: dict[str, tuple[str, str]] = {}
        """Address to the latest reason and note."""
        self.kept: dict[str, str] = {}
        """Address to SHA-256."""
        self.lines: set[tuple[str, str, str]] = set()
        """SHA-256, emotion and words of every line of collected.jsonl."""
        self.pictures: dict[str, dict[str, Any]] = {}
        """SHA-256 to file, width, height and bytes."""
        self.emotions: dict[str, set[str]] = {}
        """Emotion to the SHA-256 of its pictures."""
        self._files: dict[str, IO[bytes]] = {}

    def __enter__(self) -> Ledger:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._check_folder()
            for name in (FOUND, COLLECTED):
                self._files[name] = (self.folder / name).open("a+b", buffering=0)
            _lock(self._files[FOUND], self.folder)
            _read(self.folder / FOUND, self._read_found)
            _read(self.folder / COLLECTED, self._read_collected)
            for left in self.folder.glob(f"{PICTURES}/*/.*.part"):
                left.unlink()
        except OSError as error:
            self.close()
            raise OutputError(f"{self.folder}: cannot be written: {error.strerror or error}") from error
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the files and let others have the folder; may be called more than once."""
        for file in self._files.values():
            file.close()
        self._files.clear()

    def note_page(self, query: Query, finds: Iterable[Find], following: str) -> list[Find]:
        """Write down a page of finds; gives those that were not known. A page without any ends its query."""
        new = list({key_of(find): find for find in finds if key_of(find) not in self.finds}.values())
        following = following if new else ""
        entry = {**dataclasses.asdict(query), "next": following, "found": [_short(find, query) for find in new]}
        self._write(FOUND, entry)
        self._read_found(entry)
        return [self.finds[key_of(find)] for find in new]

    def note_refused(self, url: str, reason: str, note: str) -> None:
        """Write down that a picture is not taken, for good."""
        self._write(FOUND, {"url": url, "refused": reason, "note": note})
        self.refused[url] = (reason, note)

    def note_failed(self, url: str, reason: str, note: str) -> None:
        """Write down that a picture could not be had in this run."""
        self._write(FOUND, {"url": url, "failed": reason, "note": note})
        self.failures[url] += 1
        self.failed[url] = (reason, note)

    def note_kept(self, entry: dict[str, Any]) -> None:
        """Write a line of collected.jsonl."""
        self._write(COLLECTED, entry)
        self._read_collected(entry)

    def is_settled(self, find: Find) -> bool:
        """Whether nothing is left to do for a find."""
        if find.url in self.kept:
            return (self.kept[find.url], find.emotion, find.query) in self.lines
        return find.url in self.refused or self.failures[find.url] >= TRIES

    def _check_folder(self) -> None:
        others = {entry.name for entry in os.scandir(self.folder) if not entry.name.startswith(".")}
        if others and FOUND not in others:
            raise OutputError(
                f"{self.folder}: expected an empty folder or one of `emovere data collect`; it holds "
                f"{sorted(others)[0]}; name another with -o"
            )

    def _write(self, name: str, entry: dict[str, Any]) -> None:
        file = self._files[name]
        data = (json.dumps(entry, ensure_ascii=True) + "\n").encode("ascii")
        before = file.seek(0, os.SEEK_END)
        try:
            while data:
                data = data[file.write(data) :]
            if name == COLLECTED:
                os.fsync(file.fileno())
        except OSError as error:
            with contextlib.suppress(OSError):
                file.truncate(before)
            raise OutputError(f"{self.folder / name}: cannot be written: {error.strerror or error}") from error

    def _read_found(self, entry: dict[str, Any]) -> None:
        if "found" in entry:
            query = Query(entry["provider"], entry["emotion"], entry["words"])
            asked = self.asked.setdefault(query, Asked())
            asked.pages, asked.finds, asked.next = asked.pages + 1, asked.finds + len(entry["found"]), entry["next"]
            for said in entry["found"]:
                find = Find(**{"emotion": query.emotion, "query": query.words, "provider": query.provider, **said})
                self.finds.setdefault(key_of(find), find)
        elif "refused" in entry:
            self.refused[entry["url"]] = (entry["refused"], entry["note"])
        else:
            self.failures[entry["url"]] += 1
            self.failed[entry["url"]] = (entry["failed"], entry["note"])

    def _read_collected(self, entry: dict[str, Any]) -> None:
        digest = entry["sha256"]
        self.kept[entry["url"]] = digest
        known = Find(**{name: entry[name] for name in (*_SAID, "emotion", "query", "provider")})
        self.finds.setdefault(key_of(known), known)
        self.lines.add((digest, entry["emotion"], entry["query"]))
        self.pictures[digest] = {name: entry[name] for name in ("file", "width", "height", "bytes")}
        self.emotions.setdefault(entry["emotion"], set()).add(digest)


def key_of(find: Find) -> tuple[str, str, str]:
    """What tells two finds apart."""
    return find.url, find.emotion, find.query


def _short(find: Find, query: Query) -> dict[str, str]:
    said = {name: getattr(find, name) for name in _SAID if getattr(find, name)}
    return said if find.emotion == query.emotion else {**said, "emotion": find.emotion}


def _read(path: Path, take: Callable[[dict[str, Any]], None]) -> None:
    """Hand every entry over; a last line that a crash tore is cut off. Raises DatasetError for other damage."""
    at = 0
    with path.open("r+b") as file:
        for number, line in enumerate(file, 1):
            if not line.endswith(b"\n"):
                file.truncate(at)
                return
            try:
                take(json.loads(line))
            except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
                raise DatasetError(
                    f"{path}: line {number} is damaged; take it out, and run the command again"
                ) from error
            at += len(line)


def _lock(file: IO[bytes], folder: Path) -> None:
    """Keep others out of a folder for as long as the file is open. Raises OutputError where somebody has it."""
    try:
        lock_file(file.fileno())
    except OSError as error:
        raise OutputError(
            f"{folder}: another `emovere data collect` is at work there; wait for it, or end it"
        ) from error
