"""What to say where an optional part of the installation is missing."""

from __future__ import annotations

import importlib.util

from emovere.errors import MissingExtra


def needs(extra: str, *modules: str) -> None:
    """Raise MissingExtra, with the line that installs it, unless every module can be found."""
    missing = [name for name in modules if importlib.util.find_spec(name) is None]
    if missing:
        raise MissingExtra(f"{', '.join(missing)} is missing: pip install 'emovere[{extra}]'")
