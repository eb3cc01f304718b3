"""``emovere doctor``: what is there, what is missing, and the line that installs it."""

from __future__ import annotations

import platform
import sys
from importlib import metadata

import typer

LIBRARIES = {
    "": (
        "numpy",
        "onnxruntime",
        "opencv-python-headless",
        "pillow",
        "matplotlib",
        "pooch",
        "requests",
        "rich",
        "typer",
    ),
    "data": ("pyarrow",),
    "video": ("av",),
    "hog": ("dlib-bin",),
    "depth": ("pyrealsense2",),
    "screen": ("mss",),
    "train": ("torch", "lightning", "kornia", "onnx", "onnxscript"),
}
"""Distributions by extra; those under the empty name always come with emovere."""


def doctor() -> None:
    """Look over the installation. Exit code 1 where something that analysing needs is missing."""
    from emovere.version import __version__

    print(f"emovere {__version__}, Python {platform.python_version()}, {platform.system()} {platform.machine()}")
    healthy = _libraries()
    healthy &= _one_opencv()
    healthy &= _models()
    if not healthy:
        raise typer.Exit(1)


def _line(good: bool, name: str, state: str, remedy: str = "") -> None:
    mark = "ok     " if good else "missing"
    print(f"  {mark}  {name:<24} {state}{f'  ->  {remedy}' if remedy else ''}")


def _libraries() -> bool:
    complete = True
    for extra, names in LIBRARIES.items():
        print(f"\nlibraries{f' of the extra {extra!r}' if extra else ''}")
        for name in names:
            try:
                _line(True, name, metadata.version(name))
            except metadata.PackageNotFoundError:
                wanted = f"emovere[{extra}]" if extra else "emovere"
                _line(False, name, "not installed", f"{sys.executable} -m pip install '{wanted}'")
                complete &= bool(extra)
    return complete


def opencv_distributions() -> list[str]:
    """Every installed distribution that brings a ``cv2``; more than one overwrite each other."""
    return sorted(
        {
            name.lower()
            for found in metadata.distributions()
            if (name := found.metadata["Name"]) and name.lower().startswith("opencv")
        }
    )


def _one_opencv() -> bool:
    found = opencv_distributions()
    if len(found) > 1:
        remedy = f"{sys.executable} -m pip uninstall {' '.join(n for n in found if n != 'opencv-python-headless')}"
        _line(False, "one OpenCV only", f"found {', '.join(found)}", remedy)
    return len(found) == 1


def _models() -> bool:
    from emovere import weights
    from emovere.errors import WeightsError

    print(f"\nmodels  (EMOVERE_HOME is {weights.home()})")
    usable = True
    for name, entry in weights.manifest().items():
        label = f"{entry.role} {name}"
        try:
            path = weights.locate(name)
        except WeightsError as error:
            _line(False, label, str(error))
            usable = False
            continue
        remedy = f"emovere models download {name}" if entry.url else "reinstall emovere"
        _line(path is not None, label, str(path or "not here"), "" if path else remedy)
        usable &= path is not None or bool(entry.url)
    _line(True, "detector haar", "comes with OpenCV")
    _line(True, "detector auto", f"is {_auto()}")
    return usable


def _auto() -> str:
    """Which detector answers where none is named."""
    from emovere import weights

    if weights.place("yunet").is_file():
        return "yunet"
    return "own, as EMOVERE_OFFLINE is set" if weights.offline() else "yunet, fetched when it is needed; else own"
