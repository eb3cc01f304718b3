"""Where results are kept: a folder, or a prefix of an object store. A file is there whole, or not at all."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, Protocol

from emovere.errors import EmovereError, InputError, OutputError
from emovere.extras import optional
from emovere.files import atomic_write
from emovere.sources.names import without_password

EXTRA_OF = {"s3": "s3", "s3a": "s3"}
"""Extra of emovere with the library that fsspec needs for a protocol, where there is one."""


class Place(Protocol):
    """Holds files under names such as ``rows/part-000001.parquet``."""

    def read(self, name: str) -> bytes:
        """A file's bytes. Raises FileNotFoundError."""

    def write(self, name: str, data: bytes) -> None:
        """Write a file at once. Raises OutputError."""

    def has(self, name: str) -> bool:
        """Whether a file is there."""

    def names(self, folder: str) -> Iterator[str]:
        """Names of the files in a folder, without the folder's; none where there is no such folder."""

    def remove(self, name: str) -> None:
        """Delete a file, if it is there."""

    def tidy(self) -> None:
        """Delete what killed processes left half written."""


def is_remote(name: str) -> bool:
    """Whether a name is an address, such as ``s3://bucket/photos``."""
    return "://" in name


def open_place(name: str) -> Place:
    """The place that a folder or an address names. Raises MissingExtra or OutputError."""
    return _Store(name) if is_remote(name) else _Folder(Path(name))


def file_system(address: str) -> tuple[Any, str]:
    """Fsspec's file system of an address, and the path in it. Raises MissingExtra, or InputError for a strange one."""
    fsspec = optional("fsspec", "scale")
    protocol = address.partition("://")[0]
    if protocol in EXTRA_OF:
        optional("s3fs", EXTRA_OF[protocol])
    try:
        system, path = fsspec.core.url_to_fs(address, use_listings_cache=False)
    except (ValueError, ImportError, TypeError) as error:
        raise InputError(f"{without_password(address)}: cannot be reached through fsspec: {error}") from error
    return system, path


class _Folder:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, name: str) -> bytes:
        return (self._folder / name).read_bytes()

    def write(self, name: str, data: bytes) -> None:
        with atomic_write(self._folder / name, "wb") as file:
            file.write(data)

    def has(self, name: str) -> bool:
        return (self._folder / name).is_file()

    def names(self, folder: str) -> Iterator[str]:
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            for path in (self._folder / folder).iterdir():
                if not path.name.startswith("."):  # what a killed process was writing
                    yield path.name

    def remove(self, name: str) -> None:
        (self._folder / name).unlink(missing_ok=True)

    def tidy(self) -> None:
        for path in self._folder.glob("*/.part-*.part"):
            path.unlink(missing_ok=True)


class _Store:
    def __init__(self, address: str) -> None:
        self._address = without_password(address)
        self._system, self._prefix = file_system(address)

    def read(self, name: str) -> bytes:
        data: bytes = self._system.cat_file(f"{self._prefix}/{name}")
        return data

    def write(self, name: str, data: bytes) -> None:
        try:
            self._system.pipe_file(f"{self._prefix}/{name}", data)
        except Exception as error:  # each store has errors of its own
            raise OutputError(f"{self._address}/{name}: cannot be written: {error}") from error

    def has(self, name: str) -> bool:
        return bool(self._system.exists(f"{self._prefix}/{name}"))

    def names(self, folder: str) -> Iterator[str]:
        try:
            found = self._system.ls(f"{self._prefix}/{folder}", detail=False)
        except FileNotFoundError:
            return
        except Exception as error:  # as above
            raise OutputError(f"{self._address}/{folder}: cannot be listed: {error}") from error
        yield from (path.rpartition("/")[2] for path in found)

    def remove(self, name: str) -> None:
        with contextlib.suppress(FileNotFoundError):
            self._system.rm_file(f"{self._prefix}/{name}")

    def tidy(self) -> None:
        """Nothing: an object is there whole, or not at all."""


def read_remote(address: str) -> bytes:
    """The bytes of an object. Raises InputError."""
    system, path = file_system(address)
    try:
        data: bytes = system.cat_file(path)
    except FileNotFoundError as error:
        raise InputError(f"{without_password(address)}: no such object") from error
    except EmovereError:
        raise
    except Exception as error:  # as above
        raise InputError(f"{without_password(address)}: cannot be read: {error}") from error
    return data


@contextlib.contextmanager
def opened(name: str) -> Iterator[IO[bytes]]:
    """A file or an object, open for reading from anywhere in it. Raises InputError."""
    try:
        if is_remote(name):
            system, path = file_system(name)
            with system.open(path, "rb") as file:
                yield file
        else:
            with Path(name).open("rb") as file:
                yield file
    except OSError as error:
        raise InputError(f"{without_password(name)}: cannot be read: {error.strerror or error}") from error
