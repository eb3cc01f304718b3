"""What travels between the parts: frozen, numpy only, any number of faces from 0 on.

Arrays are checked once, where a value is made, so that no later part has to ask.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from emovere.errors import InputError, ShapeError
from emovere.labels import columns_of

Float32 = npt.NDArray[np.float32]
UInt8 = npt.NDArray[np.uint8]
Int64 = npt.NDArray[np.int64]
Bool = npt.NDArray[np.bool_]

SCHEMA = 1
"""Version of the JSON that ``Report.to_dict`` writes."""


def check_array(name: str, value: npt.NDArray[Any], shape: Sequence[int | None], dtype: Any) -> None:
    """Raise ShapeError unless value has that dtype and shape; None in the shape stands for any length."""
    if not isinstance(value, np.ndarray):
        raise ShapeError(f"{name}: expected a numpy array; got {type(value).__name__}")
    fits = value.ndim == len(shape) and value.dtype == dtype
    for want, have in zip(shape, value.shape, strict=False):
        fits = fits and (want is None or want == have)
    if not fits:
        wanted = ", ".join("N" if n is None else str(n) for n in shape)
        raise ShapeError(f"{name}: expected ({wanted}) {np.dtype(dtype)}; got {value.shape} {value.dtype}")


@dataclass(frozen=True, eq=False)
class Frame:
    """One picture of a source."""

    image: UInt8
    """(H, W, 3) uint8, RGB."""
    index: int = 0
    """Position in the source, from 0."""
    time_s: float | None = None
    """Seconds since the source's beginning; None for a still picture."""
    source: str = ""
    """The file's name, as it was given."""
    depth_m: Float32 | None = None
    """(H, W) float32, metres, 0 where unknown; None without a depth camera."""

    def __post_init__(self) -> None:
        check_array("image", self.image, (None, None, 3), np.uint8)
        if self.depth_m is not None:
            check_array("depth_m", self.depth_m, self.image.shape[:2], np.float32)

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) in pixels."""
        return self.image.shape[0], self.image.shape[1]


@dataclass(frozen=True, eq=False)
class Faces:
    """N faces found in one frame; N may be 0."""

    boxes: Float32
    """(N, 4) float32, x1 y1 x2 y2, pixels of the original frame."""
    scores: Float32
    """(N,) float32 in [0, 1]."""
    landmarks: Float32 | None = None
    """(N, 5, 2) float32 pixels: the subject's right eye, left eye, nose tip, right and left mouth corner."""
    track_ids: Int64 | None = None
    """(N,) int64: the same number for the same person throughout one source."""

    def __post_init__(self) -> None:
        check_array("boxes", self.boxes, (None, 4), np.float32)
        check_array("scores", self.scores, (len(self.boxes),), np.float32)
        if self.landmarks is not None:
            check_array("landmarks", self.landmarks, (len(self.boxes), 5, 2), np.float32)
        if self.track_ids is not None:
            check_array("track_ids", self.track_ids, (len(self.boxes),), np.int64)

    def __len__(self) -> int:
        return len(self.boxes)

    @classmethod
    def empty(cls) -> Faces:
        """No face."""
        return cls(np.zeros((0, 4), np.float32), np.zeros(0, np.float32))


@dataclass(frozen=True, eq=False)
class Crops:
    """N faces cut out of their frames in the network's framing; N may be 0."""

    images: UInt8
    """(N, S, S) uint8, grey."""
    to_frame: Float32
    """(N, 2, 3) float32: from pixels of a crop to pixels of its frame."""

    def __post_init__(self) -> None:
        side = self.images.shape[-1] if self.images.ndim == 3 else None
        check_array("images", self.images, (None, side, side), np.uint8)
        check_array("to_frame", self.to_frame, (len(self.images), 2, 3), np.float32)

    def __len__(self) -> int:
        return len(self.images)

    @classmethod
    def empty(cls, side: int) -> Crops:
        """No crop, of side x side pixels."""
        return cls(np.zeros((0, side, side), np.uint8), np.zeros((0, 2, 3), np.float32))


