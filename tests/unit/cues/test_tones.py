"""Motifs that can be told apart, and do no harm to ears."""

import io
import itertools
import wave

import numpy as np
import pytest

from emovere.cues.cue import Cue
from emovere.cues.tones import LOUDNESS, RATE, wav
from emovere.labels import FERPLUS8


def samples(cue):
    with wave.open(io.BytesIO(wav(cue))) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, RATE)
        return np.frombuffer(file.readframes(file.getnframes()), "<i2") / 32767


def melody(sound, step=0.05):
    """The strongest pitch of each twentieth of a second; 0 where it is silent."""
    size = round(step * RATE)
    found = []
    for part in sound[: len(sound) // size * size].reshape(-1, size):
        spectrum = np.abs(np.fft.rfft(part * np.hanning(size), 8 * size))
        found.append(np.argmax(spectrum) * RATE / (8 * size) if np.abs(part).max() > 0.05 else 0)
    return np.array(found)


@pytest.mark.parametrize("label", FERPLUS8)
def test_a_motif_is_short_not_loud_and_without_clicks(label):
    sound = samples(Cue(label))
    assert 0.15 < len(sound) / RATE < 1.2
    assert LOUDNESS * 0.9 < np.abs(sound).max() <= LOUDNESS + 1e-4
    assert abs(sound[0]) < 0.01
    assert abs(sound[-1]) < 0.01
    edges = np.abs(np.diff(sound))
    assert edges.max() < 0.35


def test_no_two_motifs_sound_alike():
    heard = {label: melody(samples(Cue(label))) for label in FERPLUS8}
    for a, b in itertools.combinations(FERPLUS8, 2):
        size = max(len(heard[a]), len(heard[b]))
        first, second = (np.pad(heard[label], (0, size - len(heard[label]))) for label in (a, b))
        # a semitone is 6 %
        differ = np.abs(first - second) > 0.06 * np.maximum(first, second)
        assert differ.mean() > 0.5, (a, b)


def test_happy_and_surprise_rise_and_sad_and_disgust_fall():
    for label, rises in (("happy", True), ("surprise", True), ("sad", False), ("disgust", False)):
        pitches = [pitch for pitch in melody(samples(Cue(label))) if pitch > 50]
        assert (pitches[-1] > pitches[0]) == rises, label


@pytest.mark.parametrize("person", range(1, 6))
def test_ticks_count_the_person(person):
    sound = samples(Cue("neutral", person))
    loud = np.abs(sound[: len(sound) - len(samples(Cue("neutral")))]) > 0.1
    bursts = np.convolve(loud, np.ones(800), "same") > 0
    assert int((np.diff(bursts.astype(int)) == 1).sum() + bursts[0]) == person


def test_beyond_five_one_long_tick():
    assert wav(Cue("sad", 6)) == wav(Cue("sad", 40)) == wav(Cue("sad", 0))
    assert wav(Cue("sad", 6)) not in {wav(Cue("sad", n)) for n in range(1, 6)}
    assert len(samples(Cue("sad", 5))) < 2 * RATE


def test_a_label_of_ones_own_always_sounds_the_same():
    assert wav(Cue("bored")) == wav(Cue("bored"))
    assert wav(Cue("bored")) != wav(Cue("dull"))
    assert len(wav(Cue("\udce9"))) > 1000
