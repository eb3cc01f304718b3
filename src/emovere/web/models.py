"""``/v1/models`` and ``/v1/settings``: what there is, and what the page has to know."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request

from emovere import weights
from emovere.types import model_to_dict
from emovere.version import __version__
from emovere.web.schemas import Models, SettingsOut
from emovere.web.service import Service

router = APIRouter()


@router.get("/v1/models", tags=["server"], summary="The models there are, and those that answer", response_model=Models)
def models(request: Request) -> dict[str, Any]:
    """Every model of the package's list; `here` says whether its file lies on the server."""
    service: Service = request.app.state.service
    return {
        "models": [
            {
                "name": entry.name,
                "role": entry.role,
                "version": entry.version,
                "sha256": entry.sha256,
                "labels": list(entry.labels),
                "here": weights.place(entry.name).is_file(),
                "description": entry.description,
            }
            for entry in weights.manifest().values()
        ],
        "in_use": {role: model_to_dict(info) for role, info in service.models.items()},
    }


@router.get("/v1/settings", tags=["server"], summary="What the page has to know", response_model=SettingsOut)
def settings(request: Request) -> dict[str, Any]:
    """The labels of requests that name none, and what is accepted."""
    service: Service = request.app.state.service
    limits = service.settings.limits
    return {
        "emovere": __version__,
        "labels": list(service.names()),
        "kiosk": service.settings.kiosk,
        "journal": service.has_journal,
        "limits": {
            "bytes": limits.bytes,
            "pixels": limits.pixels,
            "video_bytes": limits.video_bytes,
            "video_seconds": limits.video_seconds,
        },
    }