@dataclass(frozen=True, eq=False)
class Expressions:
    """The mix of expressions on N faces; N may be 0."""

    labels: tuple[str, ...]
    """K names, in the order of the columns below."""
    probs: Float32
    """(N, K) float32, calibrated; each row sums to 1."""
    sets: Bool | None = None
    """(N, K) bool: the labels that cannot be ruled out at the model's stated coverage; None where unknown."""

    def __post_init__(self) -> None:
        check_array("probs", self.probs, (None, len(self.labels)), np.float32)
        if not (np.abs(self.probs.sum(axis=1) - 1) < 1e-3).all():
            raise ShapeError("probs: expected rows that sum to 1")
        if self.sets is not None:
            check_array("sets", self.sets, self.probs.shape, np.bool_)

    def __len__(self) -> int:
        return len(self.probs)

    @property
    def emotions(self) -> tuple[str, ...]:
        """The likeliest label of each face."""
        return tuple(self.labels[k] for k in self.probs.argmax(axis=1)) if len(self) else ()

    @property
    def uncertain(self) -> Bool:
        """(N,) bool: whether more than one label remains possible; False where the model states no sets."""
        if self.sets is None:
            return np.zeros(len(self), np.bool_)
        counts: Int64 = self.sets.sum(axis=1)
        return counts > 1

    def select(self, labels: Sequence[str]) -> Expressions:
        """Keep only these labels, in this order, renormalised. Raises ConfigError for one that is not there."""
        labels = tuple(labels)
        if labels == self.labels:
            return self
        columns = columns_of(labels, self.labels)
        kept = self.probs[:, columns].astype(np.float64) + 1e-9
        probs = (kept / kept.sum(axis=1, keepdims=True)).astype(np.float32)
        sets = None
        if self.sets is not None:
            sets = self.sets[:, columns].copy()
            sets[np.arange(len(probs)), probs.argmax(axis=1)] = True
        return Expressions(labels, probs, sets)

    def __getitem__(self, rows: slice | Bool) -> Expressions:
        return Expressions(self.labels, self.probs[rows], None if self.sets is None else self.sets[rows])


@dataclass(frozen=True)
class Face:
    """One face of a result, in plain Python, for people."""

    box: tuple[float, float, float, float]
    score: float
    emotion: str
    probs: Mapping[str, float]
    set: tuple[str, ...] | None = None
    uncertain: bool = False
    track_id: int | None = None
    landmarks: tuple[tuple[float, float], ...] | None = None

    def top(self, k: int) -> list[tuple[str, float]]:
        """The k likeliest labels and their probabilities, likeliest first."""
        return sorted(self.probs.items(), key=lambda pair: -pair[1])[:k]


@dataclass(frozen=True, eq=False)
class FrameResult:
    """What was seen in one frame. Iterating gives one Face each."""

    source: str
    index: int
    time_s: float | None
    size: tuple[int, int]
    """(height, width) in pixels."""
    faces: Faces
    expressions: Expressions
    timings_ms: Mapping[str, float] = field(default_factory=dict)
    events: tuple[Event, ...] = ()
    """What was noticed at this frame; an apex or an offset may lie a little before it."""

    def __post_init__(self) -> None:
        if len(self.faces) != len(self.expressions):
            raise ShapeError(f"{len(self.faces)} faces, but expressions for {len(self.expressions)}")

    def __len__(self) -> int:
        return len(self.faces)

    def __iter__(self) -> Iterator[Face]:
        faces, expressions = self.faces, self.expressions
        uncertain = expressions.uncertain
        for i, emotion in enumerate(expressions.emotions):
            x1, y1, x2, y2 = (float(v) for v in faces.boxes[i])
            yield Face(
                box=(x1, y1, x2, y2),
                score=float(faces.scores[i]),
                emotion=emotion,
                probs={name: float(p) for name, p in zip(expressions.labels, expressions.probs[i], strict=True)},
                set=None
                if expressions.sets is None
                else tuple(name for name, held in zip(expressions.labels, expressions.sets[i], strict=True) if held),
                uncertain=bool(uncertain[i]),
                track_id=None if faces.track_ids is None else int(faces.track_ids[i]),
                landmarks=None
                if faces.landmarks is None
                else tuple((float(x), float(y)) for x, y in faces.landmarks[i]),
            )


@dataclass(frozen=True)
class Event:
    """Something that happened in a moving picture."""

    kind: str
    """enter, leave (a face); onset, apex, offset (of an expression)."""
    source: str
    time_s: float
    """Seconds since the source's beginning."""
    track_id: int
    """The face's number."""
    emotion: str | None = None
    """The expression; None for enter and leave."""
    value: float | None = None
    """Its smoothed probability at that time; None for enter and leave."""


@dataclass(frozen=True)
class ModelInfo:
    """Which model answered."""

    name: str
    version: str = ""
    sha256: str = ""
    engine: str = ""
    labels: tuple[str, ...] = ()


@dataclass(frozen=True)
class Problem:
    """One input that could not be used, among others that could."""

    source: str
    error: str
    message: str


