"""Query parameters as the OpenAPI document has them.

Others are told, not passed over: a misspelt one would change
nothing.
"""

from __future__ import annotations

import re
from typing import Any

from starlette.requests import HTTPConnection

from emovere.errors import unknown_name
from emovere.web.problems import ApiProblem


async def only_known_parameters(connection: HTTPConnection) -> None:
    """A dependency of every route of the document. Raises ApiProblem 422."""
    if not connection.query_params or connection.scope["type"] != "http":
        return
    described: dict[str, Any] = connection.app.openapi()["paths"].get(connection.scope["route"].path, {})
    operation = described.get(connection.scope["method"].lower())
    if operation is None:
        return
    known = {one["name"]: one["schema"] for one in operation.get("parameters", ()) if one["in"] == "query"}
    for name, value in connection.query_params.multi_items():
        if name not in known:
            raise ApiProblem(422, "Wrong parameter", unknown_name("parameter", name[:60], known))
        # pydantic would take a bare number for seconds since 1970
        if _is_day(known[name]) and not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value, re.ASCII):
            raise ApiProblem(422, "Wrong parameter", f"{name}: expected a day such as 2026-03-31; got {value[:60]!r}")


def _is_day(schema: dict[str, Any]) -> bool:
    return any(one.get("format") == "date" for one in (schema, *schema.get("anyOf", ())))
