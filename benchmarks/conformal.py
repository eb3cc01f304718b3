"""One conformal threshold for all labels beside one for each: ``python benchmarks/conformal.py FER2013 [NETWORK...]``.

Cross-fitted on PublicTest, ten folds ten times over: what the sets of each class hold, and how large they are.
"""

from __future__ import annotations

import sys
from pathlib import Path

import emovere
from emovere.datasets.fer2013 import load_fer2013
from emovere.evaluate.comparison_text import aligned
from emovere.evaluate.coverage import Coverage, cross_fitted, one_for_all, one_for_each
from emovere.evaluate.votes import truth_of
from emovere.labels import LABEL_SETS

COVERAGE = 0.9

KINDS = (
    ("one for all", one_for_all(COVERAGE)),
    ("one for each", one_for_each(COVERAGE)),
    ("each, however few", one_for_each(COVERAGE, least=1)),
)
"""The second leaves labels with few faces the threshold of all; the third does not."""


def main(data: str, *names: str) -> None:
    """Print a table for each network and head."""
    public = load_fer2013(Path(data)).split("PublicTest")
    for name in names or ("light", "nano"):
        for label_set, labels in LABEL_SETS.items():
            truth = truth_of(public, label_set)
            known = truth >= 0
            probs = emovere.load_model(name, labels=label_set).predict(public.images[known]).probs
            print(f"\n{name}, {label_set}, PublicTest, {known.sum():,} faces, {100 * COVERAGE:.0f} % promised\n")
            rows = [["threshold", "", "all", "single", *labels]]
            for kind, fit in KINDS:
                found = cross_fitted(probs, truth[known], fit)
                rows.append(
                    [kind, "held", *(f"{100 * share:.1f}" for share in (found.covered, found.single)), *_held(found)]
                )
                rows.append(["", "labels", f"{found.size:.2f}", "", *(f"{size:.2f}" for _, size in found.classes)])
            rows.append(["faces", "", f"{known.sum():,}", "", *(f"{(truth == k).sum():,}" for k in range(len(labels)))])
            print(aligned(rows, left=(0, 1)))


def _held(found: Coverage) -> list[str]:
    return [f"{100 * share:.1f}" for share, _ in found.classes]


if __name__ == "__main__":
    main(*sys.argv[1:])
