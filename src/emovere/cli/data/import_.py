"""``emovere data import``: a set in somebody else's layout in, a set's folder out."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from emovere.cli import options as shared

if TYPE_CHECKING:
    from emovere.datasets.rows import FaceRows


def import_(
    kind: Annotated[
        str, typer.Argument(metavar="KIND", help="fer2013, ckplus, jaffe, rafdb, affectnet, or folders: SOURCE/class/.")
    ],
    source: Annotated[Path, typer.Argument(metavar="SOURCE", help="Where it lies, as its makers give it away.")],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="SET", help="The new set's folder.")],
    ferplus: shared.FerPlus = None,
    labels: Annotated[
        str | None, typer.Option("--labels", help="Only these: fer7, or a list such as angry,happy,neutral,sad.")
    ] = None,
    whole: Annotated[
        bool, typer.Option("--whole", help="Take a picture whole where no face is found in it; else it is left out.")
    ] = False,
    pictures: Annotated[
        str, typer.Option("--pictures", help="RAF-DB: original or aligned; the original ones where they are there.")
    ] = "",
    detector: shared.Detector = "auto",
    settings: shared.Settings = None,
    quiet: shared.Quiet = False,
) -> None:
    """Read a set in its makers' layout: faces cut out as `analyze` cuts them, persons as groups, splits as they are.

    A grey picture of 48 x 48 pixels is a face already. What is left out stands in SET/left-out.csv, with the reason.
    """
    from emovere.datasets.folder import is_set_folder, write_folder
    from emovere.datasets.share.importing import FER2013, import_fer2013, kind_of
    from emovere.errors import DatasetError

    if is_set_folder(output):
        raise DatasetError(f"{output}: holds a set already; name another folder, or delete this one")
    kind = kind_of(kind)
    _check_options(kind, ferplus, labels, pictures)
    if kind == FER2013:
        rows, damaged = import_fer2013(source, ferplus), 0
    else:
        rows, damaged = _cut(kind, source, output, labels, whole, pictures, detector, settings or [], quiet)
    write_folder(rows, output)
    counts = ", ".join(
        f"{count:,} {name}" for name, count in zip(rows.faces.label_names, rows.faces.counts, strict=True)
    )
    print(f"{output}: {len(rows):,} faces ({counts})")
    if damaged:
        raise typer.Exit(1)


def _check_options(kind: str, ferplus: Path | None, labels: str | None, pictures: str) -> None:
    if ferplus is not None and kind != "fer2013":
        raise typer.BadParameter("FER+'s votes are for FER2013 alone", param_hint="--ferplus")
    if labels is not None and kind == "fer2013":
        raise typer.BadParameter("FER2013 keeps its seven labels", param_hint="--labels")
    if pictures and kind != "rafdb":
        raise typer.BadParameter("only RAF-DB has two kinds of pictures", param_hint="--pictures")


def _cut(
    kind: str,
    source: Path,
    output: Path,
    labels: str | None,
    whole: bool,
    pictures: str,
    detector: str,
    settings: list[str],
    quiet: bool,
) -> tuple[FaceRows, int]:
    """The rows, and how many pictures are missing or damaged."""
    import dataclasses

    from emovere.cli.progress import progress
    from emovere.config import Options, override
    from emovere.datasets.share.cutting import CutFace, cut_faces
    from emovere.datasets.share.importing import LAYOUTS, assembled, write_left_out
    from emovere.datasets.share.listing import LeftOut
    from emovere.datasets.share.rafdb import read_rafdb

    listing = read_rafdb(source, pictures) if pictures else LAYOUTS[kind](source)
    listing = listing if labels is None else listing.keep(labels)
    detect = dataclasses.replace(override(Options(), settings).detect, name=detector)

    def place(item: CutFace | LeftOut) -> tuple[str, float]:
        return (str(item.listed.file) if isinstance(item, CutFace) else item.file), 1.0

    found = progress(cut_faces(listing, detect, whole=whole), len(listing.pictures), place, noun="picture", quiet=quiet)
    imported = assembled(listing, found)
    table = output / "left-out.csv"
    if imported.left_out:
        write_left_out(imported.left_out, table)
    if not quiet:
        for line in imported.told(table):
            print(f"emovere: {line}", file=sys.stderr)
    return imported.rows, imported.damaged
