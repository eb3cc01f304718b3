"""The app: every route, every check, in the order in which a request meets them."""

from __future__ import annotations

import contextlib
import importlib
import json
import multiprocessing
import os
import signal
import threading
from collections.abc import AsyncIterator
from multiprocessing.process import BaseProcess
from pathlib import Path

from fastapi import Depends, FastAPI

from emovere.version import __version__
from emovere.web import pages
from emovere.web.guard import Guard
from emovere.web.metrics import Counted
from emovere.web.openapi import describe
from emovere.web.parameters import only_known_parameters
from emovere.web.problems import add_handlers
from emovere.web.service import Service
from emovere.web.settings import ServeSettings

ROUTERS = ("analyze", "videos", "live", "sessions", "journal", "models", "health")

SHARED = "EMOVERE_SERVE_FOLDER"
"""Environment variable of a worker process: the private folder that it shares with the others; see ``share``."""


def create_app(settings: ServeSettings | None = None, scratch: Path | None = None) -> FastAPI:
    """A server's app with its networks loaded.

    scratch: a folder that all processes of the server share; None for one of its own. Raises UnknownModel, ModelError,
    WeightsError or ConfigError.
    """
    service = Service(settings or ServeSettings(), scratch)

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        try:
            yield
        finally:
            service.close()

    app = FastAPI(
        title="Emovere",
        version=__version__,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        dependencies=[Depends(only_known_parameters)],
    )
    app.state.service = service
    for name in ROUTERS:
        app.include_router(importlib.import_module(f"emovere.web.{name}").router)
    app.include_router(pages.router)
    if pages.FOLDER.is_dir():
        app.mount("/page", pages.Files(directory=pages.FOLDER), "page")
    add_handlers(app)
    describe(app, needs_token=bool(service.settings.token))
    app.add_middleware(Guard, settings=service.settings)
    app.add_middleware(Counted, metrics=service.metrics)
    return app


def share(settings: ServeSettings, folder: Path) -> Path:
    """Lay out what worker processes share; returns the folder for prometheus_client's files."""
    (folder / "settings.json").write_text(json.dumps(settings.to_dict()), encoding="utf-8")
    (folder / "scratch").mkdir()
    (folder / "metrics").mkdir()
    return folder / "metrics"


def from_environment() -> FastAPI:
    """The app of a worker process, which ends when the process that started it is gone."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent,), name="emovere-parent", daemon=True).start()
    folder = Path(os.environ[SHARED])
    settings = ServeSettings.from_dict(json.loads((folder / "settings.json").read_text(encoding="utf-8")))
    return create_app(settings, folder / "scratch")


def _end_with(parent: BaseProcess) -> None:
    parent.join()
    os.kill(os.getpid(), signal.SIGTERM)
