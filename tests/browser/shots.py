"""Screenshots for the docs as small files: with people as JPEG, without as PNG of few colours."""

from __future__ import annotations

import io
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from emovere.report.colours import COLOURS as REPORT
from emovere.report.colours import rgb

MOST_BYTES_DRAWN = 45_000
WIDTHS = (1000, 940, 880, 820, 760, 700, 640, 580)
COLOURS = 72
OWN = (
    *REPORT.values(),
    "#f6f5f2",
    "#ffffff",
    "#efeeea",
    "#1c1d22",
    "#585b64",
    "#3f3ca6",
    "#ebeaf9",
    "#a82219",
    "#fbe9e7",
)

WIDTH = 1000
MOST_BYTES = 75_000


def save_people(png: bytes, path: Path) -> None:
    """Write a picture as good as fits into the bytes that it may take."""
    picture = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    small = cv2.resize(
        picture, (WIDTH, round(WIDTH * picture.shape[0] / picture.shape[1])), interpolation=cv2.INTER_AREA
    )
    for quality in range(90, 30, -4):
        _, data = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_PROGRESSIVE, 1])
        if len(data) <= MOST_BYTES:
            break
    path.write_bytes(data.tobytes())
    print(f"{path}: {len(data):,} bytes, quality {quality}")


def save_drawn(png: bytes, path: Path) -> None:
    """Write a picture as wide as fits into the bytes it may take, the page's own colours as they are."""
    with Image.open(io.BytesIO(png)) as shot:
        picture = shot.convert("RGB")
    for width in WIDTHS:
        if width > picture.width:
            continue
        small = picture.resize((width, round(picture.height * width / picture.width)), Image.Resampling.LANCZOS)
        file = io.BytesIO()
        small.quantize(palette=_palette(small), dither=Image.Dither.NONE).save(file, "PNG", optimize=True)
        if file.tell() <= MOST_BYTES_DRAWN:
            break
    path.write_bytes(file.getvalue())
    print(f"{path}: {file.tell():,} bytes, {width} px wide")


def _palette(picture: Image.Image) -> Image.Image:
    """The colours of expressions and of the page, and those that the picture has most of."""
    most = picture.quantize(COLOURS - len(OWN), Image.Quantize.MEDIANCUT).getpalette() or []
    palette = Image.new("P", (1, 1))
    own = [part for colour in OWN for part in rgb(colour)]
    palette.putpalette((own + most)[: 3 * COLOURS])
    return palette
