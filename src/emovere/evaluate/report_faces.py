"""The faces of a report: the surest mistakes, and a random sheet, as pictures that stand inside the page."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from html import escape

import numpy as np
import numpy.typing as npt
from PIL import Image

from emovere.evaluate.split import Answers
from emovere.labels import FERPLUS_COLUMNS, FERPLUS_TO_LABEL

MISTAKES, SHEET = 24, 48
"""Faces shown of each kind."""

Rows = npt.NDArray[np.int64]


def surest_mistakes(answers: Answers, count: int = MISTAKES) -> Rows:
    """Rows of the faces that are told wrong with the greatest confidence, the surest first; there may be fewer."""
    probs = answers.expressions.probs
    wrong = np.flatnonzero(probs.argmax(axis=1) != answers.truth)
    return wrong[np.argsort(-probs[wrong].max(axis=1), kind="stable")][:count]


def random_faces(answers: Answers, count: int = SHEET, seed: int = 0) -> Rows:
    """Rows of faces drawn at random, in the order of the split; there may be fewer."""
    return np.sort(np.random.default_rng(seed).permutation(len(answers.truth))[:count])


def sheet(answers: Answers, rows: Rows, *, votes: bool = False) -> str:
    """Pictures with answer, confidence and label; a mistake is marked by a word and not by colour alone.

    votes: whether to say what the annotators called each, where that is known.
    """
    return f'<ul class="faces">{"".join(_face(answers, int(row), votes) for row in rows)}</ul>'


def picture(image: npt.NDArray[np.uint8]) -> str:
    """(H, W) uint8 grey as a data URI."""
    file = io.BytesIO()
    Image.fromarray(image).save(file, format="PNG", optimize=True)
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"


def votes_in_words(votes: Sequence[int] | npt.NDArray[np.int64], most: int = 3) -> str:
    """Such as ``sad 6, neutral 3, fear 1``; the commonest first, with ``...`` where there are more kinds."""
    order = sorted((k for k in range(len(FERPLUS_COLUMNS)) if votes[k] > 0), key=lambda k: (-votes[k], k))
    words = [f"{_SAID.get(FERPLUS_COLUMNS[k], FERPLUS_COLUMNS[k])} {votes[k]}" for k in order]
    return ", ".join(words[:most]) + (", …" if len(words) > most else "")


_SAID = {**FERPLUS_TO_LABEL, "NF": "no face"}


def _face(answers: Answers, row: int, votes: bool) -> str:
    seen, truth = answers.expressions, int(answers.truth[row])
    given = int(seen.probs[row].argmax())
    right = given == truth
    said = f"<b>{seen.labels[given]}</b> {seen.probs[row, given]:.0%}".replace("%", "&nbsp;%")
    lines = [said, "right" if right else f"label: {seen.labels[truth]}"]
    if seen.sets is not None and not votes:
        others = [name for k, name in enumerate(seen.labels) if seen.sets[row, k] and k != given]
        lines.append(f"or {', '.join(others)}" if others else "")
    if votes and answers.votes is not None:
        lines.append(f"votes: {escape(votes_in_words(answers.votes[row]))}")
    told = "".join(f"<span>{line}</span>" for line in lines if line)
    alt = f"A face labelled {seen.labels[truth]}"
    side = answers.images.shape[1]
    return (
        f'<li class="{"right" if right else "wrong"}"><img alt="{alt}" width="{side}" height="{side}" '
        f'src="{picture(answers.images[row])}">{told}</li>'
    )
