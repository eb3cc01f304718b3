"""The layout of answers, for the OpenAPI document: schema 1 and what stands around it."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class Exact(BaseModel):
    """Holds these members and no others."""

    model_config = ConfigDict(extra="forbid")


class Health(Exact):
    """The server answers."""

    status: Literal["ok"]
    emovere: str = Field(description="Version of the package.")


class UsedModel(BaseModel):
    """A model that answered."""

    name: str
    version: str | None = None
    sha256: str | None = None
    engine: str | None = None
    labels: list[str] | None = None


class Model(Exact):
    """A model that the package knows."""

    name: str
    role: str = Field(description="What it does: detector, classifier, ...")
    version: str
    sha256: str
    labels: list[str]
    here: bool = Field(description="Whether its file lies on the server.")
    description: str


class Models(Exact):
    """Which models there are, and which answer."""

    models: list[Model]
    in_use: dict[str, UsedModel]


class SeenFace(BaseModel):
    """One face."""

    box: list[float] = Field(min_length=4, max_length=4, description="x1 y1 x2 y2 in pixels of the picture.")
    score: float = Field(ge=0, le=1, description="How sure the detector is that it is a face.")
    track_id: int | None
    emotion: str = Field(description="The likeliest label: what the face shows, not what the person feels.")
    probs: dict[str, float] = Field(description="Calibrated; they sum to 1.")
    set: list[str] | None = Field(description="Labels that cannot be ruled out.")
    uncertain: bool = Field(description="Whether more than one label remains possible.")
    landmarks: list[list[float]] | None
    crop: str | None = Field(None, description="With crops=true: what the network saw, as a data: URI of a PNG.")


class SeenFrame(BaseModel):
    """One picture."""

    source: str
    index: int
    time_s: float | None
    height: int
    width: int
    faces: list[SeenFace]
    events: list[dict[str, Any]] | None = None


class ReportOut(Exact):
    """Schema 1: what was seen."""

    schema_: Literal[1] = Field(alias="schema")
    emovere: str
    models: dict[str, UsedModel]
    frames: list[SeenFrame]
    errors: list[dict[str, str]]


class LimitsOut(Exact):
    """What is accepted."""

    bytes: int
    pixels: int
    video_bytes: int
    video_seconds: float


class SettingsOut(Exact):
    """What the page has to know."""

    emovere: str
    labels: list[str] = Field(description="Those of requests that name none.")
    kiosk: bool
    journal: bool = Field(description="Whether there is a journal to write to.")
    limits: LimitsOut
