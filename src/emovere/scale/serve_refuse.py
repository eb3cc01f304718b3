"""What processes that share no folder cannot answer: refused in one line, before anybody tries."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

from emovere.web.guard import HEADERS
from emovere.web.problems import ApiProblem

NO_METRICS = ApiProblem(
    501,
    "Several nodes",
    "what the processes of several nodes count is not added up here; expected a server on one node; see Ray's metrics",
)
NO_VIDEOS = ApiProblem(
    501,
    "No shared folder",
    "videos need processes that share a folder; these share none; use emovere serve --engine ray, or emovere analyze",
)
NO_JOURNAL = ApiProblem(
    501,
    "No shared journal",
    "sessions need a journal that all processes reach; expected journal: postgresql+psycopg://...; got a file",
)


class Refusing:
    """ASGI middleware: these paths, and all below them, are refused."""

    def __init__(self, app: ASGIApp, refused: dict[str, ApiProblem]) -> None:
        self._app = app
        self._refused = refused

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, or hand on."""
        for path, problem in self._refused.items():
            if scope["type"] != "lifespan" and (scope["path"] + "/").startswith(path + "/"):
                await refuse(problem, scope, receive, send)
                return
        await self._app(scope, receive, send)


async def refuse(problem: ApiProblem, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with a problem, or close what is no request but a connection."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1013, "reason": problem.title})
        return
    response = problem.response(scope["path"])
    response.headers.update(HEADERS)
    await response(scope, receive, send)
