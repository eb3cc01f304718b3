"""Sources in, results out: the one place where the order of the work is written.

read  ->  detect  ->  align  ->  classify; a moving picture is followed instead (following.py)
"""

from __future__ import annotations

import dataclasses
import itertools
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from emovere import config, errors
from emovere.align.crop import crop_faces
from emovere.checked import Checked, create_checked
from emovere.classify.classifier import Classifier, load_model
from emovere.config import Options
from emovere.detect.base import Detector
from emovere.errors import EmovereError, InputError
from emovere.recorded import Checkpoint, follow_recording
from emovere.sources.inputs import STANDARD_INPUT, expand
from emovere.sources.photo import frame_of, read_photo
from emovere.sources.recording import is_recording
from emovere.types import Crops, Expressions, Faces, Frame, FrameResult, ModelInfo, Problem, Report
from emovere.version import __version__

Input: TypeAlias = str | Path | npt.NDArray[np.uint8]
Item: TypeAlias = Input | Problem
"""A Problem among the inputs is one that was found before, and is passed on at its place."""

READERS = 2
"""Threads that read and decode ahead; pictures in memory stay below READERS + Options.frames."""

BATCH_PIXELS = 32_000_000
"""Frames are gathered for one pass through the networks until they hold this many pixels together."""


@dataclass(frozen=True)
class Seen:
    """A frame and what was seen in it."""

    frame: Frame
    result: FrameResult
    crops: Crops
    done: float = 1.0
    """Share of its source that is done, as far as is known, in [0, 1]."""
    checkpoint: Checkpoint | None = None
    """Now and then, within a recording: where one could go on after this frame."""


@dataclass(frozen=True)
class _Moving:
    """A source that has to be followed."""

    source: str


class Analyzer:
    """Detector and network, loaded once and used for any number of pictures.

    >>> analyzer = Analyzer()  # doctest: +SKIP
    >>> report = analyzer.analyze(["party.jpg", "holiday/"])  # doctest: +SKIP
    """

    def __init__(
        self,
        options: Options | None = None,
        *,
        detector: Detector | None = None,
        classifier: Classifier | None = None,
    ) -> None:
        """Load what the options name, or take parts that are made already, as they are.

        Raises UnknownModel, ModelError, WeightsError or ConfigError.
        """
        self.options = options or Options()
        chosen = self.options.classify
        self.classifier = classifier or load_model(
            chosen.model, labels=chosen.labels, batch=chosen.batch, engine=self.options.engine
        )
        self.detector = detector or create_checked(self.options.detect)

    @property
    def models(self) -> dict[str, ModelInfo]:
        """The models that answer, by role."""
        models = {"detector": self.detector.info, "classifier": self.classifier.info}
        if isinstance(self.detector, Checked):
            models["verifier"] = self.detector.verifier
        return models

    def analyze(self, inputs: Input | Iterable[Input]) -> Report:
        """Every face of every picture, in the order of the inputs.

        inputs: a path, folder or glob, an (H, W, 3) uint8 RGB or (H, W) uint8 grey array, or several of them. One
        input alone that cannot be used raises its InputError (UnreadableImage, ShapeError); among several it stands in
        ``Report.errors``.
        """
        alone = isinstance(inputs, str | Path | np.ndarray)
        listed: list[Input] = [inputs] if alone else list(inputs)  # type: ignore[list-item, arg-type]
        frames: list[FrameResult] = []
        problems: list[Problem] = []
        for item in self.stream(listed):
            if isinstance(item, Problem):
                problems.append(item)
            else:
                frames.append(item.result)
        if alone and problems and not frames:
            raise _raisable(problems[0])
        return Report(tuple(frames), tuple(problems), self.models, config.to_dict(self.options), __version__)

    def stream(self, inputs: Iterable[Item], *, resume: Checkpoint | None = None) -> Iterator[Seen | Problem]:
        """The same, one at a time as they are done, with the frames; never more than a few pictures in memory.

        resume: where to go on within the recording that comes first among the inputs.
        """
        gathered: list[Frame] = []
        pixels = 0
        for item in self._read(inputs):
            if isinstance(item, Frame):
                gathered.append(item)
                pixels += item.size[0] * item.size[1]
            if gathered and (
                not isinstance(item, Frame) or len(gathered) >= self.options.frames or pixels > BATCH_PIXELS
            ):
                yield from self.see(gathered)
                gathered, pixels = [], 0
            if isinstance(item, Problem):
                yield item
            elif isinstance(item, _Moving):
                here = resume if resume is not None and resume.source == item.source else None
                yield from self._follow(item.source, here)
        if gathered:
            yield from self.see(gathered)

    def _follow(self, source: str, resume: Checkpoint | None) -> Iterator[Seen | Problem]:
        """A recording from its beginning, or from a checkpoint, to its end."""
        for item in follow_recording(self.detector, self.classifier, source, self.options, resume):
            if isinstance(item, Problem):
                yield item
            else:
                look = item.look
                yield Seen(look.frame, look.result, look.crops, item.done, item.checkpoint)

    def see(self, frames: Sequence[Frame]) -> list[Seen]:
        """Analyse frames together: one call of the detector, one of the network for all their faces."""
        if not frames:
            return []
        started = time.perf_counter()
        faces = self.detector.detect(frames)
        detected = time.perf_counter()
        crops = [
            crop_faces(frame, found, self.detector.box_in_crop, self.classifier.side)
            for frame, found in zip(frames, faces, strict=True)
        ]
        aligned = time.perf_counter()
        expressions = self.classifier.predict(np.concatenate([crop.images for crop in crops]))
        classified = time.perf_counter()
        share = 1000 / len(frames)
        timings = {
            "detect": (detected - started) * share,
            "align": (aligned - detected) * share,
            "classify": (classified - aligned) * share,
        }
        return list(_per_frame(frames, faces, crops, expressions, timings))

    def _read(self, inputs: Iterable[Item]) -> Iterator[Frame | Problem | _Moving]:
        """Frames in the order of the inputs, decoded a few ahead by other threads."""
        sources = _listed(inputs)
        waiting: deque[Future[Iterator[Frame | Problem | _Moving]]] = deque()
        with ThreadPoolExecutor(READERS, "emovere-read") as pool:
            try:
                while True:
                    while len(waiting) < READERS + 1:
                        source = next(sources, None)
                        if source is None:
                            break
                        waiting.append(pool.submit(self._open, source))
                    if not waiting:
                        return
                    yield from waiting.popleft().result()
            finally:
                for future in waiting:
                    future.cancel()

    def _open(self, source: Item) -> Iterator[Frame | Problem | _Moving]:
        """Decode a source's first frame now; the later ones, if any, when they are asked for."""
        frames = self._frames(source)
        first = next(frames, None)
        return iter(()) if first is None else itertools.chain([first], frames)

    def _frames(self, source: Item) -> Iterator[Frame | Problem | _Moving]:
        if isinstance(source, Problem):
            yield source
            return
        try:
            if isinstance(source, np.ndarray):
                yield frame_of(source)
            elif source != STANDARD_INPUT and is_recording(str(source)):
                yield _Moving(str(source))
            else:
                yield from read_photo(source, self.options.photo)
        except EmovereError as error:
            name = "<array>" if isinstance(source, np.ndarray) else str(source)
            yield Problem(name, type(error).__name__, str(error))


