"""A recipe: everything that a training run depends on but the data itself. Read from TOML, saved beside the run."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any

from emovere.config import read_toml
from emovere.errors import ConfigError, UnknownModel, unknown_name
from emovere.labels import FER7, FERPLUS8

HEADS = {"fer7": FER7, "ferplus8": FERPLUS8}
"""What a network may be asked for, and the labels of each."""


@dataclass(frozen=True)
class DataRecipe:
    """Which faces are trained on."""

    classes: tuple[str, ...] = ()
    """The emotions that are told apart, in this order; none named, all seven."""
    limit: int = 0
    """Most faces of an emotion, drawn by the seed; 0 takes all."""


@dataclass(frozen=True)
class NetworkRecipe:
    """What is trained."""

    architecture: str = "residual"
    """A registered architecture: residual, separable, plain or xception."""
    heads: tuple[str, ...] = ("fer7", "ferplus8")
    """What the network is asked for: FER2013's labels, FER+'s votes, or both."""
    crop: int = 44
    """Side of the square in the middle of the 48 x 48 face that the network looks at, in pixels."""
    side: int = 0
    """Side to which that square is then brought, in pixels; 0 leaves it as it is."""
    threshold: int = 0
    """Grey level above which a pixel counts as white, and up to which as black; 0 keeps the greys."""
    widths: tuple[int, ...] = (32, 64, 128, 256)
    """Channels of each stage; every stage after the first halves the picture, in plain networks the first too."""
    blocks: tuple[int, ...] = (0, 1, 2, 1)
    """Blocks, in plain networks convolutions, of each stage; a first stage without any is the stem alone. Not used by
    xception, whose stages hold one block each."""
    stem_stride: int = 1
    """Stride of the first convolution of residual and separable networks; 2 halves the picture at once."""
    attention: bool = False
    """Whether residual and separable blocks weigh their channels by what stands in the whole picture."""
    normalise: bool = True
    """Whether plain networks normalise after each convolution."""
    dense: tuple[int, ...] = ()
    """Widths of a plain network's fully connected layers; without any, the picture is averaged."""
    dropout: float = 0.3


@dataclass(frozen=True)
class AugmentRecipe:
    """How faces are varied in training."""

    vary: bool = True
    """Whether they are varied at all."""
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
class ImbalanceRecipe:
    """What is done about classes with few faces; as it comes, nothing. All but ``balance`` act on the fer7 head."""

    balance: float = 0.0
    """How evenly classes are drawn: a class of n faces in proportion to n to the power of 1 - balance. 0 draws every
    face once a pass, 0.5 by square roots (Mahajan et al. 2018, arXiv 1805.00932), 1 all classes alike (Kang et al.
    2020, arXiv 1910.09217)."""
    weights: str = "none"
    """What a face of a class of n faces weighs in the loss: none, inverse (1 / n) or effective ((1 - b) / (1 - b^n);
    Cui et al. 2019, arXiv 1901.05555). The mean over the faces is 1."""
    beta: float = 0.999
    """The b of effective weights, from 0 (no weights) to below 1 (towards inverse ones)."""
    focus: float = 0.0
    """Focal loss: the exponent with which faces that are told well lose weight (Lin et al. 2017, arXiv 1708.02002)."""
    adjust: float = 0.0
    """Logit adjustment in the loss: this times the logarithm of the classes' shares is added to the logits (Menon et
    al. 2021, arXiv 2007.07314, eq. 10); 1 learns to tell as if all classes were alike."""
    adjust_after: float = 0.0
    """Logit adjustment after training: the same taken off the finished network's logits (eq. 9)."""


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
    """How it is minimised: a warm-up, perhaps a plateau, then, unless it is left out, a cosine decay to zero."""

    optimizer: str = "sgd"
    """sgd (with Nesterov momentum), adam or rmsprop."""
    epochs: int = 70
    steps: int = 0
    """Steps of the whole run, the same number in each epoch, however many faces there are; 0 makes each epoch one pass
    through the faces."""
    batch: int = 128
    """Faces of one step, of all processes together."""
    lr: float = 0.1
    momentum: float = 0.9
    """Of sgd and rmsprop."""
    weight_decay: float = 5e-4
    warmup: float = 0.1
    """Share of the steps in which the learning rate rises."""
    hold: float = 0.0
    """Share of the steps after that in which it stays at its peak, before it falls."""
    decay: str = "cosine"
    """cosine, or none: then it stays at its peak to the end."""
    ema: float = 0.999
    """Decay of the moving average of the weights, which is what is measured and exported; 0 takes them as they are."""
    patience: int = 30
    """Epochs without a better PublicTest accuracy after which the run ends."""


@dataclass(frozen=True)
class TrainOptions:
    """The machine's side of a run."""

    precision: str = "auto"
    """auto, 32-true or bf16-mixed; auto takes bf16 where the processor has it."""
    devices: int = 1
    """Processes on this machine, one a device: graphics cards where there are any, else the processor's cores."""
    nodes: int = 1
    """Machines that train together."""
    threads: int = 0
    """Threads of the processor in each process; 0 takes all."""


@dataclass(frozen=True)
class Recipe:
    """A whole training run."""

    name: str = "light"
    seed: int = 1
    data: DataRecipe = field(default_factory=DataRecipe)
    network: NetworkRecipe = field(default_factory=NetworkRecipe)
    augment: AugmentRecipe = field(default_factory=AugmentRecipe)
    imbalance: ImbalanceRecipe = field(default_factory=ImbalanceRecipe)
    loss: LossRecipe = field(default_factory=LossRecipe)
    schedule: ScheduleRecipe = field(default_factory=ScheduleRecipe)
    train: TrainOptions = field(default_factory=TrainOptions)


def labels_by_head(recipe: Recipe) -> dict[str, tuple[str, ...]]:
    """The labels of each head of a recipe's network, in the order of its outputs.

    Raises ConfigError for classes and heads that are unknown, doubled, too few, or do not go together.
    """
    classes, heads = recipe.data.classes, recipe.network.heads
    for what, names, known in (("data.classes", classes, FER7), ("network.heads", heads, tuple(HEADS))):
        wrong = [name for name in names if name not in known]
        if wrong or len(set(names)) < len(names):
            raise ConfigError(f"{what}: expected some of {', '.join(known)}, each once; got {', '.join(names)}")
    if not heads:
        raise ConfigError(f"network.heads: expected at least one of {', '.join(HEADS)}; got none")
    if len(classes) == 1:
        raise ConfigError(f"data.classes: expected at least two, or none for all seven; got {classes[0]} alone")
    if classes and heads != ("fer7",):
        raise ConfigError(
            "data.classes: votes are shared among all expressions; with fewer classes write network.heads = ['fer7']"
        )
    return {name: classes or HEADS[name] for name in heads}


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


def changes(recipe: Recipe) -> tuple[str, ...]:
    """What a recipe sets otherwise than the package's recipe of its name, as ``--set`` takes it.

    Seed and machine are left out. Nothing for a recipe that the package does not carry. Raises ConfigError.
    """
    if recipe.name not in recipes():
        return ()
    own, carried = asdict(recipe), asdict(load_recipe(recipe.name))
    return tuple(
        f"{table}.{key}={_text(value)}"
        for table in ("data", "network", "augment", "imbalance", "loss", "schedule")
        for key, value in own[table].items()
        if value != carried[table][key]
    )


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
