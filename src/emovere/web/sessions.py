"""``/v1/sessions``: what the journal holds of each session, and a person's own words on it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from emovere.errors import UnknownSession
from emovere.journal.notes import LONGEST_NOTE, LONGEST_TAG, LONGEST_TITLE, MOST_TAGS
from emovere.journal.records import Happening, Note, Reading
from emovere.journal.store import Journal
from emovere.web.problems import ApiProblem, problems
from emovere.web.schemas import Exact
from emovere.web.service import Service
from emovere.web.small_bodies import SmallBody

T = TypeVar("T")

MOST = 500
"""Sessions of one answer."""

router = APIRouter(tags=["journal"], route_class=SmallBody)

Id = Annotated[str, Path(pattern="^[0-9a-f]{32}$", description="As the list of sessions names it.")]
Since = Annotated[date | None, Query(description="First day, on the clock of each session's place.")]
Until = Annotated[date | None, Query(description="Last day, which counts as well.")]
Tag = Annotated[str | None, Query(max_length=LONGEST_TAG, description="Only sessions with this tag.")]


class SessionOut(Exact):
    """One session."""

    id: str
    title: str
    source: str = Field(description="What was looked at, such as camera.")
    model: str
    labels: list[str]
    started_at: str = Field(description="UTC.")
    ended_at: str = Field(description="UTC; of a session that nobody ended, the end of its last reading.")
    finished: bool = Field(description="Whether it was ended; false while it runs.")
    zone: int = Field(description="Minutes that its place's clock is east of UTC.")
    seconds: int = Field(description="Seconds with at least one face.")
    people: int
    people_seconds: int = Field(description="The seconds of every person added up.")
    means: dict[str, float] = Field(description="Mean probability of each label; empty where no face was seen.")
    tags: list[str]


class SessionsOut(Exact):
    """Some of the sessions, the latest first."""

    sessions: list[SessionOut]
    total: int = Field(description="Sessions that were asked for, on all pages.")


class ReadingOut(Exact):
    """One person in one second."""

    second: int = Field(description="Since the session's beginning.")
    person: int
    frames: int
    uncertain: float = Field(description="Share of frames in which more than one label remained possible.")
    probs: dict[str, float]


class NoteOut(Exact):
    """A person's own words, as text: nothing in it is code for anybody."""

    id: str
    at_s: float | None = Field(description="Seconds since the session's beginning; null: on the whole.")
    text: str
    written_at: str = Field(description="UTC.")


class EventOut(Exact):
    """Something that happened."""

    at_s: float
    person: int
    kind: str = Field(description="enter, leave, onset, apex or offset.")
    emotion: str | None
    value: float | None


class SessionWhole(SessionOut):
    """One session with all that was read."""

    readings: list[ReadingOut]
    notes: list[NoteOut]
    events: list[EventOut]


class Deleted(Exact):
    """What is gone."""

    deleted: int = Field(description="Sessions.")


class Change(BaseModel):
    """What to change; what is left out stays."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"title": "Morning", "tags": ["before", "tired"]}]}
    )
    title: str | None = Field(None, max_length=LONGEST_TITLE)
    tags: list[Annotated[str, Field(min_length=1, max_length=LONGEST_TAG)]] | None = Field(None, max_length=MOST_TAGS)


class NewNote(BaseModel):
    """A note to keep."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"text": "The phone rang.", "at_s": 12}]})
    text: str = Field(min_length=1, max_length=LONGEST_NOTE)
    at_s: float | None = Field(None, ge=0, lt=1e9, description="Seconds since the session's beginning.")


@router.get("/v1/sessions", summary="Sessions, the latest first", response_model=SessionsOut, responses=problems(503))
def sessions(
    request: Request,
    since: Since = None,
    until: Until = None,
    tag: Tag = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 100,
    offset: Annotated[int, Query(ge=0, le=1_000_000_000)] = 0,
) -> dict[str, Any]:
    """Of all days, or of some; days are those on the clock of each session's place."""
    page = journal_of(request).sessions(since, until, tag, limit, offset)
    return {"sessions": [session.to_dict() for session in page.rows], "total": page.total}


@router.delete(
    "/v1/sessions",
    summary="Delete the sessions of some days for good",
    response_model=Deleted,
    responses=problems(503),
)
def delete_days(
    request: Request,
    since: Annotated[date, Query(description="First day, on the clock of each session's place.")],
    until: Annotated[date, Query(description="Last day, which counts as well.")],
) -> dict[str, int]:
    """With all that belongs to them. Nothing of them stays in the journal's file."""
    return {"deleted": journal_of(request).delete_range(since, until)}


@router.get(
    "/v1/sessions/{id}", summary="One session, whole", response_model=SessionWhole, responses=problems(404, 503)
)
def session(request: Request, id: Id) -> dict[str, Any]:
    """With its readings, notes and events."""
    journal = journal_of(request)
    return known(
        lambda: {
            **journal.session(id).to_dict(),
            "readings": _dicts(journal.readings(id)),
            "notes": _dicts(journal.notes(id)),
            "events": _dicts(journal.events(id)),
        }
    )


@router.patch(
    "/v1/sessions/{id}",
    summary="Change title or tags",
    response_model=SessionOut,
    responses=problems(400, 404, 408, 413, 503),
)
def edit(request: Request, id: Id, change: Change) -> dict[str, Any]:
    """What is left out, or null, stays as it is."""
    journal = journal_of(request)
    return known(lambda: journal.edit(id, change.title, change.tags).to_dict())


@router.delete("/v1/sessions/{id}", summary="Delete a session for good", status_code=204, responses=problems(404, 503))
def delete(request: Request, id: Id) -> Response:
    """With all that belongs to it. Nothing of it stays in the journal's file."""
    journal = journal_of(request)
    known(lambda: journal.delete(id))
    return Response(status_code=204)


@router.post(
    "/v1/sessions/{id}/notes",
    summary="Keep a note",
    status_code=201,
    response_model=NoteOut,
    responses=problems(400, 404, 408, 413, 503),
)
def add_note(request: Request, id: Id, note: NewNote) -> dict[str, Any]:
    """On a second of a session, or on the whole of it. It is kept and given back as text."""
    journal = journal_of(request)
    return known(lambda: journal.add_note(id, note.text, note.at_s).to_dict())


@router.delete(
    "/v1/sessions/{id}/notes/{note}", summary="Delete a note for good", status_code=204, responses=problems(404, 503)
)
def delete_note(
    request: Request, id: Id, note: Annotated[str, Path(pattern="^[0-9a-f]{32}$", description="The note's own id.")]
) -> Response:
    """Nothing of it stays in the journal's file."""
    journal = journal_of(request)
    if note not in [one.id for one in known(lambda: journal.notes(id))]:
        raise ApiProblem(404, "No such note", f"session {id} has no note {note}")
    known(lambda: journal.delete_note(note))
    return Response(status_code=204)


def journal_of(request: Request) -> Journal:
    """The server's journal. Raises JournalError where it cannot be opened."""
    service: Service = request.app.state.service
    return service.journal()


def known(ask: Callable[[], T]) -> T:
    """Ask for one session. Raises ApiProblem 404 where there is none of that name."""
    try:
        return ask()
    except UnknownSession as error:
        raise ApiProblem(404, "No such session", str(error)) from error


def _dicts(rows: Sequence[Reading | Note | Happening]) -> list[dict[str, Any]]:
    return [row.to_dict() for row in rows]
