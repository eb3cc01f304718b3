"""Live views: frames a second, and the time from sending a frame to having its result, as a client sees it.

    python benchmarks/live.py [--seconds 20] [--cameras 1 4] [--workers 1]

A server of its own on loopback, with YuNet where its weights are here; each camera is a WebSocket that sends 640 x 480
JPEGs of a real clip (``videos`` of EMOVERE_SHARED, else of ../shared), the next one when the result is there. Server
and clients share the machine's cores.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import av
import cv2
import numpy as np
from websockets.sync.client import connect

SHARED = Path(os.environ.get("EMOVERE_SHARED", Path(__file__).resolve().parents[2] / "shared"))
CLIPS = ("signing_help", "signing_sorry", "signing_again", "signing_thanks")
QUALITY = 80
WARM_UP = 20
"""Frames of each camera that are not counted."""

SERVER = """
import sys
from emovere.web.running import serve
from emovere.web.settings import ServeSettings

settings = ServeSettings(port=0, workers=int(sys.argv[1]), journal=sys.argv[2])
serve(settings, lambda address: print(address, flush=True))
"""


def frames(clip: str) -> list[bytes]:
    with av.open(str(SHARED / "videos" / f"{clip}.mkv")) as container:
        pictures = [frame.to_ndarray(format="bgr24") for frame in container.decode(video=0)]
    return [cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1].tobytes() for picture in pictures]


@contextlib.contextmanager
def server(workers: int) -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-c", SERVER, str(workers), str(Path(folder) / "journal.db")]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            try:
                yield process.stdout.readline().strip()
            finally:
                process.terminate()


def view(address: str, clip: list[bytes], seconds: float, spent_ms: list[float]) -> None:
    """One camera, there and back through its clip."""
    order = [*clip, *clip[-2:0:-1]]
    with connect(f"{address.replace('http', 'ws', 1)}v1/live", subprotocols=["emovere.v1"], proxy=None) as live:
        live.recv()
        for number in range(WARM_UP):
            live.send(order[number % len(order)])
            live.recv()
        number, until = WARM_UP, time.monotonic() + seconds
        while time.monotonic() < until:
            started = time.perf_counter()
            live.send(order[number % len(order)])
            live.recv()
            spent_ms.append(1000 * (time.perf_counter() - started))
            number += 1


def calls(address: str) -> tuple[float, float]:
    """Calls of the network so far, and faces in them."""
    with urllib.request.urlopen(f"{address}metrics") as answer:
        text = answer.read().decode()
    found = [re.search(rf"^emovere_network_call_faces_{word} (\S+)", text, re.MULTILINE) for word in ("count", "sum")]
    return (float(found[0][1]), float(found[1][1])) if found[0] and found[1] else (0.0, 0.0)


def measure(cameras: int, workers: int, seconds: float) -> str:
    with server(workers) as address:
        spent: list[list[float]] = [[] for _ in range(cameras)]
        clips = [frames(CLIPS[place % len(CLIPS)]) for place in range(cameras)]
        before = calls(address)
        threads = [
            threading.Thread(target=view, args=(address, clip, seconds, times))
            for clip, times in zip(clips, spent, strict=True)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        after = calls(address)
    together = np.concatenate(spent)
    p50, p95, p99 = np.percentile(together, [50, 95, 99])
    faces = (after[1] - before[1]) / max(1.0, after[0] - before[0])
    rate = len(together) / seconds
    return f"| {cameras} | {rate:.1f} | {rate / cameras:.1f} | {p50:.1f} | {p95:.1f} | {p99:.1f} | {faces:.2f} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--cameras", type=int, nargs="+", default=[1, 4])
    parser.add_argument("--workers", type=int, default=1)
    chosen = parser.parse_args()
    print("| cameras | frames/s | each | p50 ms | p95 ms | p99 ms | faces a call |")
    print("|---|---|---|---|---|---|---|")
    for cameras in chosen.cameras:
        print(measure(cameras, chosen.workers, chosen.seconds), flush=True)


if __name__ == "__main__":
    main()
