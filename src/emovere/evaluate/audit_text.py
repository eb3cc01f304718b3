"""An audit as text: figures, recall of each class, and the verdicts."""

from __future__ import annotations

import textwrap

from emovere.evaluate.audit import Audit
from emovere.evaluate.audit_verdicts import percent
from emovere.evaluate.comparison_text import aligned
from emovere.evaluate.text import accuracy_text, class_text, confusion_text
from emovere.labels import FER7

WIDTH = 100
"""Characters in a line of a verdict."""


def audit_text(audit: Audit) -> str:
    """Figures, then every class, then the confusion matrix, then the verdicts, which end what is read."""
    figures, scores, without = audit.figures, audit.scores, audit.without_copies
    rows = [
        ["faces", f"{figures.faces:,}"],
        ["accuracy [95 %]", accuracy_text(figures)],
        ["macro-F1", percent(figures.macro_f1)],
    ]
    if scores is not None:
        rows += [
            ["top-3 accuracy", percent(scores.top3)],
            ["ECE", percent(scores.ece)],
            ["Brier", f"{scores.brier:.3f}"],
            ["AURC", f"{scores.aurc:.3f}"],
        ]
    if without is not None and without.faces:
        rows += [
            ["without copies of Training", f"{without.faces:,} faces"],
            ["  accuracy [95 %]", accuracy_text(without)],
            ["  macro-F1", percent(without.macro_f1)],
        ]
    parts = [aligned(rows, left=(0,)), class_text(figures.classes), confusion_text(figures.confusion, FER7)]
    parts.append("\n".join(_verdict(one.grade, one.about, one.sentence) for one in audit.verdicts))
    return "\n\n".join(parts)


def _verdict(grade: str, about: str, sentence: str) -> str:
    head = f"{grade:<6} {about + ':':<11}"
    return textwrap.fill(f"{sentence}.", WIDTH, initial_indent=head, subsequent_indent=" " * len(head))
