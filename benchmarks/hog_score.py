"""What the margins of dlib's detector are worth: the fit behind the scores of ``hog``.

    python benchmarks/hog_score.py [SCENES.parquet] [--count 3000]

SCENES holds photographs in a column ``image``; by default ``data/scenes.parquet`` of EMOVERE_SHARED, else of ../shared.
A box counts as a face where YuNet sees one there with a score of 0.7 or more, as no face where it sees none with 0.35.
"""

from __future__ import annotations

import argparse
import io
import os
from pathlib import Path

import cv2
import dlib
import numpy as np
from PIL import Image
from pyarrow import parquet
from sklearn.linear_model import LogisticRegression

from emovere.config import DetectOptions
from emovere.detect.choose import create
from emovere.detect.hog import OFFSET, SLOPE, UPSAMPLE
from emovere.geometry import iou_matrix
from emovere.types import Frame

LEAST = -0.6
SAME = 0.35


def margins(path: Path, count: int) -> tuple[np.ndarray, np.ndarray]:
    """(N,) margins of boxes, and (N,) whether they are faces; boxes that YuNet is unsure of are left out."""
    rows = parquet.read_table(path, columns=["image"])["image"]
    yunet, search = create("yunet", DetectOptions(score=0.35)), dlib.get_frontal_face_detector()
    found, faces = [], []
    for row in np.random.default_rng(0).permutation(len(rows))[:count]:
        data = rows[int(row)].as_py()
        image = np.asarray(Image.open(io.BytesIO(data["bytes"] if isinstance(data, dict) else data)).convert("RGB"))
        boxes, scores, _ = search.run(np.ascontiguousarray(image), UPSAMPLE, LEAST)
        seen = yunet.detect([Frame(image)])[0]
        for box, margin in zip(boxes, scores, strict=True):
            here = np.array([[box.left(), box.top(), box.right() + 1, box.bottom() + 1]], np.float32)
            overlap = iou_matrix(here, seen.boxes)[0]
            score = seen.scores[overlap > SAME].max(initial=0.0)
            if score == 0 or score >= 0.7:
                found.append(margin)
                faces.append(score > 0)
    return np.array(found), np.array(faces)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    shared = Path(os.environ.get("EMOVERE_SHARED", Path(__file__).resolve().parents[2] / "shared"))
    parser.add_argument("scenes", type=Path, nargs="?", default=shared / "data" / "scenes.parquet")
    parser.add_argument("--count", type=int, default=3000)
    chosen = parser.parse_args()
    cv2.setNumThreads(1)
    found, faces = margins(chosen.scenes, chosen.count)
    fit = LogisticRegression(C=1e6).fit(found[:, None], faces)
    print(f"{chosen.count} photographs, {len(found)} boxes with a margin of {LEAST} or more, {faces.sum()} faces")
    print(f"fitted: slope {fit.coef_[0, 0]:.2f}, offset {fit.intercept_[0]:.2f}; in use: {SLOPE}, {OFFSET}")
    for low in (-0.4, -0.2, 0.0, 0.5, 1.0):
        rows = (found >= low) & (found < low + 0.2)
        score = 1 / (1 + np.exp(-(SLOPE * (low + 0.1) + OFFSET)))
        share = f"{rows.sum():3d} boxes, of these faces {faces[rows].mean():.2f}"
        print(f"margin {low:+.1f} to {low + 0.2:+.1f}: {share}; score {score:.2f}")


if __name__ == "__main__":
    main()
