"""An examination as text: for a terminal, a log or an e-mail."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from emovere.evaluate.examine import ClassFigures, Examination, Figures


def examination_text(examination: Examination, human: float | None = None) -> str:
    """All figures, official and without leaked copies side by side, then every class, then the confusion matrix.

    human: how often one annotator agrees with the rest on the same faces, which stands under the accuracy.
    """
    official, without = examination.official, examination.without_leaked
    columns = [official] if without is None else [official, without]
    rows = [["", "official", "without copies"][: len(columns) + 1]]
    rows += [[name, *(show(figures) for figures in columns)] for name, show in _FIGURES if _known(official, name)]
    if human is not None:
        rows.insert(3, ["  one annotator", _percent(human), *[""] * (len(columns) - 1)])
    if without is not None:
        rows.insert(3, ["  at the same mix", _percent(official.accuracy), _percent(examination.same_mix_accuracy)])
    parts = [_aligned(rows)]
    if examination.leaked is not None and without is not None:
        right = official.correct - without.correct
        parts[0] += (
            f"\n{examination.leaked:,} of the faces have a copy in another split; {right:,} of these are told right."
        )
    parts.append(class_text(official.classes))
    if without is not None:
        parts.append("without copies\n" + class_text(without.classes))
    parts.append(confusion_text(official.confusion, examination.label_names))
    return "\n\n".join(parts)


def class_text(classes: Sequence[ClassFigures]) -> str:
    """Precision, recall, F1 and faces of each class, one line a class under one line of headings.

    Where there are conformal sets, ``in the set`` is the share of a class's faces whose set holds it.
    """
    has_sets = any(one.coverage is not None for one in classes)
    rows = [["class", "precision", "recall", "F1", *(["in the set"] if has_sets else []), "faces"]]
    for one in classes:
        shares = [one.precision, one.recall, one.f1, *([one.coverage] if has_sets else [])]
        rows.append([one.label, *map(_percent, shares), f"{one.support:,}"])
    return _aligned(rows)


def confusion_text(confusion: Sequence[Sequence[int]], label_names: Sequence[str]) -> str:
    """A confusion matrix: (K, K) counts -> one line of headings and K lines of counts with percents of the row.

    Rows are the truth and columns the answer. A row without faces shows counts alone.
    """
    rows = [["truth \\ answer", *label_names]]
    rows += [[name, *_cells(counts)] for name, counts in zip(label_names, confusion, strict=True)]
    return _aligned(rows)


def accuracy_text(figures: Figures) -> str:
    """Accuracy and its 95 % interval, such as ``66.52 % [64.96, 68.05]``; a dash where there is no face."""
    if math.isnan(figures.accuracy):
        return "-"
    low, high = figures.interval
    return f"{100 * figures.accuracy:.2f} % [{100 * low:.2f}, {100 * high:.2f}]"


def _cells(counts: Sequence[int]) -> list[str]:
    total = sum(counts)
    return [f"{count:,} {count / total:4.0%}" if total else f"{count:,}" for count in counts]


def _percent(share: float | None) -> str:
    return "-" if share is None or math.isnan(share) else f"{100 * share:.1f} %"


def _decimal(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.3f}"


_FIGURES: tuple[tuple[str, Callable[[Figures], str]], ...] = (
    ("faces", lambda figures: f"{figures.faces:,}"),
    ("accuracy [95 %]", accuracy_text),
    ("macro-F1", lambda figures: _percent(figures.macro_f1)),
    ("top-3 accuracy", lambda figures: _percent(figures.top3)),
    ("ECE", lambda figures: _percent(figures.ece)),
    ("Brier", lambda figures: _decimal(figures.brier)),
    ("AURC", lambda figures: _decimal(figures.aurc)),
    ("set coverage", lambda figures: _percent(figures.coverage)),
    ("labels in a set", lambda figures: "-" if figures.set_size is None else f"{figures.set_size:.2f}"),
)


def _known(figures: Figures, name: str) -> bool:
    return figures.coverage is not None or name not in ("set coverage", "labels in a set")


def _aligned(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(
            [row[0].ljust(widths[0]), *(text.rjust(width) for text, width in zip(row[1:], widths[1:], strict=True))]
        )
        for row in rows
    ]
    return "\n".join(line.rstrip() for line in lines)
