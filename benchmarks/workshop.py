"""From words to a trained network: ``python benchmarks/workshop.py --data fer2013.parquet --scenes scenes.parquet``.

Makes a small search service on this machine, in Openverse's shape: whole photographs into which faces of FER2013's
Training split are set, the emotion of each found by any word for it, some photographs without a face and some twice
among them. Then runs every command of docs/workshop.md against it, as a person would, and prints each with what it
says. At the end ``small-set`` is trained on the faces that were cut out, and once more on the same photographs taken
whole, at the same size and in the same splits; both are measured on the part that was held out.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import shlex
import subprocess
import sys
import threading
import time
import tomllib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import cv2
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from PIL import Image

from emovere.align.crop import SIDE
from emovere.config import DetectOptions
from emovere.datasets.faceset import FaceSet
from emovere.datasets.fer2013 import load_fer2013
from emovere.datasets.folder import write_folder
from emovere.datasets.load import load_rows
from emovere.datasets.rows import FaceRows
from emovere.detect.choose import create
from emovere.sources.photo import read_photo
from emovere.train.data import without_leaks
from emovere.types import Frame

PAGE = 20
WORDS = """each = 1
[emotions]
angry = ["angry", "furious"]
disgust = ["disgusted", "revolted"]
fear = ["afraid", "scared"]
happy = ["happy", "laughing"]
sad = ["sad", "crying"]
surprise = ["surprised", "astonished"]
neutral = ["neutral", "calm"]
"""

EMPTY, TWICE = 0.06, 0.04
"""Shares of photographs without a face, and of those that the service has under two addresses."""


def backgrounds(scenes: Path, count: int) -> list[np.ndarray]:
    """Photographs of ``scenes`` in which YuNet finds no face, RGB."""
    detector, found = create("auto", DetectOptions()), []
    table = pq.read_table(scenes, columns=["image", "source"])
    for row in table.filter(pc.is_in(table["source"], pa.array(["bsds500", "imagenet-sample"]))).to_pylist():
        image = np.array(Image.open(io.BytesIO(row["image"]["bytes"])).convert("RGB"))
        if min(image.shape[:2]) >= 260 and not len(detector.detect([Frame(image)])[0]):
            found.append(image)
        if len(found) == count:
            break
    return found


def photograph(face: np.ndarray | None, background: np.ndarray, rng: np.random.Generator) -> bytes:
    """A JPEG of a background with a face set into it, its edge blended in."""
    image = background.astype(np.float32)
    if face is not None:
        side = int(rng.integers(96, 200))
        large = cv2.resize(face, (side, side), interpolation=cv2.INTER_CUBIC).astype(np.float32)[..., None]
        mask = cv2.GaussianBlur(np.pad(np.ones((side - 8, side - 8), np.float32), 4), (0, 0), 2)[..., None]
        y, x = (int(rng.integers(0, length - side)) for length in image.shape[:2])
        place = image[y : y + side, x : x + side]
        image[y : y + side, x : x + side] = place * (1 - mask) + large * mask
    data = cv2.imencode(".jpg", cv2.cvtColor(image.clip(0, 255).astype(np.uint8), cv2.COLOR_RGB2BGR))[1]
    return bytes(data.tobytes())


class Service:
    """Photographs by emotion, in the shape of Openverse's API."""

    def __init__(self, faces: FaceSet, scenes: list[np.ndarray], each: int) -> None:
        rng = np.random.default_rng(1)
        self.pictures: dict[str, bytes] = {}
        self.of: dict[str, list[str]] = {}
        for label, emotion in enumerate(faces.label_names):
            rows = rng.permutation(np.flatnonzero(faces.labels == label))[:each]
            names = []
            for number, row in enumerate(rows):
                scene = scenes[int(rng.integers(len(scenes)))]
                face = None if rng.random() < EMPTY else faces.images[row]
                name = f"{emotion}-{number}.jpg"
                self.pictures[name] = photograph(face, scene, rng)
                names.append(name)
                if rng.random() < TWICE:
                    self.pictures[f"again-{name}"] = self.pictures[name]
                    names.append(f"again-{name}")
            self.of[emotion] = names
        words = tomllib.loads(WORDS)["emotions"]
        self.emotion_of = {word: emotion for emotion, listed in words.items() for word in listed}

    def answer(self, address: str, host: str) -> tuple[int, str, bytes]:
        """Status, kind and body for an address."""
        parts = urlsplit(address)
        if parts.path.startswith("/pictures/"):
            found = self.pictures.get(parts.path.removeprefix("/pictures/"))
            return (200, "image/jpeg", found) if found else (404, "text/plain", b"none")
        if not parts.path.startswith("/v1/images"):
            return 404, "text/plain", b"none"
        asked = parse_qs(parts.query)
        text, page = asked.get("q", [""])[0], int(asked.get("page", ["1"])[0])
        emotion = next((found for word, found in self.emotion_of.items() if text.startswith(word)), None)
        names = self.of.get(emotion or "", [])
        results = [
            {
                "url": f"http://{host}/pictures/{name}",
                "foreign_landing_url": f"http://{host}/pages/{name}",
                "creator": f"Photographer {number % 40}",
                "license": "by",
                "license_version": "4.0",
                "license_url": "https://creativecommons.org/licenses/by/4.0/",
            }
            for number, name in enumerate(names[(page - 1) * PAGE : page * PAGE])
        ]
        body = {"result_count": len(names), "page_count": -(-len(names) // PAGE), "results": results}
        return 200, "application/json", json.dumps(body).encode()


def serve(service: Service) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            code, kind, body = service.answer(self.path, self.headers["Host"])
            self.send_response(code)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def run(folder: Path, line: str) -> None:
    print(f"$ emovere {line}", flush=True)
    started = time.monotonic()
    command = [sys.executable, "-m", "emovere", *shlex.split(line)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, env=dict(os.environ))
    print((done.stdout + done.stderr).strip())
    print(f"({time.monotonic() - started:.0f} s)\n", flush=True)
    if done.returncode:
        raise SystemExit(f"ended with {done.returncode}")


def whole_pictures(folder: Path) -> None:
    """The same faces, labels and splits, the photograph around each shrunk to 48 x 48 in place of the cut."""
    rows = load_rows(folder / "parts")
    images = np.empty_like(rows.faces.images)
    for place, picture in enumerate(rows.column("picture")):
        frame = next(iter(read_photo(folder / "parts" / picture)))
        grey = cv2.cvtColor(frame.image, cv2.COLOR_RGB2GRAY)
        images[place] = cv2.resize(grey, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    faces = FaceSet(images, rows.faces.labels, rows.faces.splits, rows.faces.label_names)
    write_folder(FaceRows(faces), folder / "whole")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--scenes", type=Path, required=True)
    parser.add_argument("--folder", type=Path, required=True, help="Where everything is put; made anew.")
    parser.add_argument("--each", type=int, default=950, help="Most photographs of an emotion.")
    parser.add_argument("--threads", type=int, default=0)
    given = parser.parse_args()
    folder = given.folder.resolve()
    folder.mkdir(parents=True)
    faces, _ = without_leaks(load_fer2013(given.data))
    server = serve(Service(faces, backgrounds(given.scenes.resolve(), 400), given.each))
    here = f"http://127.0.0.1:{server.server_address[1]}/v1/images/"
    (folder / "words.toml").write_text(WORDS)
    print(f"words.toml:\n{WORDS}")
    run(
        folder,
        "data collect words.toml -o raw --provider openverse --licences cc0,pdm,by --pictures 0 --quiet "
        f"--set openverse.endpoint={here} --set collect.private=true --set collect.rate=0 --set openverse.pause=0 "
        "--set budget.a_query=2000",
    )
    server.shutdown()
    train = f"--set train.threads={given.threads}"
    run(folder, "data clean raw -o faces --quiet")
    run(folder, "data patch apply faces faces/clean.jsonl")
    run(folder, "data split faces -o parts --seed 1")
    run(folder, "data check parts")
    whole_pictures(folder)
    for name in ("parts", "whole"):
        run(folder, f"train small-set --data {name} -o runs/{name} {train}")
        run(folder, f"export runs/{name} --data {name} -o runs/{name}/network.onnx")
        run(folder, f"evaluate runs/{name}/network.onnx --data {name} --split PrivateTest")


if __name__ == "__main__":
    main()
