"""COCO's form (cocodataset.org, "Data format"): whole pictures with a box for each face, and who owns them."""

from __future__ import annotations

import itertools
import json
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageOps

from emovere.datasets.pictures import encode_face
from emovere.datasets.rows import FaceRows
from emovere.datasets.share.plainly import UNDECIDED, Written
from emovere.datasets.share.register import licence_rows
from emovere.datasets.stats.summary import ordered_splits
from emovere.files import atomic_write
from emovere.version import __version__

_ORIENTATION = 0x0112
_UPRIGHT = 1
_NOT_IN_NAMES = re.compile(r"[^\w.-]+")


@dataclass(frozen=True)
class _Picture:
    """A picture of the export."""

    number: int
    file: str
    width: int
    height: int
    whole: bool
    """Whether it is the whole picture, in which boxes lie, or only the grey crop."""


def write_coco(rows: FaceRows, folder: Path, source: Path | None = None) -> Written:
    """``annotations/<split>.json`` and ``images/``.

    source: the set's folder, where its pictures lie. A face whose whole picture is not there stands as its 48 x 48
    crop, the box around all of it. Pictures are copied as they are; those that their EXIF turns are turned and written
    anew, since the boxes are those of the upright picture.
    """
    pictures = _pictures(rows, folder, source)
    licences = {name: number for number, (name, *_) in enumerate(licence_rows(rows), 1)}
    shared = {
        "info": {
            "description": "faces and their expressions",
            "version": "1.0",
            "contributor": f"emovere {__version__}",
        },
        "licenses": [{"id": licences[name], "name": name, "url": url} for name, url, *_ in licence_rows(rows)],
        "categories": [
            {"id": number, "name": name, "supercategory": "face"}
            for number, name in enumerate(rows.faces.label_names, 1)
        ],
    }
    splits = np.array([split or UNDECIDED for split in rows.faces.splits.tolist()])
    names = {}
    for split in ordered_splits(splits.tolist()):
        chosen = np.flatnonzero(splits == split)
        names[split] = _NOT_IN_NAMES.sub("_", split) + ".json"
        document = {**shared, **_split(rows, chosen.tolist(), pictures, licences)}
        with atomic_write(folder / "annotations" / names[split]) as file:
            json.dump(document, file, ensure_ascii=False)
    listed = ", ".join(f"`annotations/{name}`" for name in names.values())
    crops = sum(not picture.whole for picture in pictures.values())
    told = f" {crops:,} faces of which only the 48 x 48 crop is known stand as that." if crops else ""
    return Written(f"Pictures in `images/`, boxes in COCO's form in {listed}; a category is an expression.{told}")


def _pictures(rows: FaceRows, folder: Path, source: Path | None) -> dict[int, _Picture]:
    """The picture of each row, written; rows of one file share it."""
    (folder / "images").mkdir(parents=True)
    known: dict[str, _Picture] = {}
    found: dict[int, _Picture] = {}
    numbers = itertools.count(1)
    for row, name in enumerate(rows.column("picture")):
        if name in known:
            found[row] = known[name]
            continue
        number = next(numbers)
        inside = name and ".." not in Path(name).parts
        file = source / name if source is not None and inside else None
        picture = None if file is None else _copied(file, folder / "images", number)
        if picture is None:
            target = f"{number:012d}.png"
            (folder / "images" / target).write_bytes(encode_face(rows.faces.images[row]))
            height, width = rows.faces.images.shape[1:]
            picture = _Picture(number, target, width, height, whole=False)
        else:
            known[name] = picture
        found[row] = picture
    return found


def _copied(file: Path, folder: Path, number: int) -> _Picture | None:
    """The picture copied, upright; None where it is not there or cannot be read."""
    try:
        with Image.open(file) as picture:
            turned = picture.getexif().get(_ORIENTATION, _UPRIGHT) != _UPRIGHT
            picture.load()
            upright = ImageOps.exif_transpose(picture).convert("RGB") if turned else None
            width, height = picture.size if upright is None else upright.size
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return None
    target = f"{number:012d}{'.jpg' if turned else file.suffix.lower()}"
    if upright is None:
        shutil.copyfile(file, folder / target)
    else:
        upright.save(folder / target, quality=95)
    return _Picture(number, target, width, height, whole=True)


def _split(
    rows: FaceRows, chosen: list[int], pictures: Mapping[int, _Picture], licences: Mapping[str, int]
) -> dict[str, Any]:
    images: dict[int, dict[str, Any]] = {}
    annotations = []
    columns = {name: rows.column(name) for name in ("source", "page", "author", "licence", "collected", "made")}
    boxes = rows.column("box")
    for row in chosen:
        picture = pictures[row]
        if picture.number not in images:
            about = {name: columns[name][row] for name in ("source", "page", "author") if columns[name][row]}
            images[picture.number] = {
                "id": picture.number,
                "file_name": picture.file,
                "width": picture.width,
                "height": picture.height,
                "license": licences[columns["licence"][row] or "unknown"],
                "date_captured": columns["collected"][row],
                **about,
            }
        left, top, right, bottom = _box(boxes[row], picture)
        made = {"made": columns["made"][row]} if columns["made"][row] else {}
        annotations.append(
            {
                "id": row + 1,
                "image_id": picture.number,
                "category_id": int(rows.faces.labels[row]) + 1,
                "bbox": [left, top, right - left, bottom - top],
                "area": (right - left) * (bottom - top),
                "iscrowd": 0,
                "segmentation": [],
                "key": str(rows.keys[row]),
                **made,
            }
        )
    return {"images": list(images.values()), "annotations": annotations}


def _box(text: str, picture: _Picture) -> tuple[float, float, float, float]:
    """The face's box within the picture; all of it for a crop, and where no box is known."""
    whole = (0.0, 0.0, float(picture.width), float(picture.height))
    if not picture.whole:
        return whole
    try:
        left, top, right, bottom = (float(part) for part in text.split())
    except ValueError:
        return whole
    clipped = max(left, 0.0), max(top, 0.0), min(right, whole[2]), min(bottom, whole[3])
    return clipped if clipped[0] < clipped[2] and clipped[1] < clipped[3] else whole
