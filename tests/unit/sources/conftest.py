"""Clips that are made for the tests: each picture shows its own number, so that none can be taken for another."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

BITS = 8


def numbered_picture(number: int, height: int = 96, width: int = 128) -> np.ndarray:
    """(H, W, 3) uint8: the number in black and white blocks along the top, four coloured quarters below."""
    picture = np.zeros((height, width, 3), np.uint8)
    picture[:, : width // 2] = (200, 40, 40)
    picture[:, width // 2 :] = (40, 160, 40)
    picture[height // 2 :, : width // 2] = (40, 40, 200)
    picture[height // 2 :, width // 2 :] = (180, 180, 60)
    column = (number * 3) % (width - 8)
    picture[height // 2 + 8 : -8, column : column + 8] = 255
    step = width // BITS
    for bit in range(BITS):
        picture[: height // 4, bit * step : (bit + 1) * step] = 235 if number >> bit & 1 else 20
    return picture


@pytest.fixture
def number_in() -> Callable[[np.ndarray], int]:
    """What reads the number out of a picture."""

    def read(image: np.ndarray) -> int:
        step = image.shape[1] / BITS
        middles = [round((bit + 0.5) * step) for bit in range(BITS)]
        return sum(1 << bit for bit, x in enumerate(middles) if image[image.shape[0] // 8, x].mean() > 128)

    return read


@pytest.fixture
def make_clip(tmp_path: Path) -> Callable[..., Path]:
    """What writes a numbered clip into the test's folder."""
    av = pytest.importorskip("av")

    def make(
        name: str,
        *,
        count: int = 60,
        size: tuple[int, int] = (96, 128),
        codec: str = "libx264",
        pixels: str = "yuv420p",
        rate: int = 30,
        ticks: list[int] | None = None,
        base: Fraction | None = None,
        options: dict[str, str] | None = None,
        container: dict[str, str] | None = None,
        prepare: Callable[[Any], None] | None = None,
        picture: Callable[[int], np.ndarray] | None = None,
        sound_s: float = 0.0,
    ) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with av.open(str(path), "w", options=container or {}) as out:
            stream = out.add_stream(codec, rate=rate)
            stream.height, stream.width = size
            stream.pix_fmt = pixels
            stream.options = {"g": "12", "bf": "2", **(options or {})} if codec == "libx264" else options or {}
            if base is not None:
                stream.codec_context.time_base = base
            if prepare is not None:
                prepare(stream)
            sound = out.add_stream("aac", rate=48000, layout="mono") if sound_s else None
            for number in range(count):
                image = numbered_picture(number, *size) if picture is None else picture(number)
                frame = av.VideoFrame.from_ndarray(image, "rgba" if image.shape[2] == 4 else "rgb24")
                frame.pts = number if ticks is None else ticks[number]
                frame.time_base = base or Fraction(1, rate)
                out.mux(stream.encode(frame))
            out.mux(stream.encode())
            if sound is not None:
                add_sound(av, out, sound, sound_s)
        return path

    return make


def add_sound(av: Any, out: Any, stream: Any, seconds: float) -> None:
    """Some seconds of silence."""
    for number in range(round(seconds * 48000 / 1024)):
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
        frame.sample_rate, frame.pts, frame.time_base = 48000, number * 1024, Fraction(1, 48000)
        out.mux(stream.encode(frame))
    out.mux(stream.encode())


@pytest.fixture
def make_sound(tmp_path: Path) -> Callable[[str], Path]:
    """What writes a file of silence without pictures."""
    av = pytest.importorskip("av")

    def make(name: str) -> Path:
        path = tmp_path / name
        with av.open(str(path), "w") as out:
            add_sound(av, out, out.add_stream("aac", rate=48000, layout="mono"), 1.0)
        return path

    return make
