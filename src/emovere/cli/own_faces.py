"""``emovere train RECIPE --from NETWORK --data FOLDER``: a person's own classes."""

from __future__ import annotations

from pathlib import Path


def train_own_faces(
    recipe: str, start: str, data: Path, output: Path | None, *, resume: bool, settings: list[str] | None
) -> None:
    """Fine-tune a network on a person's own folders, and print what the held-out part says."""
    from emovere.config import override
    from emovere.train.own.recipe import own_recipe
    from emovere.train.own.run import train_own
    from emovere.train.recipe import load_recipe

    folder = output or Path("runs") / "mine"
    name = folder.resolve().name
    wanted = override(own_recipe(load_recipe(recipe), start, str(data), name), settings or [])
    result = train_own(wanted, folder, resume=resume)
    print(result.text())
    print(f"\nnext: emovere export {folder}")
