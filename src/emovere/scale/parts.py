"""One part of an archive: read, analysed, and written at once, by whichever process it falls to.

A part may be begun any number of times, by several processes even: its file appears whole, under the same name and
with the same rows, so that nothing is lost or doubled.
"""

from __future__ import annotations

import dataclasses
import gzip
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from emovere.errors import InputError, ModelError
from emovere.extras import optional
from emovere.pipeline import Seen
from emovere.report.base import Header
from emovere.report.parquet import ParquetWriter
from emovere.report.rows import encodable
from emovere.scale.messages import Before, Cut, Damage, Item, Piece, Row
from emovere.scale.options import ArchiveOptions
from emovere.scale.order import Stretch
from emovere.scale.piece import warm_up_s
from emovere.scale.place import Place, is_remote, open_place
from emovere.scale.plan import Part, errors_file, read_part, rows_file
from emovere.scale.pool import Pool
from emovere.scale.reading import fetched, is_recording_part, sources_of
from emovere.scale.seams import Seams
from emovere.types import FrameResult, ModelInfo, Problem, frame_from_dict, frame_to_dict, problem_to_dict
from emovere.version import __version__

WHOLE = -1
"""In the place of a piece's number: all of a part, unless it turns out to be a long recording."""

STITCH = -2
"""In the place of a piece's number: put all pieces together."""


@dataclass(frozen=True)
class Archive:
    """What every process has to know."""

    place: str
    """Whole path or address of the results."""
    folder: str
    """The folder from which relative names are meant."""
    options: ArchiveOptions
    """As they were settled by one process for all."""
    config: Mapping[str, Any]
    """The options as they were given, for the files' headers."""
    models: Mapping[str, ModelInfo]

    @property
    def header(self) -> Header:
        """What stands in every file of rows."""
        return Header(self.models["classifier"].labels, self.models, self.config, __version__)


@dataclass(frozen=True)
class Status:
    """What came of a part, or of a piece of one."""

    part: int
    piece: int
    faces: int = 0
    errors: int = 0
    pieces: int = 0
    """Where it is a long recording: how many pieces are to be done in its place."""
    memory_mb: float = 0.0
    replaced: int = 0
    """Processes that died over it."""


class _Loaded:
    """The pool of this process, with models that stay loaded from one part to the next."""

    pool: Pool | None = None
    options: ArchiveOptions | None = None


def pool_for(archive: Archive) -> Pool:
    """A pool of one process, which may die without harm to this one. Raises ModelError where models differ."""
    if _Loaded.pool is None or _Loaded.options != archive.options:
        let_go()
        _Loaded.pool, _Loaded.options = Pool(archive.options, 1), archive.options
    if dict(_Loaded.pool.models) != dict(archive.models):
        raise ModelError(
            "models: a machine holds other files than the one where the work was begun; make them the same"
        )
    return _Loaded.pool


def let_go() -> None:
    """End the pool of this process, if there is one."""
    if _Loaded.pool is not None:
        _Loaded.pool.close()
        _Loaded.pool = None


def do(archive: Archive, number: int, piece: int) -> Status:
    """Do a part, or a piece of one, unless it is done. Raises EmovereError for what no other part could do, either."""
    place = open_place(archive.place)
    if place.has(rows_file(number)):
        return dataclasses.replace(told(place, number), piece=piece)
    part = read_part(place, number)
    if piece == STITCH:
        return _stitch(archive, place, part)
    pool = pool_for(archive)
    before = pool.replaced
    status = _whole(archive, place, part, pool) if piece == WHOLE else _piece(place, part, piece, pool)
    return dataclasses.replace(status, memory_mb=pool.memory_mb, replaced=pool.replaced - before)


def told(place: Place, number: int) -> Status:
    """What came of a part that is done, as its files tell."""
    parquet = optional("pyarrow.parquet", "data")
    counts = [
        parquet.read_metadata(io.BytesIO(place.read(name))).num_rows if place.has(name) else 0
        for name in (rows_file(number), errors_file(number))
    ]
    return Status(number, WHOLE, faces=counts[0], errors=counts[1])


class _Rows:
    """The rows of a part in memory; written with its errors when all is there."""

    def __init__(self, archive: Archive, part: Part) -> None:
        self._part = part
        self._file = io.BytesIO()
        self._writer = ParquetWriter(self._file, archive.header)
        self._problems = list(part.problems)
        self._faces = 0

    def frame(self, result: FrameResult) -> None:
        self._writer.frame(result)
        self._faces += len(result)

    def problem(self, problem: Problem) -> None:
        self._problems.append(problem)

    def write(self, place: Place, piece: int) -> Status:
        """The errors first: where the rows are, everything is."""
        self._writer.close()
        if self._problems:
            place.write(errors_file(self._part.number), errors_table(self._problems))
        place.write(rows_file(self._part.number), self._file.getvalue())
        return Status(self._part.number, piece, self._faces, len(self._problems))


