"""Pictures of the review page for the docs: ``python tests/browser/review_screenshots.py docs/images``.

Needs a Chromium, Chrome or Edge and playwright. All faces are cut out of one public-domain photo, in
many ways, since a set has many; their labels and doubts are made up.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import cv2
import numpy as np
from tests.browser.browsers import launch
from tests.browser.portraits import HOPPER
from tests.browser.shots import save_people
from tests.unit.web.review.conftest import reviewing

from emovere.align.crop import crop_faces
from emovere.datasets.faceset import FaceSet
from emovere.datasets.folder import write_folder
from emovere.datasets.patch import Patch, Verdict, write_patch
from emovere.datasets.review.review import Review
from emovere.datasets.review.votes import Vote
from emovere.datasets.rows import FaceRows
from emovere.labels import FER7
from emovere.sources.photo import read_photo
from emovere.types import Faces

SQUARES = {
    HOPPER: [(161, 120, 374, 333)],
}
"""Of each face in a photo the square that becomes its crop."""

CUTS = 144


def main(folder: Path) -> None:
    """Take the pictures."""
    from playwright.sync_api import sync_playwright

    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name, sync_playwright() as player:
        scratch = Path(name)
        review = make_review(scratch)
        with reviewing(review, by="auto") as server:
            context = launch(player, scratch).new_context(viewport={"width": 1180, "height": 800})
            page = context.new_page()
            page.goto(server.url)
            page.fill("#name", "Ada")
            page.keyboard.press("Enter")
            page.locator("#looks img").wait_for()
            page.wait_for_timeout(500)
            save_people(page.screenshot(), folder / "review-one.jpg")
            grid(page)
            save_people(page.screenshot(), folder / "review-grid.jpg")
        review.close()


def grid(page: Any) -> None:
    """Some answers, seen in the grid."""
    for key in "4aaaxaauaaaa4aaa":
        page.keyboard.press(key)
    page.wait_for_timeout(1200)
    page.keyboard.press("g")
    page.locator("#face-0[data-of]").wait_for()
    for _ in range(3):
        page.keyboard.press("Shift+ArrowRight")
    page.wait_for_timeout(800)


def make_review(scratch: Path) -> Review:
    """A set of the photos' faces in many cuts, doubts, and the votes of another labeller."""
    folder = scratch / "set"
    (folder / "pictures").mkdir(parents=True)
    (folder / "colour").mkdir()
    rng = np.random.default_rng(3)
    crops: list[np.ndarray] = []
    about: dict[str, list[str]] = {"author": [], "licence": [], "picture": [], "box": [], "colour": []}
    labels: list[int] = []
    for photo, squares in SQUARES.items():
        image = next(iter(read_photo(photo)))
        cv2.imwrite(str(folder / "pictures" / photo.name), image.image[..., ::-1])
        for box in squares:
            for number in range(CUTS):
                x, y, side = jittered(box, rng) if number else (box[0], box[1], box[2] - box[0])
                cut = Faces(np.array([[x, y, x + side, y + side]], np.float32), np.ones(1, np.float32), None)
                crop = crop_faces(image, cut, (0.0, 0.0, 48.0, 48.0)).images[0]
                crops.append(crop[:, ::-1].copy() if number % 3 == 2 else crop)
                name = f"colour/{photo.stem}-{len(crops)}.jpg"
                left, top = max(0, round(x)), max(0, round(y))
                part = image.image[top : round(y + side), left : round(x + side), ::-1]
                cv2.imwrite(str(folder / name), part[:, ::-1] if number % 3 == 2 else part)
                labels.append(6 if not number else int(rng.choice([3, 3, 3, 6])))
                edges = f"{x:.0f} {y:.0f} {x + side:.0f} {y + side:.0f}"
                row = ("United States government", "public domain", f"pictures/{photo.name}", edges, name)
                for column, text in zip(about, row, strict=True):
                    about[column].append(text)
    faces = FaceSet(np.stack(crops), np.array(labels), np.full(len(crops), "Training"), FER7)
    rows = FaceRows(faces, about={name: tuple(texts) for name, texts in about.items()})
    write_folder(rows, folder, name="faces from words")
    verdicts = [
        Verdict(str(key), "drop", ("turned", "blurred", "outlier")[place % 3], float(rng.random() * 0.9))
        for place, key in enumerate(rows.keys[1:])
    ]
    first = Verdict(str(rows.keys[0]), "relabel", "label", 0.99, label="happy")
    write_patch(Patch((first, *verdicts), FER7), folder / "patches" / "clean.jsonl")
    review = Review(folder)
    review.add([Vote(str(face), "Ben", review.faces.key(face), "relabel", "happy") for face in range(40)])
    return review


def jittered(box: tuple[int, int, int, int], rng: np.random.Generator) -> tuple[float, float, float]:
    """A square about as large and about there."""
    side = (box[2] - box[0]) * rng.uniform(0.8, 1.25)
    x = (box[0] + box[2] - side) / 2 + rng.normal(0, 0.05) * side
    y = (box[1] + box[3] - side) / 2 + rng.normal(0, 0.05) * side
    return x, y, side


if __name__ == "__main__":
    os.environ.setdefault("EMOVERE_OFFLINE", "1")
    main(Path(sys.argv[1]))
