"""Photographs from a parquet file, decoded once and kept, and which of them a run may learn from."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from emovere.errors import DatasetError, OutputError
from emovere.extras import optional
from emovere.files import atomic_write
from emovere.types import UInt8
from emovere.weights import home, sha256_of

PARTS = ("training", "choosing", "reported")

_COLUMNS = ("image", "source")


@dataclass(frozen=True, eq=False)
class Scenes:
    """N photographs in one long array."""

    pixels: UInt8
    """All photographs' pixels one after the other; may lie on the disk."""
    sizes: npt.NDArray[np.int64]
    """(N, 2) height and width in pixels."""
    starts: npt.NDArray[np.int64]
    """(N,) where each begins in ``pixels``."""
    names: tuple[str, ...]
    """``source/file``, such as lfw/Aaron_Eckhart_0001.jpg."""
    channels: int
    """1 grey, 3 RGB."""

    def __len__(self) -> int:
        return len(self.sizes)

    def __getitem__(self, row: int) -> UInt8:
        """One photograph: (H, W, channels) uint8."""
        height, width = self.sizes[row]
        start = self.starts[row]
        flat = self.pixels[start : start + height * width * self.channels]
        return np.asarray(flat).reshape(height, width, self.channels)

    @property
    def parts(self) -> npt.NDArray[np.str_]:
        """(N,) training, choosing or reported."""
        return np.array([part_of(name) for name in self.names])

    @property
    def sources(self) -> npt.NDArray[np.str_]:
        """(N,) the collection that each photograph comes from."""
        return np.array([name.partition("/")[0] for name in self.names])


def part_of(name: str) -> str:
    """Eight tenths of each source are learned from, one chooses, one is reported on.

    Drawn by the name alone, so that it never changes. Photographs of one person in Labeled Faces in the Wild, whose
    files are named by the person and a number, stay together.
    """
    source, _, file = name.partition("/")
    stem = Path(file).stem
    who = stem.rpartition("_")[0] if source == "lfw" and "_" in stem else stem
    tenth = int(hashlib.sha256(f"{source}/{who}".encode()).hexdigest(), 16) % 10
    return {0: "reported", 1: "choosing"}.get(tenth, "training")


def photographs(path: Path) -> Iterator[tuple[str, UInt8]]:
    """Each photograph's name and (H, W, 3) RGB pixels, in the file's order. Raises DatasetError."""
    parquet = optional("pyarrow.parquet", "data")
    arrow = optional("pyarrow", "data")
    if not path.is_file():
        raise DatasetError(f"{path}: there is no such file; expected a parquet file of photographs")
    try:
        file = parquet.ParquetFile(path)
        missing = [name for name in _COLUMNS if name not in file.schema_arrow.names]
        if missing:
            raise DatasetError(f"{path}: expected the columns image and source; {', '.join(missing)} is missing")
        number = 0
        for batch in file.iter_batches(64, columns=list(_COLUMNS)):
            for row in batch.to_pylist():
                number += 1
                yield _photograph(row, f"{path}: row {number}")
    except (OSError, arrow.ArrowException) as error:
        raise DatasetError(f"{path}: expected a parquet file of photographs; {str(error).splitlines()[0]}") from error


def _photograph(row: dict[str, object], where: str) -> tuple[str, UInt8]:
    image = row["image"]
    data, name = (image.get("bytes"), image.get("path")) if isinstance(image, dict) else (image, None)
    if not isinstance(data, bytes) or not name:
        raise DatasetError(f"{where}: expected a picture's bytes and path")
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR) if data else None
    if pixels is None:
        raise DatasetError(f"{where}: expected a picture; {name} cannot be decoded")
    return f"{row['source']}/{Path(str(name)).name}", np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB), np.uint8)


def taught(path: Path, what: str) -> Path:
    """Where something that was worked out from a file is kept: ``$EMOVERE_HOME/taught/WHAT-HASH``."""
    return home() / "taught" / f"{what}-{sha256_of(path)[:16]}"


def read_scenes(path: Path, channels: int = 1) -> Scenes:
    """All photographs, grey or in colours. Decoded once and kept under ``$EMOVERE_HOME/taught``.

    Raises DatasetError, MissingExtra, or OutputError where nothing can be kept.
    """
    if not path.is_file():
        raise DatasetError(f"{path}: there is no such file; expected a parquet file of photographs")
    place = taught(path, f"scenes{channels}")
    index, pixels = place.with_suffix(".npz"), place.with_suffix(".raw")
    if not (index.is_file() and pixels.is_file()):
        sizes, names = [], []
        with atomic_write(pixels, "wb") as file:
            for name, picture in photographs(path):
                seen = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY) if channels == 1 else picture
                file.write(np.ascontiguousarray(seen).tobytes())
                sizes.append(picture.shape[:2])
                names.append(name)
        if not names:
            raise DatasetError(f"{path}: holds no photograph")
        with atomic_write(index, "wb") as file:
            np.savez(file, sizes=np.array(sizes, np.int64), names=np.array(names))
    try:
        with np.load(index) as kept:
            sizes_, names_ = kept["sizes"], tuple(str(name) for name in kept["names"])
        mapped: UInt8 = np.memmap(pixels, np.uint8, "r")
    except (OSError, ValueError, KeyError, EOFError) as error:
        raise OutputError(f"{index}: is damaged; delete it, and the photographs are decoded again") from error
    lengths = sizes_.prod(axis=1) * channels
    if lengths.sum() != len(mapped):
        raise OutputError(f"{pixels}: is damaged; delete it, and the photographs are decoded again")
    return Scenes(mapped, sizes_, np.concatenate([[0], np.cumsum(lengths)[:-1]]), names_, channels)