def errors_table(problems: list[Problem]) -> bytes:
    """Problems as a Parquet file with the columns source, error and message."""
    arrow, parquet = optional("pyarrow", "data"), optional("pyarrow.parquet", "data")
    told = [problem_to_dict(problem) for problem in problems]
    columns = {name: [encodable(one[name]) for one in told] for name in ("source", "error", "message")}
    file = io.BytesIO()
    parquet.write_table(arrow.table(columns, schema=arrow.schema([(name, arrow.string()) for name in columns])), file)
    return file.getvalue()


def _whole(archive: Archive, place: Place, part: Part, pool: Pool) -> Status:
    rows = _Rows(archive, part)
    try:
        for item in _recording(part, pool) if is_recording_part(part) else pool.stream(sources_of(part)):
            if isinstance(item, Cut):
                edges = [[one.begin_s, one.end_s] for one in item.pieces]
                place.write(_edges_file(part), json.dumps(edges).encode())
                return Status(part.number, WHOLE, pieces=len(edges))
            if isinstance(item, Problem):
                rows.problem(item)
            elif isinstance(item, Seen):
                rows.frame(item.result)
    except InputError as error:
        rows.problem(Problem(part.sources[0], "InputError", str(error)))
    return rows.write(place, WHOLE)


def _recording(part: Part, pool: Pool) -> Iterator[Seen | Item | Cut]:
    """One recording; that of an object store is not spread over processes, since each would have to fetch it."""
    (source,) = part.sources
    if not is_remote(source):
        yield from pool.stream_uncut([source])
        return
    with fetched(source) as path:
        for item in pool.stream([path]):
            if isinstance(item, Problem):
                yield Problem(source, item.error, item.message.replace(path, source))
            else:
                yield dataclasses.replace(item, result=dataclasses.replace(item.result, source=source))


def _piece(place: Place, part: Part, number: int, pool: Pool) -> Status:
    """Follow a piece and keep what was seen until all of them are there."""
    if place.has(_piece_file(part, number)):
        return Status(part.number, number)
    edges = json.loads(place.read(_edges_file(part)))
    begin_s, end_s = edges[number]
    wanted = Stretch(part.sources[0], Piece(number, len(edges), begin_s, end_s))
    lines = [json.dumps(_kept(item)) for item in pool.stream_uncut([wanted]) if isinstance(item, Item)]
    place.write(_piece_file(part, number), gzip.compress("\n".join(lines).encode(), 1))
    return Status(part.number, number)


def _stitch(archive: Archive, place: Place, part: Part) -> Status:
    """Put the pieces of a recording together, and remove them."""
    rows = _Rows(archive, part)
    edges = json.loads(place.read(_edges_file(part)))
    seams = Seams(part.sources[0], warm_up_s(archive.options.track))
    for number in range(len(edges)):
        for line in gzip.decompress(place.read(_piece_file(part, number))).splitlines():
            for item in seams.take(_item(json.loads(line), archive.header.labels)):
                if isinstance(item, Problem):
                    rows.problem(item)
                else:
                    rows.frame(item.result)
        seams.begin()
    damage = seams.damage()
    if damage is not None:
        rows.problem(damage)
    status = rows.write(place, STITCH)
    for number in range(len(edges)):
        place.remove(_piece_file(part, number))
    place.remove(_edges_file(part))
    return status


def _kept(item: Item) -> dict[str, Any]:
    if isinstance(item, Problem):
        return {"problem": problem_to_dict(item)}
    if isinstance(item, Damage):
        return {"damage": item.count}
    return {"before" if isinstance(item, Before) else "row": frame_to_dict(item.result)}


def _item(kept: Mapping[str, Any], labels: tuple[str, ...]) -> Item:
    ((kind, value),) = kept.items()
    if kind == "problem":
        return Problem(**value)
    if kind == "damage":
        return Damage(value)
    result = frame_from_dict(value, labels)
    return Before(result) if kind == "before" else Row(result)


def _edges_file(part: Part) -> str:
    return f"pieces/part-{part.number:06d}.json"


def _piece_file(part: Part, piece: int) -> str:
    return f"pieces/part-{part.number:06d}-{piece:04d}.jsonl.gz"
