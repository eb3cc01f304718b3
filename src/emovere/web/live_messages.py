"""What a client of a live connection may say in text, and how it is read."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from emovere.web.problems import ApiProblem

LONGEST = 65_536
"""Characters of one text message."""


class _Message(BaseModel):
    model_config = ConfigDict(extra="forbid")


class StartSession(_Message):
    """From now on, write to the journal."""

    type: Literal["session.start"]
    title: str = Field("", max_length=200)
    zone: int | None = Field(None, ge=-840, le=840)
    """Minutes that the person's clock is east of UTC; the server's own unless given."""


class StopSession(_Message):
    """Write no more."""

    type: Literal["session.stop"]


class WriteNote(_Message):
    """Keep the person's own words beside what was seen at this time."""

    type: Literal["note"]
    text: str = Field(min_length=1, max_length=10_000)


class Ping(_Message):
    """Answer with a pong; for clients that have no frame to send for a while."""

    type: Literal["ping"]


Said = StartSession | StopSession | WriteNote | Ping

_SAID: TypeAdapter[Said] = TypeAdapter(Annotated[Said, Field(discriminator="type")])


def read_message(text: str) -> Said:
    """A text message. Raises ApiProblem 413 or 422 for anything that is none."""
    if len(text) > LONGEST:
        raise ApiProblem(
            413, "Too large", f"expected a text message of at most {LONGEST:,} characters; got {len(text):,}"
        )
    try:
        return _SAID.validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(step) for step in first["loc"])
        raise ApiProblem(
            422,
            "Wrong message",
            f"{where or 'message'}: {first['msg'][:200]}; expected JSON such as "
            f'{{"type": "session.start"}}, session.stop, note or ping',
        ) from error
