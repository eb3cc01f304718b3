"""An archive from its listing to its last part, whatever engine does the parts, and taken up again where it was left.

manifest.json               options, models and versions, how many parts and inputs, and whether all is done
plan/parts-NNNNNN.jsonl     which sources are in which part
rows/part-NNNNNN.parquet    the faces of a part, one a row; that it is there says that the part is done
errors/part-NNNNNN.parquet  what of a part could not be used: source, error, message
pieces/                     long recordings while they are done
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from emovere import config
from emovere.errors import ConfigError
from emovere.scale.listing import parts_of
from emovere.scale.lists import named
from emovere.scale.options import ArchiveOptions, settled
from emovere.scale.parts import STITCH, WHOLE, Archive, Status, told
from emovere.scale.place import Place, is_remote, open_place
from emovere.scale.plan import write_plan
from emovere.scale.pool import Pool
from emovere.sources.names import without_password
from emovere.types import SCHEMA, ModelInfo, model_to_dict
from emovere.version import __version__

Todo: TypeAlias = Sequence[tuple[int, int]]
"""(part, piece) of what is to be done; WHOLE or STITCH in the place of a piece."""

Engine: TypeAlias = Callable[[Archive, Todo], Iterator[Status]]
"""Does what is to be done, in any order, and tells of each as it is done."""

MANIFEST = "manifest.json"


@dataclass
class Totals:
    """What came of an archive."""

    parts: int = 0
    faces: int = 0
    errors: int = 0
    memory_mb: float = 0.0
    """Most of one process that held models, in this run."""
    replaced: int = 0
    """Processes that died over pictures, in this run."""

    def add(self, status: Status) -> None:
        """Take what came of a part."""
        self.faces += status.faces
        self.errors += status.errors
        self.memory_mb = max(self.memory_mb, status.memory_mb)
        self.replaced += status.replaced


class Work:
    """An archive's work, begun or taken up."""

    def __init__(self, output: str, inputs: Sequence[str], options: ArchiveOptions, *, resume: bool) -> None:
        """output: a folder or an address. inputs: as on the command line; they are listed anew only where that had not
        been finished.

        Raises ConfigError where there is work and ``resume`` was not asked for, the other way round, or where it was
        begun with other inputs, options or models; MissingExtra; and what loading the models raises.
        """
        self.place: Place = open_place(output)
        before = _read(self.place, output)
        if before and not resume:
            raise ConfigError(f"{output}: holds work already; go on with --resume, or name another folder")
        if resume and not before:
            raise ConfigError(f"{output}: holds no work, so nothing to resume; start without --resume")
        with Pool(options, 1) as pool:
            models = dict(pool.models)
        given = config.to_dict(options)
        target = output if is_remote(output) else str(Path(output).absolute())
        self.archive = Archive(target, str(Path.cwd()), settled(options, models), given, models)
        self._run = _run(inputs, given, models)
        if before and before.get("run") != self._run:
            raise ConfigError(f"{output}: was begun with other inputs, options or models; use the same, or begin anew")
        self.parts: int = before["parts"] if before else 0
        self.inputs: int = before["inputs"] if before else 0
        if not before or before["state"] == "listing":
            self._write("listing")
            self.parts, self.inputs = write_plan(self.place, parts_of(named(inputs), options.scale.part))
            self._write("listed")

    def left(self) -> list[int]:
        """The parts that are not done."""
        done = {int(name[len("part-") :].partition(".")[0]) for name in self.place.names("rows")}
        return [part for part in range(self.parts) if part not in done]

    def run(self, engine: Engine, left: Sequence[int]) -> Iterator[Status]:
        """Do these parts; a status comes for each as it is done."""
        cut: dict[int, int] = {}
        for status in engine(self.archive, [(part, WHOLE) for part in left]):
            if status.pieces:
                cut[status.part] = status.pieces
            else:
                yield status
        if cut:
            for _ in engine(self.archive, [(part, piece) for part in cut for piece in range(cut[part])]):
                pass
            yield from engine(self.archive, [(part, STITCH) for part in cut])

    def finish(self, statuses: Iterable[Status]) -> Totals:
        """Take the statuses, also of parts that were done twice; sum up, and say in the manifest that all is done."""
        totals = Totals(parts=self.parts)
        seen = bytearray(self.parts)
        for status in statuses:
            if not seen[status.part]:
                seen[status.part] = True
                totals.add(status)
        for part in (part for part, known in enumerate(seen) if not known):
            totals.add(told(self.place, part))
        self.place.tidy()
        self._write("done", faces=totals.faces, errors=totals.errors)
        return totals

    def _write(self, state: str, **more: int) -> None:
        about = {"schema": SCHEMA, "state": state, "parts": self.parts, "inputs": self.inputs, **more}
        self.place.write(MANIFEST, (json.dumps({**about, "run": self._run}, indent=1) + "\n").encode())


def _run(inputs: Sequence[str], given: Mapping[str, Any], models: Mapping[str, ModelInfo]) -> Any:
    """What must be the same for work to be taken up, as JSON gives it back."""
    said = {role: model_to_dict(info) for role, info in models.items()}
    shown = [without_password(name) for name in inputs]
    return json.loads(json.dumps({"emovere": __version__, "inputs": shown, "models": said, "config": given}))


def _read(place: Place, output: str) -> dict[str, Any] | None:
    """The manifest, if there is one. Raises ConfigError for a file of that name that is none."""
    if not place.has(MANIFEST):
        return None
    try:
        found: dict[str, Any] = json.loads(place.read(MANIFEST))
        if {"state", "parts", "inputs", "run"} <= set(found):
            return found
    except (ValueError, TypeError):
        pass
    raise ConfigError(f"{output}/{MANIFEST}: is no manifest of emovere's; name another folder")
