"""``emovere train generator``: faces in, a network that makes others out, with figures of what it makes."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path


def train_generator(
    recipe: str, data: Path, ferplus: Path | None, output: Path | None, *, resume: bool, settings: Sequence[str]
) -> None:
    """Train, write the ONNX file, examine what it makes, and print what was found."""
    from emovere.config import override
    from emovere.datasets.load import load_faces
    from emovere.train.generate.examine import examine_generator, told_of
    from emovere.train.generate.export import export_generator
    from emovere.train.generate.fit import fit_generator
    from emovere.train.generate.recipe import load_generator_recipe

    wanted = override(load_generator_recipe(recipe), settings)
    folder = output or Path("runs") / wanted.name
    faces = load_faces(data, ferplus=ferplus)
    fit_generator(wanted, faces, folder, resume=resume)
    made = export_generator(folder, folder / f"{wanted.name}.onnx")
    for line in told_of(examine_generator(faces, made, folder, say=_say)):
        print(line)
    print(f"{made}  {made.stat().st_size / 1e6:.2f} MB; next: emovere data augment --with generated --generator {made}")


def _say(text: str) -> None:
    print(f"emovere: {text}", file=sys.stderr, flush=True)
