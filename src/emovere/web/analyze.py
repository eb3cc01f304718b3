"""``POST /v1/analyze``: a photo in; what was seen as JSON or CSV, or the picture with it drawn in."""

from __future__ import annotations

import base64
import io
from typing import Any, Literal

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from PIL import Image

from emovere import config
from emovere.config import PhotoOptions
from emovere.pipeline import Seen
from emovere.report.base import Header, open_writer
from emovere.report.draw import SAVE_OPTIONS, annotate
from emovere.report.json_document import dumps
from emovere.sources.formats import HEAD, recognise, what_else
from emovere.sources.photo import read_photo
from emovere.sources.quiet import quiet
from emovere.types import Frame, Report
from emovere.version import __version__
from emovere.web.problems import ApiProblem, problems
from emovere.web.rate import limited
from emovere.web.schemas import ReportOut
from emovere.web.service import Service
from emovere.web.uploads import admitted, read_upload, upload_body

router = APIRouter()

NAME = "photo"
"""What a photo is called in answers: the client's own name for it is never looked at."""

TYPES = ("image/jpeg", "image/png", "image/webp", "image/avif", "image/gif", "image/tiff", "image/bmp")

_BINARY = {"schema": {"type": "string", "format": "binary"}}


@router.post(
    "/v1/analyze",
    tags=["photos"],
    summary="Every face of a photo and the mix of expressions on each",
    dependencies=[Depends(limited), Depends(admitted)],
    response_model=None,
    responses={
        200: {
            "model": ReportOut,
            "description": "What was seen: schema 1 as JSON, a row a face as CSV, or drawn into the picture.",
            "content": {"text/csv": {"schema": {"type": "string"}}, "image/jpeg": _BINARY, "image/png": _BINARY},
        },
        **problems(400, 408, 413, 415, 429, 503),
    },
    openapi_extra=upload_body("photo", *TYPES, "application/octet-stream"),
)
async def analyze(
    request: Request,
    labels: str | None = Query(None, max_length=200, description="fer7, ferplus8, or a list: angry,happy,neutral,sad."),
    crops: bool = Query(False, description="Whether each face brings the 48 x 48 picture that the network saw."),
    format: Literal["json", "csv", "jpeg", "png"] = "json",
) -> Response:
    """The photo is the body itself, whatever its content type, or the one file `photo` of a multipart form.

    The first page of an animation or a document counts. Nothing is kept. A result describes what a face shows, not
    what the person feels.
    """
    service: Service = request.app.state.service
    service.names(labels)  # a wrong choice is told before the photo is read
    data = await read_upload(request, "photo", service.settings.limits.bytes)
    seen = await service.see(lambda: decode(data, service.settings.limits.pixels), labels)
    if format in ("jpeg", "png"):
        return await service.batcher.in_worker(lambda: _drawn(seen, format))
    if format == "csv":
        return Response(_csv(seen, service, labels), media_type="text/csv")
    return Response(dumps(_report(seen, service, labels, crops=crops)), media_type="application/json")


def decode(data: bytes, most_pixels: int, name: str = NAME) -> Frame:
    """The first page of a photo's bytes.

    Raises ApiProblem 415 for bytes that are no photo, 413 for too many pixels, and UnreadableImage for a damaged one.
    """
    kind = recognise(data[:HEAD])
    if kind is None:
        raise ApiProblem(415, "Not a photo", f"{name}: {what_else(data[:HEAD])}")
    try:
        with quiet(), kind.open(io.BytesIO(data)) as picture:
            width, height = picture.size
    except Exception:  # a damaged header: read_photo tells what is wrong with it
        width = height = 0
    if width * height > most_pixels:
        raise ApiProblem(
            413, "Too many pixels", f"{name}: expected at most {most_pixels:,} pixels; got {width} x {height}"
        )
    return next(read_photo(data, PhotoOptions(max_pixels=most_pixels), name=name))


def _report(seen: Seen, service: Service, labels: str | None, *, crops: bool) -> dict[str, Any]:
    report = Report((seen.result,), (), service.models_for(labels), {}, __version__).to_dict()
    del report["config"]
    if crops:
        for face, crop in zip(report["frames"][0]["faces"], seen.crops.images, strict=True):
            face["crop"] = f"data:image/png;base64,{base64.b64encode(_encoded(Image.fromarray(crop), '.png')).decode()}"
    return report


def _csv(seen: Seen, service: Service, labels: str | None) -> str:
    options = config.to_dict(service.settings.options)
    text = io.StringIO()
    with open_writer("csv", text, Header(service.names(labels), service.models, options, __version__)) as writer:
        writer.frame(seen.result)
    return text.getvalue()


def _drawn(seen: Seen, format: str) -> Response:
    picture = Image.fromarray(annotate(seen.frame.image, seen.result))
    return Response(_encoded(picture, f".{format}"), media_type=f"image/{format}")


def _encoded(picture: Image.Image, suffix: str) -> bytes:
    file = io.BytesIO()
    try:
        picture.save(file, **SAVE_OPTIONS[suffix])
    except ValueError as error:
        raise ApiProblem(422, "Wrong parameter", f"the picture does not fit into {suffix[1:]}; ask for png") from error
    return file.getvalue()
