"""Contact sheets: for each reason the faces that it was found for, to be looked over at a glance."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from emovere.datasets.clean.findings import Finding, Findings
from emovere.files import atomic_write

COLUMNS, ROWS = 12, 8
"""Faces across and down one sheet."""

SHOWN = 96
"""Side of a face on the sheet, in pixels."""

_LINE, _GAP, _QUALITY = 12, 6, 85


def write_sheets(findings: Findings, folder: Path) -> list[Path]:
    """A sheet for each reason: its surest, its least sure and what lies evenly between, copies beside their originals.

    Returns the files. Raises OutputError.
    """
    written = []
    for reason, count, *_ in findings.counts():
        these = findings.of(reason)
        path = folder / f"{reason.replace(' ', '-')}.jpg"
        data = io.BytesIO()
        _sheet(findings, _spread(these, pairs=any(one.other >= 0 for one in these)), f"{reason}: {count:,}").save(
            data, format="JPEG", quality=_QUALITY
        )
        with atomic_write(path, "wb") as file:
            file.write(data.getvalue())
        written.append(path)
    return written


def _spread(found: Sequence[Finding], *, pairs: bool) -> list[Finding]:
    most = COLUMNS * ROWS // (2 if pairs else 1)
    places = np.unique(np.linspace(0, len(found) - 1, min(most, len(found))).round().astype(int))
    return [found[place] for place in places]


def _sheet(findings: Findings, shown: Sequence[Finding], title: str) -> Image.Image:
    faces = findings.rows.faces
    tiles: list[tuple[int, str, str]] = []
    for one in shown:
        label = faces.label_names[faces.labels[one.row]]
        doubt = f"{label} > {one.label}" if one.label else label
        tiles.append((one.row, doubt, f"{one.score:.2f} {one.action}"))
        if one.other >= 0:
            tiles.append((one.other, faces.label_names[faces.labels[one.other]], str(faces.splits[one.other])[:14]))
    down = -(-len(tiles) // COLUMNS)
    high = SHOWN + 2 * _LINE + _GAP
    sheet = Image.new("RGB", (COLUMNS * (SHOWN + _GAP) + _GAP, down * high + 2 * _LINE), "white")
    draw = ImageDraw.Draw(sheet)
    draw.text((_GAP, _GAP // 2), title, fill="black")
    for place, (row, first, second) in enumerate(tiles):
        left, top = _GAP + place % COLUMNS * (SHOWN + _GAP), 2 * _LINE + place // COLUMNS * high
        face = Image.fromarray(faces.images[row]).resize((SHOWN, SHOWN), Image.Resampling.BICUBIC)
        sheet.paste(face, (left, top))
        draw.text((left, top + SHOWN), first[:16], fill="black")
        draw.text((left, top + SHOWN + _LINE), second, fill="dimgray")
    return sheet
