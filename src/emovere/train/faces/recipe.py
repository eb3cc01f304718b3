"""The recipe of a face detector: everything that its training depends on but the data. Read from TOML."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from emovere.config import read_toml
from emovere.errors import ConfigError
from emovere.train.recipe import ScheduleRecipe, TrainOptions
from emovere.weights import assets

NAME = "faces"
"""The recipe that the package carries."""


@dataclass(frozen=True)
class DetectorRecipe:
    """What is trained."""

    channels: int = 1
    """1 sees grey, 3 sees colours."""
    stem: tuple[int, ...] = (16, 32)
    """Channels at half and at a quarter of the picture's size."""
    width: int = 80
    """Channels everywhere else."""
    blocks: tuple[int, ...] = (2, 3, 3)
    """Blocks at an eighth, a sixteenth and a 32nd of the picture's size."""
    kernel: int = 5
    """Side of the depthwise filters at a sixteenth and a 32nd."""


@dataclass(frozen=True)
class SceneRecipe:
    """How pictures are made for training."""

    side: int = 256
    """Pixels of a picture's side, a multiple of 64."""
    large: int = 8
    """Every so many batches the pictures are twice as wide and high and a quarter as many; 0 never."""
    smallest: float = 9.0
    """Faces less wide or high than this, in pixels, are neither sought nor punished."""
    background: float = 0.2
    """Chance that a scene is looked at anywhere, not at one of its faces."""
    hard: float = 0.25
    """Chance that a scene is looked at where the network erred, once its errors are known."""
    mined: int = 6
    """Epochs after which the errors are gathered anew (Shrivastava et al. 2016, arXiv 1604.03540); 0 never."""
    mosaic: float = 0.2
    """Chance of four scenes in one picture (Bochkovskiy et al. 2020, arXiv 2004.10934, figure 3)."""
    pasted: float = 0.3
    """Chance that faces of FER2013 are pasted in."""
    plain: float = 0.05
    """Chance of a plain picture with such faces only."""
    decoys: float = 0.2
    """Chance that patches and faces upside down are pasted in, which are no faces."""
    turned: float = 0.4
    """Chance of a turned picture."""
    degrees: float = 18.0
    """Standard deviation of its angle."""
    covered: float = 0.15
    """Chance that each face is partly covered."""
    rough: float = 0.25
    """Chance of each: blur, grain, JPEG, coarse pixels."""
    relit: float = 0.6
    """Chance of another brightness, contrast and gamma."""


@dataclass(frozen=True)
class DetectorLoss:
    """What is minimised."""

    score: float = 2.0
    """Weight of the quality focal loss of scores (Li et al. 2020, arXiv 2006.04388, equation 3)."""
    box: float = 2.0
    """Weight of the complete IoU loss of boxes (Zheng et al. 2020, arXiv 1911.08287)."""
    landmarks: float = 2.5
    """Weight of the absolute error of landmarks, in shares of the box's size times ten."""
    places: int = 10
    """Most places of the picture that are asked for one face (Ge et al. 2021, arXiv 2107.08430, "SimOTA")."""


@dataclass(frozen=True)
class FacesRecipe:
    """A whole training run of a detector."""

    name: str = NAME
    seed: int = 1
    network: DetectorRecipe = field(default_factory=DetectorRecipe)
    scenes: SceneRecipe = field(default_factory=SceneRecipe)
    loss: DetectorLoss = field(default_factory=DetectorLoss)
    schedule: ScheduleRecipe = field(default_factory=ScheduleRecipe)
    steps: int = 400
    """Batches of an epoch: pictures are made anew as long as one likes."""
    train: TrainOptions = field(default_factory=TrainOptions)


def load_faces_recipe(name: str) -> FacesRecipe:
    """Read the recipe ``faces`` or one from a TOML file. Raises ConfigError for one that means nothing."""
    path = Path(name) if name.endswith(".toml") else assets() / "recipes" / "detector" / f"{NAME}.toml"
    return check_recipe(read_toml(FacesRecipe, path))


def check_recipe(recipe: FacesRecipe) -> FacesRecipe:
    """The recipe itself. Raises ConfigError where it means nothing."""
    if recipe.network.channels not in (1, 3):
        raise ConfigError(f"network.channels: expected 1 (grey) or 3 (colours); got {recipe.network.channels}")
    if len(recipe.network.stem) != 2 or len(recipe.network.blocks) != 3:
        raise ConfigError("network: expected two widths in stem and three numbers in blocks")
    if recipe.scenes.side < 64 or recipe.scenes.side % 64:
        raise ConfigError(f"scenes.side: expected a multiple of 64; got {recipe.scenes.side}")
    if recipe.steps < 1:
        raise ConfigError(f"steps: expected at least 1; got {recipe.steps}")
    return recipe
