"""``/healthz`` and ``/metrics``: for those who look after a server."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from emovere.version import __version__
from emovere.web.metrics import CONTENT_TYPE
from emovere.web.schemas import Health

router = APIRouter()


@router.get("/healthz", tags=["server"], summary="Whether the server answers", response_model=Health)
async def healthz() -> dict[str, str]:
    """The networks are loaded when this answers. Needs no token."""
    return {"status": "ok", "emovere": __version__}


@router.get(
    "/metrics",
    tags=["server"],
    summary="Numbers for Prometheus",
    response_class=Response,
    responses={
        200: {"description": "Prometheus's text format.", "content": {"text/plain": {"schema": {"type": "string"}}}}
    },
)
def metrics(request: Request) -> Response:
    """Requests, refusals, photos, faces, and the sizes of the network's calls; of all workers together."""
    return Response(request.app.state.service.metrics.text(), headers={"Content-Type": CONTENT_TYPE})
