"""Labels that are likely wrong, by what networks say that never saw the face, as the library cleanlab reckons it.

Northcutt, Jiang and Chuang 2021, "Confident Learning: Estimating Uncertainty in Dataset Labels", arXiv 1911.00068.
"""

from __future__ import annotations

import numpy as np

from emovere.datasets.clean.findings import Finding
from emovere.datasets.clean.options import LabelOptions
from emovere.datasets.rows import FaceRows
from emovere.errors import DatasetError
from emovere.extras import optional
from emovere.types import Float32, Int64

FEWEST = 5
"""Faces of a class, below which its labels cannot be judged."""


def label_doubts(labels: Int64, probs: Float32) -> Float32:
    """How doubtful each label is, in [0, 1]: (N,) and (N, K) -> (N,) float32.

    1 where the networks are certain of another label, 0 where they are certain of this one: half of one more than the
    highest probability of another label less that of this one (cleanlab's normalised margin). Raises MissingExtra
    without cleanlab.
    """
    if not len(labels):
        return np.zeros(0, np.float32)
    rank = optional("cleanlab.rank", "workshop")
    quality = rank.get_label_quality_scores(labels, probs, method="normalized_margin")
    return np.asarray(1 - quality, np.float32).clip(0, 1)


def suspects(rows: FaceRows, probs: Float32, options: LabelOptions) -> list[Finding]:
    """Findings about labels, the most doubtful first: at most ``options.most`` faces, all of another likely label.

    probs: (N, K) out-of-fold probabilities, all 0 where there are none. Raises DatasetError where too few faces have
    any.
    """
    told = np.flatnonzero(probs.sum(axis=1) > 0)
    labels = rows.faces.labels[told]
    if len(told) < FEWEST * 2:
        raise DatasetError(f"labels: expected predictions of at least {FEWEST * 2} faces; got {len(told)}")
    doubts = label_doubts(labels, probs[told])
    names = rows.faces.label_names
    found = []
    for place in np.argsort(-doubts, kind="stable")[: options.most]:
        likely = int(probs[told[place]].argmax())
        score = float(doubts[place])
        if likely == labels[place] or score < options.least:
            break
        action = "relabel" if score >= options.relabel else "drop" if score >= options.drop else ""
        note = f"{names[likely]} with {probs[told[place], likely]:.0%}, {names[labels[place]]} with "
        note += f"{probs[told[place], labels[place]]:.0%}"
        found.append(Finding(int(told[place]), "label", score, action, label=names[likely], note=note))
    return found
