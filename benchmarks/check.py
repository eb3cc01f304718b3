"""What the checking network drops: detectors' false boxes, and faces, on photographs that it did not learn from.

    python benchmarks/check.py [--scenes SCENES.parquet] [--check FILE.onnx] [--part reported]

SCENES is ``data/scenes.parquet`` of EMOVERE_SHARED, else of ../shared. A box is a face where YuNet sees one there with
a score of 0.7 or more, and none where it sees nothing with 0.35; so YuNet's own false boxes cannot be counted here.
Each detector is used as it comes; the second table lets it be unsure, which gives more false boxes to drop. Then the
frames of the clips in ``videos`` in which a detector takes the skull on a shirt for a face, and the time of one face.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from pathlib import Path

import av
import cv2
import numpy as np

from emovere.align.crop import crop_faces
from emovere.classify.check import Check
from emovere.config import DetectOptions
from emovere.train.check.fit import USED
from emovere.train.check.material import LOW, MARGIN, Candidates, candidates, unsure
from emovere.types import Faces, Frame, UInt8

SHARED = Path(os.environ.get("EMOVERE_SHARED", Path(__file__).resolve().parents[2] / "shared"))
LIMITS = (0.02, 0.035, 0.05, 0.1, 0.5)

SKULL = {"signing_again.mkv": (240, 190, 400, 350), "signing_help.mkv": (250, 190, 410, 350)}
"""Where the middle of a box on the shirt lies, in pixels."""


def middle(patches: UInt8) -> UInt8:
    return np.ascontiguousarray(patches[:, MARGIN:-MARGIN, MARGIN:-MARGIN])


def table(title: str, check: Check, found: dict[str, Candidates], part: str, least: dict[str, float]) -> None:
    print(f"\n{title}")
    print(f"{'detector':<10}{'faces':>7}{'false':>7}" + "".join(f"{f'under {limit:g}':>16}" for limit in LIMITS))
    for name, one in found.items():
        here = (one.parts == part) & (one.scores >= least[name] - 1e-4)
        faces, false = (check.read(middle(one.patches[here & (one.truth == truth)])) for truth in (1, 0))
        cells = []
        for limit in LIMITS:
            gone = f"{(false < limit).mean():.0%}" if len(false) else "-"
            cells.append(f"{gone} / {(faces < limit).mean():.2%}")
        print(f"{name:<10}{len(faces):>7}{len(false):>7}" + "".join(f"{cell:>16}" for cell in cells), flush=True)


def skulls(check: Check, names: list[str]) -> None:
    limit = DetectOptions().check
    print(f"\nboxes on the skull in the signing clips, and how many of them go at {limit:g}")
    for name in names:
        detector, seen = unsure(name), []
        for clip, (left, top, right, bottom) in SKULL.items():
            with av.open(str(SHARED / "videos" / clip)) as opened:
                for decoded in opened.decode(video=0):
                    frame = Frame(np.asarray(decoded.to_ndarray(format="rgb24"), np.uint8))
                    (faces,) = detector.detect([frame])
                    probs = check.read(crop_faces(frame, faces, detector.box_in_crop, 48).images)
                    x, y = ((faces.boxes[:, k] + faces.boxes[:, k + 2]) / 2 for k in (0, 1))
                    on = (x > left) & (x < right) & (y > top) & (y < bottom)
                    seen += list(zip(faces.scores[on].tolist(), probs[on].tolist(), strict=True))
        used = [prob for score, prob in seen if score >= USED[name] - 1e-4]
        low = [prob for _, prob in seen]
        told = (
            f"{what} {len(probs)}, {sum(prob < limit for prob in probs)} go"
            for what, probs in (("as it is used", used), ("when unsure", low))
        )
        print(f"{name:<10}{'; '.join(told)}", flush=True)


def milliseconds(check: Check) -> None:
    crops = np.random.default_rng(0).integers(0, 256, (64, 48, 48), dtype=np.uint8)
    image = np.random.default_rng(1).integers(0, 256, (480, 640, 3), dtype=np.uint8)
    frame = Frame(image)
    faces = Faces(np.tile(np.float32([100, 100, 180, 180]), (8, 1)), np.ones(8, np.float32))
    for what, count, work in (
        ("the network, one face", 1, lambda: check.read(crops[:1])),
        ("the network, 64 faces together, a face", 64, lambda: check.read(crops)),
        ("cutting a crop, a face", 8, lambda: crop_faces(frame, faces, (0, 0, 48, 48), 48)),
    ):
        work()
        spent = []
        for _ in range(50):
            started = time.perf_counter()
            work()
            spent.append((time.perf_counter() - started) * 1000 / count)
        print(f"{what}: {statistics.median(spent):.3f} ms (fastest {min(spent):.3f})")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenes", type=Path, default=SHARED / "data" / "scenes.parquet")
    parser.add_argument("--check", type=Path, help="the package's unless given")
    parser.add_argument("--part", default="reported", choices=["training", "choosing", "reported"])
    parser.add_argument("--detector", dest="names", action="append", help="haar, hog, own and yunet unless given")
    chosen = parser.parse_args()
    cv2.setNumThreads(1)
    check, names = Check(chosen.check), chosen.names or list(LOW)
    found = {name: candidates(chosen.scenes, name) for name in names}
    shares = "share of false boxes / share of faces that go"
    table(f"{chosen.part}: detectors as they are used; {shares}", check, found, chosen.part, USED)
    table(
        f"{chosen.part}: detectors when they are unsure; {shares}", check, found, chosen.part, dict.fromkeys(LOW, 0.0)
    )
    skulls(check, names)
    print()
    milliseconds(check)


if __name__ == "__main__":
    main()
