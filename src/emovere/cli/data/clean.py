"""``emovere data clean`` and ``fold``: what is wrong with a set, as a table, as a patch, as contact sheets."""

from __future__ import annotations

import datetime
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from emovere.cli import options as shared
from emovere.cli.data.options import Patches, Set, set_name

if TYPE_CHECKING:
    from emovere.datasets.clean.findings import Findings
    from emovere.datasets.clean.options import CleanOptions

FINDINGS, PATCH, SHEETS = "findings.csv", "clean.jsonl", "sheets"


def clean(
    path: Annotated[
        Path,
        typer.Argument(
            metavar="SET|DIR",
            help="A set; or a collection, or FOLDER/<emotion>/<picture>, whose faces are cut out first.",
        ),
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="DIR",
            help="For pictures: the new set's folder. For a set: where the findings go; its own folder, or NAME-clean.",
        ),
    ] = None,
    predictions: Annotated[
        Path | None,
        typer.Option(
            "--predictions", metavar="FILE", help="What `emovere data fold` wrote: doubtful labels are found."
        ),
    ] = None,
    detector: shared.Detector = "auto",
    patches: Patches = None,
    settings: shared.Settings = None,
    quiet: shared.Quiet = False,
) -> None:
    """Find copies, pictures that are no good face, and doubtful labels. Nothing is deleted: a patch proposes.

    Writes findings.csv, clean.jsonl (the patch) and contact sheets; prints how much of what was found.
    """
    from emovere.cli.extras import needs
    from emovere.config import override
    from emovere.datasets.clean.build import Built, build_set
    from emovere.datasets.clean.find import find
    from emovere.datasets.clean.options import CleanOptions, check_options
    from emovere.datasets.clean.pictures import holds_pictures
    from emovere.datasets.clean.predictions import read_predictions
    from emovere.datasets.load import load_rows

    options = check_options(override(CleanOptions(), [f"detect.name={detector}", *(settings or [])]))
    known = None if predictions is None else read_predictions(predictions)
    if known is not None:
        needs("workshop", "cleanlab")

    def watch(shares: Iterable[float], noun: str) -> Iterable[float]:
        from emovere.cli.progress import progress

        return progress(shares, 1, lambda share: ("", share), noun=noun, quiet=quiet)

    built: Built | None = None
    if holds_pictures(path):
        if output is None:
            raise typer.BadParameter(f"{path} holds pictures: name the new set's folder", param_hint="--output")
        built = build_set(path, output, options.detect, watch)
        rows = built.rows
        _say_left_out(built, output, quiet=quiet)
    else:
        rows = load_rows(path, patches=patches or [])
    target = output or _place(path)
    findings = find(rows, options, watch, predictions=known, built=built)
    _write(findings, target, set_name(target if built else path), options)
    print(_table(findings))
    if not quiet:
        _conclude(target, applies=built is not None or target == path, doubted=known is not None)


def fold(
    path: Set,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE.npz", help="The file of predictions; it goes on in one.")
    ],
    recipe: Annotated[str, typer.Option("--recipe", help="A recipe's name, or a TOML file.")] = "folds",
    folds: Annotated[int, typer.Option("--folds", help="Parts that are left out in turn.")] = 4,
    patches: Patches = None,
    settings: shared.Settings = None,
    quiet: shared.Quiet = False,
) -> None:
    """Have every face told by a network that never saw it: one is trained for each fold, on the others' labels.

    Copies share a fold. The same command goes on where it stopped, fold by fold.
    """
    from emovere.cli.extras import needs
    from emovere.config import override
    from emovere.datasets.load import load_faces

    needs("train", "torch", "lightning", "kornia")
    from emovere.train.folds.fit import predict_folds
    from emovere.train.recipe import load_recipe

    wanted = override(load_recipe(recipe), settings or [])
    faces = load_faces(path, patches=patches or [])
    said = predict_folds(wanted, faces, folds, output, (lambda _: None) if quiet else None)
    right = float((said.probs.argmax(axis=1) == faces.labels).mean())
    print(f"{len(faces):,} faces told by {folds} networks; they agree with {right:.1%} of the labels")
    if not quiet:
        print(f"emovere: next: emovere data clean {path} --predictions {output}", file=sys.stderr)


def _place(path: Path) -> Path:
    from emovere.datasets.folder import is_set_folder

    return path if is_set_folder(path) else Path(f"{set_name(path)}-clean")


def _write(findings: Findings, target: Path, name: str, options: CleanOptions) -> None:
    from emovere.datasets.clean.findings import proposed, write_findings
    from emovere.datasets.clean.sheets import write_sheets
    from emovere.datasets.patch import write_patch

    header = {
        "set": name,
        "made": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "by": "emovere data clean",
        "command": _settings(options),
    }
    write_findings(findings, target / FINDINGS)
    write_patch(proposed(findings, header), target / PATCH)
    write_sheets(findings, target / SHEETS)


def _settings(options: CleanOptions) -> str:
    """The command with the options that differ from the defaults; paths are nobody's business."""
    from emovere.config import keys_of

    def value(of: CleanOptions, key: str) -> object:
        found: object = of
        for name in key.split("."):
            found = getattr(found, name)
        return found

    changed = [
        f"--set {key}={','.join(new) if isinstance(new, tuple) else new}"
        for key in keys_of(type(options))
        if (new := value(options, key)) != value(type(options)(), key)
    ]
    return " ".join(["emovere data clean", *changed])


def _table(findings: Findings) -> str:
    lines = [f"{'reason':<20}{'listed':>8}{'drop':>8}{'relabel':>9}"]
    lines += [f"{reason:<20}{count:>8,}{drop:>8,}{relabel:>9,}" for reason, count, drop, relabel in findings.counts()]
    touched = {findings.rows.keys[one.row] for one in findings.found}
    lines.append(f"{len(touched):,} different faces of {len(findings.rows):,} have a finding")
    return "\n".join(lines)


def _say_left_out(built: object, output: Path, *, quiet: bool) -> None:
    from emovere.datasets.clean.build import LEFT_OUT, Built

    assert isinstance(built, Built)
    if built.left_out and not quiet:
        unreadable = sum(one.reason == "unreadable" for one in built.left_out)
        print(
            f"emovere: {len(built.left_out) - unreadable:,} pictures without a face and {unreadable:,} that cannot be "
            f"read stand in {output / LEFT_OUT}",
            file=sys.stderr,
        )


def _conclude(target: Path, *, applies: bool, doubted: bool) -> None:
    print(f"emovere: {target / FINDINGS}, {target / PATCH} and sheets of faces in {target / SHEETS}", file=sys.stderr)
    if not doubted:
        print("emovere: labels were not doubted; emovere data fold, then --predictions, finds those", file=sys.stderr)
    way = (
        f"emovere data patch apply {target} {target / PATCH}"
        if applies
        else f"--patch {target / PATCH}, wherever a set is read"
    )
    print(f"emovere: to use the patch: {way}", file=sys.stderr)
