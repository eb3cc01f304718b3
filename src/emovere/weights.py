"""Model files: which there are, where they lie, how they get there.

A file is either embedded in the package (assets/models/) or lies in ``$EMOVERE_HOME/models/``, fetched once by its
pinned SHA-256 or put there by hand.

Environment: EMOVERE_HOME, where files are kept. EMOVERE_OFFLINE=1, open no socket. EMOVERE_MODELS_URL, a mirror to
fetch from instead of each file's home.
"""

from __future__ import annotations

import functools
import hashlib
import os
import sys
import tomllib
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from emovere.config import from_dict
from emovere.errors import ConfigError, HashMismatch, Offline, UnknownModel, WeightsError, unknown_name

TIMEOUT_S = (5.0, 20.0)
"""Seconds to connect, and seconds without a byte, after which a download is given up."""


@dataclass(frozen=True)
class Entry:
    """One model of the manifest."""

    name: str
    role: str
    """detector, classifier, or verifier: what tells faces from what is none."""
    file: str
    size: int
    """Bytes."""
    sha256: str
    url: str = ""
    """Its public home; empty where the package carries the file."""
    version: str = ""
    licence: str = ""
    card: str = ""
    description: str = ""
    labels: tuple[str, ...] = ()
    input: str = ""
    parameters: int = 0
    public_accuracy: float | None = None
    """Share of FER2013's PublicTest that a classifier tells right, one view."""


def assets() -> Path:
    """The folder of the package's own data."""
    return Path(str(resources.files("emovere"))) / "assets"


@functools.cache
def manifest() -> dict[str, Entry]:
    """Every model by its name. Raises ConfigError where the manifest is damaged."""
    path = assets() / "manifest.toml"
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        return {name: from_dict(Entry, {"name": name, **table}, f"{name}.") for name, table in data.items()}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, TypeError) as error:
        raise ConfigError(f"{path}: expected one table for each model; {error}; reinstall emovere") from error


def entry(name: str) -> Entry:
    """One model of the manifest. Raises UnknownModel."""
    if name not in manifest():
        raise UnknownModel(unknown_name("model", name, manifest()))
    return manifest()[name]


def home() -> Path:
    """Where files are kept: EMOVERE_HOME, else the platform's folder for a program's data."""
    if os.environ.get("EMOVERE_HOME"):
        return Path(os.environ["EMOVERE_HOME"]).expanduser()
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local"))
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Application Support"
    else:
        base = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return base / "emovere"


def offline() -> bool:
    """Whether EMOVERE_OFFLINE forbids opening a socket."""
    return os.environ.get("EMOVERE_OFFLINE", "").lower() not in ("", "0", "false", "no")


def place(name: str) -> Path:
    """Where a model's file lies, or would lie. Raises UnknownModel."""
    known = entry(name)
    embedded = assets() / "models" / known.file
    return home() / "models" / known.file if known.url and not embedded.is_file() else embedded


def locate(name: str) -> Path | None:
    """A model's file, its SHA-256 checked, or None where it is not here.

    Raises UnknownModel, or HashMismatch where another file lies at its place.
    """
    path = place(name)
    if not path.is_file():
        return None
    verify(name)
    return path


def verify(name: str) -> Path:
    """Check a model's file against its pinned SHA-256. Raises WeightsError where it is missing, HashMismatch."""
    known, path = entry(name), place(name)
    try:
        got = sha256_of(path)
    except OSError as error:
        remedy = f"fetch it with: emovere models download {name}" if known.url else "reinstall emovere"
        raise WeightsError(f"{path}: cannot be read: {error.strerror}; {remedy}") from error
    if got != known.sha256:
        remedy = f"delete it, then: emovere models download {name}" if known.url else "reinstall emovere"
        raise HashMismatch(
            f"{path}: expected sha256 {known.sha256}, got {got}: it is damaged or another file; {remedy}"
        )
    return path


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def fetch(name: str) -> Path:
    """A model's file, downloaded where it is not here yet.

    The download goes to a temporary file beside its place and is renamed once its SHA-256 is right, so that nothing
    wrong or half is ever left. Raises Offline, HashMismatch or WeightsError.
    """
    known, path = entry(name), place(name)
    if path.is_file():
        return verify(name)
    if not known.url:
        raise WeightsError(f"{path}: is missing from the installed package; reinstall emovere")
    by_hand = f"put {known.file} (sha256 {known.sha256}) into {path.parent} by hand"
    if offline():
        raise Offline(f"{name} is not here and EMOVERE_OFFLINE is set; {by_hand}")
    mirror = os.environ.get("EMOVERE_MODELS_URL")
    url = f"{mirror.rstrip('/')}/{known.file}" if mirror else known.url
    print(f"emovere: fetching {name} ({known.size / 1000:,.0f} kB) from {url}", file=sys.stderr, flush=True)
    try:
        _install(known, url, path)
    except OSError as error:
        raise WeightsError(f"{url}: cannot be fetched: {_reason(error)}; {by_hand}") from error
    except WeightsError as error:
        raise type(error)(f"{error}; nothing was kept; {by_hand}") from error
    return path


def _install(known: Entry, url: str, path: Path) -> None:
    import logging

    import pooch

    pooch.get_logger().setLevel(logging.WARNING)
    download = functools.partial(_download, known=known)
    pooch.retrieve(url, f"sha256:{known.sha256}", fname=path.name, path=path.parent, downloader=download)


def _download(url: str, output_file: str, _: object, *, known: Entry) -> None:
    """Write a URL's body to a file, in pooch's terms. Raises OSError, WeightsError for another size, HashMismatch."""
    import requests

    path, left = Path(output_file), known.size
    with requests.get(url, timeout=TIMEOUT_S, stream=True, headers={"User-Agent": "emovere"}) as body:
        body.raise_for_status()
        with path.open("wb") as file:
            for block in body.iter_content(1 << 16):
                left -= len(block)
                if left < 0:
                    raise WeightsError(f"{url}: expected {known.size:,} bytes, got more")
                file.write(block)
    if left:
        raise WeightsError(f"{url}: expected {known.size:,} bytes, got {known.size - left:,}")
    got = sha256_of(path)
    if got != known.sha256:
        raise HashMismatch(f"{url}: expected sha256 {known.sha256}, got {got}")
    path.chmod(0o644)  # a temporary file is its owner's alone, and EMOVERE_HOME may be shared


def _reason(error: OSError) -> str:
    """What went wrong, in one line, without the layers that requests wraps around it."""
    inner = getattr(error.args[0], "reason", None) if error.args else None
    text = str(inner).rpartition(": ")[2] if inner else str(error.strerror or error)
    return " ".join(text.split()) or type(error).__name__
