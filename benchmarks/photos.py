"""Photos a second, beside the same two networks in a bare loop.

    python benchmarks/photos.py PHOTO... [--repeats 40]

Every photo is brought to 640 px first and written as JPEG, so that decoding weighs what it weighs in practice. The bare
loop decodes with OpenCV, finds faces with YuNet and runs the network once a face, with nothing of emovere. Both go in
turns, on one thread each; the ratio is worth more than the figures.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import onnxruntime as ort

from emovere import Analyzer, Options, weights
from emovere.config import DetectOptions, EngineOptions

TURNS = 5


def bare(paths: list[Path]) -> int:
    detector = cv2.FaceDetectorYN.create(str(weights.fetch("yunet")), "", (640, 640), 0.7)
    settings = ort.SessionOptions()
    settings.intra_op_num_threads = 1
    session = ort.InferenceSession(str(weights.fetch("light")), settings, providers=["CPUExecutionProvider"])
    faces = 0
    for path in paths:
        image = cv2.imread(str(path))
        detector.setInputSize(image.shape[1::-1])
        found = detector.detect(image)[1]
        for x, y, w, h in [] if found is None else found[:, :4].astype(int).clip(0):
            crop = cv2.resize(cv2.cvtColor(image[y : y + h, x : x + w], cv2.COLOR_BGR2GRAY), (48, 48))
            session.run(["fer7"], {"faces": crop[None, None]})
            faces += 1
    return faces


def ours(paths: list[Path]) -> int:
    options = Options(detect=DetectOptions(name="yunet"), engine=EngineOptions(threads=1))
    report = Analyzer(options).analyze([str(path) for path in paths])
    return sum(len(frame) for frame in report)


def seconds(run: Callable[[list[Path]], int], paths: list[Path]) -> tuple[float, int]:
    started = time.perf_counter()
    faces = run(paths)
    return time.perf_counter() - started, faces


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", nargs="+", type=Path)
    parser.add_argument("--repeats", type=int, default=40)
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for number, photo in enumerate(arguments.photos * arguments.repeats):
            image = cv2.imread(str(photo))
            factor = 640 / max(image.shape[:2])
            small = cv2.resize(image, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
            paths.append(Path(folder) / f"{number}.jpg")
            cv2.imwrite(str(paths[-1]), small)
        times: dict[str, list[float]] = {"bare": [], "emovere": []}
        faces = 0
        for _ in range(TURNS):
            times["bare"].append(seconds(bare, paths)[0])
            took, faces = seconds(ours, paths)
            times["emovere"].append(took)
    print(f"{len(paths)} photos at 640 px, {faces} faces, median of {TURNS} turns, loading included")
    for name, values in times.items():
        print(f"{name:<8} {len(paths) / statistics.median(values):.0f} photos/s")
    ratio = statistics.median(times["emovere"]) / statistics.median(times["bare"])
    print(f"emovere takes {ratio:.2f} x the time of the bare loop")


if __name__ == "__main__":
    main()
