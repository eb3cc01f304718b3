"""What the routes share: the networks, the journal, threads, and a folder that goes with the server."""

from __future__ import annotations

import contextlib
import dataclasses
import importlib.util
import os
import threading
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar, cast

import cv2

from emovere.checked import Checked, create_checked
from emovere.classify.classifier import AUTO, Classifier, choose_labels, load_model
from emovere.config import Options
from emovere.labels import LABEL_SETS
from emovere.pipeline import Analyzer, Seen, with_settings
from emovere.types import Frame, ModelInfo
from emovere.web.batcher import Batcher
from emovere.web.metrics import Metrics
from emovere.web.rate import Rate
from emovere.web.scratch import private_folder
from emovere.web.settings import ServeSettings

if TYPE_CHECKING:
    from collections.abc import Callable

    from emovere.journal.store import Journal

KEPT = 8
"""Label sets whose network is kept loaded."""


class Closable(Protocol):
    """Whatever has to be ended."""

    def close(self) -> None:
        """Return when it has ended."""


Kept = TypeVar("Kept", bound=Closable)


class Service:
    """One process's share of a server."""

    def __init__(self, settings: ServeSettings, scratch: Path | None = None) -> None:
        """Load the networks. scratch: a folder that all processes of the server share; None for one of its own.

        Raises UnknownModel, ModelError, WeightsError or ConfigError.
        """
        threads = settings.options.engine.threads or 1
        options = dataclasses.replace(
            settings.options, engine=dataclasses.replace(settings.options.engine, threads=threads)
        )
        self.settings = dataclasses.replace(settings, options=options)
        self._lock = threading.Lock()
        self._journal_lock = threading.Lock()
        """A lock of its own: a database that is far away may take seconds to open."""
        self._classifiers: OrderedDict[str, Classifier] = OrderedDict()
        self._journal: Journal | None = None
        self._scratch = scratch
        self._closing = contextlib.ExitStack()
        self._parts: dict[str, Closable] = {}
        first = self._load(settings.labels)
        self._description = first.description
        main, _ = choose_labels(AUTO, self._description)
        self._heads = {main: first if settings.labels == AUTO else self._load(AUTO)}
        self._heads |= {
            head: self._load(head) for head in self._description.heads if head in LABEL_SETS and head != main
        }
        # each photo has one core: several calls that all want every core only get in each other's way
        self._threads_before = cv2.getNumThreads()
        cv2.setNumThreads(1)
        detectors = [create_checked(options.detect) for _ in range(cores(settings.workers))]
        self.models: dict[str, ModelInfo] = {"detector": detectors[0].info, "classifier": first.info}
        if isinstance(detectors[0], Checked):
            self.models["verifier"] = detectors[0].verifier
        self.metrics = Metrics()
        self.uploads = 0
        """Photos that are coming in or being answered."""
        self.rate = Rate(settings.limits.rate)
        self.batcher = Batcher(
            detectors,
            settings.limits.queue,
            self.metrics,
            most_faces=options.classify.batch,
            together=settings.batch,
        )
        most_followed = settings.limits.videos + settings.limits.live
        self.executor = ThreadPoolExecutor(most_followed, "emovere-follow")
        """For videos and live connections: one thread each."""

    @property
    def options(self) -> Options:
        """What the networks are run with."""
        return self.settings.options

    async def see(self, photo: Frame | Callable[[], Frame], labels: str | None = None) -> Seen:
        """What is seen in one photo, together with those of other clients.

        photo: a frame, or what makes one, which is called in a worker's thread. labels: None for the server's own.
        Raises ConfigError for labels that the network cannot tell apart, ApiProblem 503 where too many photos wait,
        and what ``photo`` raises.
        """
        head, names = choose_labels(labels or self.settings.labels, self._description)
        seen = await self.batcher.analyze(photo, self._heads[head])
        chosen = seen.result.expressions.select(names)
        return dataclasses.replace(seen, result=dataclasses.replace(seen.result, expressions=chosen))

    def names(self, labels: str | None = None) -> tuple[str, ...]:
        """The labels that a choice stands for. Raises ConfigError."""
        return choose_labels(labels or self.settings.labels, self._description)[1]

    def models_for(self, labels: str | None = None) -> dict[str, ModelInfo]:
        """The models that answer, by role, with the labels of a choice. Raises ConfigError."""
        return {**self.models, "classifier": dataclasses.replace(self.models["classifier"], labels=self.names(labels))}

    def analyzer(self, labels: str | None = None) -> Analyzer:
        """An analyser for one thread at a time: a detector of its own, and the network, which threads may share.

        Takes some milliseconds. Raises ConfigError for labels that the network cannot tell apart.
        """
        chosen = labels or self.settings.labels
        with self._lock:
            classifier = self._classifiers.pop(chosen, None) or self._load(chosen)
            self._classifiers[chosen] = classifier
            if len(self._classifiers) > KEPT:
                self._classifiers.popitem(last=False)
        detector = create_checked(self.options.detect)
        return Analyzer(with_settings(self.options, labels=chosen), detector=detector, classifier=classifier)

    def journal(self) -> Journal:
        """The journal, opened when it is first asked for. Raises JournalError."""
        from emovere.journal.store import Journal

        with self._journal_lock:
            if self._journal is None:
                self._journal = Journal.open(self.settings.journal)
            return self._journal

    @property
    def has_journal(self) -> bool:
        """Whether the journal's library is here."""
        return importlib.util.find_spec("sqlalchemy") is not None

    @property
    def scratch(self) -> Path:
        """A folder that only this user can read, shared by all processes of the server; it goes with the server."""
        with self._lock:
            if self._scratch is None:
                self._scratch = self._closing.enter_context(private_folder())
            return self._scratch

    def keep(self, name: str, make: Callable[[], Kept]) -> Kept:
        """The part of that name: made when it is first asked for, closed when the server ends."""
        with self._lock:
            found = self._parts.get(name)
            if found is None:
                found = self._parts[name] = make()
            return cast("Kept", found)

    def close(self) -> None:
        """End the threads and leave nothing behind."""
        for part in reversed(self._parts.values()):
            part.close()
        self.batcher.close()
        self.executor.shutdown(cancel_futures=True)
        if self._journal is not None:
            self._journal.close()
        self._closing.close()
        self.metrics.close()
        cv2.setNumThreads(self._threads_before)

    def _load(self, labels: str) -> Classifier:
        wanted = self.options.classify
        return load_model(wanted.model, labels=labels, batch=wanted.batch, engine=self.options.engine)


def cores(workers: int) -> int:
    """Processor cores that each of so many processes has for itself; at least one."""
    here = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, here // workers)
