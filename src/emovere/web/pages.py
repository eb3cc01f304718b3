"""The page's files: static, the same for everybody, with nothing from outside."""

from __future__ import annotations

import os
from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, Response
from starlette.exceptions import HTTPException
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

FOLDER = Path(__file__).parent / "page"

TYPES = {
    ".css": "text/css",
    ".html": "text/html",
    ".ico": "image/x-icon",
    ".js": "text/javascript",
    ".json": "application/json",
    ".mjs": "text/javascript",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}
"""By suffix: what the machine's own tables say differs from machine to machine."""

router = APIRouter()


class Files(StaticFiles):
    """Files of a folder, asked for anew each time: a page and an API of different versions do not fit together."""

    def file_response(
        self, full_path: str | os.PathLike[str], stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        """One file."""
        response = super().file_response(full_path, stat_result, scope, status_code)
        kind = TYPES.get(Path(full_path).suffix)
        if kind is not None and response.status_code == 200:
            charset = "" if kind.startswith(("image/", "font/")) else "; charset=utf-8"
            response.headers["Content-Type"] = kind + charset
        response.headers["Cache-Control"] = "no-cache"
        return response


def _file(name: str) -> Response:
    path = FOLDER / name
    if not path.is_file():
        raise HTTPException(404)
    return FileResponse(path, media_type="text/html; charset=utf-8", headers={"Cache-Control": "no-cache"})


@router.api_route("/", methods=["GET", "HEAD"], include_in_schema=False)
def page(request: Request) -> Response:
    """The page, or the kiosk's view where the server was started for that."""
    return kiosk() if request.app.state.service.settings.kiosk else _file("index.html")


@router.api_route("/kiosk", methods=["GET", "HEAD"], include_in_schema=False)
def kiosk() -> Response:
    """The kiosk's view."""
    return _file("kiosk.html" if (FOLDER / "kiosk.html").is_file() else "index.html")
