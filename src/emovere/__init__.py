"""Emovere sees facial expressions and says honestly what it saw.

>>> import emovere
>>> report = emovere.analyze("party.jpg")  # doctest: +SKIP
>>> [face.emotion for face in report.frames[0]]  # doctest: +SKIP
['happy', 'surprise']

Names are resolved when they are first used, so that importing the package costs next to nothing.
"""

from __future__ import annotations

import importlib
import os
from typing import TYPE_CHECKING, Any

from emovere.version import __version__

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
"""ONNX Runtime's packages send usage statistics to Microsoft from their import on, unless this says otherwise."""

if TYPE_CHECKING:
    from emovere.classify.classifier import Classifier, load_model
    from emovere.config import Options
    from emovere.errors import EmovereError
    from emovere.pipeline import Analyzer, analyze
    from emovere.types import Crops, Event, Expressions, Face, Faces, Frame, FrameResult, Report
    from emovere.watching import Watch, watch

_WHERE = {
    "Analyzer": "pipeline",
    "Classifier": "classify.classifier",
    "Crops": "types",
    "EmovereError": "errors",
    "Event": "types",
    "Expressions": "types",
    "Face": "types",
    "Faces": "types",
    "Frame": "types",
    "FrameResult": "types",
    "Options": "config",
    "Report": "types",
    "Watch": "watching",
    "analyze": "pipeline",
    "load_model": "classify.classifier",
    "watch": "watching",
}

__all__ = [
    "Analyzer",
    "Classifier",
    "Crops",
    "EmovereError",
    "Event",
    "Expressions",
    "Face",
    "Faces",
    "Frame",
    "FrameResult",
    "Options",
    "Report",
    "Watch",
    "__version__",
    "analyze",
    "load_model",
    "watch",
]


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module 'emovere' has no attribute {name!r}")
    return getattr(importlib.import_module(f"emovere.{_WHERE[name]}"), name)


def __dir__() -> list[str]:
    return __all__
