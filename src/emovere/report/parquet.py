"""Parquet: one row a face, in row groups that are written as they fill."""

from __future__ import annotations

import json
from types import TracebackType
from typing import IO, Any

from emovere.extras import optional
from emovere.report.base import ClosesWhenDone, Header
from emovere.report.rows import columns, rows
from emovere.types import SCHEMA, FrameResult, Problem, model_to_dict

GROUP = 16_384
"""Rows of one row group: what is held in memory at most."""


class ParquetWriter(ClosesWhenDone):
    """The columns of CSV with their types; numbers are float32, an unknown time or track is null.

    The file's metadata holds ``emovere``: JSON with schema, version, models and options. Raises MissingExtra where
    pyarrow is not installed.
    """

    def __init__(self, file: IO[bytes], header: Header) -> None:
        self._arrow, parquet = _pyarrow()
        self._labels = header.labels
        self._names = columns(header.labels)
        self._schema = self._schema_of(header)
        self._sink = _Counted(file)
        self._writer = parquet.ParquetWriter(self._arrow.PythonFile(self._sink, mode="w"), self._schema)
        self._rows: list[tuple[Any, ...]] = []

    def frame(self, result: FrameResult) -> None:
        """Take one row a face; none for a frame without one."""
        self._rows.extend(rows(result, self._labels))
        if len(self._rows) >= GROUP:
            self._write_group()

    def problem(self, problem: Problem) -> None:
        """Leave it out: a problem is no face."""

    def close(self) -> None:
        """Write the last row group and the footer."""
        if self._rows:
            self._write_group()
        self._writer.close()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            # pyarrow writes a footer when it is let go of, and a file cut short must not look whole
            self._sink.muted = True
        super().__exit__(kind, error, trace)

    def _schema_of(self, header: Header) -> Any:
        arrow = self._arrow
        kinds = {"source": arrow.string(), "index": arrow.int64(), "time_s": arrow.float64(), "track_id": arrow.int64()}
        kinds |= {"emotion": arrow.string(), "uncertain": arrow.bool_()}
        about = {
            "schema": SCHEMA,
            "emovere": header.emovere,
            "models": {role: model_to_dict(info) for role, info in header.models.items()},
            "config": dict(header.config),
        }
        fields = [(name, kinds.get(name, arrow.float32())) for name in self._names]
        return arrow.schema(fields, metadata={"emovere": json.dumps(about)})

    def _write_group(self) -> None:
        values = zip(*self._rows, strict=True)
        arrays = [self._arrow.array(column, field.type) for column, field in zip(values, self._schema, strict=True)]
        self._writer.write_table(self._arrow.Table.from_arrays(arrays, schema=self._schema))
        self._rows.clear()


class _Counted:
    """A file that knows its position by itself, because a pipe does not."""

    closed = False

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._position = 0
        self.muted = False

    def write(self, data: bytes) -> int:
        if not self.muted:
            self._file.write(data)
        self._position += len(data)
        return len(data)

    def tell(self) -> int:
        return self._position

    def flush(self) -> None:
        if not self.muted:
            self._file.flush()

    def close(self) -> None:
        """Stay open: the file belongs to the caller."""

    def readable(self) -> bool:
        return False

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return False


def _pyarrow() -> tuple[Any, Any]:
    return optional("pyarrow", "data"), optional("pyarrow.parquet", "data")
