"""Optional libraries: imported when they are needed, and named with their install line where they are missing."""

from __future__ import annotations

import importlib
from typing import Any

from emovere.errors import MissingExtra


def optional(module: str, extra: str) -> Any:
    """Import a module of an extra. Raises MissingExtra where its library is not installed.

    A library that is there and lacks something itself is not disguised: its own ImportError comes through.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        library = module.partition(".")[0]
        if (error.name or "").partition(".")[0] != library:
            raise
        raise MissingExtra(f"{library} is missing: pip install 'emovere[{extra}]'") from error
