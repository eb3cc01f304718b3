"""Notes, titles and tags: what people write themselves."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from emovere.errors import InputError, UnknownSession
from emovere.journal.dates import moment
from emovere.journal.records import Note
from emovere.journal.schema import notes, sessions, tags

LONGEST_NOTE, LONGEST_TITLE, LONGEST_TAG = 10_000, 200, 50
MOST_TAGS = 20


@dataclass(frozen=True)
class Written:
    """A note with its moment as a number."""

    note: Note
    written_ms: int


def checked_text(kind: str, text: str, longest: int, *, lines: bool = False) -> str:
    """The text without space around it. lines: whether it may have several.

    Raises InputError where it is too long, or holds what is no text (control characters, halves of characters).
    """
    text = text.strip()
    if len(text) > longest:
        raise InputError(f"{kind}: expected at most {longest:,} characters; got {len(text):,}")
    allowed = "\n\r\t" if lines else ""
    for character in text:
        if (ord(character) < 32 and character not in allowed) or 0x7F <= ord(character) < 0xA0 or _half(character):
            raise InputError(f"{kind}: expected plain text; got the control character U+{ord(character):04X}")
    return text


def checked_id(kind: str, text: str) -> str:
    """The id itself. Raises UnknownSession for a text that can be no id."""
    if not (text.isascii() and text.isalnum()):
        raise UnknownSession(f"{kind} {shortened(text)}: is not in the journal")
    return text


def plain(text: str) -> str:
    """A name that comes from elsewhere, with everything that is no text spelled out."""
    text = text.encode("utf-8", "backslashreplace").decode("utf-8")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def _half(character: str) -> bool:
    return 0xD800 <= ord(character) <= 0xDFFF


def checked_tags(names: Iterable[str]) -> list[str]:
    """Tags without space around them, each once, in the order given. Raises InputError."""
    found = list(dict.fromkeys(checked_text("tag", name, LONGEST_TAG) for name in names))
    if "" in found:
        raise InputError("tag: expected a word; got an empty one")
    if len(found) > MOST_TAGS:
        raise InputError(f"tags: expected at most {MOST_TAGS}; got {len(found)}")
    return found


def new_note(text: str, at_s: float | None) -> Written:
    """A note that was written just now. Raises InputError."""
    text = checked_text("note", text, LONGEST_NOTE, lines=True)
    if not text:
        raise InputError("note: expected some text; got none")
    if at_s is not None and not 0 <= at_s < 1e9:
        raise InputError(f"note: expected a time from 0 s on; got {at_s:g} s")
    now = round(time.time() * 1000)
    return Written(Note(uuid.uuid4().hex, at_s, text, moment(now)), now)


def write_note(connection: sa.Connection, key: int, written: Written) -> None:
    """Keep a note of a session; one that is in already is left as it is."""
    insert = postgresql_insert if connection.dialect.name == "postgresql" else sqlite_insert
    note = written.note
    row = {"id": note.id, "session": key, "at_s": note.at_s, "text": note.text, "written_ms": written.written_ms}
    connection.execute(insert(notes).on_conflict_do_nothing(), row)


def read_notes(connection: sa.Connection, key: int) -> list[Note]:
    """The notes of a session: those on the whole first, then in the order of its time."""
    rows = connection.execute(sa.select(notes).where(notes.c.session == key))
    found = [Note(row.id, row.at_s, row.text, moment(row.written_ms)) for row in rows]
    return sorted(found, key=lambda note: (-1.0 if note.at_s is None else note.at_s, note.written_at, note.id))


def delete_note(connection: sa.Connection, note_id: str) -> None:
    """Delete one note. Raises UnknownSession where there is none of that id."""
    if not connection.execute(sa.delete(notes).where(notes.c.id == checked_id("note", note_id))).rowcount:
        raise UnknownSession(f"note {shortened(note_id)}: is not in the journal")


def edit(connection: sa.Connection, key: int, title: str | None, names: Iterable[str] | None) -> None:
    """Change a session's title or tags; None leaves them. Raises InputError."""
    if title is not None:
        text = checked_text("title", title, LONGEST_TITLE)
        connection.execute(sa.update(sessions).where(sessions.c.key == key).values(title=text))
    if names is not None:
        wanted = checked_tags(names)
        connection.execute(sa.delete(tags).where(tags.c.session == key))
        if wanted:
            connection.execute(sa.insert(tags), [{"session": key, "tag": name} for name in wanted])


def shortened(text: str) -> str:
    """What somebody handed in as an id, fit for a message."""
    shown = ascii(text)
    return shown if len(shown) <= 40 else f"{shown[:37]}..."
