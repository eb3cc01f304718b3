"""A recipe: everything that a training run depends on but the data itself. Read from TOML, saved beside the run."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path

from emovere.config import read_toml
from emovere.errors import UnknownModel, unknown_name


@dataclass(frozen=True)
class NetworkRecipe:
    """What is trained."""

    architecture: str = "residual"
    """A registered architecture."""
    crop: int = 44
    """Side of the square in the middle of the 48 x 48 face that the network looks at, in pixels."""
    widths: tuple[int, ...] = (32, 64, 128, 256)
    """Channels of each stage; every stage after the first halves the picture."""
    blocks: tuple[int, ...] = (0, 1, 2, 1)
    """Residual blocks of each stage; a first stage without any is the stem alone."""
    stem_stride: int = 1
    """Stride of the first convolution; 2 halves the picture at once."""
    attention: bool = False
    """Whether blocks weigh their channels by what stands in the whole picture."""
    dropout: float = 0.3


@dataclass(frozen=True)
class AugmentRecipe:
    """How faces are varied in training."""

    flip: float = 0.5
    """Chance of a mirrored face."""
    degrees: float = 12.0
    """Largest rotation either way."""
    translate: float = 0.08
    """Largest shift, as a share of the side."""
    scale: float = 0.12
    """Largest change of size, as a share."""
    brightness: float = 0.2
    contrast: float = 0.3
    erase: float = 0.4
    """Chance that a rectangle is blotted out (Zhong et al. 2020, arXiv 1708.04896)."""
    noise: float = 0.0
    """Largest standard deviation of grain, in grey levels."""
    blur: float = 0.0
    """Chance of a softened face."""


@dataclass(frozen=True)
class LossRecipe:
    """What is minimised: cross-entropy of both heads, and how far both are from a teacher's."""

    smoothing: float = 0.1
    """Label smoothing of the fer7 head (Szegedy et al. 2016, arXiv 1512.00567)."""
    fer7: float = 1.0
    """Weight of the head on FER2013's labels."""
    ferplus8: float = 1.0
    """Weight of the head on the share of FER+'s votes (Barsoum et al. 2016, "cross-entropy loss")."""
    teacher: str = ""
    """A network's name or ONNX file that is imitated; empty learns from labels and votes alone."""
    distill: float = 1.0
    """Weight of imitating the teacher."""
    softness: float = 1.0
    """Temperature at which both are compared; above 1, unlikely labels count for more."""
    views: int = 12
    """Variations of each face that the teacher is asked about, one an epoch, in turn; 0 draws new ones each epoch."""
    jitter: int = 0
    """Largest shift of such a variation, in whole pixels, drawn anew each time that the student sees it."""


@dataclass(frozen=True)
class ScheduleRecipe:
    """How it is minimised: SGD with Nesterov momentum, a warm-up, perhaps a plateau, a cosine decay to zero."""

    epochs: int = 70
    batch: int = 128
    lr: float = 0.1
    momentum: float = 0.9
    weight_decay: float = 5e-4
    warmup: float = 0.1
    """Share of the steps in which the learning rate rises."""
    hold: float = 0.0
    """Share of the steps after that in which it stays at its peak, before it falls."""
    ema: float = 0.999
    """Decay of the moving average of the weights, which is what is measured and exported."""
    patience: int = 30
    """Epochs without a better PublicTest accuracy after which the run ends."""


@dataclass(frozen=True)
class TrainOptions:
    """The machine's side of a run."""

    precision: str = "auto"
    """auto, 32-true or bf16-mixed; auto takes bf16 where the processor has it."""
    devices: int = 1
    threads: int = 0
    """Threads of the processor; 0 takes all."""


@dataclass(frozen=True)
class Recipe:
    """A whole training run."""

    name: str = "light"
    seed: int = 1
    network: NetworkRecipe = field(default_factory=NetworkRecipe)
    augment: AugmentRecipe = field(default_factory=AugmentRecipe)
    loss: LossRecipe = field(default_factory=LossRecipe)
    schedule: ScheduleRecipe = field(default_factory=ScheduleRecipe)
    train: TrainOptions = field(default_factory=TrainOptions)


def recipes() -> dict[str, Path]:
    """The recipes that the package carries, by name."""
    folder = Path(str(resources.files("emovere"))) / "assets" / "recipes"
    return {path.stem: path for path in sorted(folder.glob("*.toml"))}


def load_recipe(name: str) -> Recipe:
    """Read a recipe by its name or from a TOML file. Raises UnknownModel or ConfigError."""
    if name.endswith(".toml"):
        return read_toml(Recipe, Path(name))
    known = recipes()
    if name not in known:
        raise UnknownModel(unknown_name("recipe", name, known))
    return read_toml(Recipe, known[name])
