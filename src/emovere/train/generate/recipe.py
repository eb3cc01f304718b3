"""The recipe of the network that makes faces: everything that its training depends on but the data."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from emovere.config import has_table, read_toml
from emovere.errors import ConfigError
from emovere.weights import assets

NAME = "generator"
"""The recipe that the package carries."""


@dataclass(frozen=True)
class MakerRecipe:
    """The network that makes a face of noise and a class."""

    noise: int = 64
    """Values of which a face is made."""
    embedding: int = 32
    """Values that stand for a class."""
    widths: tuple[int, ...] = (128, 128, 96, 64)
    """Channels at 3, 6, 12 and 24 pixels; 24 are brought to 48 at the end."""


@dataclass(frozen=True)
class JudgeRecipe:
    """The network that tells made faces from real ones; it is thrown away after training."""

    widths: tuple[int, ...] = (64, 96, 128, 160)
    """Channels at 24, 12, 6 and 3 pixels."""


@dataclass(frozen=True)
class GeneratorAugment:
    """How faces, real and made, are varied before they are judged (Zhao et al. 2020, arXiv 2006.10738)."""

    brightness: float = 0.3
    """Largest change of brightness, of values from -1 to 1."""
    contrast: float = 0.3
    """Largest change of contrast, as a share."""
    translate: float = 0.125
    """Largest shift, as a share of the side."""
    cutout: float = 0.25
    """Side of the square that is blotted out, as a share of the side."""


@dataclass(frozen=True)
class GeneratorSchedule:
    """How the two play: hinge losses, Adam."""

    steps: int = 8000
    """Of the judge, and of the maker after each."""
    keep: int = 200
    """Steps after which all is kept, from which --resume goes on."""
    batch: int = 32
    """Real faces, and made ones, of one step."""
    balance: float = 0.5
    """How evenly classes are drawn, from 0 (as the faces come) to 1 (all alike)."""
    maker_lr: float = 1e-4
    judge_lr: float = 1.2e-3
    """Much higher than the maker's (Heusel et al. 2017, arXiv 1706.08500): a slow judge never tells the two apart."""
    decay: float = 0.3
    """Share of the steps, at the end, in which both rates fall to zero in a line."""
    ema: float = 0.999
    """Decay of the moving average of the maker's weights, which is what is kept."""


@dataclass(frozen=True)
class GeneratorTrainOptions:
    """The machine's side."""

    precision: str = "auto"
    """auto, 32-true or bf16-mixed; auto takes bf16 where the processor has it."""
    threads: int = 0
    """Threads of the processor; 0 takes all."""


@dataclass(frozen=True)
class GeneratorRecipe:
    """A whole training run."""

    name: str = NAME
    seed: int = 1
    maker: MakerRecipe = field(default_factory=MakerRecipe)
    judge: JudgeRecipe = field(default_factory=JudgeRecipe)
    augment: GeneratorAugment = field(default_factory=GeneratorAugment)
    schedule: GeneratorSchedule = field(default_factory=GeneratorSchedule)
    train: GeneratorTrainOptions = field(default_factory=GeneratorTrainOptions)


def load_generator_recipe(name: str) -> GeneratorRecipe:
    """Read the recipe ``generator`` or one from a TOML file. Raises ConfigError."""
    path = Path(name) if name.endswith(".toml") else assets() / "recipes" / "generator" / f"{NAME}.toml"
    return checked_generator_recipe(read_toml(GeneratorRecipe, path))


def checked_generator_recipe(recipe: GeneratorRecipe) -> GeneratorRecipe:
    """The recipe itself. Raises ConfigError where it means nothing."""
    schedule, stages = recipe.schedule, 4
    for what, widths in (("maker.widths", recipe.maker.widths), ("judge.widths", recipe.judge.widths)):
        if len(widths) != stages or min(widths) < 1:
            raise ConfigError(f"{what}: expected {stages} positive widths; got {', '.join(map(str, widths))}")
    if min(recipe.maker.noise, recipe.maker.embedding, schedule.steps, schedule.keep) < 1 or schedule.batch < 2:
        raise ConfigError("expected noise, embedding, steps and keep of at least 1 and a batch of at least 2")
    if not 0 <= schedule.balance <= 1 or not 0 <= schedule.decay <= 1:
        raise ConfigError(
            f"schedule: expected balance and decay from 0 to 1; got {schedule.balance:g} and {schedule.decay:g}"
        )
    return recipe


def is_generator_recipe(name: str) -> bool:
    """Whether a recipe's name or TOML file means this kind of network."""
    return name == NAME or (name.endswith(".toml") and has_table(Path(name), "maker"))


def is_generator_run(folder: Path) -> bool:
    """Whether a folder holds a run of this kind of network."""
    return has_table(folder / "recipe.toml", "maker")
