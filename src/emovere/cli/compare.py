"""``emovere compare``: networks side by side on one split, and whether they have been shown to differ."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from emovere.cli import options as shared
from emovere.cli.evaluate import Format, LabelSet


def compare(
    runs: Annotated[
        list[str], typer.Argument(metavar="RUN...", help="Two or more: a run's folder, an ONNX file, or a name.")
    ],
    data: shared.Data,
    split: Annotated[
        str, typer.Option(help="The split to compare on. Keep PrivateTest for figures that are reported.")
    ] = "PublicTest",
    ferplus: shared.FerPlus = None,
    labels: Annotated[
        LabelSet, typer.Option(help="fer7: FER2013's labels. ferplus8: the majority of FER+'s votes.")
    ] = LabelSet.FER7,
    curves: Annotated[
        Path | None, typer.Option(metavar="FILE.png", help="Also draw the runs' learning curves over each other.")
    ] = None,
    layout: Annotated[Format, typer.Option("--format", help="How the figures are printed.")] = Format.TABLE,
) -> None:
    """Compare networks on the same faces: figures with intervals, and McNemar's test between any two."""
    from emovere.datasets.load import load_faces
    from emovere.errors import ConfigError
    from emovere.evaluate.comparison import compare_networks
    from emovere.evaluate.comparison_runs import find_runs, load_runs, parameters_of
    from emovere.evaluate.comparison_text import comparison_text

    if len(runs) < 2:
        raise ConfigError(f"compare: expected at least two networks; got {runs[0]}; emovere evaluate measures one")
    found = find_runs(runs)
    networks = load_runs(found, labels.value)
    if curves is not None:
        _draw({run.name: run.metrics for run in found}, curves)
    if split == "PrivateTest":
        _say("PrivateTest: nothing may be chosen by these figures")
    comparison = compare_networks(
        networks,
        load_faces(data, ferplus=ferplus),
        split,
        label_set=labels.value,
        parameters={run.name: parameters_of(run.path) for run in found},
    )
    if layout is Format.JSON:
        print(json.dumps(comparison.to_dict(), indent=2))
    else:
        print(f"{comparison.title}\n\n{comparison_text(comparison)}")


def _draw(metrics: dict[str, Path | None], path: Path) -> None:
    from emovere.errors import DatasetError
    from emovere.evaluate.comparison_chart import overlay_png
    from emovere.evaluate.comparison_runs import read_curve

    there = {name: file for name, file in metrics.items() if file is not None}
    missing = [name for name in metrics if name not in there]
    if not there:
        raise DatasetError(f"--curves: no metrics.csv beside {', '.join(missing)}; expected a run's folder")
    if missing:
        _say(f"no curve for {', '.join(missing)}: no metrics.csv beside it")
    overlay_png({name: read_curve(file) for name, file in there.items()}, path)
    _say(f"curves written to {path}")


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
