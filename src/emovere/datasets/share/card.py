"""The card of a set that is given away: README.md, with the header of Hugging Face (hub-docs, datasetcard.md)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from emovere.datasets.rows import FaceRows
from emovere.datasets.share.register import ATTRIBUTIONS, AUTHORS, LICENCES, UNKNOWN, licence_rows
from emovere.datasets.stats.summary import Summary, summarise
from emovere.datasets.stats.text import split_word
from emovere.files import atomic_write
from emovere.sources.names import printable
from emovere.version import __version__

FILE = "README.md"

_KNOWN = re.compile(r"cc0-1\.0|cc-by(-nc)?(-sa|-nd)?-(2\.0|2\.5|3\.0|4\.0)|mit|apache-2\.0|pddl|odbl|unlicense|unknown")
"""Licences by the names that Hugging Face gives them."""

_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))
_LARGEST = "1M<n<10M"

_MOST = 30
"""Sources and licences that have a row of their own; the rest stands in the tables."""


def write_card(
    rows: FaceRows, folder: Path, name: str, layout: str, tables: Sequence[str], files: Mapping[str, str] | None = None
) -> None:
    """Write README.md.

    name: what the set is called. layout: how its files lie, in Markdown. tables: files of the register that lie beside
    it. files: for parquet, the pattern of each split's files. Raises OutputError.
    """
    summary = summarise(rows, name)
    text = "\n".join([*_header(rows, summary, files or {}), *_body(rows, summary, layout, tables)])
    with atomic_write(folder / FILE) as file:
        file.write(text + "\n")


def hub_licence(names: Sequence[str]) -> str:
    """What Hugging Face calls a set's licence: ``other`` for several, or for one that it has no name for."""
    found = {_hub_name(name) for name in names}
    return found.pop() if len(found) == 1 else "other"


def _hub_name(name: str) -> str:
    word = re.sub(r"[\s_]+", "-", name.strip().lower())
    word = "cc0-1.0" if word in ("cc0", "cc-0", "cc0-1.0") else word
    return word if _KNOWN.fullmatch(word) else "other"


def _header(rows: FaceRows, summary: Summary, files: Mapping[str, str]) -> Iterator[str]:
    licence = hub_licence([name for name, *_ in licence_rows(rows)] or [UNKNOWN])
    yield "---"
    yield f"pretty_name: {_yaml(summary.name)}"
    yield f"license: {licence}"
    if licence == "other":
        yield "license_name: see-licences-csv"
        yield f"license_link: {LICENCES}"
    yield "task_categories:\n- image-classification"
    yield "tags:\n- facial-expression-recognition\n- faces"
    yield f"size_categories:\n- {next((word for most, word in _SIZES if len(rows) < most), _LARGEST)}"
    if files:
        yield "configs:\n- config_name: default\n  data_files:"
        for split, pattern in files.items():
            yield f"  - split: {split}\n    path: {_yaml(pattern)}"
    yield "---"


def _body(rows: FaceRows, summary: Summary, layout: str, tables: Sequence[str]) -> Iterator[str]:
    yield f"\n# {_cell(summary.name)}\n"
    yield f"{len(rows):,} faces in {len(summary.label_names)} classes, written by emovere {__version__}.\n"
    yield "## Files\n"
    yield layout
    if tables:
        yield f"\nBeside them: {', '.join(f'`{name}`' for name in tables)}.\n"
    yield "\n## Faces\n"
    yield from _table(
        ["split", *summary.label_names, "all"],
        [[split_word(name), *_numbers(counts), f"{sum(counts):,}"] for name, counts in summary.splits.items()],
    )
    made = ", ".join(f"{count:,} {kind}" for kind, count in summary.made.items())
    if made:
        yield f"\n{sum(summary.made.values()):,} of the faces are made, not photographed ({made})."
    if summary.groups:
        yield f"\n{summary.groups:,} groups (persons, sources) are named; a group belongs in one split."
    yield "\n## Sources\n"
    yield from _table(["source", "faces"], [[name, f"{count:,}"] for name, count in [*summary.sources.items()][:_MOST]])
    yield "\n## Licences\n"
    lines = [[name, f"{faces:,}", f"{authors:,}", url] for name, url, faces, authors in licence_rows(rows)[:_MOST]]
    yield from _table(["licence", "faces", "authors", "text"], lines)
    yield _rights(rows, tables)
    yield _LIMITS


def _rights(rows: FaceRows, tables: Sequence[str]) -> str:
    unknown = sum(not text for text in rows.column("licence"))
    parts = []
    if unknown:
        parts.append(f"The licence of {unknown:,} faces is not known: they may not be given away without asking.")
    if AUTHORS in tables:
        parts.append(f"Who made them stands in `{AUTHORS}`.")
    if ATTRIBUTIONS in tables:
        parts.append(f"Each source stands with its author and its licence in `{ATTRIBUTIONS}`.")
    return "\n" + " ".join(parts) if parts else ""


_LIMITS = """
## What it is not

A label says which expression somebody saw in a picture, not what the person felt. Labels are opinions, and some are
wrong. Nothing is known of who is on the pictures beyond what the sources say, so that nothing can be claimed from them
about differences between groups of people. Faces are personal data: the people shown may have rights over their
pictures whatever the licence says. The law forbids some uses of what is learned from such pictures; in the European
Union, inferring emotions at work and in education (Regulation 2024/1689, Article 5(1)(f)), medical and safety reasons
apart."""


def _table(head: Sequence[str], lines: Sequence[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(map(_cell, head))} |"
    yield f"|{'---|' * len(head)}"
    for line in lines:
        yield f"| {' | '.join(map(_cell, line))} |"


def _numbers(counts: Sequence[int]) -> list[str]:
    return [f"{count:,}" for count in counts]


def _cell(text: str) -> str:
    """Text that stays text in Markdown."""
    return re.sub(r"([\\`*_\[\]<>|#])", r"\\\1", printable(text))


def _yaml(text: str) -> str:
    """A quoted text: JSON's are YAML's."""
    return json.dumps(printable(text), ensure_ascii=False)
