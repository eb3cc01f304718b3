"""``emovere data patch``: lay verdicts over a set, take them back, see what they say."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True)

_Set = Annotated[Path, typer.Argument(metavar="SET", help="A set's folder.")]
_WITHDRAWN = "withdrawn"


@app.command()
def apply(
    folder: _Set,
    patches: Annotated[list[Path], typer.Argument(metavar="PATCH...", help="Patches, in this order.")],
) -> None:
    """Lay patches over a set: copied into its folder, after those that lie there. Its faces are not touched."""
    from emovere.datasets.folder import PATCHES, describe, patches_of, read_folder
    from emovere.datasets.laid import lay_over
    from emovere.datasets.patch import read_patch
    from emovere.files import atomic_write

    describe(folder)
    rows = read_folder(folder)
    there = patches_of(folder)
    before = [read_patch(path) for path in there]
    new = [read_patch(path) for path in patches]
    number = max((int(path.name[:3]) for path in there if path.name[:3].isdigit()), default=0)
    for path, patch in zip(patches, new, strict=True):
        number += 1
        _, done = lay_over(rows, [*before, patch])
        before.append(patch)
        with atomic_write(folder / PATCHES / f"{number:03d}-{path.stem}.jsonl", "wb") as file:
            file.write(path.read_bytes())
        unknown = f", {done.unknown:,} faces of other sets" if done.unknown else ""
        print(
            f"{number:03d}-{path.stem}: with it {done.dropped:,} of {len(rows):,} faces are dropped and "
            f"{done.relabelled:,} labelled anew{unknown}"
        )


@app.command()
def withdraw(
    folder: _Set,
    name: Annotated[str, typer.Argument(help="The patch's name, or the number that it begins with; `show` tells.")],
) -> None:
    """Take a patch back. It is kept in the set's folder under patches/withdrawn/."""
    from emovere.datasets.folder import PATCHES, describe, patches_of
    from emovere.errors import DatasetError, OutputError

    describe(folder)
    wanted = name.removesuffix(".jsonl")
    found = [path for path in patches_of(folder) if wanted in (path.stem, path.stem[:3])]
    if len(found) != 1:
        there = ", ".join(path.stem for path in patches_of(folder)) or "none"
        raise DatasetError(f"{folder}: expected the name of one of its patches; got {name!r}; there are: {there}")
    target = folder / PATCHES / _WITHDRAWN / found[0].name
    try:
        target.parent.mkdir(exist_ok=True)
        shutil.move(found[0], target)
    except OSError as error:
        raise OutputError(f"{target}: cannot be written: {error.strerror or error}") from error
    print(f"{found[0].stem} is taken back; it lies in {target}")


@app.command()
def show(
    path: Annotated[Path, typer.Argument(metavar="SET|PATCH", help="A set's folder, or a patch.")],
) -> None:
    """What a patch says, or which patches lie over a set and what each says."""
    from emovere.datasets.folder import is_set_folder, patches_of

    files = patches_of(path) if is_set_folder(path) else [path]
    if not files:
        print("no patch lies over this set", file=sys.stderr)
    for file in files:
        _show(file)


def _show(path: Path) -> None:
    from collections import Counter

    from emovere.datasets.patch import read_patch

    patch = read_patch(path)
    about = ", ".join(f"{name} {text}" for name, text in patch.header.items())
    print(f"{path.stem}: {len(patch.verdicts):,} verdicts{f' ({about})' if about else ''}")
    counts = Counter((verdict.action, verdict.reason) for verdict in patch.verdicts)
    for (action, reason), count in counts.most_common():
        print(f"  {count:>8,}  {action:<8}  {reason}")