@dataclass(frozen=True, eq=False)
class Report:
    """Everything that one run saw, with the models and the options that it was seen with."""

    frames: tuple[FrameResult, ...] = ()
    errors: tuple[Problem, ...] = ()
    models: Mapping[str, ModelInfo] = field(default_factory=dict)
    config: Mapping[str, Any] = field(default_factory=dict)
    emovere: str = ""
    schema: int = SCHEMA

    def __iter__(self) -> Iterator[FrameResult]:
        return iter(self.frames)

    def __len__(self) -> int:
        return len(self.frames)

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels of the columns; empty where nothing was read."""
        if self.frames:
            return self.frames[0].expressions.labels
        return self.models["classifier"].labels if "classifier" in self.models else ()

    def to_dict(self) -> dict[str, Any]:
        """Plain lists, numbers and strings in the layout of schema 1, ready for JSON."""
        return {
            "schema": self.schema,
            "emovere": self.emovere,
            "models": {role: model_to_dict(info) for role, info in self.models.items()},
            "config": dict(self.config),
            "frames": [frame_to_dict(frame) for frame in self.frames],
            "errors": [problem_to_dict(problem) for problem in self.errors],
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Report:
        """The inverse of ``to_dict``. Raises InputError for another schema or a missing field."""
        if data.get("schema") != SCHEMA:
            raise InputError(f"report: expected schema {SCHEMA}; got {data.get('schema')!r}")
        try:
            models = {
                role: ModelInfo(**{**info, "labels": tuple(info.get("labels", ()))})
                for role, info in data["models"].items()
            }
            labels = models["classifier"].labels if "classifier" in models else ()
            return cls(
                frames=tuple(frame_from_dict(frame, labels) for frame in data["frames"]),
                errors=tuple(Problem(**problem) for problem in data["errors"]),
                models=models,
                config=dict(data.get("config", {})),
                emovere=data["emovere"],
            )
        except (KeyError, TypeError) as error:
            raise InputError(f"report: a field is missing or of the wrong kind: {error}") from error


def model_to_dict(info: ModelInfo) -> dict[str, Any]:
    """JSON form of a ModelInfo; empty fields are left out."""
    data: dict[str, Any] = {"name": info.name, "version": info.version, "sha256": info.sha256, "engine": info.engine}
    data = {key: value for key, value in data.items() if value}
    if info.labels:
        data["labels"] = list(info.labels)
    return data


def frame_to_dict(frame: FrameResult) -> dict[str, Any]:
    """JSON form of one frame. Pixels to 2 digits, probabilities to 6; ``events`` only where there are any."""
    data: dict[str, Any] = {
        "source": frame.source,
        "index": frame.index,
        "time_s": frame.time_s,
        "height": frame.size[0],
        "width": frame.size[1],
        "faces": [
            {
                "box": [round(v, 2) for v in face.box],
                "score": round(face.score, 4),
                "track_id": face.track_id,
                "emotion": face.emotion,
                "probs": {name: round(p, 6) for name, p in face.probs.items()},
                "set": None if face.set is None else list(face.set),
                "uncertain": face.uncertain,
                "landmarks": None
                if face.landmarks is None
                else [[round(x, 2), round(y, 2)] for x, y in face.landmarks],
            }
            for face in frame
        ],
    }
    if frame.events:
        data["events"] = [asdict(event) for event in frame.events]
    return data


def problem_to_dict(problem: Problem) -> dict[str, Any]:
    """JSON form of one input that failed."""
    return {"source": problem.source, "error": problem.error, "message": problem.message}


def frame_from_dict(data: Mapping[str, Any], labels: tuple[str, ...]) -> FrameResult:
    """The inverse of ``frame_to_dict``. labels: those of a frame without a face. Raises KeyError or TypeError."""
    faces = data["faces"]
    count = len(faces)
    has_landmarks = count > 0 and faces[0].get("landmarks") is not None
    has_tracks = count > 0 and faces[0].get("track_id") is not None
    has_sets = count > 0 and faces[0].get("set") is not None
    if count:
        labels = tuple(faces[0]["probs"])
    return FrameResult(
        source=data["source"],
        index=data["index"],
        time_s=data["time_s"],
        size=(data["height"], data["width"]),
        faces=Faces(
            boxes=np.array([face["box"] for face in faces], np.float32).reshape(count, 4),
            scores=np.array([face["score"] for face in faces], np.float32),
            landmarks=np.array([face["landmarks"] for face in faces], np.float32) if has_landmarks else None,
            track_ids=np.array([face["track_id"] for face in faces], np.int64) if has_tracks else None,
        ),
        expressions=Expressions(
            labels=labels,
            probs=np.array([[face["probs"][name] for name in labels] for face in faces], np.float32).reshape(
                count, len(labels)
            ),
            sets=np.array([[name in face["set"] for name in labels] for face in faces], np.bool_) if has_sets else None,
        ),
        events=tuple(Event(**event) for event in data.get("events", ())),
    )
