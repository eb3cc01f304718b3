"""What reviewing costs on a large set: starting, pages of faces, votes, memory; and in a browser, pages of the grid.

    python benchmarks/review.py [--faces 200000] [--votes 2000] [--set DIR] [--browser]

Makes a set of so many different faces (kept in --set where that is named), findings against a tenth of them, and
50,000 votes of three labellers, and starts ``emovere data review`` on it as a process of its own, twice: the first time
it lays the faces out. --browser also turns pages of the grid in Chromium (needs playwright): from the key to the last
face of the page that is drawn.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import requests

from emovere.datasets.faceset import FaceSet
from emovere.datasets.folder import is_set_folder, write_folder
from emovere.datasets.patch import Patch, Verdict, write_patch
from emovere.datasets.review.review import Review
from emovere.datasets.review.votes import Vote
from emovere.datasets.rows import FaceRows
from emovere.labels import FER7

COMMAND = [sys.executable, "-m", "emovere", "data", "review"]

PAGE = 120
"""Faces of a page of the grid on a large screen."""

VOTED = 50_000
TURNS = 60


def make_set(folder: Path, count: int) -> None:
    """Faces that all differ, findings against a tenth of them."""
    rng = np.random.default_rng(0)
    images = np.empty((count, 48, 48), np.uint8)
    for place in range(count):
        small = rng.integers(0, 256, (6, 6), np.uint8)
        images[place] = cv2.resize(small, (48, 48), interpolation=cv2.INTER_CUBIC)
        images[place, 0, :4] = np.frombuffer(place.to_bytes(4, "little"), np.uint8)
    rows = FaceRows(FaceSet(images, rng.integers(0, 7, count), np.full(count, "Training"), FER7))
    about = tuple(f"https://example.org/pictures/{place}" for place in range(count))
    write_folder(rows.with_columns(source=about, author=("somebody",) * count), folder, name="made faces")
    doubted = rng.choice(count, count // 10, replace=False)
    reasons = ("label", "blurred", "outlier")
    verdicts = [
        Verdict(str(rows.keys[face]), "drop", reasons[face % 3], float(score))
        for face, score in zip(doubted, rng.random(len(doubted)), strict=True)
    ]
    write_patch(Patch(tuple(verdicts), FER7), folder.parent / f"{folder.name}.findings.jsonl")


def write_many_votes(folder: Path, work: Path) -> None:
    """Votes of three labellers who were at work before."""
    review = Review(folder, work)
    faces = random.Random(0).sample(range(len(review.faces)), min(VOTED // 3, len(review.faces)))
    for name in ("Ada", "Ben", "Cem"):
        votes = [Vote(f"{name}-{face}", name, review.faces.key(face), "relabel", FER7[face % 7]) for face in faces]
        for start in range(0, len(votes), 2000):
            review.add(votes[start : start + 2000])
    review.close()


@contextlib.contextmanager
def serving(folder: Path, work: Path) -> Iterator[tuple[str, int, float]]:
    """The server's address, its process, and the seconds until it answered."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    findings = folder.parent / f"{folder.name}.findings.jsonl"
    options = ["--findings", str(findings), "--folder", str(work), "--port", str(port), "--quiet"]
    begun = time.perf_counter()
    process = subprocess.Popen([*COMMAND, str(folder), *options], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        requests.get(f"{address}v1/review", timeout=60).raise_for_status()
        yield address, process.pid, time.perf_counter() - begun
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def cost(process: int) -> str:
    """Processor time and resident memory of a process, now and at most."""
    try:
        lines = Path(f"/proc/{process}/status").read_text(encoding="ascii").splitlines()
        user, system = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[11:13]
    except OSError:
        return "what a process costs is told on Linux alone"
    found = {line.split(":")[0]: int(line.split()[1]) / 1024 for line in lines if line.startswith(("VmRSS", "VmHWM"))}
    taken = (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")
    return f"{taken:.1f} s of processor time; {found['VmRSS']:.0f} MB in memory, {found['VmHWM']:.0f} MB at most"


def timed(what: str, times: int, ask: Callable[[int], Any]) -> None:
    """Print the median of some requests, and what 95 % of them stay under."""
    taken = []
    for number in range(times):
        begun = time.perf_counter()
        ask(number)
        taken.append(1000 * (time.perf_counter() - begun))
    taken.sort()
    print(
        f"  {what}: {statistics.median(taken):.1f} ms (95 % under {taken[int(0.95 * (len(taken) - 1))]:.1f} ms)",
        flush=True,
    )


def requests_of(address: str, count: int, votes: int) -> None:
    """Time what the page asks for."""
    chance, session = random.Random(1), requests.Session()

    def ask(path: str, **more: Any) -> requests.Response:
        answer = session.request("POST" if "json" in more else "GET", address + path, timeout=60, **more)
        answer.raise_for_status()
        return answer

    def page(_: int) -> None:
        start = chance.randrange(count - PAGE)
        ask(f"v1/review/faces?labeller=Dee&at={','.join(str(start + place) for place in range(PAGE))}")

    keys = [face["key"] for start in range(0, votes, 500) for face in _known(ask, start, min(500, votes - start))]

    def vote(number: int) -> None:
        one = {"id": f"dee-{number}", "key": keys[number], "kind": "relabel", "label": "sad"}
        ask("v1/review/votes", json={"labeller": "Dee", "votes": [one]})

    timed(f"a page of {PAGE} faces anywhere in the set", 200, page)
    timed("a vote, on the disk", votes, vote)
    timed("the list of all faces", 20, lambda _: ask("v1/review/list?labeller=Dee"))
    timed("the list of what is still to do", 20, lambda _: ask("v1/review/list?labeller=Dee&show=open"))
    timed("the list of one doubt", 20, lambda _: ask("v1/review/list?labeller=Dee&reason=blurred"))
    timed("agreement of four labellers", 5, lambda _: ask("v1/review/agreement?labeller=Dee"))


def _known(ask: Callable[..., requests.Response], start: int, count: int) -> list[dict[str, Any]]:
    import json
    import struct

    content = ask(f"v1/review/faces?at={','.join(str(start + place) for place in range(count))}").content
    (length,) = struct.unpack("<I", content[:4])
    found: list[dict[str, Any]] = json.loads(content[4 : 4 + length])
    return found


DRAWN = """
() => {
  const tiles = [...document.querySelectorAll(".tile")];
  return tiles.length > 20 && tiles.every((tile) => tile.dataset.of) ? performance.now() : false;
}
"""


def in_browser(address: str, count: int) -> None:
    """Turn pages of the grid, and jump about in it."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    from playwright.sync_api import sync_playwright
    from tests.browser.browsers import launch

    with sync_playwright() as player, tempfile.TemporaryDirectory() as home:
        browser = launch(player, Path(home))
        page = browser.new_context(viewport={"width": 1280, "height": 860}).new_page()
        begun = time.perf_counter()
        page.goto(f"{address}#grid")
        page.fill("#name", "Eva")
        page.keyboard.press("Enter")
        page.wait_for_function(DRAWN)
        print(f"  the page opened in Chromium: {time.perf_counter() - begun:.1f} s")
        page.evaluate("addEventListener('keydown', () => { window.pressed = performance.now(); }, true)")

        def turn(key: str) -> float:
            page.keyboard.press(key)
            drawn = page.wait_for_function(DRAWN, polling="raf").json_value()
            return float(drawn) - float(page.evaluate("pressed"))

        def jump(number: int) -> float:
            share = random.Random(number).random()
            move = "(share) => { window.pressed = performance.now(); const place = document.getElementById('scroller');"
            page.evaluate(f"{move} place.scrollTop = share * (place.scrollHeight - place.clientHeight); }}", share)
            page.wait_for_timeout(50)
            drawn = page.wait_for_function(DRAWN, polling="raf").json_value()
            return float(drawn) - float(page.evaluate("pressed"))

        for what, taken in (
            ("a page on, by key", sorted(turn("PageDown") for _ in range(TURNS))),
            ("a jump to anywhere", sorted(jump(number) for number in range(TURNS))),
        ):
            late = taken[int(0.95 * (TURNS - 1))]
            print(
                f"  grid in Chromium, {what}: {statistics.median(taken):.0f} ms (95 % under {late:.0f} ms)", flush=True
            )
        tiles = page.locator(".tile").count()
        print(f"  tiles that exist: {tiles} of {count:,}")
        browser.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--faces", type=int, default=200_000)
    parser.add_argument("--votes", type=int, default=2_000)
    parser.add_argument("--set", type=Path)
    parser.add_argument("--browser", action="store_true")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = wanted.set or Path(scratch) / "set"
        if not is_set_folder(folder):
            make_set(folder, wanted.faces)
        work = Path(scratch) / "work"
        with serving(folder, work) as (_, process, taken):
            print(f"first start, faces laid out: {taken:.1f} s; {cost(process)}", flush=True)
        size = sum(file.stat().st_size for file in work.iterdir()) / 1e6
        own = (folder / "faces.parquet").stat().st_size / 1e6
        print(f"  {size:.0f} MB on the disk beside the set's {own:.0f} MB")
        write_many_votes(folder, work)
        with serving(folder, work) as (address, process, taken):
            print(f"later start, with {VOTED:,} votes: {taken:.1f} s; {cost(process)}", flush=True)
            requests_of(address, wanted.faces, wanted.votes)
            if wanted.browser:
                in_browser(address, wanted.faces)
            print(f"  at the end {cost(process)}")
        shutil.rmtree(work)


if __name__ == "__main__":
    main()
