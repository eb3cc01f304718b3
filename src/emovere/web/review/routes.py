"""``/v1/review``: faces in, votes out."""

from __future__ import annotations

import json
import struct
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import Field

from emovere.datasets.patch import square
from emovere.datasets.review.standing import Show
from emovere.datasets.review.votes import LONGEST_NAME, Vote, check_name
from emovere.errors import DatasetError
from emovere.version import __version__
from emovere.web.problems import ApiProblem
from emovere.web.review.desk import Desk
from emovere.web.review.pictures import as_jpeg, picture_file
from emovere.web.schemas import Exact
from emovere.web.small_bodies import SmallBody

MOST = 512
"""Faces of one answer."""

BINARY = "application/octet-stream"

router = APIRouter(route_class=SmallBody)

Key = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
Name = Annotated[str, Query(max_length=LONGEST_NAME)]


class VoteIn(Exact):
    """One vote; its id makes sending it again harmless."""

    id: str = Field(min_length=1, max_length=80)
    key: Key
    kind: Literal["accept", "reject", "relabel", "not a face", "unsure", "crop", "undo"]
    label: str = Field("", max_length=200)
    box: str = Field("", max_length=100)
    undoes: str = Field("", max_length=80)


class VotesIn(Exact):
    """Votes of one labeller, in their order."""

    labeller: str = Field(min_length=1, max_length=LONGEST_NAME)
    votes: list[VoteIn] = Field(min_length=1, max_length=200)


def _desk(request: Request) -> Desk:
    desk: Desk = request.app.state.desk
    return desk


@router.get("/healthz")
async def healthz() -> dict[str, str]:
    """Whether the server answers."""
    return {"status": "ok", "emovere": __version__}


@router.get("/v1/review")
def settings(request: Request) -> dict[str, Any]:
    """The set, its labels, the order of its faces, and who labels."""
    return _desk(request).settings()


@router.get("/v1/review/list")
def listed(request: Request, labeller: Name = "", show: Show = "all", reason: str = "", label: str = "") -> Response:
    """Positions of the faces that are asked for, as little-endian uint32."""
    positions = _desk(request).listed(labeller, show, reason, label)
    return Response(positions.astype("<u4").tobytes(), media_type=BINARY)


@router.get("/v1/review/faces")
def faces(request: Request, at: Annotated[str, Query(max_length=8192)], labeller: Name = "") -> Response:
    """Faces at positions such as ``0,1,17``: length of a JSON list as little-endian uint32, the list, the pixels."""
    desk = _desk(request)
    found, pixels = desk.shown(labeller, _positions(at, len(desk.queue)))
    said = json.dumps(found, ensure_ascii=False).encode()
    return Response(struct.pack("<I", len(said)) + said + pixels, media_type=BINARY)


@router.post("/v1/review/votes")
def votes(request: Request, body: VotesIn) -> dict[str, int]:
    """Keep votes. They lie on the disk when this is answered; ids that are known already change nothing."""
    desk = _desk(request)
    try:
        name = check_name(body.labeller)
        desk.review.add([_vote(desk, name, vote) for vote in body.votes])
    except DatasetError as error:
        raise ApiProblem(422, "Wrong vote", str(error)) from error
    return {"kept": len(body.votes)}


@router.get("/v1/review/latest")
def latest(request: Request, labeller: Name, count: Annotated[int, Query(ge=1, le=1000)] = 100) -> dict[str, Any]:
    """The labeller's last votes that stand, the latest first: what undo takes back."""
    desk = _desk(request)
    found = desk.review.book.latest(labeller, count)
    faces = desk.review.faces.find([vote.key for vote in found]).tolist()
    position_of = desk.queue.position_of
    places = [int(position_of[face]) if face >= 0 else None for face in faces]
    return {
        "votes": [{"id": vote.id, "key": vote.key, "at": at} for vote, at in zip(found, places, strict=True)],
    }


@router.get("/v1/review/progress")
def progress(request: Request) -> dict[str, Any]:
    """On how many faces each labeller has voted."""
    desk = _desk(request)
    desk.review.standing.follow()
    return {"faces": len(desk.queue), "voted": desk.review.standing.progress()}


@router.get("/v1/review/agreement")
def agreement(request: Request, labeller: Name = "") -> dict[str, Any]:
    """Who has voted on how many faces, on how many they differ, and how far they agree."""
    desk = _desk(request)
    found = [one.to_dict() for one in desk.review.agreement()]
    disputed = desk.review.standing.shown(labeller, "disputed", blind=desk.blind)
    return {
        "faces": len(desk.queue),
        "voted": desk.review.standing.progress(),
        "disputed": int(disputed.sum()),
        "agreements": found,
    }


@router.get("/v1/review/picture")
def picture(request: Request, key: Key, of: Literal["picture", "colour"] = "picture") -> Response:
    """The picture from which a face was cut, or the face in colour. ``Emovere-Size`` says how large it is itself."""
    data, width, height = as_jpeg(picture_file(_desk(request).review, key, of))
    return Response(data, media_type="image/jpeg", headers={"Emovere-Size": f"{width} {height}"})


def _positions(text: str, total: int) -> list[int]:
    parts = text.split(",")
    if len(parts) > MOST or not all(_is_number(part) and int(part) < total for part in parts):
        raise ApiProblem(
            422, "Wrong parameter", f"at: expected up to {MOST} numbers of 0 to {total - 1}; got {text[:60]!r}"
        )
    return [int(part) for part in parts]


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10


def _vote(desk: Desk, labeller: str, given: VoteIn) -> Vote:
    choices = desk.review.ballot.choices
    if given.label and given.label not in choices:
        raise DatasetError(f"label: expected one of {', '.join(choices)}; got {given.label!r}")
    if given.box and square(given.box) is None:
        raise DatasetError(f"box: expected 'x1 y1 x2 y2'; got {given.box!r}")
    return Vote(given.id, labeller, given.key, given.kind, given.label, given.box, given.undoes)
