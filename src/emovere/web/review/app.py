"""The app of the review page: its routes and its files behind the same guard as ``emovere serve``'s."""

from __future__ import annotations

from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import FileResponse, Response

from emovere.version import __version__
from emovere.web import pages
from emovere.web.guard import Guard
from emovere.web.problems import add_handlers
from emovere.web.review import routes
from emovere.web.review.desk import Desk
from emovere.web.settings import ServeSettings

FOLDER = Path(__file__).parent / "page"


def create_app(desk: Desk, settings: ServeSettings) -> FastAPI:
    """The page over a desk. settings: host and token decide who may ask."""
    app = FastAPI(
        title="Emovere review",
        version=__version__,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
    )
    app.state.desk = desk
    app.include_router(routes.router)
    app.add_api_route("/", _page, methods=["GET", "HEAD"])
    app.mount("/page/review", pages.Files(directory=FOLDER), "review")
    app.mount("/page", pages.Files(directory=pages.FOLDER), "page")
    add_handlers(app)
    app.add_middleware(Guard, settings=settings)
    return app


def _page() -> Response:
    return FileResponse(
        FOLDER / "index.html", media_type="text/html; charset=utf-8", headers={"Cache-Control": "no-cache"}
    )
