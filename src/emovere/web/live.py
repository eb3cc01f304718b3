"""A live view: pictures of a camera come in, one by one, and what is seen in each goes out at once.

The protocol is described in docs/live.md. Nothing of it is kept unless the person starts a session.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, WebSocket
from fastapi.concurrency import run_in_threadpool
from starlette.websockets import WebSocketDisconnect

from emovere.config import PhotoOptions
from emovere.errors import ConfigError, EmovereError, UnknownModel, UnreadableImage, unknown_name
from emovere.following import Follower, Look
from emovere.pipeline import Analyzer
from emovere.report.json_document import dumps
from emovere.sources.formats import HEAD, JPEG, PNG, WEBP, recognise
from emovere.sources.photo import read_photo
from emovere.types import Frame, frame_to_dict, model_to_dict
from emovere.web.guard import SUBPROTOCOL
from emovere.web.live_messages import Ping, Said, StartSession, StopSession, WriteNote, read_message
from emovere.web.live_session import LiveSession, News
from emovere.web.locks import FileLock, Places
from emovere.web.problems import ApiProblem, problem_of
from emovere.web.service import Service
from emovere.web.together import shared

if TYPE_CHECKING:
    from emovere.journal.recorder import Recorder

_LOG = logging.getLogger("emovere.web")

PATH = "/v1/live"
PARAMETERS = ("labels", "model")
SOURCE = "camera"

MOST_PIXELS = 4096 * 2304
"""Of one frame, where the server's limit is not lower: larger ones take longer to decode than a view can wait."""

IDLE_S = 60.0
"""Seconds without a message after which a connection is closed."""

SEND_S = 20.0
"""Seconds for which a client is waited for that does not take what is sent."""

MOST_COMMANDS = 16
"""Text messages that wait to be obeyed; the connection is not read meanwhile."""

POLICY, TRY_AGAIN = 1008, 1013

router = APIRouter()


@dataclass(frozen=True)
class _Came:
    """A frame as it came."""

    data: bytes
    clock_s: float
    """Of time.perf_counter."""
    at: datetime


@router.websocket(PATH)
async def live(socket: WebSocket) -> None:
    """One live view, from its first frame to its last."""
    service: Service = socket.app.state.service
    offered = socket.scope.get("subprotocols", [])
    await socket.accept(SUBPROTOCOL if SUBPROTOCOL in offered else None)
    with contextlib.ExitStack() as closing, contextlib.suppress(WebSocketDisconnect):
        try:
            closing.callback((await run_in_threadpool(_place, service)).release)
            analyzer = await run_in_threadpool(_analyzer, service, dict(socket.query_params))
        except EmovereError as error:
            await _refuse(socket, problem_of(error), POLICY)
        except ApiProblem as problem:
            await _refuse(socket, problem, TRY_AGAIN)
        else:
            service.metrics.live(1)
            closing.callback(service.metrics.live, -1)
            await _View(socket, service, analyzer).run()


