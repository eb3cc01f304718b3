"""What holds now: of every labeller one small number a face, in memory, and always as the votes on the disk have it."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt

from emovere.datasets.review.ballot import Ballot, Codes
from emovere.datasets.review.faces import FaceFile
from emovere.datasets.review.votes import Vote, VoteBook

Show = Literal["all", "open", "voted", "disputed"]


class Standing:
    """The votes that stand, by labeller and face. Usable from any thread; follows other processes' votes."""

    def __init__(self, faces: FaceFile, ballot: Ballot, book: VoteBook) -> None:
        self._faces, self._ballot, self._book = faces, ballot, book
        self._codes: dict[str, Codes] = {}
        self._crops: dict[str, set[int]] = {}
        self._number = 0
        self._lock = threading.RLock()
        self.unknown = 0
        """Votes on faces that the set does not hold, or with labels that it does not have."""
        self.follow()

    def follow(self) -> None:
        """Take in what was added to the votes, by whomever."""
        with self._lock:
            rows = self._book.since(self._number)
            if not rows:
                return
            votes = [vote for _, vote in rows]
            undone = {vote.undoes for vote in votes if vote.kind == "undo"}
            known = {vote.id for vote in votes}
            faces = self._faces.find([vote.key for vote in votes]).tolist()
            for face, vote in zip(faces, votes, strict=True):
                if vote.kind == "undo":
                    # of a vote that came with it, nothing was taken in
                    if vote.undoes not in known:
                        self._recall(face, vote)
                elif vote.id not in undone:
                    self._take(face, vote)
            self._number = rows[-1][0]

    def labellers(self) -> tuple[str, ...]:
        """Everybody who voted, in the order of their first votes."""
        with self._lock:
            return tuple(self._codes)

    def codes(self) -> dict[str, Codes]:
        """Of each labeller the (M,) codes of the set's faces; not to be changed."""
        with self._lock:
            return {name: codes.copy() for name, codes in self._codes.items()}

    def of(self, labeller: str, faces: Sequence[int]) -> list[int]:
        """What a labeller said of some faces: codes, 0 for nothing."""
        with self._lock:
            codes = self._codes.get(labeller)
            return [0] * len(faces) if codes is None else [int(code) for code in codes[list(faces)]]

    def others(self, labeller: str, faces: Sequence[int], *, blind: bool) -> list[dict[str, int]]:
        """What the others said of some faces, by name; blind: only of those on which the labeller has voted."""
        with self._lock:
            mine = self.of(labeller, faces)
            found: list[dict[str, int]] = []
            for place, face in enumerate(faces):
                hidden = blind and not mine[place]
                said = {} if hidden else {name: int(codes[face]) for name, codes in self._codes.items()}
                found.append({name: code for name, code in said.items() if code and name != labeller})
            return found

    def cropped(self, labeller: str, faces: Sequence[int]) -> list[bool]:
        """Of which faces a labeller has mended the crop."""
        with self._lock:
            known = self._crops.get(labeller, set())
            return [face in known for face in faces]

    def shown(self, labeller: str, show: Show, *, blind: bool) -> npt.NDArray[np.bool_]:
        """(M,) whether a face belongs to what is asked for.

        open: those on which the labeller has not voted. disputed: those of which two labellers say different things;
        blind, only among those on which the labeller has voted.
        """
        with self._lock:
            nothing = np.zeros(len(self._faces), np.int16)
            mine = self._codes.get(labeller, nothing)
            voted: npt.NDArray[np.bool_] = mine > 0
            if show == "all":
                return np.ones(len(self._faces), np.bool_)
            if show == "open":
                return ~voted
            if show == "voted":
                return voted
            codes = np.stack([nothing, *self._codes.values()])
            least = np.where(codes > 0, codes, np.iinfo(np.int16).max).min(axis=0)
            disputed: npt.NDArray[np.bool_] = (codes.max(axis=0) > 0) & (codes.max(axis=0) != least)
            return disputed & voted if blind else disputed

    def progress(self) -> dict[str, int]:
        """How many faces each labeller has voted on."""
        with self._lock:
            return {name: int((codes > 0).sum()) for name, codes in self._codes.items()}

    def _take(self, face: int, vote: Vote) -> None:
        if vote.kind == "crop":
            if face >= 0:
                self._crops.setdefault(vote.labeller, set()).add(face)
            return
        code = self._ballot.code(vote.kind, vote.label)
        if face < 0 or not code:
            self.unknown += 1
            return
        self._codes_of(vote.labeller)[face] = code

    def _recall(self, face: int, vote: Vote) -> None:
        if face < 0:
            return
        answer, crop = self._book.standing(vote.key, vote.labeller)
        self._codes_of(vote.labeller)[face] = 0 if answer is None else self._ballot.code(answer.kind, answer.label)
        crops = self._crops.setdefault(vote.labeller, set())
        crops.discard(face)
        if crop is not None:
            crops.add(face)

    def _codes_of(self, labeller: str) -> Codes:
        if labeller not in self._codes:
            self._codes[labeller] = np.zeros(len(self._faces), np.int16)
        return self._codes[labeller]
