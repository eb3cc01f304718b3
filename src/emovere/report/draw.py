"""A picture with what was seen in it: boxes around faces, and the mix of expressions beside them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from emovere.errors import OutputError, ShapeError
from emovere.files import atomic_write
from emovere.geometry import clip_boxes, iou_matrix
from emovere.report.canvas import Canvas, Rect, Stroke, text_width
from emovere.report.colours import colour_of, rgb
from emovere.report.label import LEAST_FONT, NIGHT, WHITE, Panel, Scale, Tag, labels_of
from emovere.report.placing import place
from emovere.report.symbols import symbol
from emovere.types import Face, Float32, FrameResult, UInt8, check_array

SAVE_OPTIONS: dict[str, dict[str, Any]] = {
    ".jpg": {"format": "JPEG", "quality": 92, "subsampling": 0},
    ".jpeg": {"format": "JPEG", "quality": 92, "subsampling": 0},
    ".png": {"format": "PNG", "compress_level": 3},
    ".webp": {"format": "WEBP", "quality": 92},
}
"""By suffix. Colour at full resolution keeps thin coloured lines sharp in JPEG."""


SYMBOL, SYMBOL_LEAST, SYMBOL_MOST = 0.55, 20.0, 0.25
"""Side of a symbol: in sides of the face, at least so many pixels, at most so much of the picture's shorter side."""


def annotate(image: UInt8, result: FrameResult, *, top_k: int = 3, symbols: bool = False) -> UInt8:
    """Draw a result on a copy of its picture; without a face the copy is all there is.

    image: (H, W, 3) uint8 RGB, the picture that the result is of; it stays as it is. top_k: the labels named for each
    face that is large enough. symbols: whether a large symbol of the likeliest expression stands at an upper corner of
    each face, with a question mark where the model leaves doubt. Each box has the colour of its likeliest expression,
    and is dashed where there is doubt; a face that is followed has its number. Returns (H, W, 3) uint8 RGB. Raises
    ShapeError where image and result do not belong together.
    """
    check_array("image", image, (None, None, 3), np.uint8)
    size = (image.shape[0], image.shape[1])
    if size != tuple(result.size):
        raise ShapeError(f"image: expected {result.size[0]} x {result.size[1]} pixels as in the result; got {size}")
    canvas = Canvas(image)
    faces, boxes = _visible(result)
    scales = [Scale.of(size, (float(x2 - x1), float(y2 - y1))) for x1, y1, x2, y2 in boxes]
    for face, box, scale in zip(faces, boxes, scales, strict=True):
        x1, y1, x2, y2 = (float(value) for value in box)
        _draw_box(canvas, face, (x1, y1, x2, y2), scale.line)
    taken: list[Rect] = []
    if symbols:
        taken += [_draw_symbol(canvas, face, own, boxes) for own, face in enumerate(faces)]
    for own, (face, scale) in enumerate(zip(faces, scales, strict=True)):
        options: list[Panel | Tag] = list(labels_of(face, scale, top_k))
        placed = place(options, own, boxes, taken, size, 2.5 * scale.line + 0.1 * scale.tag_font)
        if placed is not None:
            label, rect = placed
            label.draw(canvas, rect[0], rect[1])
            taken.append(rect)
    return canvas.image


def save_annotated(image: UInt8, result: FrameResult, path: Path, *, top_k: int = 3, symbols: bool = False) -> None:
    """Draw a result on its picture and write it as JPEG, PNG or WebP, whichever the suffix names.

    The file appears whole or not at all. Raises OutputError for another suffix or where it cannot be written.
    """
    options = SAVE_OPTIONS.get(path.suffix.lower())
    if options is None:
        raise OutputError(f"{path}: expected a name that ends in {', '.join(SAVE_OPTIONS)}; got {path.suffix!r}")
    drawn = Image.fromarray(annotate(image, result, top_k=top_k, symbols=symbols))
    try:
        with atomic_write(path, "wb") as file:
            drawn.save(file, **options)
    except ValueError as error:
        size = f"{drawn.width} x {drawn.height}"
        raise OutputError(f"{path}: {size} pixels do not fit into {options['format']}; choose .png") from error


def _visible(result: FrameResult) -> tuple[list[Face], Float32]:
    """The faces that lie at least partly in the picture, largest first, and their (N, 4) boxes cut at its edges.

    A box that is no box, empty or not a number, is none of them.
    """
    boxes = clip_boxes(result.faces.boxes, *result.size)
    sides = boxes[:, 2:] - boxes[:, :2]
    kept = [int(i) for i in np.argsort(-sides.prod(axis=1), kind="stable") if (sides[i] >= 1).all()]
    faces = list(result)
    return [faces[i] for i in kept], boxes[kept]


def _draw_box(canvas: Canvas, face: Face, box: Rect, line: int) -> None:
    """The box in the expression's colour on a faint dark line, which keeps it visible on any ground."""
    height, width = canvas.image.shape[:2]
    # the middle of a line that covers whole pixels, all of them inside the picture
    x1, y1 = (min(round(near), side - line) + line / 2 for near, side in zip(box[:2], (width, height), strict=True))
    x2, y2 = (max(round(far) - line / 2, near) for far, near in zip(box[2:], (x1, y1), strict=True))
    radius = min(4 * line, 0.12 * min(x2 - x1, y2 - y1))
    halo = line + max(1.0, 0.7 * line)
    colour = rgb(colour_of(face.emotion))
    strokes = (Stroke(NIGHT, halo, opacity=0.4), Stroke(colour, line, dashed=face.uncertain))
    canvas.outline((x1, y1, x2, y2), strokes, radius=radius)


def _draw_symbol(canvas: Canvas, face: Face, own: int, boxes: Float32) -> Rect:
    """The expression as a large symbol at an upper corner of its face; returns where it stands.

    At the right corner, or at the left one where that hides less of other faces: always the same place, because a
    symbol that jumps about in a video is not read.
    """
    height, width = canvas.image.shape[:2]
    x1, y1, x2, y2 = (float(value) for value in boxes[own])
    most = max(SYMBOL_LEAST, SYMBOL_MOST * min(height, width))
    wanted = min(max(SYMBOL * ((x2 - x1) * (y2 - y1)) ** 0.5, SYMBOL_LEAST), most)
    # few different sizes, so that symbols that are drawn already can be used again
    drawn = symbol(face.emotion, 4 * round(wanted / 4))
    side = len(drawn)
    top = min(max(y1 - 0.6 * side, 0.0), max(height - side, 0.0))
    rects = [
        (left, top, left + side, top + side)
        for corner in (x2 - 0.4 * side, x1 - 0.6 * side)
        for left in [min(max(corner, 0.0), max(width - side, 0.0))]
    ]
    others = np.delete(boxes, own, axis=0)
    rect = min(rects, key=lambda place: float(iou_matrix(np.array([place], np.float32), others).sum()))
    canvas.picture(rect[0], rect[1], drawn)
    if face.uncertain:
        _draw_doubt(canvas, rect)
    return rect


def _draw_doubt(canvas: Canvas, symbol_at: Rect) -> None:
    """A question mark at the lower right of a symbol."""
    side = symbol_at[2] - symbol_at[0]
    font = max(LEAST_FONT, round(0.28 * side))
    x, y, radius = symbol_at[2] - 0.45 * font, symbol_at[3] - 0.45 * font, 0.62 * font
    canvas.fill((x - radius, y - radius, x + radius, y + radius), NIGHT, radius=radius)
    canvas.text(x - text_width("?", font) / 2, y + 0.36 * font, "?", WHITE, size=font)
