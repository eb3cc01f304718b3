"""From a fresh process to the first result on a photo: seconds and memory, beside a bare OpenCV + ONNX Runtime.

    python benchmarks/startup.py PHOTO [--repeats 9]

The bare program loads the same two networks with the same libraries, decodes the same photo, and runs each network
once, with nothing of emovere. Both are started in turns, so that a busy machine disturbs both alike; the ratio is worth
more than the seconds.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

from emovere import weights

BARE = """
import sys, cv2, numpy as np, onnxruntime as ort
photo, yunet, light = sys.argv[1:]
image = cv2.imread(photo)
factor = min(1, 640 / max(image.shape[:2]))
small = cv2.resize(image, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
detector = cv2.FaceDetectorYN.create(yunet, "", small.shape[1::-1], 0.7)
_, faces = detector.detect(small)
x, y, w, h = (int(v) for v in faces[0][:4])
crop = cv2.resize(cv2.cvtColor(small[max(0, y):y + h, max(0, x):x + w], cv2.COLOR_BGR2GRAY), (48, 48))
session = ort.InferenceSession(light, providers=["CPUExecutionProvider"])
print(session.run(["fer7"], {"faces": crop[None, None]})[0])
"""


def measured(command: list[str]) -> tuple[float, float]:
    """Seconds until the process ends, and its greatest resident memory in MB."""
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    if status:
        sys.exit(f"{' '.join(command[:4])} failed: {process.stderr.read().decode() if process.stderr else ''}")
    if process.stderr:
        process.stderr.close()
    process.returncode = 0
    return seconds, usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photo", type=Path)
    parser.add_argument("--repeats", type=int, default=9)
    arguments = parser.parse_args()
    photo = str(arguments.photo)
    commands = {
        "emovere": [sys.executable, "-m", "emovere", "analyze", photo, "--detector", "yunet", "--format", "json"],
        "bare": [sys.executable, "-c", BARE, photo, str(weights.fetch("yunet")), str(weights.fetch("light"))],
    }
    runs: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
    for repeat in range(arguments.repeats + 1):
        for name, command in commands.items():
            result = measured(command)
            if repeat:  # the first fills the disk cache
                runs[name].append(result)
    medians = {name: [statistics.median(values) for values in zip(*rows, strict=True)] for name, rows in runs.items()}
    for name, (seconds, memory) in medians.items():
        slowest = max(seconds for seconds, _ in runs[name])
        print(f"{name:<8} {seconds:.2f} s (slowest {slowest:.2f})  {memory:.0f} MB")
    ratio = [a / b for a, b in zip(medians["emovere"], medians["bare"], strict=True)]
    print(f"ratio    {ratio[0]:.2f} x time  {ratio[1]:.2f} x memory")


if __name__ == "__main__":
    main()
