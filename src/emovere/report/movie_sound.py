"""The sound of a video, brought along into another one: its packets as they are where the new file can hold them."""

from __future__ import annotations

import contextlib
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

GAP_S = 0.1
"""Missing sound that is longer than this is filled with silence, so that what follows stays in step."""

MOST_FAILURES = 100
"""Times that reading on is tried after packets that could not be read; more are taken for the end of the sound."""

_RATES = {"aac": (48000, 44100, 32000, 24000, 22050, 16000, 11025, 8000), "libopus": (48000,)}


@dataclass(frozen=True)
class Sound:
    """What a kind of file can hold."""

    copied: frozenset[str]
    """Codecs whose packets are taken as they are."""
    encoder: str
    """For all others."""


def open_sound(av: Any, source: Path, output: Any, sound: Sound, start: float, end: float | None) -> SoundTrack | None:
    """Give the container ``output`` a track with the sound of a file between two seconds.

    Seconds count from the first picture of ``source``. None where there is no sound that can be read.
    """
    errors = (av.error.FFmpegError, OSError, ValueError)
    try:
        container = av.open(f"file:{source}", options={"protocol_whitelist": "file"}, metadata_errors="replace")
    except errors:
        return None
    try:
        stream = container.streams.best("audio")
        if stream is None or stream.codec_context is None or not stream.codec_context.sample_rate:
            container.close()
            return None
        return SoundTrack(av, container, stream, output, sound, start, end)
    except errors:
        container.close()
        return None


class SoundTrack:
    """Moves sound from one container to another, never further than it is told to."""

    def __init__(
        self, av: Any, source: Any, stream: Any, output: Any, sound: Sound, start: float, end: float | None
    ) -> None:
        self._av = av
        self._errors = (av.error.FFmpegError, OSError, ValueError)
        self._source, self._stream, self._output = source, stream, output
        pictures = next((s for s in source.streams.video if s.start_time is not None), None)
        origin = pictures.start_time * pictures.time_base if pictures is not None else Fraction(0)
        self._begin = origin + Fraction(start)
        """Of the new video, on the source's clock."""
        self._length = float("inf") if end is None else end - start
        decoder = stream.codec_context
        # without its header, as in MPEG-TS, AAC would have to be repacked
        codec = decoder.codec.canonical_name
        if codec in sound.copied and not (codec == "aac" and not decoder.extradata):
            self._track = output.add_stream_from_template(stream)
            self._packets = self._copied()
        else:
            rates = _RATES[sound.encoder]
            rate = decoder.sample_rate if decoder.sample_rate in rates else rates[0]
            self._track = output.add_stream(sound.encoder, rate=rate)
            self._track.layout = "mono" if decoder.channels == 1 else "stereo"
            self._packets = self._encoded()
        if start > 0:
            with contextlib.suppress(*self._errors):
                source.seek(int((self._begin - 1) * av.time_base))
        self._next: tuple[float, Any] | None = None

    def write_until(self, seconds: float) -> None:
        """Hand on every packet that begins before that second of the new video."""
        while True:
            if self._next is None:
                self._next = next(self._packets, None)
            if self._next is None or self._next[0] > seconds:
                return
            _, packet = self._next
            self._next = None
            packet.stream = self._track
            # a packet that makes no sense to the new file is left out, like a damaged one
            with contextlib.suppress(self._av.error.ArgumentError, self._av.error.InvalidDataError):
                self._output.mux(packet)

    def finish(self, seconds: float) -> None:
        """Hand on what comes before the last picture is over, and let go of the source."""
        self._length = min(self._length, seconds)
        if self._next is not None and self._next[0] >= self._length:
            self._next = None
        self.write_until(float("inf"))
        self.close()

    def close(self) -> None:
        """Let go of the source."""
        self._packets.close()
        self._source.close()

    def _read(self) -> Iterator[tuple[float, Any]]:
        """Packets of the source with the second of the new video at which they begin, damaged ones left out."""
        failures = 0
        while failures < MOST_FAILURES:
            try:
                for packet in self._source.demux(self._stream):
                    if packet.pts is None or packet.is_corrupt or not packet.size:
                        continue
                    seconds = float(packet.pts * packet.time_base - self._begin)
                    if seconds >= self._length:
                        return
                    yield seconds, packet
            except self._errors:
                failures += 1
            else:
                return

    def _copied(self) -> Generator[tuple[float, Any], None, None]:
        last = -1
        for seconds, packet in self._read():
            try:
                packet.decode()
            except self._errors:
                continue  # damaged: players would stumble over it
            shifted = packet.pts - round(self._begin / packet.time_base)
            if shifted > last:
                packet.pts = packet.dts = last = shifted
                yield seconds, packet

    def _encoded(self) -> Generator[tuple[float, Any], None, None]:
        coder = self._track.codec_context
        resampler = self._av.AudioResampler(format=coder.format, layout=coder.layout, rate=coder.rate)
        done = 0
        for seconds, samples in self._decoded(resampler):
            missing = round(seconds * coder.rate) - done
            for silent in _silences(missing if missing > GAP_S * coder.rate else 0, samples):
                yield from self._through(coder, silent, done)
                done += silent.shape[1]
            if missing > -GAP_S * coder.rate:
                yield from self._through(coder, samples, done)
                done += samples.shape[1]
        yield from self._through(coder, None, done)

    def _decoded(self, resampler: Any) -> Iterator[tuple[float, Any]]:
        """(channels, n) float32 samples and the second of the new video at which they begin."""
        for _, packet in self._read():
            try:
                for frame in packet.decode():
                    if frame.pts is None:
                        continue
                    seconds = float(frame.pts * frame.time_base - self._begin)
                    frame.pts = None
                    samples = [part.to_ndarray() for part in resampler.resample(frame)]
                    if samples and seconds >= 0:
                        yield seconds, np.concatenate(samples, axis=1)
            except self._errors:
                continue  # damaged: the gap is filled

    def _through(self, coder: Any, samples: Any, position: int) -> Iterator[tuple[float, Any]]:
        """Packets of the encoder for these samples, or its last ones for None."""
        frame = None
        if samples is not None:
            frame = self._av.AudioFrame.from_ndarray(samples, format=coder.format.name, layout=coder.layout.name)
            frame.rate, frame.pts, frame.time_base = coder.rate, position, Fraction(1, coder.rate)
        for packet in coder.encode(frame):
            yield float(packet.pts * packet.time_base), packet


def _silences(samples: int, like: Any) -> Iterator[Any]:
    """Zeros in pieces of at most a second or so, in the layout of ``like``."""
    while samples > 0:
        piece = min(samples, 48_000)
        yield np.zeros((like.shape[0], piece), like.dtype)
        samples -= piece
