"""Who may ask: the token, and that no other site's page can reach or drive the server through a person's browser.

A page of another site can send requests from the browser of a person who runs a server on loopback, and can even give
its own name this machine's address (DNS rebinding). So a server without a token answers to loopback names only, and
whatever a browser sends on behalf of another origin is refused, WebSockets included; with a token, all of that is
refused for want of it, too. There are no cookies, and no CORS headers.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from emovere.web.problems import ApiProblem
from emovere.web.settings import ServeSettings, is_loopback

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; "
        "connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
"""Sent with every answer."""

LONGEST_HEAD = 32_768
"""Bytes of a request's path and headers together."""

SUBPROTOCOL = "emovere.v1"
TOKEN_SUBPROTOCOL = "token."
"""A second subprotocol that browsers can offer, who cannot send headers: this and the token in base64url."""


HEAD_TOO_LONG = ApiProblem(431, "Head too long", f"expected a path and headers of at most {LONGEST_HEAD:,} bytes")


class Guard:
    """ASGI middleware around the whole app."""

    def __init__(self, app: ASGIApp, settings: ServeSettings) -> None:
        self._app = app
        self._settings = settings
        self._token = _digest(settings.token.encode()) if settings.token else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, or hand on."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] in ("http.response.start", "websocket.http.response.start"):
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                if scope["path"].startswith("/v1/"):
                    headers.setdefault("Cache-Control", "no-store")
            await send(message)

        problem = self._problem(scope)
        if problem is None:
            await self._app(scope, receive, send_with_headers)
        elif scope["type"] == "http":
            await problem.response(scope["path"])(scope, receive, send_with_headers)
        else:
            await _refuse_websocket(problem, scope, receive, send_with_headers)

    def _problem(self, scope: Scope) -> ApiProblem | None:
        if _length_of_head(scope) > LONGEST_HEAD:
            return HEAD_TOO_LONG
        headers = Headers(scope=scope)
        of_page = is_page(scope)
        if not self._token and not self._is_own_name(headers.get("host", "")):
            return ApiProblem(
                403,
                "Wrong host",
                f"expected the name of this machine's loopback; got {headers.get('host', '')[:80]!r}; other names need "
                f"a server with a token",
            )
        if of_page:
            return None
        if not _is_same_origin(headers):
            return ApiProblem(
                403,
                "Wrong origin",
                f"the page of another site may not use this server; got {headers.get('origin', 'cross-site')[:80]!r}",
            )
        if self._token and not self._has_token(scope, headers):
            return ApiProblem(
                401,
                "Token needed",
                "expected the server's token; got none or another; send Authorization: Bearer TOKEN",
                {"WWW-Authenticate": "Bearer"},
            )
        return None

    def _is_own_name(self, host: str) -> bool:
        name = _name_of(host)
        return is_loopback(name) or name == self._settings.host.lower()

    def _has_token(self, scope: Scope, headers: Headers) -> bool:
        kind, _, given = headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer":
            return self._is_token(given.strip().encode())
        if scope["type"] == "websocket":
            for offered in scope.get("subprotocols", ()):
                if offered.startswith(TOKEN_SUBPROTOCOL):
                    return self._is_token(_decoded(offered.removeprefix(TOKEN_SUBPROTOCOL)))
        return False

    def _is_token(self, given: bytes) -> bool:
        # digests have one length, so that the time says nothing of the token's own
        return self._token is not None and hmac.compare_digest(_digest(given), self._token)


def is_page(scope: Scope) -> bool:
    """Whether a request is one of those that hold no secret and change nothing: the page's files, health, OpenAPI."""
    path: str = scope["path"]
    return (
        scope["type"] == "http"
        and scope["method"] in ("GET", "HEAD")
        and (path in ("/", "/kiosk", "/healthz", "/openapi.json", "/favicon.ico") or path.startswith("/page/"))
    )


def _length_of_head(scope: Scope) -> int:
    headers = sum(len(name) + len(value) + 4 for name, value in scope["headers"])
    return headers + len(scope["raw_path"] or b"") + len(scope["query_string"])


def _is_same_origin(headers: Headers) -> bool:
    if headers.get("sec-fetch-site", "none") not in ("same-origin", "none"):
        return False
    origin = headers.get("origin")
    if origin is None:
        return True
    try:
        address = urlsplit(origin)
        port = address.port or {"http": 80, "https": 443}.get(address.scheme)
        own = urlsplit(f"//{headers.get('host', '')}")
        own_port = own.port or {"http": 80, "https": 443}.get(address.scheme)
    except ValueError:
        return False
    return bool(address.hostname) and (address.hostname, port) == (own.hostname, own_port)


def _name_of(host: str) -> str:
    try:
        return (urlsplit(f"//{host}").hostname or "").lower()
    except ValueError:
        return ""


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return b""


def _digest(value: bytes) -> bytes:
    return hashlib.sha256(value).digest()


async def _refuse_websocket(problem: ApiProblem, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer the handshake with problem details where the server can, else with a bare 403."""
    await receive()
    if "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close", "code": 1008, "reason": problem.title})
        return
    response = problem.response(scope["path"])
    start = {"type": "websocket.http.response.start", "status": response.status_code, "headers": response.raw_headers}
    await send(start)
    await send({"type": "websocket.http.response.body", "body": response.body})
