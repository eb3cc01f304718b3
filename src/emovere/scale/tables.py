"""Tables of pictures: Parquet files with the pictures' bytes in a column, as FER2013's and many others' are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from emovere.errors import InputError
from emovere.extras import optional
from emovere.scale.order import Loaded
from emovere.scale.place import opened
from emovere.sources.names import without_password
from emovere.types import Problem

COLUMNS = ("image", "picture", "photo", "bytes", "content", "data")
"""Names of columns that hold pictures, likeliest first: bytes, or a struct with ``bytes`` and perhaps ``path``."""

PATHS = ("path", "file", "file_name", "filename")
"""Names of columns that hold the pictures' names, where the pictures' own column does not."""


def is_table(name: str) -> bool:
    """Whether a file's name ends as a table's does."""
    return name.lower().endswith((".parquet", ".pq"))


def slices(source: str, most: int) -> Iterator[tuple[int, int]]:
    """(first row, row behind the last) of stretches of a table, none longer than ``most`` or across row groups.

    Raises InputError where it is no table of pictures, MissingExtra without pyarrow.
    """
    with opened(source) as file:
        table = _table(source, file)
        _columns(source, table.schema_arrow)
        start = 0
        for group in range(table.num_row_groups):
            end = start + table.metadata.row_group(group).num_rows
            for first in range(start, end, most):
                yield first, min(end, first + most)
            start = end


def pictures(source: str, rows: tuple[int, int]) -> Iterator[Loaded | Problem]:
    """The pictures of some rows that lie in one row group. They are called by their paths, else ``FILE#ROW``."""
    with opened(source) as file:
        table = _table(source, file)
        image, path = _columns(source, table.schema_arrow)
        start = 0
        for group in range(table.num_row_groups):
            end = start + table.metadata.row_group(group).num_rows
            if start <= rows[0] < end:
                break
            start = end
        wanted = [image] if path is None else [image, path]
        end = start
        for batch in table.iter_batches(batch_size=64, row_groups=[group], columns=wanted):
            first, end = end, end + len(batch)
            if end <= rows[0]:
                continue
            for row, values in enumerate(batch.to_pylist(), first):
                if rows[0] <= row < rows[1]:
                    yield _picture(source, row, values[image], None if path is None else values[path])
            if end >= rows[1]:
                return


def _table(source: str, file: Any) -> Any:
    parquet = optional("pyarrow.parquet", "data")
    arrow = optional("pyarrow", "data")
    try:
        return parquet.ParquetFile(file)
    except (arrow.ArrowException, OSError, ValueError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise InputError(f"{without_password(source)}: is no Parquet file, or is damaged: {reason}") from error


def _columns(source: str, schema: Any) -> tuple[str, str | None]:
    """The columns with pictures and, where there is one, with their names. Raises InputError."""
    image = next((name for name in COLUMNS if name in schema.names and _holds_bytes(schema.field(name).type)), None)
    if image is None:
        raise InputError(
            f"{without_password(source)}: expected a column of pictures ({', '.join(COLUMNS)}: bytes, or a struct with "
            f"bytes); got {', '.join(schema.names[:12])}"
        )
    return image, next((name for name in PATHS if name in schema.names and _is_text(schema.field(name).type)), None)


def _holds_bytes(kind: Any) -> bool:
    types = optional("pyarrow.types", "data")
    if types.is_struct(kind):
        return any(kind.field(k).name == "bytes" and _holds_bytes(kind.field(k).type) for k in range(kind.num_fields))
    return bool(types.is_binary(kind) or types.is_large_binary(kind))


def _is_text(kind: Any) -> bool:
    types = optional("pyarrow.types", "data")
    return bool(types.is_string(kind) or types.is_large_string(kind))


def _picture(source: str, row: int, value: Any, path: str | None) -> Loaded | Problem:
    content = value
    if isinstance(value, dict):
        content, path = value["bytes"], path or value.get("path")
    name = path or f"{without_password(source)}#{row}"
    if content is None:
        return Problem(name, "InputError", f"{name}: row {row} of {without_password(source)} holds no picture")
    return Loaded(name, content)
