"""``emovere data split``: a set with splits by group, stratified, seeded."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from emovere.cli import options as shared
from emovere.cli.data.options import Patches, Set


def split(
    path: Set,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="NEW", help="The new set's folder.")],
    parts: Annotated[
        str, typer.Option("--parts", metavar="NAME=SHARE,...", help="The parts and their shares, which add up to 1.")
    ] = "Training=0.8,PublicTest=0.1,PrivateTest=0.1",
    seed: Annotated[int, typer.Option("--seed", help="The same seed deals out the same faces.")] = 0,
    of: Annotated[
        list[str] | None,
        typer.Option("--of", metavar="SPLIT", help="Also deal out the faces of this split again; repeatable."),
    ] = None,
    anew: Annotated[bool, typer.Option("--anew", help="Deal out every face again, whatever split it has.")] = False,
    by: Annotated[
        str,
        typer.Option("--by", help="What holds faces together besides copies: group, source, page, picture, author."),
    ] = "group,source,page,picture",
    near: Annotated[
        int, typer.Option("--near", min=0, max=16, help="Bits of 64 within which perceptual hashes make copies.")
    ] = 4,
    rename: Annotated[
        list[str] | None, typer.Option("--rename", metavar="OLD=NEW", help="Call a split otherwise first; repeatable.")
    ] = None,
    ferplus: shared.FerPlus = None,
    patches: Patches = None,
) -> None:
    """Give faces their splits: a person, a source, copies of a picture never in two; the same mix of classes in each.

    Only faces without a split are dealt out, unless --of or --anew says otherwise. SET stays as it is; its patches are
    laid over NEW's faces for good.
    """
    from emovere.datasets.folder import is_set_folder, write_folder
    from emovere.datasets.load import load_rows
    from emovere.datasets.share.carry import carry_files
    from emovere.datasets.share.grouping import groups_of
    from emovere.datasets.share.splitting import deal, parse_parts, renamed
    from emovere.datasets.stats.summary import summarise
    from emovere.datasets.stats.text import counts_text
    from emovere.errors import DatasetError

    if is_set_folder(output):
        raise DatasetError(f"{output}: holds a set already; name another folder, or delete this one")
    shares = parse_parts(parts)
    rows = renamed(load_rows(path, ferplus=ferplus, patches=patches or []), rename or [])
    groups = groups_of(rows, by=[name.strip() for name in by.split(",") if name.strip()], near=near)
    dealt = deal(rows, groups, shares, seed, again=None if anew else of or [])
    carry_files(dealt.rows, path, output)
    write_folder(dealt.rows, output)
    print(counts_text(summarise(dealt.rows, output.name)))
    for line in dealt.told():
        print(line)
