"""What may be said of somebody's figures: one sentence each, with its reason."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from emovere.evaluate.audit_file import Predictions
from emovere.evaluate.audit_leak import Copies, Memory, memory
from emovere.evaluate.audit_split import ALPHABETICAL, Identity
from emovere.evaluate.examine import Figures
from emovere.evaluate.metrics import wilson_interval
from emovere.evaluate.people import HUMAN

SUSPECT = 0.78
"""Accuracy on FER2013 above which a leak is likelier than skill: its labels are too noisy for more."""

REMEMBERED = 0.15
"""Excess of the accuracy on copies, over other faces of the same classes, that is taken for memory.

Copies are easier for everybody: ``light``, which learnt without them, is 9.8 points better on PublicTest's."""


class Grade(StrEnum):
    """How a verdict is meant."""

    FINE = "fine"
    NOTE = "note"
    DOUBT = "doubt"


@dataclass(frozen=True)
class Verdict:
    """One finding."""

    about: str
    grade: Grade
    sentence: str


def on_split(identity: Identity) -> Verdict:
    """Which split it is."""
    if identity.swapped or not identity.parts:
        return Verdict("split", Grade.DOUBT, identity.sentence)
    if "Training" in identity.parts:
        return Verdict(
            "split", Grade.DOUBT, f"{identity.sentence}; faces that a network may have learnt from test nothing"
        )
    return Verdict("split", Grade.FINE if len(identity.parts) == 1 else Grade.DOUBT, identity.sentence)


def on_numbering(predictions: Predictions, figures: Figures) -> Iterator[Verdict]:
    """Whether predictions and labels are numbered differently, and whether predictions follow their probabilities."""
    renumbered = np.array(ALPHABETICAL)[predictions.predicted]
    otherwise = float((renumbered == predictions.labels).mean())
    if otherwise > figures.accuracy + 0.1:
        yield Verdict(
            "numbering",
            Grade.DOUBT,
            f"the predictions seem to be numbered in the alphabetical order of folder names and the labels in "
            f"FER2013's: read so, the accuracy is {percent(otherwise, 2)} and not {percent(figures.accuracy, 2)}",
        )
    if predictions.probs is not None:
        apart = int((predictions.probs.argmax(axis=1) != predictions.predicted).sum())
        if apart:
            yield Verdict(
                "numbering",
                Grade.NOTE,
                f"in {apart:,} rows the prediction is not the likeliest class; accuracy and macro-F1 go by the "
                "prediction, top-3, ECE and Brier by the probabilities",
            )


def on_accuracy(identity: Identity, figures: Figures) -> Iterator[Verdict]:
    """Whether the accuracy is credible, and where people stand."""
    if figures.accuracy > SUSPECT:
        yield Verdict("accuracy", Grade.DOUBT, _suspicion(f"an accuracy of {percent(figures.accuracy, 2)}"))
    human = HUMAN["fer7"]
    known = {part: human[part] for part in identity.parts if part in human}
    low, high = figures.interval
    for part, share in (known or {"PrivateTest": human["PrivateTest"]}).items():
        place = "above" if low > share else "below" if high < share else "level with"
        yield Verdict(
            "people",
            Grade.NOTE,
            f"the accuracy is {place} the human line: one annotator of FER+ agrees with the other nine on "
            f"{percent(share)} of {part}, which is a scale and not the same question, as the labels here are FER2013's",
        )


def on_claim(claim: float, figures: Figures) -> Iterator[Verdict]:
    """Whether a claimed accuracy fits the predictions. claim: a share in (0, 1]."""
    low, high = figures.interval
    interval = f"95 % interval [{100 * low:.2f}, {100 * high:.2f}]"
    told = percent(claim, 2)
    if low <= claim <= high:
        same = abs(claim - figures.accuracy) < 0.00006
        how = "and is what they give" if same else f"though they give {percent(figures.accuracy, 2)}"
        yield Verdict("claim", Grade.FINE, f"the claim of {told} lies within these predictions' {interval} {how}")
    else:
        side = "above" if claim > high else "below"
        yield Verdict(
            "claim",
            Grade.DOUBT,
            f"the claim of {told} does not hold on these predictions: it lies {side} their {interval}",
        )
    if claim > SUSPECT >= figures.accuracy:
        yield Verdict("claim", Grade.DOUBT, _suspicion(f"the claim of {told}"))


def on_copies(predictions: Predictions, copies: Copies) -> Iterator[Verdict]:
    """Whether faces of Training were tested on, and whether the network remembers them."""
    if copies.inside is None or copies.copied is None:
        yield Verdict("copies", Grade.NOTE, copies.order)
        return
    inside, copied, count = int(copies.inside.sum()), int(copies.copied.sum()), len(copies.inside)
    if inside:
        yield Verdict(
            "copies",
            Grade.DOUBT,
            f"{inside:,} of {count:,} rows are faces of Training itself (rows taken {copies.order}): a network that "
            "learnt from Training was not tested on them",
        )
    compared = memory(predictions, copies.inside, copies.copied)
    if compared is not None:
        yield _on_memory(compared, count, copies.order)
    elif copied:
        yield Verdict("copies", Grade.DOUBT, f"every row that is not in Training has a copy there ({copied:,} rows)")
    elif inside < count:
        yield Verdict("copies", Grade.FINE, f"no row's face has a copy in Training (rows taken {copies.order})")


def _on_memory(compared: Memory, count: int, order: str) -> Verdict:
    told = (
        f"{compared.copies:,} of {count:,} rows have a copy in Training (rows taken {order}); "
        f"{percent(compared.right / compared.copies)} of these are told right, "
        f"{percent(compared.rest_accuracy)} of the rest"
    )
    if math.isnan(compared.expected):
        return Verdict("copies", Grade.NOTE, f"{told}: too few faces to say whether they were remembered")
    points = 100 * compared.excess
    told = f"{told}, which is {points:+.1f} points from what the rest's recall of their classes lets one expect"
    low, _ = wilson_interval(compared.right, compared.copies)
    if compared.excess > REMEMBERED and low > compared.expected:
        return Verdict("copies", Grade.DOUBT, f"{told}: the network remembers them; quote the accuracy without them")
    if compared.rest_accuracy > SUSPECT:
        return Verdict(
            "copies", Grade.NOTE, f"{told}: copies in Training alone do not explain so high an accuracy on the rest"
        )
    return Verdict("copies", Grade.FINE, f"{told}: no sign that they were remembered")


def percent(share: float, digits: int = 1) -> str:
    """Such as ``68.7 %``; a dash for nan."""
    return "-" if math.isnan(share) else f"{100 * share:.{digits}f} %"


def _suspicion(what: str) -> str:
    return (
        f"{what} is above {percent(SUSPECT, 0)}: on FER2013 suspect a leak first, for its labels are too noisy for "
        "much more, and the best credible results are 74.1 % for one network and 76.8 % for seven together"
    )
