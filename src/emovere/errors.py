"""Every error that emovere raises on purpose.

EmovereError
├── InputError            what was handed in cannot be used
│   ├── UnreadableImage
│   ├── UnreadableVideo
│   └── ShapeError
├── ConfigError           an option or a file of options is wrong
├── ModelError
│   ├── UnknownModel
│   ├── MissingExtra
│   └── EngineError
├── WeightsError
│   ├── HashMismatch
│   └── Offline
├── DatasetError
│   ├── LabelMismatch
│   └── SplitLeak
├── JournalError
│   └── UnknownSession
├── SourceError           a camera or a stream
├── OutputError           a result cannot be written
└── Interrupted           the person stopped the work

A message is one line: what, expected, got, and what to do.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class EmovereError(Exception):
    """Base of every error below; the command line prints its message and exits with 1."""


class InputError(EmovereError):
    """What was handed in cannot be used."""


class UnreadableImage(InputError):
    """A file is no image, is damaged, or is larger than allowed."""


class UnreadableVideo(InputError):
    """A file is no video or is damaged."""


class ShapeError(InputError):
    """An array has the wrong shape or type."""


class ConfigError(EmovereError):
    """An option, or a file of options, is wrong."""


class ModelError(EmovereError):
    """A model cannot be found, loaded or run."""


class UnknownModel(ModelError):
    """No part goes by that name."""


class MissingExtra(ModelError):
    """An optional dependency is not installed."""


class EngineError(ModelError):
    """An inference engine failed."""


class WeightsError(EmovereError):
    """A weights file is missing or wrong."""


class HashMismatch(WeightsError):
    """A weights file is not the one that its SHA-256 names."""


class Offline(WeightsError):
    """A download is needed and EMOVERE_OFFLINE forbids it."""


class DatasetError(EmovereError):
    """A dataset is missing, short or malformed."""


class LabelMismatch(DatasetError):
    """Labels that should agree do not."""


class SplitLeak(DatasetError):
    """The same face stands in two splits."""


class JournalError(EmovereError):
    """The journal cannot be read or written."""


class UnknownSession(JournalError):
    """The journal holds no session, or no note, of that id."""


class SourceError(EmovereError):
    """A camera or a stream fails."""


class OutputError(EmovereError):
    """A result cannot be written."""


class Interrupted(EmovereError):
    """The person stopped the work."""


def unknown_name(kind: str, name: str, known: Iterable[str]) -> str:
    """The message for a name that is not known, with the nearest one that is."""
    known = sorted(known)
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else ";"
    return f"unknown {kind} {name!r}{hint} ({', '.join(known)})"