class _View:
    """One connection: a task that reads, one that looks at the newest frame, one that obeys what is said."""

    def __init__(self, socket: WebSocket, service: Service, analyzer: Analyzer) -> None:
        self._socket, self._service = socket, service
        self._analyzer = analyzer
        classifier = shared(analyzer.classifier, service.metrics.call)
        self._follower = Follower(analyzer.detector, classifier, analyzer.options.track)
        limits = service.settings.limits
        self._most_bytes = limits.live_frame_bytes
        self._photo = PhotoOptions(max_pixels=min(limits.pixels, MOST_PIXELS))
        self._newest: _Came | None = None
        self._came = asyncio.Event()
        self._said: asyncio.Queue[Said] = asyncio.Queue(MOST_COMMANDS)
        self._sending = asyncio.Lock()
        self._began_s: float | None = None
        self._index = self._dropped = 0
        self._session: LiveSession | None = None
        self._telling: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Until the client goes, or is too quiet for too long."""
        models = {role: model_to_dict(info) for role, info in self._analyzer.models.items()}
        labels = list(self._analyzer.classifier.labels)
        await self._send({"type": "ready", "labels": labels, "models": models, "journal": self._service.has_journal})
        tasks = [asyncio.create_task(work()) for work in (self._read, self._look_on, self._obey)]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in (*tasks, *self._telling):
                task.cancel()
            await asyncio.gather(*tasks, *self._telling, return_exceptions=True)
            await self._end_session()

    async def _read(self) -> None:
        """Take what comes; of frames that wait, only the newest."""
        while True:
            try:
                async with asyncio.timeout(IDLE_S):
                    message = await self._socket.receive()
            except TimeoutError:
                await self._tell(ApiProblem(408, "Idle", f"nothing came for {IDLE_S:g} s; send frames, or a ping"))
                await self._socket.close(1000, "idle")
                return
            if message["type"] == "websocket.disconnect":
                return
            try:
                if message.get("bytes") is not None:
                    self._take(message["bytes"])
                else:
                    await self._said.put(read_message(message.get("text") or ""))
            except ApiProblem as problem:
                await self._tell(problem)

    def _take(self, data: bytes) -> None:
        if len(data) > self._most_bytes:
            raise ApiProblem(
                413, "Too large", f"expected a frame of at most {self._most_bytes:,} bytes; got {len(data):,}"
            )
        self._dropped += self._newest is not None
        self._newest = _Came(data, time.perf_counter(), datetime.now(UTC))
        self._came.set()

    async def _look_on(self) -> None:
        """Look at the newest frame, answer, and look at the next."""
        loop = asyncio.get_running_loop()
        while True:
            await self._came.wait()
            self._came.clear()
            came, self._newest = self._newest, None
            if came is None:
                continue
            try:
                look = await loop.run_in_executor(self._service.executor, self._look, came)
            except EmovereError as error:
                await self._tell(problem_of(error))
                continue
            spent_ms = 1000 * (time.perf_counter() - came.clock_s)
            self._service.metrics.live_frame()
            if self._session is not None:
                self._session.add(look.result, came.at)
            frame = frame_to_dict(look.result)
            await self._send({"type": "result", "frame": frame, "ms": round(spent_ms, 2), "dropped": self._dropped})

    def _look(self, came: _Came) -> Look:
        """Decode a frame, and see who is there; in a thread. Raises EmovereError."""
        kind = recognise(came.data[:HEAD])
        if kind not in (JPEG, PNG, WEBP):
            got = "something else" if kind is None else kind.name
            raise UnreadableImage(f"frame: expected one JPEG, WebP or PNG; got {got} ({len(came.data):,} bytes)")
        with contextlib.closing(read_photo(came.data, self._photo, name="frame")) as pages:  # type: ignore[type-var]
            image = next(pages).image
        if self._began_s is None:
            self._began_s = came.clock_s
        time_s = round(came.clock_s - self._began_s, 4)
        self._index += 1
        return self._follower.look(Frame(image, self._index - 1, time_s, SOURCE))

    async def _obey(self) -> None:
        """Do what is said, one thing after the other."""
        while True:
            said = await self._said.get()
            try:
                if isinstance(said, StartSession):
                    await self._start_session(said)
                elif isinstance(said, StopSession):
                    await self._stop_session()
                elif isinstance(said, WriteNote):
                    id = await self._running_session().note(said.text, datetime.now(UTC))
                    await self._send({"type": "note", "id": id})
                elif isinstance(said, Ping):
                    await self._send({"type": "pong"})
            except EmovereError as error:
                await self._tell(problem_of(error))
            except ApiProblem as problem:
                await self._tell(problem)

    async def _start_session(self, said: StartSession) -> None:
        if self._session is not None:
            raise ApiProblem(409, "Session runs", f"session {self._session.id} runs already; stop it first")
        classifier = self._analyzer.classifier

        def start(tell: Callable[[str], None]) -> Recorder:
            journal = self._service.journal()
            return journal.begin(SOURCE, classifier.labels, classifier.info.name, said.title, said.zone, tell=tell)

        self._session = await LiveSession.begin(start, self._hear)
        await self._send({"type": "session", "state": "started", "id": self._session.id})

    async def _stop_session(self) -> None:
        id = self._running_session().id
        error = await self._end_session()
        if error is not None:
            await self._tell(problem_of(error))
        await self._send({"type": "session", "state": "ended", "id": id})

    def _running_session(self) -> LiveSession:
        if self._session is None:
            raise ApiProblem(409, "No session", "no session runs; start one first")
        return self._session

    async def _end_session(self) -> EmovereError | None:
        """End the session that runs, if one does; returns why the journal could not be told."""
        session, self._session = self._session, None
        try:
            if session is not None:
                await session.end()
        except EmovereError as error:
            _LOG.warning("a live session ended: %s", error)
            return error
        return None

    def _hear(self, news: News, text: str) -> None:
        """What a session's journal says meanwhile."""
        session = self._session
        id = None if session is None else session.id
        messages: list[dict[str, Any]] = []
        if news == "resumed":
            messages.append({"type": "journal", "state": "resumed", "id": id})
        elif news == "deleted":
            self._session = None
            messages.append(_problem(ApiProblem(410, "Session deleted", text)))
            messages.append({"type": "session", "state": "ended", "id": id})
        else:
            messages.append(_problem(ApiProblem(503, "Journal not available", text)))
        task = asyncio.create_task(self._send_all(messages, session if news == "deleted" else None))
        self._telling.add(task)
        task.add_done_callback(self._telling.discard)

    async def _send_all(self, messages: list[dict[str, Any]], over: LiveSession | None) -> None:
        with contextlib.suppress(WebSocketDisconnect):
            for message in messages:
                await self._send(message)
        if over is not None:
            await over.end()

    async def _tell(self, problem: ApiProblem) -> None:
        await self._send(_problem(problem))

    async def _send(self, message: dict[str, Any]) -> None:
        """Raises WebSocketDisconnect where the client is gone, or does not take it."""
        try:
            async with self._sending, asyncio.timeout(SEND_S):
                await self._socket.send_text(dumps(message))
        except (TimeoutError, RuntimeError) as error:
            raise WebSocketDisconnect(1006) from error


def _problem(problem: ApiProblem) -> dict[str, Any]:
    return {"type": "problem", "problem": problem.to_dict(PATH)}


def _place(service: Service) -> FileLock:
    """One of the places that all processes of the server share. Raises ApiProblem 503."""
    most = service.settings.limits.live
    place = Places(service.scratch, "live", most).take()
    if place is None:
        service.metrics.refused("live")
        raise ApiProblem(503, "Busy", f"{most} live connections are open; expected fewer; try again later")
    return place


def _analyzer(service: Service, wanted: dict[str, str]) -> Analyzer:
    """Raises ConfigError for labels that cannot be, UnknownModel for a network that does not answer here."""
    for name in wanted:
        if name not in PARAMETERS:
            raise ConfigError(unknown_name("parameter", name[:60], PARAMETERS))
    in_use, model = service.models["classifier"].name, wanted.get("model")
    if model not in (None, "", in_use):
        raise UnknownModel(f"model: expected {in_use}, which this server runs; got {model!r:.60}")
    return service.analyzer(wanted.get("labels") or None)


async def _refuse(socket: WebSocket, problem: ApiProblem, code: int) -> None:
    await socket.send_text(dumps(_problem(problem)))
    await socket.close(code, problem.title)
