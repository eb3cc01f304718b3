"""Parts by name: ``"yunet": "emovere.detect.yunet:YuNet"``.

Built-in parts and other people's plug-ins take the same road. A plug-in is a package with an entry point in the group
``emovere.detectors``, ``emovere.engines`` or ``emovere.providers``. Nothing is imported before it is asked for.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from importlib import metadata
from typing import Any

from emovere.errors import ModelError, UnknownModel, unknown_name

BUILT_IN: dict[str, dict[str, str]] = {
    "detectors": {
        "yunet": "emovere.detect.yunet:YuNet",
        "own": "emovere.detect.own:Own",
        "haar": "emovere.detect.haar:Haar",
        "hog": "emovere.detect.hog:Hog",
        "depth": "emovere.detect.depth:Depth",
    },
    "engines": {
        "onnxruntime": "emovere.engines.onnxruntime:OnnxRuntime",
    },
    "providers": {
        "openverse": "emovere.datasets.collect.openverse:Openverse",
        "wikimedia": "emovere.datasets.collect.wikimedia:Wikimedia",
        "bing": "emovere.datasets.collect.bing:Bing",
    },
}


def names(kind: str) -> list[str]:
    """The names of all parts of a kind, plug-ins included."""
    return sorted({*BUILT_IN[kind], *(point.name for point in _plug_ins(kind))})


def factory(kind: str, name: str) -> Callable[..., Any]:
    """The class or function behind a name. Raises UnknownModel, or ModelError for a plug-in that does not import."""
    target = BUILT_IN[kind].get(name)
    if target is None:
        target = next((point.value for point in _plug_ins(kind) if point.name == name), None)
    if target is None:
        raise UnknownModel(unknown_name(kind.removesuffix("s"), name, names(kind)))
    module, _, attribute = target.partition(":")
    try:
        made: Callable[..., Any] = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise ModelError(f"{kind.removesuffix('s')} {name!r}: {target} cannot be imported: {error}") from error
    return made


def _plug_ins(kind: str) -> list[metadata.EntryPoint]:
    return list(metadata.entry_points(group=f"emovere.{kind}"))
