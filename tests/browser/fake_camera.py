"""A clip as Motion JPEG, which Chromium takes for a camera."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

SIZE = (640, 360)
"""Width and height."""

FRAMES = 60


def write_camera(clip: Path, path: Path, frames: int = FRAMES, slower: int = 1) -> Path:
    """Write up to so many frames of a GIF, a video, or a photo that moves, letterboxed to 640 x 360.

    Chromium plays them over and over. slower: how often each one is repeated.
    """
    with path.open("wb") as file:
        for number, picture in enumerate(_pictures(clip)):
            if number == frames:
                break
            fitted = Image.new("RGB", SIZE, (24, 24, 28))
            scale = min(SIZE[0] / picture.width, SIZE[1] / picture.height)
            small = picture.resize(
                (round(picture.width * scale), round(picture.height * scale)), Image.Resampling.LANCZOS
            )
            fitted.paste(small, ((SIZE[0] - small.width) // 2, (SIZE[1] - small.height) // 2))
            part = io.BytesIO()
            fitted.save(part, "JPEG", quality=90, subsampling="4:2:0")
            file.write(part.getvalue() * slower)
    return path


def write_video(clip: Path, path: Path) -> Path:
    """Write a clip as a WebM that a browser shows. Needs PyAV."""
    import av

    with av.open(str(path), "w") as out:
        stream = out.add_stream("libvpx", rate=12)
        stream.pix_fmt = "yuv420p"
        for picture in _pictures(clip):
            pixels = np.asarray(picture)[: picture.height // 2 * 2, : picture.width // 2 * 2]
            if not stream.codec_context.is_open:
                stream.width, stream.height = pixels.shape[1], pixels.shape[0]
            out.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), "rgb24")))
        out.mux(stream.encode())
    return path


def _pictures(clip: Path) -> Iterator[Image.Image]:
    if clip.suffix == ".jpg":
        with Image.open(clip) as photo:
            for shift in (*range(0, 40, 2), *range(40, 0, -2)):
                yield photo.convert("RGB").crop((shift, shift, photo.width - 40 + shift, photo.height - 40 + shift))
        return
    if clip.suffix == ".gif":
        with Image.open(clip) as gif:
            for number in range(gif.n_frames):  # type: ignore[attr-defined]
                gif.seek(number)
                yield gif.convert("RGB")
        return
    capture = cv2.VideoCapture(str(clip))
    try:
        while True:
            there, pixels = capture.read()
            if not there:
                return
            yield Image.fromarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB))
    finally:
        capture.release()
