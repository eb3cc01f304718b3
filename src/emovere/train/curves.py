"""Pictures of a run, drawn from the files that it left."""

from __future__ import annotations

import json
from pathlib import Path

from emovere.evaluate.figures import class_frequencies_png, curves_png
from emovere.train.progress import read_metrics


def draw_run(folder: Path) -> None:
    """Write curves.png and classes.png beside a run's metrics.csv and run.json."""
    curves_png(read_metrics(folder / "metrics.csv"), folder / "curves.png")
    run = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    classes = run["data"]["classes"]
    class_frequencies_png({"Training": list(classes.values())}, folder / "classes.png", label_names=tuple(classes))
