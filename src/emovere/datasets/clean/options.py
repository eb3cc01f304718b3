"""What cleaning is told: where each finding begins, and what is proposed for it."""

from __future__ import annotations

from dataclasses import dataclass, field

from emovere.config import DetectOptions
from emovere.datasets.patch import REASONS
from emovere.errors import ConfigError, unknown_name


@dataclass(frozen=True)
class CopyOptions:
    """Which faces are copies of each other."""

    distance: int = 10
    """Bits of 64 in which the perceptual hashes of a near copy may differ; such pairs are then compared closely."""
    likeness: float = 0.87
    """Least correlation of the details of near copies, once one is laid over the other as well as it goes."""


@dataclass(frozen=True)
class FaceOptions:
    """What is no face, or one that hides."""

    look: float = 0.2
    """A face that a detector sees with less than this, or the checking network with half of it, is looked at again:
    turned, closer and from farther off."""
    least: float = 0.3
    """What no view shows as a face with this score is listed as no face."""
    drop: float = 0.2
    """What no view shows as a face with this score, and the checking network ..."""
    drop_check: float = 0.4
    """... with this probability, is proposed to be dropped."""
    turned: float = 0.45
    """How far the nose lies from the middle between the eyes, as a share of their distance."""
    tilted: float = 25.0
    """Degrees by which a head lies on its side."""
    hidden: float = 0.6
    """Probability that eyes or mouth are hidden."""
    drawing: float = 0.7
    """Probability of a drawing, a painting or the like ..."""
    drop_drawing: float = 0.8
    """... and that from which it is proposed to be dropped."""


@dataclass(frozen=True)
class PictureOptions:
    """Which pictures are poor."""

    small: int = 40
    """Least side of a face in its whole picture, in pixels; nothing can be said of sets without whole pictures."""
    blurred: float = 0.65
    """Least share that the finest details have of the next coarser ones."""
    dark: float = 32.0
    """Least mean of the middle of the crop, in grey levels."""
    contrast: float = 35.0
    """Least distance of the 5th from the 95th percentile of grey levels in the middle of the crop."""


@dataclass(frozen=True)
class LabelOptions:
    """Which labels are doubtful."""

    most: int = 3000
    """Most labels that are listed, the most doubtful first ..."""
    least: float = 0.6
    """... and the least score of one that is listed."""
    drop: float = 0.78
    """Least score of a label whose face is proposed to be dropped."""
    relabel: float = 0.88
    """Least score of a label for which another is proposed."""


@dataclass(frozen=True)
class CleanOptions:
    """Everything that cleaning can be told."""

    copies: CopyOptions = field(default_factory=CopyOptions)
    faces: FaceOptions = field(default_factory=FaceOptions)
    pictures: PictureOptions = field(default_factory=PictureOptions)
    labels: LabelOptions = field(default_factory=LabelOptions)
    detect: DetectOptions = field(default_factory=DetectOptions)
    model: str = "light"
    """The network whose inner view of a face tells outliers."""
    neighbours: int = 10
    """Nearest faces to which an outlier's distance is measured."""
    outliers: float = 0.002
    """Share of the set that is listed as outliers."""
    drop: tuple[str, ...] = ()
    """Reasons for which everything that is listed is proposed to be dropped, too."""
    without: tuple[str, ...] = ()
    """Reasons that are left out."""
    threads: int = 2
    """Faces are looked at by so many threads."""


def check_options(options: CleanOptions) -> CleanOptions:
    """The options themselves. Raises ConfigError where they mean nothing."""
    for reason in (*options.drop, *options.without):
        if reason not in REASONS:
            raise ConfigError(unknown_name("reason", reason, REASONS))
    if not 0 <= options.copies.distance <= 20:
        raise ConfigError(f"copies.distance: expected 0 to 20 bits; got {options.copies.distance}")
    if options.threads < 1 or options.neighbours < 1 or options.labels.most < 0:
        raise ConfigError("threads and neighbours: expected at least 1 of each; labels.most: at least 0")
    return options
