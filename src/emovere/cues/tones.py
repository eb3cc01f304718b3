"""A short motif for each expression, as WAV: for when no program speaks, or when words are too much.

Rising and bright for the expressions of high spirits, falling and slow for those of low ones, which is how listeners
hear pitch and pace in speech and music (Juslin and Laukka 2003, Psychological Bulletin 129).
"""

from __future__ import annotations

import io
import wave
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from emovere.cues.cue import Cue

Float64 = npt.NDArray[np.float64]

RATE = 22_050
LOUDNESS = 0.4
FADE_S = 0.008
COUNTED = 5
"""People up to this number are told apart by as many ticks before the motif; all others by one long tick."""


@dataclass(frozen=True)
class Motif:
    """Notes one after the other."""

    notes: tuple[tuple[float, float, float], ...]
    """From this pitch to that one in Hz, and seconds; 0 Hz is a rest."""
    overtones: int = 1
    """1 is a pure tone; more are harsher."""


def _steps(*pitches: float, seconds: float) -> tuple[tuple[float, float, float], ...]:
    return tuple((pitch, pitch, seconds) for pitch in pitches)


MOTIFS = {
    "angry": Motif((*_steps(147, 0, 147, 0, seconds=0.09), (139, 139, 0.25)), overtones=8),
    "disgust": Motif(((330, 150, 0.5),), overtones=4),
    "fear": Motif(_steps(*(880, 932) * 4, seconds=0.06)),
    "happy": Motif((*_steps(523, 659, seconds=0.11), (784, 784, 0.22)), overtones=2),
    "sad": Motif((*_steps(440, 349, seconds=0.22), (294, 277, 0.4))),
    "surprise": Motif(((440, 1397, 0.22), (0, 0, 0.05), (1397, 1397, 0.08)), overtones=2),
    "neutral": Motif(_steps(440, seconds=0.2)),
    "contempt": Motif((*_steps(330, 0, seconds=0.08), (311, 294, 0.3)), overtones=3),
}

_SCALE = (262.0, 294.0, 330.0, 392.0, 440.0, 523.0)


def motif(emotion: str) -> Motif:
    """The motif of a label; one that is not known always gets the same three notes."""
    if emotion in MOTIFS:
        return MOTIFS[emotion]
    number = sum((place + 1) * byte for place, byte in enumerate(emotion.encode("utf-8", "surrogatepass")))
    notes = [_SCALE[number // 6**place % 6] for place in range(3)]
    return Motif(_steps(*notes, seconds=0.13), overtones=3)


def wav(cue: Cue) -> bytes:
    """The cue as a WAV file: mono, 16 bit, 22,050 Hz, at most two seconds."""
    parts = [_ticks(cue.person), *_played(motif(cue.emotion)), np.zeros(RATE // 20)]
    samples = np.round(np.concatenate(parts) * LOUDNESS * 32767).astype("<i2")
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(RATE)
        writer.writeframes(samples.tobytes())
    return file.getvalue()


def _ticks(person: int | None) -> Float64:
    if person is None:
        return np.zeros(0)
    counted = 1 <= person <= COUNTED
    lengths = [0.03] * person if counted else [0.3]
    parts = [part for length in lengths for part in (_note(2000, 2000, length, 1), np.zeros(RATE // 12))]
    return np.concatenate([*parts, np.zeros(RATE // 8)])


def _played(motif: Motif) -> list[Float64]:
    return [_note(*note, motif.overtones) for note in motif.notes]


def _note(begin_hz: float, end_hz: float, seconds: float, overtones: int) -> Float64:
    """A glide between two pitches, in [-1, 1], faded at both ends so that it does not click."""
    count = round(seconds * RATE)
    if not begin_hz:
        return np.zeros(count)
    phase = 2 * np.pi * np.cumsum(np.geomspace(begin_hz, end_hz, count)) / RATE
    order = np.arange(1, overtones + 1)[:, None]
    sound = (np.sin(order * phase) / order).sum(axis=0)
    ends = np.minimum(np.arange(count), np.arange(count)[::-1]) / (FADE_S * RATE)
    faded: Float64 = sound / np.abs(sound).max() * np.minimum(ends, 1)
    return faded
