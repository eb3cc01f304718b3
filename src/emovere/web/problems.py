"""Errors as problem details (RFC 9457), and their part of the OpenAPI document."""

from __future__ import annotations

import http
import re
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.routing import Match

from emovere import errors
from emovere.report.json_document import dumps

MEDIA_TYPE = "application/problem+json"


class Problem(BaseModel):
    """What went wrong."""

    type: str = Field(description="A name of this kind of problem that stays the same.", examples=["urn:emovere:busy"])
    title: str = Field(description="The kind of problem in a few words.")
    status: int = Field(ge=400, le=599)
    detail: str = Field(description="What was expected, what came, and what to do; one line.")
    instance: str = Field(description="The path that was asked for.")


class ApiProblem(Exception):
    """An answer that is an error. Handlers raise it; the client gets problem details."""

    def __init__(self, status: int, title: str, detail: str, headers: Mapping[str, str] | None = None) -> None:
        """title: the same words for every problem of a kind. detail: one line."""
        super().__init__(detail)
        self.status = status
        self.title = title
        self.detail = detail
        self.headers = dict(headers or {})

    def to_dict(self, instance: str) -> dict[str, Any]:
        """The problem's members, for an answer or a message."""
        kind = re.sub(r"[^a-z0-9]+", "-", self.title.lower()).strip("-")
        return {
            "type": f"urn:emovere:{kind}",
            "title": self.title,
            "status": self.status,
            "detail": " ".join(self.detail.split()),
            "instance": instance,
        }

    def response(self, instance: str) -> Response:
        """The answer."""
        return Response(dumps(self.to_dict(instance)), self.status, self.headers, MEDIA_TYPE)


_KINDS: tuple[tuple[type[errors.EmovereError], int, str], ...] = (
    (errors.UnreadableImage, 400, "Unreadable photo"),
    (errors.UnreadableVideo, 400, "Unreadable video"),
    (errors.InputError, 400, "Unusable input"),
    (errors.ConfigError, 422, "Wrong parameter"),
    (errors.UnknownModel, 422, "Wrong parameter"),
    (errors.MissingExtra, 501, "Not installed"),
    (errors.JournalError, 503, "Journal not available"),
    (errors.EmovereError, 500, "Failed"),
)


def problem_of(error: errors.EmovereError) -> ApiProblem:
    """The answer that one of the package's errors becomes."""
    status, title = next((status, title) for kind, status, title in _KINDS if isinstance(error, kind))
    return ApiProblem(status, title, str(error))


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """For ``responses=`` of a route: these statuses are answered with problem details."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {
        status: {"description": http.HTTPStatus(status).phrase, "content": content, **_headers(status)}
        for status in statuses
    }


def _headers(status: int) -> dict[str, Any]:
    name = {401: "WWW-Authenticate", 429: "Retry-After", 503: "Retry-After"}.get(status)
    return {"headers": {name: {"schema": {"type": "string"}}}} if name else {}


def add_handlers(app: FastAPI) -> None:
    """Answer every error of an app with problem details."""

    async def api_problem(request: Request, error: Exception) -> Response:
        assert isinstance(error, ApiProblem)
        return error.response(request.url.path)

    async def emovere_error(request: Request, error: Exception) -> Response:
        assert isinstance(error, errors.EmovereError)
        return problem_of(error).response(request.url.path)

    async def invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        return ApiProblem(422, "Wrong parameter", _told(error.errors())).response(request.url.path)

    async def http_error(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        title = http.HTTPStatus(error.status_code).phrase.capitalize()
        detail = {404: "no such thing here", 405: f"{request.method} is not possible here"}.get(error.status_code)
        headers = dict(error.headers or {})
        if error.status_code == 405:
            headers["Allow"] = ", ".join(_methods(app, request))
        return ApiProblem(error.status_code, title, detail or str(error.detail), headers).response(request.url.path)

    async def unexpected(request: Request, error: Exception) -> Response:
        problem = ApiProblem(500, "Failed", "an error of the program itself, which its log describes; please report it")
        return problem.response(request.url.path)

    app.add_exception_handler(ApiProblem, api_problem)
    app.add_exception_handler(errors.EmovereError, emovere_error)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(HTTPException, http_error)
    app.add_exception_handler(Exception, unexpected)


def _methods(app: FastAPI, request: Request) -> list[str]:
    """What is possible at a path: each of its methods has a route of its own, and a route knows only its own."""
    known = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
    scopes = [(method, {**request.scope, "method": method}) for method in known]
    return [method for method, scope in scopes if any(route.matches(scope)[0] is Match.FULL for route in app.routes)]


def _told(found: Sequence[Any]) -> str:
    """What a validation found, in one line: ``crops: input should be true or false; got 'maybe'``."""
    parts = []
    for one in found[:3]:
        where = ".".join(str(step) for step in one["loc"][1:]) or str(one["loc"][0])
        message = one["msg"][:1].lower() + one["msg"][1:]
        got = one.get("input")
        shown = f"; got {str(got)[:60]!r}" if isinstance(got, str | int | float) else ""
        parts.append(f"{where}: {message}{shown}")
    return "; ".join(parts)
