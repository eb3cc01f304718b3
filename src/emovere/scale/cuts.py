"""Where a long recording is cut, which depends on the file and on ``scale.piece_s`` alone."""

from __future__ import annotations

import math
from typing import Any

from emovere.errors import EmovereError
from emovere.scale.messages import Piece
from emovere.scale.options import ArchiveOptions
from emovere.sources.kinds import kind_of
from emovere.sources.names import printable
from emovere.sources.video_frames import can_be_ranked
from emovere.sources.video_open import Opened, open_video, pyav

LEAST_REST = 0.5
"""Share of a piece under which what is left at the end goes with the piece before."""


def pieces_of(source: str, options: ArchiveOptions) -> tuple[Piece, ...]:
    """The pieces of a recording, in order; one where it is short or cannot be cut.

    Only videos are cut whose pictures can be numbered from anywhere in the file. Nothing is decoded. Raises nothing:
    what is wrong with a file is told by following it.
    """
    begin = options.video.start
    times: list[float] = []
    if options.scale.piece_s and kind_of(source) == "video":
        try:
            opened = open_video(source, printable(source), threads=1)
        except EmovereError:
            return (Piece(0, 1, begin, math.inf),)
        try:
            times = _cuts(opened, options)
        finally:
            opened.container.close()
    edges = [begin, *times, math.inf]
    return tuple(Piece(k, len(edges) - 1, edges[k], edges[k + 1]) for k in range(len(edges) - 1))


def _cuts(opened: Opened, options: ArchiveOptions) -> list[float]:
    """Seconds of the key pictures at or before each multiple of a piece."""
    stream, step = opened.stream, options.scale.piece_s
    whole = stream.duration * stream.time_base if stream.duration else (opened.container.duration or 0) / 1e6
    begin, end = options.video.start, min(options.video.end or math.inf, float(whole))
    if not can_be_ranked(opened) or end - begin < (1 + LEAST_REST) * step:
        return []
    times: list[float] = []
    for k in range(math.floor(begin / step) + 1, math.ceil(end / step)):
        time_s = _key_picture(opened, k * step)
        after, rest = time_s - (times[-1] if times else begin), end - time_s
        if after >= LEAST_REST * step and rest >= LEAST_REST * step:
            times.append(time_s)
    return times


def _key_picture(opened: Opened, wanted_s: float) -> float:
    """Second of the last key picture up to one; that second itself where the file does not tell."""
    stream: Any = opened.stream
    origin = stream.start_time or 0
    tick = origin + round(wanted_s / stream.time_base)
    try:
        opened.container.seek(tick, stream=stream, backward=True)
        for packet in opened.container.demux(stream):
            if packet.is_keyframe and packet.pts is not None:
                found = float((packet.pts - origin) * stream.time_base)
                return found if 0 < found <= wanted_s else wanted_s
    except (pyav().error.FFmpegError, ValueError):
        pass
    return wanted_s
