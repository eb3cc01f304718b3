"""Results of runs as a Markdown page: each run's figures, then what others reported."""

from __future__ import annotations

import statistics
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from emovere.evaluate.people import HUMAN
from emovere.evaluate.results import Measured, RunResult
from emovere.labels import FER7


@dataclass(frozen=True)
class Reported:
    """What the author of a recipe's network reported, or what its own weights were measured to do."""

    recipe: str
    what: str
    text: str
    """The accuracy as it was named."""
    low: float
    """The same, or the lowest, as a share."""
    high: float
    """The same, or the highest."""


REPORTED = (
    Reported(
        "mini-xception", "58,423 parameters, 64 x 64; measured on PrivateTest, top-3 92.67 %", "66.84 %", 0.6684, 0.6684
    ),
    Reported("cnn4", "4 convolution layers, 20 epochs", "60 %", 0.60, 0.60),
    Reported("vgg11", "four classes and seven", "60 to 66 %", 0.60, 0.66),
    Reported("threshold-cnn", "pixels above a threshold white, the rest black", "61.9 %", 0.619, 0.619),
    Reported("small-set", "at most 950 faces an emotion", "45 to 50 %", 0.45, 0.50),
)
"""Only the first is known to be on PrivateTest."""

PUBLISHED = (
    ("winner of the competition of 2013", "71.16 %"),
    ("ResMaskNet, 142.9 M parameters, pretrained on ImageNet", "74.14 %"),
    ("seven networks together", "76.82 %"),
)
"""Credible figures of others on PrivateTest."""


def results_page(runs: Sequence[RunResult], command: str) -> str:
    """The whole page. command: what prints it."""
    parts = [
        "# Results",
        _wrapped(
            f"Printed by `{command}` from the files of these runs: `run.json`, `metrics.csv`, and each "
            "`evaluation.json` that `emovere evaluate --output` wrote. Nothing is measured anew."
        ),
        _table(_HEADS, [*(_row(run) for run in runs), *_together(runs)]),
        _wrapped(
            "PrivateTest with one view of each face and its 95 % interval; *without copies* leaves out faces that "
            "stand in another split too. Macro-F1, top-3 and ECE are PrivateTest's. FER+ is the majority of the votes "
            "on PrivateTest, eight classes. Epochs and recipes were chosen on PublicTest; minutes are what a run took "
            "beside whatever else its machine did. One annotator of FER+ agrees "
            f"with the other nine on {_percent(HUMAN['fer7']['PrivateTest'], 1)} of PrivateTest and on "
            f"{_percent(HUMAN['ferplus8']['PrivateTest'], 1)} of the faces with a majority."
        ),
        "## Beside the networks that the recipes follow",
        "Only the first figure is known to be PrivateTest's.",
        _table(("recipe", "reported", "of", "ours", ""), [_beside(one, runs) for one in REPORTED]),
        "## For scale",
        _table(("on PrivateTest", "accuracy"), PUBLISHED),
    ]
    return "\n\n".join(parts) + "\n"


_HEADS = (
    "recipe",
    "seed",
    "parameters",
    "PublicTest",
    "PrivateTest",
    "without copies",
    "macro-F1",
    "top-3",
    "ECE",
    "FER+",
    "epochs",
    "minutes",
)


def _row(run: RunResult) -> tuple[str, ...]:
    public, private, voted = run.on("PublicTest"), run.on("PrivateTest"), run.on("PrivateTest", "ferplus8")
    return (
        _named(run),
        str(run.seed),
        f"{run.parameters:,}",
        "-" if public is None else _percent(public.accuracy),
        "-" if private is None else _interval(private.accuracy, private.interval),
        "-" if private is None else _interval(private.without_copies, private.without_copies_interval),
        *(("-",) * 3 if private is None else map(_one_digit, (private.macro_f1, private.top3, private.ece))),
        "-" if voted is None else _interval(voted.accuracy, voted.interval),
        str(run.epochs),
        "-" if run.minutes is None else f"{run.minutes:.0f}",
    )


def _together(runs: Sequence[RunResult]) -> list[tuple[str, ...]]:
    """A row for each recipe that was run with several seeds: mean and standard deviation of its accuracies."""
    rows: list[tuple[str, ...]] = []
    for name in dict.fromkeys(_named(run) for run in runs):
        same = [run for run in runs if _named(run) == name]
        if len({run.seed for run in same}) < 2:
            continue
        columns = (
            [run.on("PublicTest") for run in same],
            [run.on("PrivateTest") for run in same],
            [run.on("PrivateTest", "ferplus8") for run in same],
        )
        public, private, voted = (_spread(column) for column in columns)
        rows.append((f"{name}, mean and sd", str(len(same)), "", public, private, "", "", "", "", voted, "", ""))
    return rows


def _spread(measured: Sequence[Measured | None]) -> str:
    shares = [one.accuracy for one in measured if one is not None and one.accuracy is not None]
    if len(shares) < 2:
        return "-"
    return f"{100 * statistics.fmean(shares):.2f} ± {100 * statistics.stdev(shares):.2f} % ({len(shares)})"


def _beside(reported: Reported, runs: Sequence[RunResult]) -> tuple[str, ...]:
    ours = [(run, one) for run in runs if run.recipe == reported.recipe and (one := run.on("PrivateTest")) is not None]
    if not ours:
        return reported.recipe, reported.text, reported.what, "-", "no run among these"
    told = [f"{_interval(one.accuracy, one.interval)}{_variant(run, one)}" for run, one in ours]
    verdicts = [_verdict(reported, one) for _, one in ours]
    return reported.recipe, reported.text, reported.what, "<br>".join(told), "<br>".join(verdicts)


def _verdict(reported: Reported, ours: Measured) -> str:
    accuracy, (low, high) = ours.accuracy, ours.interval
    if accuracy is None or low is None or high is None:
        return "-"
    if low > reported.high:
        return "passed"
    if accuracy >= reported.low:
        return "reached"
    return "within the interval" if high >= reported.low else "not reached"


def _named(run: RunResult) -> str:
    private = run.on("PrivateTest") or run.on("PublicTest")
    taught = f", taught by {run.teacher}" if run.teacher else ""
    return f"{run.recipe}{'' if private is None else _variant(run, private)}{taught}"


def _variant(run: RunResult, measured: Measured) -> str:
    """In brackets what tells a run from others of its recipe."""
    fewer = len(measured.labels) < len(FER7)
    told = [f"{', '.join(measured.labels)} alone"] if fewer else []
    told += [f"`{change}`" for change in run.changes if not change.startswith("loss.teacher=")]
    return f" ({'; '.join(told)})" if told else ""


def _interval(share: float | None, interval: tuple[float | None, float | None]) -> str:
    low, high = interval
    if share is None or low is None or high is None:
        return "-"
    return f"{_percent(share)} [{100 * low:.2f}, {100 * high:.2f}]"


def _percent(share: float | None, digits: int = 2) -> str:
    return "-" if share is None else f"{100 * share:.{digits}f} %"


def _one_digit(share: float | None) -> str:
    return _percent(share, 1)


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _wrapped(text: str) -> str:
    return textwrap.fill(text, 120, break_long_words=False, break_on_hyphens=False)


def command_of(folders: Sequence[Path]) -> str:
    """The command that prints the page of these folders."""
    return " ".join(["emovere results", *(folder.as_posix() for folder in folders)])
