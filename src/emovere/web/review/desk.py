"""What one server of the review page has before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from emovere.datasets.review.queue import Queue
from emovere.datasets.review.review import Review, order_id
from emovere.datasets.review.standing import Show
from emovere.version import __version__


@dataclass(frozen=True)
class Desk:
    """A review, the order in which its faces are shown, and who may see what."""

    review: Review
    queue: Queue
    labeller: str = ""
    """The labeller that was named when the server was started; empty where the page asks."""
    blind: bool = False
    """Whether others' votes on a face are shown only to those who have voted on it."""

    def settings(self) -> dict[str, Any]:
        """What the page has to know before it shows anything."""
        review = self.review
        return {
            "emovere": __version__,
            "set": review.name,
            "faces": len(review.faces),
            "labels": list(review.faces.labels),
            "choices": list(review.ballot.choices),
            "categories": list(review.ballot.categories),
            "reasons": self.queue.reasons(),
            "by": self.queue.by,
            "order": order_id(self.queue),
            "review": review.book.id,
            "labeller": self.labeller,
            "labellers": list(review.standing.labellers()),
            "blind": self.blind,
        }

    def listed(self, labeller: str, show: Show, reason: str, label: str) -> npt.NDArray[np.uint32]:
        """Positions of the faces that are asked for, in the queue's order: (N,) uint32.

        reason: only faces of which that is said; label: only faces that bear it; empty for any.
        """
        review = self.review
        review.standing.follow()
        wanted = review.standing.shown(labeller, show, blind=self.blind)
        if label:
            labels = review.faces.labels
            wanted &= review.faces.label_of == (labels.index(label) if label in labels else -1)
        if reason:
            said = [face for face, hints in self.queue.hints.items() if any(hint.reason == reason for hint in hints)]
            of_reason = np.zeros(len(wanted), np.bool_)
            of_reason[said] = True
            wanted &= of_reason
        return np.flatnonzero(wanted[self.queue.order]).astype(np.uint32)

    def shown(self, labeller: str, positions: Sequence[int]) -> tuple[list[dict[str, Any]], bytes]:
        """Some faces: what is known of each, and their pixels, 48 x 48 bytes each, one after another."""
        review, faces = self.review, [int(self.queue.order[position]) for position in positions]
        review.standing.follow()
        mine = review.standing.of(labeller, faces)
        others = review.standing.others(labeller, faces, blind=self.blind)
        cropped = review.standing.cropped(labeller, faces)
        about = review.faces.about(faces)
        found = []
        for place, face in enumerate(faces):
            known = about[place]
            found.append(
                {
                    "at": positions[place],
                    "key": review.faces.key(face),
                    "label": review.faces.labels[int(review.faces.label_of[face])],
                    "hints": [hint.to_dict() for hint in self.queue.hints.get(face, ())],
                    "mine": mine[place],
                    "cropped": cropped[place],
                    "others": others[place],
                    "about": known,
                }
            )
        return found, review.faces.pixels(faces)
