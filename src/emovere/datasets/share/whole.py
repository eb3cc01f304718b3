"""A folder that is there whole or not at all."""

from __future__ import annotations

import contextlib
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

from emovere.errors import OutputError


@contextlib.contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """A new folder beside ``path`` to write into, which becomes ``path`` when the block ends well.

    Nothing is left behind where it does not. Raises OutputError where something lies there already, and where it cannot
    be written.
    """
    temporary = path.parent / f".{path.name[:40]}.{secrets.token_hex(4)}.part"
    try:
        if path.is_symlink() or path.is_file() or (path.is_dir() and any(path.iterdir())):
            raise OutputError(f"{path}: is there already; name another folder, or delete this one")
        temporary.mkdir(parents=True)
        yield temporary
        temporary.replace(path)
    except OSError as error:
        raise OutputError(f"{path}: cannot be written: {error.strerror or error}") from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
