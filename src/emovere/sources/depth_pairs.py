"""Which depth picture of a folder belongs to which colour picture.

Known layouts: TUM RGB-D (``rgb.txt`` and ``depth.txt``, lines of timestamp and file); two folders (``color`` or
``rgb``, and ``depth``) of files with numbers or timestamps in their names; one folder of ``rgb_00001.jpg`` and
``sync_depth_00001.png`` (or ``color_``, ``depth_``), as NYU's depth pictures are often passed on.
"""

from __future__ import annotations

import bisect
import re
from dataclasses import dataclass
from pathlib import Path

from emovere.errors import UnreadableImage
from emovere.sources.folders import is_image_name, natural
from emovere.sources.names import printable

COLOUR = ("color", "colour", "rgb", "image", "images")
DEPTH = ("depth", "sync_depth")

NEAR_S = 0.02
"""Seconds by which two pictures of one moment may differ, as TUM's own tools have it."""

_TIMESTAMP = re.compile(r"\d+\.\d{3,}")
_SECONDS = re.compile(r"\d{1,15}(\.\d+)?")
_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True)
class Pair:
    """Two pictures of one moment; one of them may be missing."""

    key: float
    """A timestamp in seconds, or a number."""
    colour: Path | None
    depth: Path | None


@dataclass(frozen=True)
class Pairs:
    """Every pair of a folder, in order."""

    pairs: tuple[Pair, ...]
    timed: bool
    """Whether the keys are seconds."""
    tum: bool
    """Whether the folder is laid out as TUM's are, whose depth has 5000 units a metre."""


def is_depth_folder(path: str | Path) -> bool:
    """Whether a folder holds colour and depth pictures in a layout that is known. Raises nothing."""
    folder = Path(path)
    try:
        if (folder / "rgb.txt").is_file() and (folder / "depth.txt").is_file():
            return True
        colour, depth = _listed(folder, COLOUR), _listed(folder, DEPTH)
    except OSError:
        return False
    return bool(colour and depth)


def pairs_of(folder: Path) -> Pairs:
    """The pairs of a folder. Raises UnreadableImage where it has none of the known layouts, or a list is damaged."""
    tum = (folder / "rgb.txt").is_file() and (folder / "depth.txt").is_file()
    try:
        if tum:
            colour, depth = _read_list(folder / "rgb.txt"), _read_list(folder / "depth.txt")
            return Pairs(_nearest(colour, depth), timed=True, tum=True)
        colour_files, depth_files = _listed(folder, COLOUR), _listed(folder, DEPTH)
    except OSError as error:
        raise UnreadableImage(f"{printable(str(folder))}: cannot be listed: {error.strerror or error}") from error
    if not (colour_files and depth_files):
        raise UnreadableImage(
            f"{printable(str(folder))}: expected pictures in color/ and depth/, or the lists rgb.txt and depth.txt"
        )
    if all(_TIMESTAMP.search(path.name) for path in colour_files + depth_files):
        stamped = [{float(_TIMESTAMP.findall(p.name)[0]): p for p in files} for files in (colour_files, depth_files)]
        return Pairs(_nearest(*stamped), timed=True, tum=False)
    return Pairs(_by_number(_numbered(colour_files), _numbered(depth_files)), timed=False, tum=False)


def _listed(folder: Path, names: tuple[str, ...]) -> list[Path]:
    """The pictures of the subfolder with one of these names, else those here whose names begin with one and ``_``."""
    entries = sorted((entry for entry in folder.iterdir() if not entry.name.startswith(".")), key=_by_name)
    for entry in entries:
        if entry.name.lower() in names and entry.is_dir():
            inside = (e for e in entry.iterdir() if not e.name.startswith(".") and is_image_name(e.name))
            return sorted(inside, key=_by_name)
    starts = tuple(f"{name}_" for name in names)
    return [entry for entry in entries if entry.name.lower().startswith(starts) and is_image_name(entry.name)]


def _by_name(path: Path) -> tuple[tuple[str | int, ...], str]:
    return natural(path.name)


def _read_list(path: Path) -> dict[float, Path]:
    """A list of timestamps and files: ``1305031102.175304 rgb/1305031102.175304.png``; # begins a comment."""
    out = {}
    for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
        words = line.partition("#")[0].split(maxsplit=1)
        if not words:
            continue
        if len(words) != 2 or not _SECONDS.fullmatch(words[0]):
            raise UnreadableImage(
                f"{printable(str(path))}: line {number}: expected a timestamp and a file; got {printable(line[:60])!r}"
            )
        out[float(words[0])] = path.parent / words[1].strip()
    return out


def _numbered(files: list[Path]) -> dict[int, Path]:
    """Files by the last number in their names; those without any by their place."""
    numbers = [_NUMBER.findall(path.stem) for path in files]
    return {
        int(found[-1]) if found else place: path for place, (found, path) in enumerate(zip(numbers, files, strict=True))
    }


def _by_number(colour: dict[int, Path], depth: dict[int, Path]) -> tuple[Pair, ...]:
    return tuple(Pair(key, colour.get(key), depth.get(key)) for key in sorted({*colour, *depth}))


def _nearest(colour: dict[float, Path], depth: dict[float, Path]) -> tuple[Pair, ...]:
    """Each colour picture with the nearest depth picture that no nearer one takes, within ``NEAR_S``."""
    times = sorted(depth)
    candidates = []
    for stamp in colour:
        first, last = bisect.bisect_left(times, stamp - NEAR_S), bisect.bisect_right(times, stamp + NEAR_S)
        candidates += [(abs(times[k] - stamp), stamp, times[k]) for k in range(first, last)]
    taken: dict[float, float] = {}
    used: set[float] = set()
    for _, stamp, other in sorted(candidates):
        if stamp not in taken and other not in used:
            taken[stamp] = other
            used.add(other)
    pairs = [Pair(stamp, path, depth.get(taken.get(stamp, -1.0))) for stamp, path in colour.items()]
    pairs += [Pair(stamp, None, path) for stamp, path in depth.items() if stamp not in used]
    return tuple(sorted(pairs, key=lambda pair: pair.key))
