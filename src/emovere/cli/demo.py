"""``emovere demo``: the main job on a photo that is on every machine where emovere is installed."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from emovere.cli import options as shared


def demo(
    output: Annotated[Path, typer.Option("--output", "-o", metavar="DIR", help="Where the annotated picture goes.")] = (
        Path("emovere-demo")
    ),
    detector: shared.Detector = "auto",
) -> None:
    """Analyse a real portrait that the package matplotlib carries: Grace Hopper, 1984, US Navy, public domain."""
    from emovere.cli.run import Wanted, run
    from emovere.config import Options
    from emovere.pipeline import Analyzer, with_settings

    photo = portrait()
    analyzer = Analyzer(with_settings(Options(), detector=detector))
    failed = run(analyzer, [str(photo)], Wanted(annotate=output))
    if failed:
        raise typer.Exit(1)
    print(f"annotated picture: {output / photo.name}")
    print("next: emovere analyze YOUR_PHOTO.jpg --annotate out", file=sys.stderr)


def portrait() -> Path:
    """The portrait's file. Raises MissingExtra where matplotlib came without its sample data."""
    import importlib.util

    from emovere.errors import MissingExtra

    package = importlib.util.find_spec("matplotlib")
    if package is not None and package.origin is not None:
        path = Path(package.origin).parent / "mpl-data" / "sample_data" / "grace_hopper.jpg"
        if path.is_file():
            return path
    raise MissingExtra("the demo's photo is missing: pip install --force-reinstall matplotlib, or analyse your own")
