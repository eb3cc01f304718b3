"""A table for people: one line a face."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from typing import IO

from emovere.report.base import ClosesWhenDone, Header
from emovere.report.cells import bar, padded, printable, shortened, width
from emovere.report.colours import colour_of, rgb
from emovere.report.people import People
from emovere.report.words import alternatives, counted, percent
from emovere.types import Face, FrameResult, Problem

PERCENT = len("100 %")
NUMBER = 2
BAR = 8
PLACE = len("1000×1000 at 1000,1000")
WIDEST_SOURCE = 60
LEAST_SOURCE = 20
GAP = "  "


class TableWriter(ClosesWhenDone):
    """Aligned plain text; bold and coloured only on a terminal, and not where NO_COLOR is set.

    The column of names grows with the longest name so far, because a stream's longest is not known in advance. On a
    narrow terminal the box goes first, then the bar, the beginning of long names and the least likely expressions.
    """

    def __init__(self, file: IO[str], header: Header) -> None:
        self._file = file
        self._top_k = header.top_k or len(header.labels)
        self._label_width = max((width(label) for label in header.labels), default=0)
        self._cell_width = self._label_width + 1 + PERCENT + len(GAP)
        self._terminal = file.isatty()
        self._line_width = shutil.get_terminal_size().columns if self._terminal else None
        self._coloured = self._terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
        self._mark, self._times = ("…", "×") if _can_show(file, "…×█▏") else ("...", "x")
        room = (self._line_width or 1000) - self._mix_width()
        self._bars = self._mark == "…" and room >= LEAST_SOURCE + BAR + len(GAP)
        self._places = self._bars and room >= LEAST_SOURCE + BAR + PLACE + 2 * len(GAP)
        self._extras = self._bars * (BAR + len(GAP)) + self._places * (PLACE + len(GAP))
        self._widest_source = max(LEAST_SOURCE, min(WIDEST_SOURCE, room - self._extras))
        self._source_width = 0
        self._photos = self._faces = self._unsure = self._problems = 0
        self._noun = "photo"
        self._emotions: Counter[str] = Counter()
        self._labels = header.labels
        self._followed: tuple[str, People] | None = None

    def frame(self, result: FrameResult) -> None:
        """Write one line a face, or one line that says that there is none; of a moving picture, what happens."""
        if self._followed is not None and self._followed[0] != result.source:
            self._end_followed()
        if result.faces.track_ids is not None:
            self._follow(result)
            return
        self._count(result)
        source = self._source(_named(result))
        if not len(result):
            self._line(source, self._dim("no face found"))
        for number, face in enumerate(result, 1):
            self._line(source if number == 1 else "", f"{number:<{NUMBER}} {self._face(face)}")

    def problem(self, problem: Problem) -> None:
        """Count it, and give it a line of its own in a file; on a terminal, stderr has just told of it."""
        self._end_followed()
        self._problems += 1
        if not self._terminal:
            reason = printable(problem.message).removeprefix(f"{printable(problem.source)}: ")
            self._line(self._source(printable(problem.source)), f"could not be read: {reason}")

    def close(self) -> None:
        """Write the summary of several photos, and nothing after a single one."""
        self._end_followed()
        if self._photos + self._problems > 1:
            self._file.write(f"\n{self._summary()}\n")

    def _follow(self, result: FrameResult) -> None:
        source = self._source(printable(result.source))
        if self._followed is None:
            self._followed = (result.source, People(self._labels, self._top_k))
        for line in self._followed[1].frame(result):
            self._line(source, line)

    def _end_followed(self) -> None:
        if self._followed is None:
            return
        source, people = self._followed
        self._followed = None
        for line in people.finish():
            self._line(self._source(printable(source)), line)

    def _count(self, result: FrameResult) -> None:
        self._photos += 1
        self._faces += len(result)
        self._unsure += int(result.expressions.uncertain.sum())
        self._emotions.update(result.expressions.emotions)
        if result.index or result.time_s is not None:
            self._noun = "frame"

    def _source(self, name: str) -> str:
        name = shortened(name, self._widest_source, mark=self._mark)
        self._source_width = max(self._source_width, width(name))
        return name

    def _line(self, source: str, text: str) -> None:
        self._file.write(f"{padded(source, self._source_width)}{GAP}{text}".rstrip() + "\n")

    def _mix_width(self) -> int:
        """Columns of everything behind the name but for bar, box and doubt."""
        return len(GAP) + NUMBER + 1 + self._top_k * self._cell_width - len(GAP)

    def _face(self, face: Face) -> str:
        doubt = f"unsure: {alternatives(face)}" if face.uncertain else ""
        first, *others = [f"{padded(name, self._label_width)} {percent(p):>{PERCENT}}" for name, p in self._top(face)]
        cells = [self._bold(first)]
        if self._bars:
            drawn = bar(face.probs[face.emotion], BAR)
            cells.append(self._in_colour(drawn, colour_of(face.emotion)) + " " * (BAR - len(drawn)))
        cells += others
        if self._places:
            cells.append(self._dim(self._place(face)) if not doubt else self._dim(f"{self._place(face):<{PLACE}}"))
        return GAP.join([*cells, doubt] if doubt else cells)

    def _top(self, face: Face) -> list[tuple[str, float]]:
        """The likeliest labels, fewer where doubt, which names the likeliest anyway, needs the room."""
        top = face.top(self._top_k)
        if self._line_width is None or not face.uncertain:
            return top
        doubt = len(GAP) + len(f"unsure: {alternatives(face)}")
        excess = self._source_width + self._mix_width() + self._extras + doubt - self._line_width
        return top[: max(1, len(top) - max(0, -(-excess // self._cell_width)))]

    def _place(self, face: Face) -> str:
        x1, y1, x2, y2 = (round(value) for value in face.box)
        return f"{x2 - x1}{self._times}{y2 - y1} at {x1},{y1}"

    def _summary(self) -> str:
        text = f"{counted(self._photos, self._noun)}, {counted(self._faces, 'face')}"
        if self._faces:
            text += ": " + ", ".join(f"{number} {label}" for label, number in self._emotions.most_common())
        if self._unsure:
            text += f" ({self._unsure} unsure)"
        return f"{text}; {self._problems} could not be read" if self._problems else text

    def _bold(self, text: str) -> str:
        return f"\x1b[1m{text}\x1b[0m" if self._coloured else text

    def _dim(self, text: str) -> str:
        return f"\x1b[2m{text}\x1b[0m" if self._coloured else text

    def _in_colour(self, text: str, colour: str) -> str:
        red, green, blue = rgb(colour)
        # the 6 x 6 x 6 cube of the 256 colours, which every terminal in use knows
        code = 16 + 36 * round(red / 51) + 6 * round(green / 51) + round(blue / 51)
        return f"\x1b[38;5;{code}m{text}\x1b[0m" if self._coloured else text


def _named(result: FrameResult) -> str:
    """The source, with the time of a moving picture or the page of a picture that has several."""
    name = printable(result.source)
    if result.time_s is not None:
        return f"{name} {result.time_s:.2f} s"
    return f"{name} page {result.index + 1}" if result.index else name


def _can_show(file: IO[str], characters: str) -> bool:
    """Whether the file's encoding has these characters; a file that states none takes everything."""
    try:
        characters.encode(getattr(file, "encoding", None) or "utf-8")
    except UnicodeEncodeError:
        return False
    return True
