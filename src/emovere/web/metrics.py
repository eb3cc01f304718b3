"""What a server counts, for Prometheus.

With several workers prometheus_client keeps the numbers in files of the folder that PROMETHEUS_MULTIPROC_DIR names, so
that any worker can tell those of all.
"""

from __future__ import annotations

import os
import time

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest, multiprocess
from starlette.types import ASGIApp, Message, Receive, Scope, Send

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""Environment variable of prometheus_client; read when that is imported."""

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
_FACES = (1, 2, 4, 8, 16, 32, 64)


class Metrics:
    """The numbers of one server."""

    def __init__(self) -> None:
        registry = CollectorRegistry()
        self._registry = registry
        self._requests = Counter(
            "emovere_requests",
            "Answers, by route, method and status.",
            ("route", "method", "status"),
            registry=registry,
        )
        self._seconds = Histogram(
            "emovere_request_seconds", "From a request's head to its answer's end.", ("route",), buckets=_SECONDS,
            registry=registry,
        )  # fmt: skip
        self._refused = Counter(
            "emovere_refused", "Requests refused to keep the load bounded.", ("reason",), registry=registry
        )
        self._photos = Counter("emovere_photos", "Photos that were analysed.", registry=registry)
        self._faces = Counter("emovere_faces", "Faces found in them.", registry=registry)
        self._calls = Histogram(
            "emovere_network_call_faces", "Faces in one call of the network.", buckets=_FACES, registry=registry
        )
        self._waiting = Gauge(
            "emovere_photos_waiting", "Photos that are looked at or wait.", registry=registry,
            multiprocess_mode="livesum",
        )  # fmt: skip
        self._live = Gauge(
            "emovere_live_connections", "Live connections that are open.", registry=registry,
            multiprocess_mode="livesum",
        )  # fmt: skip
        self._frames = Counter(
            "emovere_live_frames", "Frames of live connections that were looked at.", registry=registry
        )

    def request(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count one answer."""
        self._requests.labels(route, method, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def refused(self, reason: str) -> None:
        """Count one refusal: rate, queue, or another word of a small fixed set."""
        self._refused.labels(reason).inc()

    def photo(self, faces: int) -> None:
        """Count one photo and its faces."""
        self._photos.inc()
        self._faces.inc(faces)

    def call(self, faces: int) -> None:
        """Count one call of the network."""
        self._calls.observe(faces)

    def waiting(self, photos: int) -> None:
        """How many photos wait now."""
        self._waiting.set(photos)

    def live(self, change: int) -> None:
        """A live connection came (1) or went (-1)."""
        self._live.inc(change)

    def live_frame(self) -> None:
        """Count one frame of a live connection."""
        self._frames.inc()

    def text(self) -> bytes:
        """Everything, as Prometheus reads it; of all workers where there are several."""
        if os.environ.get(FOLDER):
            together = CollectorRegistry()
            multiprocess.MultiProcessCollector(together)  # type: ignore[no-untyped-call]
            return generate_latest(together)
        return generate_latest(self._registry)

    def close(self) -> None:
        """The process ends: what it holds at the moment no longer counts."""
        if os.environ.get(FOLDER):
            multiprocess.mark_process_dead(os.getpid())  # type: ignore[no-untyped-call]


class Counted:
    """ASGI middleware that counts every answer by its route's template, so that addresses cannot grow without end."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand on and count."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status = time.perf_counter(), 500

        async def send_and_see(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, send_and_see)
        finally:
            route = getattr(scope.get("route"), "path", "other")
            method = scope["method"] if scope["method"] in _METHODS else "other"
            self._metrics.request(route, method, status, time.perf_counter() - started)


_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
