"""The app for a cluster that Ray Serve's own configuration runs, as KubeRay's RayService does.

There Ray's own proxy takes the connections, so that an ingress in front of it has to bound bodies, heads and times; and
the replicas share no folder, so that whatever lies in one is refused.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from emovere.config import Options, override
from emovere.errors import ConfigError, JournalError, unknown_name
from emovere.extras import optional
from emovere.scale.serve_refuse import NO_JOURNAL, NO_METRICS, NO_VIDEOS, Refusing
from emovere.web.settings import Limits, ServeSettings

if TYPE_CHECKING:
    from fastapi import FastAPI

    from emovere.journal.store import Journal

ARGUMENTS = ("options", "limits", "journal")


def build(arguments: dict[str, Any]) -> Any:
    """The application that ``import_path: emovere.scale.serve_app:build`` names.

    arguments: ``options`` and ``limits``, lists of KEY=VALUE as ``--set`` takes them; ``journal``, a database's URL.
    The token is EMOVERE_TOKEN of the environment. Raises ConfigError.
    """
    serve = optional("ray.serve", "scale")
    settings = settings_of(arguments, os.environ.get("EMOVERE_TOKEN", ""))

    def app() -> FastAPI:
        return without_a_folder(settings)

    return serve.deployment(name="emovere")(serve.ingress(app)()).bind()


def settings_of(arguments: dict[str, Any], token: str) -> ServeSettings:
    """What the arguments say. Raises ConfigError, also where there is no token."""
    for name in arguments:
        if name not in ARGUMENTS:
            raise ConfigError(unknown_name("argument", name, ARGUMENTS))
    return ServeSettings(
        host="0.0.0.0",
        token=token,
        journal=arguments.get("journal"),
        options=override(Options(), arguments.get("options", [])),
        limits=override(Limits(), arguments.get("limits", [])),
    )


def without_a_folder(settings: ServeSettings) -> FastAPI:
    """The app, less what only processes with one folder can do. Raises what loading the networks raises."""
    from emovere.web.app import create_app

    app = create_app(settings)
    refused = {"/v1/videos": NO_VIDEOS, "/metrics": NO_METRICS}
    if "://" not in (settings.journal or ""):
        refused |= {"/v1/sessions": NO_JOURNAL, "/v1/journal": NO_JOURNAL}
        app.state.service.journal = _no_journal
    app.add_middleware(Refusing, refused=refused)
    return app


def _no_journal() -> Journal:
    """A live view that starts a session is told, too."""
    raise JournalError(NO_JOURNAL.detail)
