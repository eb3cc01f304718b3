"""Problem details: every error has them, whatever raises it."""

from __future__ import annotations

import asyncio
import contextlib
import json
from dataclasses import dataclass

import pytest
from fastapi import FastAPI
from starlette.exceptions import HTTPException

from emovere import errors
from emovere.web.problems import MEDIA_TYPE, ApiProblem, Problem, add_handlers, problem_of, problems

ALL = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.EmovereError)]


@pytest.fixture
def app() -> FastAPI:
    app = FastAPI()
    add_handlers(app)
    raised: dict[str, Exception] = {
        "own": ApiProblem(418, "Teapot, short & stout", "expected coffee;\n got tea", {"Retry-After": "3"}),
        "config": errors.ConfigError("labels: expected two"),
        "http": HTTPException(403, "no"),
        "bug": ZeroDivisionError("secret of the inside"),
    }

    @app.get("/raise/{name}")
    async def raise_it(name: str) -> None:
        raise raised[name]

    @app.get("/number")
    async def number(n: int) -> int:
        return n

    return app


@dataclass(frozen=True)
class Got:
    status: int
    headers: dict[str, str]
    text: str


def get(app: FastAPI, path: str, method: str = "GET") -> Got:
    """Ask an app without a server."""
    sent: list[dict] = []

    async def receive() -> dict:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message) -> None:
        sent.append(message)

    where, _, query = path.partition("?")
    scope = {"type": "http", "method": method, "path": where, "raw_path": where.encode(), "root_path": ""}
    scope |= {"query_string": query.encode(), "headers": [], "http_version": "1.1", "scheme": "http"}
    with contextlib.suppress(ZeroDivisionError):  # a bug is answered and then goes on to the server's log
        asyncio.run(app(scope, receive, send))
    headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return Got(sent[0]["status"], headers, b"".join(one.get("body", b"") for one in sent[1:]).decode())


@pytest.mark.parametrize(
    ("path", "status", "title", "word"),
    [
        ("/raise/own", 418, "Teapot, short & stout", "expected coffee; got tea"),
        ("/raise/config", 422, "Wrong parameter", "labels: expected two"),
        ("/raise/http", 403, "Forbidden", "no"),
        ("/raise/bug", 500, "Failed", "an error of the program itself"),
        ("/nothing", 404, "Not found", "no such thing"),
        ("/number", 422, "Wrong parameter", "n: field required"),
        ("/number?n=two", 422, "Wrong parameter", "n: input should be a valid integer"),
    ],
)
def test_every_error_is_a_problem(app, path, status, title, word):
    answer = get(app, path)
    assert answer.status == status
    assert answer.headers["content-type"] == MEDIA_TYPE
    problem = Problem.model_validate_json(answer.text)
    assert (problem.status, problem.title, problem.instance) == (status, title, path.partition("?")[0])
    assert word in problem.detail
    assert "\n" not in problem.detail
    assert "secret" not in answer.text


def test_headers_come_along(app):
    assert get(app, "/raise/own").headers["retry-after"] == "3"
    assert get(app, "/number", "POST").headers["allow"] == "GET"
    assert json.loads(get(app, "/number", "POST").text)["status"] == 405


def test_the_type_is_a_name_that_stays():
    assert ApiProblem(400, "Too large, by far!", "x").to_dict("/")["type"] == "urn:emovere:too-large-by-far"


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.__name__)
def test_every_error_of_the_package_has_a_status(kind):
    problem = problem_of(kind("what; expected; got"))
    assert 400 <= problem.status < 600
    assert problem.detail == "what; expected; got"


def test_declared_answers_say_when_to_come_again():
    declared = problems(400, 429, 503)
    assert set(declared) == {400, 429, 503}
    assert MEDIA_TYPE in declared[400]["content"]
    assert "Retry-After" in declared[429]["headers"]
    assert "headers" not in declared[400]
