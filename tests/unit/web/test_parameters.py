"""Query parameters are those of the OpenAPI document."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Annotated

import pytest
from fastapi import FastAPI, Query, Request
from starlette.routing import Match

from emovere.web.parameters import only_known_parameters
from emovere.web.problems import ApiProblem


def check(query: str, path: str = "/days") -> None:
    app = FastAPI()

    @app.get("/days")
    async def days(since: date | None = None, word: Annotated[str, Query(alias="the-word")] = "") -> None: ...

    @app.get("/hidden", include_in_schema=False)
    async def hidden() -> None: ...

    scope = {
        "type": "http",
        "method": "GET",
        "path": path,
        "query_string": query.encode(),
        "headers": [],
        "app": app,
        "root_path": "",
    }
    scope["route"] = next(route for route in app.routes if route.matches(scope)[0] is Match.FULL)
    asyncio.run(only_known_parameters(Request(scope)))


@pytest.mark.parametrize("query", ["", "since=2026-03-31", "the-word=x", "the-word=x&since=2026-03-31", "the-word="])
def test_known_ones_pass(query):
    check(query)


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("sinse=2026-03-31", "unknown parameter 'sinse'; did you mean 'since'?"),
        ("word=x", "did you mean 'the-word'?"),
        ("=x", "unknown parameter ''"),
        ("since=0", "since: expected a day such as 2026-03-31; got '0'"),
        ("since=2026-03-31T10:00", "expected a day"),
        ("since=", "expected a day"),
        ("since=2026-03-31&since=1", "expected a day"),
    ],
)
def test_others_are_told(query, told):
    with pytest.raises(ApiProblem) as problem:
        check(query)
    assert told in problem.value.detail
    assert problem.value.status == 422


def test_the_pages_addresses_may_carry_anything():
    check("utm=mail", "/hidden")
