"""One video, from the upload to the rows and the timeline in its job's folder."""

from __future__ import annotations

import contextlib
import dataclasses
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from emovere import config
from emovere.config import Options, VideoOptions
from emovere.errors import EmovereError, OutputError, UnreadableVideo
from emovere.pipeline import Analyzer
from emovere.recorded import follow_recording
from emovere.report.base import Header, open_writer
from emovere.report.json_document import dumps
from emovere.sources.kinds import kind_of
from emovere.sources.names import printable
from emovere.types import FrameResult, Problem, model_to_dict
from emovere.version import __version__
from emovere.web.jobs import Job, Status
from emovere.web.points import Points
from emovere.web.problems import ApiProblem, problem_of
from emovere.web.settings import Limits
from emovere.web.together import shared

NAME = "video"
"""What results call their source: neither the client's name for the file nor the server's own is told."""

_TELL_S = 0.5
"""Seconds between two states."""

_SURE = 0.02
"""Share of a video after which the time that is left can be guessed."""


def analyse_video(job: Job, analyzer: Analyzer, limits: Limits) -> tuple[Status, dict[str, Any] | None]:
    """Follow the faces of a video, and say how it ended: problem details of what could not be read, if anything.

    analyzer: for this video alone.
    """
    where = f"/v1/videos/{job.state.id}"
    try:
        told = _follow(job, analyzer, limits)
    except EmovereError as error:
        problem = problem_of(type(error)(_without_path(str(error), job)))
        return "failed", problem.to_dict(where)
    except MemoryError:
        return "failed", ApiProblem(413, "Too large", f"{NAME}: too large for the memory there is").to_dict(where)
    if not job.is_wanted():
        return "cancelled", None
    return "done", ApiProblem(400, "Not wholly read", "; ".join(told)).to_dict(where) if told else None


def _follow(job: Job, analyzer: Analyzer, limits: Limits) -> list[str]:
    """Do the work; returns what could not be read. Raises EmovereError where nothing could."""
    assert job.input is not None
    options = dataclasses.replace(analyzer.options, video=VideoOptions())
    duration_s = _checked(job.input, options, limits)
    job.update(duration_s=duration_s, header=_header(analyzer))
    labels = analyzer.classifier.labels
    course = _Course(job, limits, duration_s)
    points = Points(labels)
    told: list[Problem] = []
    with contextlib.ExitStack() as closing:
        file = closing.enter_context(_rows(job.rows))
        writer = open_writer("jsonl", file, Header(labels, analyzer.models, {}, __version__))
        items = follow_recording(analyzer.detector, shared(analyzer.classifier), str(job.input), options, None)
        closing.callback(items.close)  # type: ignore[attr-defined]
        for item in items:
            if not job.is_wanted():
                return []
            if isinstance(item, Problem):
                told.append(Problem(NAME, item.error, _without_path(item.message, job)))
                continue
            result = _as_video(item.look.result)
            too_much = course.too_much(result, file)
            if too_much:
                told.append(Problem(NAME, "UnreadableVideo", f"{NAME}: {too_much}"))
                break
            writer.frame(result)
            points.add(result)
            course.tell(result)
        for problem in told:
            writer.problem(problem)
    if not course.frames:
        raise UnreadableVideo(told[0].message if told else f"{NAME}: holds no pictures")
    with _rows(job.timeline) as file:
        file.write(dumps(points.to_dict()))
    job.update(frames=course.frames, progress=1.0)
    return [problem.message for problem in told]


class _Course:
    """How far a video has come, told to those who ask for the job, and where it has to end."""

    def __init__(self, job: Job, limits: Limits, duration_s: float | None) -> None:
        self._job, self._limits = job, limits
        self._length_s = None if duration_s is None else min(duration_s, limits.video_seconds)
        self._began = self._told = time.monotonic()
        self.frames = 0

    def too_much(self, result: FrameResult, file: IO[str]) -> str | None:
        """Why the video is cut off before this frame; None where it goes on."""
        most_s, most_bytes = self._limits.video_seconds, self._limits.video_bytes
        if (result.time_s or 0.0) > most_s:
            return f"is longer than {most_s:,.0f} s; the rest was left out; send it in parts"
        if time.monotonic() - self._began > most_s:
            return f"took longer than {most_s:,.0f} s to analyse; the rest was left out; send it in parts, or smaller"
        if file.tell() > most_bytes:
            return f"its result is larger than {most_bytes:,} bytes; the rest was left out; send it in parts"
        return None

    def tell(self, result: FrameResult) -> None:
        """Count a frame, and now and then write where the job stands."""
        self.frames += 1
        now = time.monotonic()
        if now - self._told < _TELL_S:
            return
        self._told = now
        share = min((result.time_s or 0.0) / self._length_s, 1.0) if self._length_s else 0.0
        left = (now - self._began) * (1 - share) / share if share > _SURE else None
        self._job.update(frames=self.frames, progress=share, seconds_left=left)


def _checked(path: Path, options: Options, limits: Limits) -> float | None:
    """The duration that a video states, if any. Raises UnreadableVideo where there is nothing to read, or too large."""
    if kind_of(path) != "video":
        return None
    from emovere.sources.video import VideoFile

    with VideoFile(path, options.video, threads=1) as video:
        info = video.info
    if info.width * info.height > limits.pixels:
        raise UnreadableVideo(
            f"{NAME}: {info.width} x {info.height} pixels; expected at most {limits.pixels:,}; make it smaller"
        )
    return info.duration_s if info.duration_s and info.duration_s > 0 else None


def _header(analyzer: Analyzer) -> dict[str, Any]:
    """What a result says of how it was made; without the place of the network's file."""
    options = config.to_dict(analyzer.options)
    options["classify"]["model"] = analyzer.classifier.info.name
    return {
        "labels": list(analyzer.classifier.labels),
        "models": {role: model_to_dict(info) for role, info in analyzer.models.items()},
        "config": options,
    }


def _as_video(result: FrameResult) -> FrameResult:
    events = tuple(dataclasses.replace(event, source=NAME) for event in result.events)
    return dataclasses.replace(result, source=NAME, events=events)


def _without_path(message: str, job: Job) -> str:
    return message.replace(printable(str(job.input)), NAME)


@contextlib.contextmanager
def _rows(path: Path) -> Iterator[IO[str]]:
    """A file of the job, open for writing. Raises OutputError where it cannot be written, as on a full disk."""
    try:
        with path.open("w", encoding="utf-8", newline="") as file:
            yield file
    except OSError as error:
        path.unlink(missing_ok=True)
        raise OutputError(f"the result cannot be written: {error.strerror or error}") from error
