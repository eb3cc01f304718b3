"""Decoding: from the packets of a file to its pictures in turn, each with its place and its time.

An index counts pictures in the order in which they are shown, also those that are damaged and left out. Where a codec
is known to give one picture a packet, it is the rank of the picture's timestamp among those of all packets, so that it
can be told anywhere in the file without decoding what lies before. For other codecs, interlaced pictures and files
without timestamps, it counts what the decoder gives, from the file's first packet on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import Any

from emovere.sources.video_open import Opened, pyav

MOST_FAILURES = 100
"""Times that reading on is tried after packets could not be read; more are taken for the end of the file."""

JUMP_S = 0.25
"""Seconds by which timestamps of decoding, which should rise, may fall back before it counts as a new beginning."""

FALLBACK_RATE = 25.0
"""Frames a second of a file that tells neither times nor a rate."""

_ONE_A_PACKET = frozenset(
    {"h264", "hevc", "vp8", "vp9", "av1", "mjpeg", "mpeg1video", "mpeg2video", "prores", "dnxhd", "ffv1", "png"}
)
"""Codecs of which every packet makes one picture; older ones may send packets that repeat the last picture."""

_PROGRESSIVE = (0, 1)
"""Of ffmpeg's field orders, unknown and none: in the others a packet may hold half a picture."""


@dataclass(frozen=True)
class Beginning:
    """Where decoding begins: after so many packets, of which so many are shown as pictures."""

    packets: int = 0
    pictures: int = 0


@dataclass
class Picture:
    """A picture as it was decoded, not yet in RGB."""

    decoded: Any
    index: int
    time_s: float


class Packets:
    """The packets of the stream of pictures, in the order of the file, whatever is damaged between them.

    Where timestamps begin anew, as in MPEG-TS files that were joined, they are made to go on.
    """

    def __init__(self, opened: Opened) -> None:
        self._opened = opened
        self.failures = 0
        self._ends: dict[int, int] = {}
        self._last: int | None = None
        self._shift = 0
        self._slack = round(JUMP_S / opened.stream.time_base)

    def __iter__(self) -> Iterator[Any]:
        error = pyav().error.FFmpegError
        wanted = self._opened.stream.index
        while self.failures < MOST_FAILURES:
            try:
                for packet in self._opened.container.demux():
                    if packet.size:  # the last ones are empty; to a decoder they mean the end
                        self._go_on(packet, packet.stream_index == wanted)
                        if packet.stream_index == wanted:
                            yield packet
            except error:
                self.failures += 1
            else:
                return

    @property
    def end_s(self) -> float:
        """Latest second of the container's clock that any packet reached, sound included."""
        streams = self._opened.container.streams
        return max((float(tick * streams[index].time_base) for index, tick in self._ends.items()), default=0.0)

    def _go_on(self, packet: Any, wanted: bool) -> None:
        if wanted and packet.dts is not None:
            if self._last is not None and packet.dts + self._shift < self._last - self._slack:
                self._shift = self._last + max(1, packet.duration or 0) - packet.dts
            self._last = packet.dts = packet.dts + self._shift
        if packet.pts is not None:
            end, index = packet.pts + (packet.duration or 0), packet.stream_index
            if end > self._ends.get(index, 0):
                self._ends[index] = end
            if wanted and self._shift:
                packet.pts += self._shift