def analyze(inputs: Input | Iterable[Input], options: Options | None = None, **settings: Any) -> Report:
    """Find every face in photos and tell the mix of expressions on each.

    inputs: as in ``Analyzer.analyze``. settings: ``labels``, ``model`` and ``detector`` as on the command line. Loads
    the models anew in every call; keep an ``Analyzer`` to analyse more than once.

    >>> emovere.analyze("party.jpg", labels="happy,sad,neutral")  # doctest: +SKIP
    """
    return Analyzer(with_settings(options or Options(), **settings)).analyze(inputs)


def with_settings(
    options: Options, *, labels: str | None = None, model: str | None = None, detector: str | None = None
) -> Options:
    """Options with the three that are named most often replaced."""
    classify, detect = options.classify, options.detect
    return dataclasses.replace(
        options,
        classify=dataclasses.replace(classify, labels=labels or classify.labels, model=model or classify.model),
        detect=dataclasses.replace(detect, name=detector or detect.name),
    )


def _listed(inputs: Iterable[Item]) -> Iterator[Item]:
    for named, group in itertools.groupby(inputs, lambda item: isinstance(item, str | Path)):
        if named:
            yield from expand(item for item in group if isinstance(item, str | Path))
        else:
            yield from group


def _raisable(problem: Problem) -> EmovereError:
    """The error that a problem tells of."""
    kind = getattr(errors, problem.error, InputError)
    error: EmovereError = kind(problem.message)
    return error


def _per_frame(
    frames: Sequence[Frame],
    faces: Sequence[Faces],
    crops: Sequence[Crops],
    expressions: Expressions,
    timings: dict[str, float],
) -> Iterator[Seen]:
    start = 0
    for frame, found, crop in zip(frames, faces, crops, strict=True):
        end = start + len(found)
        result = FrameResult(
            frame.source, frame.index, frame.time_s, frame.size, found, expressions[start:end], timings
        )
        yield Seen(frame, result, crop)
        start = end
