"""The OpenAPI document: FastAPI's own, with the errors that every route shares."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from emovere.web.problems import Problem, problems

DESCRIPTION = (
    "Facial expressions in photos, videos and live pictures. A result describes what a face shows, not what the person "
    "feels. Errors are problem details (RFC 9457)."
)


def describe(app: FastAPI, *, needs_token: bool) -> None:
    """Give an app its document. needs_token: whether requests carry the server's token."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app, needs_token=needs_token)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def _document(app: FastAPI, *, needs_token: bool) -> dict[str, Any]:
    document = get_openapi(title=app.title, version=app.version, description=DESCRIPTION, routes=app.routes)
    parts = document.setdefault("components", {}).setdefault("schemas", {})
    parts["Problem"] = Problem.model_json_schema()
    for name in ("HTTPValidationError", "ValidationError"):
        parts.pop(name, None)
    for path, operations in document["paths"].items():
        for operation in operations.values():
            is_open = not needs_token or path == "/healthz"
            shared = (400, 403, 422) if is_open else (400, 401, 403, 422)
            for status, response in problems(*shared).items():
                own = operation["responses"].get(str(status), {})
                if "application/problem+json" not in own.get("content", {}):
                    operation["responses"][str(status)] = response
            if not is_open:
                operation["security"] = [{"token": []}]
    if needs_token:
        document["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    return document