class Pictures:
    """The pictures of an opened file from a beginning on, in the order in which they are shown.

    Damaged pictures are left out. origin: timestamp of the file's first picture, in ticks of the stream; None where
    decoding begins with it. counted_from: tick from which on damage is counted.
    """

    def __init__(
        self,
        opened: Opened,
        beginning: Beginning | None = None,
        origin: int | None = None,
        counted_from: int | None = None,
    ) -> None:
        self._stream = opened.stream
        self._packets = Packets(opened)
        beginning = beginning or Beginning()
        self._skipped = beginning.packets
        self._one_a_packet = _gives_one_a_packet(opened)
        self._by_rank = can_be_ranked(opened)
        self._stamped = not _is_scrambled(opened)
        self._counted_from = counted_from
        self._waiting: list[int] = []
        self._suspect: set[int | None] = set()
        self._passed = beginning.pictures
        self._next = beginning.pictures
        self._latest: int | None = None
        self._unanswered = 0
        self._last_s: float | None = None
        self._step_s = 1 / (rate_of(opened) or FALLBACK_RATE)
        self._damaged = 0
        self.origin = origin
        """Timestamp of the file's first picture, in ticks of the stream; None until one is decoded, or without."""

    @property
    def damaged(self) -> int:
        """Damaged packets and pictures so far."""
        return self._damaged + self._packets.failures

    @property
    def end_s(self) -> float:
        """Latest second of the container's clock that any packet reached, sound included."""
        return self._packets.end_s

    def __iter__(self) -> Iterator[Picture]:
        error = pyav().error.FFmpegError
        decoder = self._stream.codec_context
        for number, packet in enumerate(self._packets):
            if number < self._skipped:
                continue
            self._announce(packet)
            try:
                decoded = decoder.decode(packet)
            except error:
                self._failed(packet)
                continue
            yield from self._placed(decoded)
        try:
            decoded = decoder.decode(None)
        except error:
            decoded = []
        yield from self._placed(decoded)
        while self._waiting:
            self._lost(heappop(self._waiting))
        if self._one_a_packet:
            self._damaged += max(0, self._unanswered)

    def _announce(self, packet: Any) -> None:
        """Keep the timestamp of a packet that goes into the decoder, by which its picture is placed."""
        if not self._by_rank or packet.pts is None:
            self._damaged += packet.is_corrupt
            self._unanswered += is_shown(packet, self._stream)
            return
        if is_shown(packet, self._stream):
            heappush(self._waiting, packet.pts)
        if packet.is_corrupt:
            self._suspect.add(packet.pts)

    def _failed(self, packet: Any) -> None:
        """Count a packet that cannot be decoded, unless its timestamp will tell that no picture came of it."""
        if not self._by_rank or packet.pts is None:
            self._damaged += 1
            self._unanswered -= 1
            self._passed += 1

    def _placed(self, decoded: list[Any]) -> Iterator[Picture]:
        for picture in decoded:
            pts = picture.pts if self._stamped else None
            if self.origin is None and pts is not None:
                self.origin = min(self._waiting[0], pts) if self._waiting else pts
            index, time_s = self._index(pts), self._time(pts)
            self._last_s = time_s
            suspect = pts in self._suspect
            self._suspect.discard(pts)
            if picture.is_corrupt:
                self._lost(pts)
                continue
            if suspect:  # it came, so what is missing is beside it
                self._lost(pts)
            yield Picture(picture, index, time_s)

    def _index(self, pts: int | None) -> int:
        """Where the picture stands; timestamps before it whose pictures did not come are counted as lost."""
        if not self._by_rank or pts is None:
            self._unanswered -= 1
        elif self._latest is not None and pts < self._latest:  # late: it was counted as lost
            self._damaged -= self._counts(pts)
            self._passed -= 1
        else:
            self._latest = pts
            while self._waiting and self._waiting[0] < pts:
                self._lost(heappop(self._waiting))
                self._passed += 1
            if self._waiting and self._waiting[0] == pts:
                heappop(self._waiting)
        index = max(self._passed, self._next)
        self._passed += 1
        self._next = index + 1
        return index

    def _lost(self, pts: int | None) -> None:
        self._damaged += self._counts(pts)
        self._suspect.discard(pts)

    def _counts(self, pts: int | None) -> bool:
        return pts is None or self._counted_from is None or pts >= self._counted_from

    def _time(self, pts: int | None) -> float:
        """Seconds since the first picture, exact where the file states them, and always rising."""
        if not self._stamped:
            return (self._next - 1) * self._step_s
        if pts is None or self.origin is None:
            return 0.0 if self._last_s is None else self._last_s + self._step_s
        base = self._stream.time_base
        time_s: float = (pts - self.origin) * base.numerator / base.denominator
        if self._last_s is not None and time_s <= self._last_s:
            return self._last_s + self._step_s / 100
        return time_s


def can_be_ranked(opened: Opened) -> bool:
    """Whether a picture's index follows from the timestamps of the packets."""
    return _gives_one_a_packet(opened) and not _is_scrambled(opened)


def is_shown(packet: Any, stream: Any) -> bool:
    """Whether a packet's picture is shown: not before an edit's beginning, nor where VP8 keeps it as a reference."""
    if packet.is_discard:
        return False
    return stream.codec_context.codec.canonical_name != "vp8" or bool(memoryview(packet)[0] & 0x10)


def rate_of(opened: Opened) -> float | None:
    """Mean frames a second by what the file says; None where it says nothing or nonsense."""
    stream = opened.stream
    rate = stream.guessed_rate if _is_scrambled(opened) else stream.average_rate or stream.guessed_rate
    return float(rate) if rate and 0.001 <= rate <= 1000 else None


def beginning_before(opened: Opened, tick: int) -> Beginning:
    """Where decoding has to begin for everything from ``tick`` on to come out as if decoded from the file's beginning.

    That is the key picture before the last one at or before ``tick``: a key picture of H.264 may need some more to
    recover. Packets are read and not decoded.
    """
    earlier = latest = Beginning()
    pictures = 0
    for number, packet in enumerate(Packets(opened)):
        if packet.dts is not None and packet.dts > tick:
            break
        if packet.is_keyframe and packet.pts is not None and packet.pts <= tick:
            earlier, latest = latest, Beginning(number, pictures)
        pictures += packet.pts is not None and is_shown(packet, opened.stream)
    return earlier


def _gives_one_a_packet(opened: Opened) -> bool:
    decoder = opened.stream.codec_context
    return decoder.codec.canonical_name in _ONE_A_PACKET and decoder.field_order in _PROGRESSIVE


def _is_scrambled(opened: Opened) -> bool:
    """Whether timestamps are missing, or count packets in the order of decoding, as in AVI."""
    name = opened.container.format.name
    if name in ("h264", "hevc", "m4v", "mpegvideo", "obu"):
        return True
    return name == "avi" and opened.stream.codec_context.codec.canonical_name in ("h264", "hevc")
