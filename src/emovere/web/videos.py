"""``/v1/videos``: a video in; progress as it goes; then its rows, its timeline, and nothing left an hour later."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Annotated, Any, Literal, TypeVar

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, Response, StreamingResponse
from pydantic import Field

from emovere.errors import OutputError
from emovere.report.json_document import dumps
from emovere.sources.formats import recognise
from emovere.sources.kinds import HEAD, kind_of
from emovere.sources.video_open import pyav
from emovere.web.jobs import ENDED, Job, Jobs, QueueFull, State, Status, UnknownJob
from emovere.web.problems import ApiProblem, Problem, problems
from emovere.web.rate import limited
from emovere.web.schemas import Exact
from emovere.web.service import Service
from emovere.web.uploads import save_upload, upload_body
from emovere.web.video_result import converted, parts_of
from emovere.web.video_work import analyse_video

T = TypeVar("T")

TYPES = ("video/mp4", "video/webm", "video/quicktime", "video/x-matroska", "image/gif", "application/octet-stream")
MEDIA_TYPES = {"json": "application/json", "jsonl": "application/x-ndjson", "csv": "text/csv"}

LOOK_S = 0.25
"""Seconds between two looks at where a job stands."""

KEEP_ALIVE_S = 15.0
"""Seconds of silence after which a stream of events says that it is still there."""

MOST_LISTENERS = 100
"""Streams of events that one process keeps open."""

RETRY_S = 30

Id = Annotated[str, Path(pattern="^[0-9a-f]{32}$", description="As POST /v1/videos named it.")]


class Video(Exact):
    """Where the analysis of a video stands."""

    id: str
    status: Literal["queued", "running", "done", "failed", "cancelled"]
    progress: float = Field(ge=0, le=1, description="Share that is done; 0 while it is not known.")
    seconds_left: float | None = Field(description="Guessed; null while nothing can be said.")
    frames: int = Field(description="Frames that are done.")
    duration_s: float | None = Field(description="As the file states it.")
    problem: Problem | None = Field(description="Why it failed, or what of a video that is done could not be read.")
    kept_until: str | None = Field(description="When its results are deleted; null before its end.")


class Point(Exact):
    """What a face showed about one moment."""

    t: float = Field(description="Seconds from the video's beginning.")
    emotion: str = Field(description="The likeliest label: what the face shows, not what the person feels.")
    uncertain: bool
    probs: list[float] = Field(description="In the order of `labels`.")
    box: list[float] = Field(min_length=4, max_length=4, description="x1 y1 x2 y2 in pixels.")


class Person(Exact):
    """One face and its course."""

    track_id: int
    points: list[Point]


class Happened(Exact):
    """Something that happened in the video."""

    kind: str = Field(description="enter, leave, onset, apex or offset.")
    time_s: float
    track_id: int
    emotion: str | None
    value: float | None


class Timeline(Exact):
    """The course of every face, thinned for drawing."""

    labels: list[str]
    duration_s: float
    height: int
    width: int
    people: list[Person]
    events: list[Happened]
    people_left_out: int = Field(description="Faces that were seen too briefly among too many.")
    events_left_out: int


router = APIRouter(tags=["videos"])


@router.post(
    "/v1/videos",
    summary="Send a video to be analysed",
    status_code=202,
    response_model=Video,
    dependencies=[Depends(limited)],
    responses={
        202: {"description": "It waits for its turn.", "headers": {"Location": {"schema": {"type": "string"}}}},
        **problems(400, 408, 413, 415, 429, 501, 503, 507),
    },
    openapi_extra=upload_body("video", *TYPES),
)
async def send(
    request: Request,
    labels: str | None = Query(None, max_length=200, description="fer7, ferplus8, or a list: angry,happy,neutral,sad."),
) -> Response:
    """The video is the body itself, whatever its content type, or the one file `video` of a multipart form.

    Ask for its progress at the address in `Location`. The video is deleted when it has been analysed, its results an
    hour later. What of a damaged video can be read is analysed; the rest is told in `problem`.
    """
    service: Service = request.app.state.service
    service.names(labels)  # a wrong choice is told before the video is read
    pyav()
    jobs = await _jobs(request)
    try:
        job = await run_in_threadpool(jobs.begin)
    except QueueFull as error:
        service.metrics.refused("videos")
        raise _busy(f"{error}; try again in {RETRY_S} s") from error
    except OutputError as error:
        raise ApiProblem(507, "Disk full", str(error)) from error
    try:
        job.input = await save_upload(request, "video", service.settings.limits.video_bytes, job.folder)
        await run_in_threadpool(_check_kind, job)
        job.state = State(job.state.id, labels=labels or service.settings.labels)
        state = await run_in_threadpool(jobs.submit, job)
    except BaseException as error:
        await run_in_threadpool(jobs.give_up, job)
        if isinstance(error, OutputError):
            raise ApiProblem(507, "Disk full", str(error)) from error
        raise
    return JSONResponse(state.to_dict(), 202, {"Location": f"/v1/videos/{state.id}"})


@router.get("/v1/videos/{id}", summary="Where it stands", response_model=Video, responses=problems(404))
async def show(request: Request, id: Id) -> dict[str, Any]:
    """Progress, the seconds that are left, and what went wrong."""
    return (await _state(request, id)).to_dict()


@router.get(
    "/v1/videos/{id}/events",
    summary="Where it stands, told as it changes",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "Server-sent events `progress`, then `done`, `failed` or `cancelled`; data as GET gives it.",
            "content": {"text/event-stream": {"schema": {"type": "string"}}},
        },
        **problems(404, 503),
    },
)
async def events(request: Request, id: Id) -> Response:
    """A stream that ends when the job does. Comments keep it open through proxies."""
    state = await _state(request, id)
    jobs = await _jobs(request)
    if jobs.listeners >= MOST_LISTENERS:
        raise _busy(f"{MOST_LISTENERS} streams of events are open; expected fewer; ask for the state instead")
    # the last header keeps nginx from gathering events before it sends them
    return StreamingResponse(_events(jobs, state), media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})


@router.get(
    "/v1/videos/{id}/result",
    summary="What was seen in every frame",
    response_class=Response,
    responses={
        200: {
            "description": "Schema 1, JSON Lines of its frames, or a row a face as CSV.",
            "content": {
                "application/json": {"schema": {"type": "object"}},
                "application/x-ndjson": {"schema": {"type": "string"}},
                "text/csv": {"schema": {"type": "string"}},
            },
        },
        **problems(404, 409),
    },
)
async def result(request: Request, id: Id, format: Literal["json", "jsonl", "csv"] = "json") -> Response:
    """The same rows as `emovere analyze` writes, as a file to keep."""
    state = await _done(request, id)
    rows = (await _jobs(request)).file(id, "rows.jsonl")
    parts = parts_of(rows) if format == "jsonl" else converted(rows, format, state.header or {})
    headers = {"Content-Disposition": f'attachment; filename="video.{format}"'}
    return await _streamed(id, parts, MEDIA_TYPES[format], headers)


@router.get(
    "/v1/videos/{id}/timeline",
    summary="The course of every face, thinned for drawing",
    response_class=StreamingResponse,
    responses={200: {"model": Timeline, "description": "The timeline."}, **problems(404, 409)},
)
async def timeline(request: Request, id: Id) -> Response:
    """At most some 2,000 points of each person."""
    await _done(request, id)
    return await _streamed(id, parts_of((await _jobs(request)).file(id, "timeline.json")), "application/json")


@router.delete(
    "/v1/videos/{id}", summary="Cancel it and delete everything of it", status_code=204, responses=problems(404)
)
async def delete(request: Request, id: Id) -> Response:
    """Also in the middle of its analysis; nothing of it is left when this answers."""
    jobs = await _jobs(request)
    await _known(jobs.cancel, id)
    return Response(status_code=204)


async def _events(jobs: Jobs, state: State) -> AsyncIterator[str]:
    """What a stream of events says, until the job's end or the client's."""
    jobs.listeners += 1
    try:
        told, quiet_s = "", 0.0
        while True:
            data = dumps(state.to_dict())
            if data != told or state.status in ENDED:
                yield f"event: {_word(state.status)}\ndata: {data}\n\n"
                told, quiet_s = data, 0.0
            elif quiet_s >= KEEP_ALIVE_S:
                yield ": keep-alive\n\n"
                quiet_s = 0.0
            if state.status in ENDED:
                return
            await asyncio.sleep(LOOK_S)
            quiet_s += LOOK_S
            try:
                state = await run_in_threadpool(jobs.state, state.id)
            except UnknownJob:
                state = State(state.id, "cancelled", state.progress, frames=state.frames, duration_s=state.duration_s)
    finally:
        jobs.listeners -= 1


def _word(status: Status) -> str:
    return status if status in ENDED else "progress"


def _check_kind(job: Job) -> None:
    """Raise ApiProblem 415 for an upload that is no moving picture, as far as its beginning tells."""
    assert job.input is not None
    if kind_of(job.input) == "photo":
        with job.input.open("rb") as file:
            picture = recognise(file.read(HEAD))
        got = "something else" if picture is None else f"a {picture.name} picture"
        expected = "expected MP4, MOV, MKV, WebM, AVI, MPEG, FLV, WMV, OGV or an animation"
        raise ApiProblem(415, "Not a video", f"video: {expected}; got {got}")


async def _streamed(id: str, parts: Iterator[str], media_type: str, headers: dict[str, str] | None = None) -> Response:
    """An answer made of parts. Raises ApiProblem 404 where the file is removed just now."""
    try:
        first = await run_in_threadpool(next, parts, "")
    except OSError as error:
        raise ApiProblem(404, "No such video", f"there is no video {id} any more") from error
    return StreamingResponse(itertools.chain([first], parts), media_type=media_type, headers=headers)


async def _state(request: Request, id: str) -> State:
    return await _known((await _jobs(request)).state, id)


async def _done(request: Request, id: str) -> State:
    """The state of a job that is done. Raises ApiProblem 404 or 409."""
    state = await _state(request, id)
    if state.status != "done":
        why = f": {state.problem['detail']}" if state.problem else ""
        raise ApiProblem(409, "Not done", f"video {id} is {state.status}, so that there is no result{why}")
    return state


async def _known(ask: Callable[[str], T], id: str) -> T:
    """Ask for a job in a thread. Raises ApiProblem 404 where there is none."""
    try:
        return await run_in_threadpool(ask, id)
    except UnknownJob as error:
        raise ApiProblem(404, "No such video", str(error)) from error


def _busy(detail: str) -> ApiProblem:
    return ApiProblem(503, "Busy", detail, {"Retry-After": str(RETRY_S)})


async def _jobs(request: Request) -> Jobs:
    """The jobs of this server; made when they are first asked for."""
    return await run_in_threadpool(_made, request.app.state.service)


def _made(service: Service) -> Jobs:
    folder, limits = service.scratch / "videos", service.settings.limits
    return service.keep(
        "videos",
        lambda: Jobs(
            folder,
            at_once=limits.videos,
            waiting=limits.videos_waiting,
            work=lambda job: analyse_video(job, service.analyzer(job.state.labels), limits),
        ),
    )
