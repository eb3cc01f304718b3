"""``/v1/journal``: all sessions together: how much there is, trends, before and after, export, and an end to it."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response, StreamingResponse
from pydantic import Field

from emovere.journal.records import LABELS
from emovere.web.problems import problems
from emovere.web.schemas import Exact
from emovere.web.service import Service
from emovere.web.sessions import Deleted, Since, Tag, Until, journal_of

MEDIA_TYPES = {
    "parquet": "application/vnd.apache.parquet",
    "csv": "text/csv; charset=utf-8",
    "jsonl": "application/x-ndjson",
}

PART = 1 << 16
"""Bytes that are sent together."""

router = APIRouter(tags=["journal"])


class ContentsOut(Exact):
    """How much the journal holds."""

    sessions: int
    seconds: int = Field(description="Seconds with at least one face.")
    first: str | None = Field(description="Beginning of the earliest session, UTC; null where there is none.")
    last: str | None = Field(description="Beginning of the latest session, UTC.")
    where: Literal["sqlite", "postgresql"]


class TrendOut(Exact):
    """What was seen in one day, week, month or hour of the day."""

    start: str = Field(description="ISO date of the day, the week's Monday or the month's first; or the hour, 0 to 23.")
    seconds: int
    people_seconds: int
    means: dict[str, float] = Field(description="Mean probability of each label.")
    first: dict[str, float] = Field(description="Share of seconds in which the label was the likeliest.")


class TrendsOut(Exact):
    """The course of all sessions that were asked for."""

    by: Literal["day", "week", "month", "hour-of-day"]
    labels: list[str] = Field(description="Labels that occur in the rows, in the order of every chart.")
    rows: list[TrendOut] = Field(description="In order; without those in which no face was seen.")


class SideOut(Exact):
    """One span of days."""

    since: str | None
    until: str | None
    seconds: int
    people_seconds: int
    days: int
    sessions: int
    models: list[str]


class ChangeOut(Exact):
    """One label on both sides; null where a side did not tell it apart."""

    label: str
    before: float | None
    after: float | None
    difference: float | None
    low: float | None = Field(description="Lower end of the 95 % interval; null where there are too few days.")
    high: float | None
    clear: bool = Field(description="Whether the interval leaves out 0.")


class ComparisonOut(Exact):
    """Before and after: that something changed, not why."""

    before: SideOut
    after: SideOut
    changes: list[ChangeOut]
    resampled: Literal["days", "sessions"] | None
    cautions: list[str] = Field(description="What to know before anything is read into it.")


def _day(meaning: str) -> Any:
    return Query(description=f"{meaning}, which counts as well; open unless given.")


@router.get("/v1/journal", summary="How much it holds", response_model=ContentsOut, responses=problems(503))
def contents(request: Request) -> dict[str, Any]:
    """Sessions, seconds, the first and the last day."""
    return journal_of(request).contents().to_dict()


@router.delete("/v1/journal", summary="Delete everything for good", response_model=Deleted, responses=problems(503))
def delete(request: Request) -> dict[str, int]:
    """All sessions with all that belongs to them. Nothing of them stays in the journal's file."""
    return {"deleted": journal_of(request).delete_all()}


@router.get("/v1/journal/trends", summary="The course of days", response_model=TrendsOut, responses=problems(503))
def trends(
    request: Request,
    by: Literal["day", "week", "month", "hour-of-day"] = "day",
    since: Since = None,
    until: Until = None,
    tag: Tag = None,
) -> dict[str, Any]:
    """Days, weeks and hours are those on the clock of each session's place."""
    rows = [row.to_dict() for row in journal_of(request).trends(by, since, until, tag)]
    return {"by": by, "labels": [label for label in LABELS if any(label in row["means"] for row in rows)], "rows": rows}


@router.get("/v1/journal/compare", summary="Before and after", response_model=ComparisonOut, responses=problems(503))
def compare(
    request: Request,
    before_since: Annotated[date | None, _day("First day of the span before")] = None,
    before_until: Annotated[date | None, _day("Last day of the span before")] = None,
    after_since: Annotated[date | None, _day("First day of the span after")] = None,
    after_until: Annotated[date | None, _day("Last day of the span after")] = None,
    tag: Tag = None,
) -> dict[str, Any]:
    """The two spans may share no day. Whole days, or sessions, are resampled for the intervals."""
    journal = journal_of(request)
    return journal.compare((before_since, before_until), (after_since, after_until), tag).to_dict()


@router.get(
    "/v1/journal/export",
    summary="All readings as a file",
    response_class=Response,
    responses={
        200: {
            "description": "An attachment; docs/journal.md says what stands in each format.",
            "content": {
                "application/vnd.apache.parquet": {"schema": {"type": "string", "format": "binary"}},
                "text/csv": {"schema": {"type": "string"}},
                "application/x-ndjson": {"schema": {"type": "string"}},
            },
        },
        **problems(501, 503),
    },
)
def export(
    request: Request,
    format: Literal["parquet", "csv", "jsonl"] = "parquet",
    since: Since = None,
    until: Until = None,
) -> Response:
    """Of all sessions, or of those that began on some days."""
    service: Service = request.app.state.service
    path = service.scratch / f"{uuid.uuid4().hex}.{format}"
    journal_of(request).export(path, format, since, until)
    parts = _sent_and_removed(path)
    headers = {"Content-Disposition": f'attachment; filename="emovere-journal.{format}"'}
    whole = itertools.chain([next(parts, b"")], parts)
    return StreamingResponse(whole, media_type=MEDIA_TYPES[format], headers=headers)


def _sent_and_removed(path: Path) -> Iterator[bytes]:
    """A file's bytes in parts; it is gone when they are sent, or when nobody wants them any more."""
    try:
        with path.open("rb") as file:
            while part := file.read(PART):
                yield part
    finally:
        path.unlink(missing_ok=True)
