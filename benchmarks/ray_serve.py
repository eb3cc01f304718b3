"""What Ray Serve costs and gives: start-up, photos, memory and a rolling restart, beside the server without Ray.

    python benchmarks/ray_serve.py PHOTO [--replicas 2] [--clients 8] [--seconds 8]

Both servers run with as many processes, one after the other. Clients send the photo over and over by connections of
their own. On a machine that does other things, the processor time of a photo is worth more than photos a second.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

TICK_S = 1 / os.sysconf("SC_CLK_TCK")
KINDS = {"ray::Front": "front", "ray::ServeReplica": "replicas", "spawn_main": "replicas"}


@dataclass
class Server:
    """A server process, and those that belong to it: they all have its temporary folder in their environment."""

    folder: Path
    port: int
    process: subprocess.Popen[str]
    start_s: float
    start_cpu_s: float = 0.0

    def each(self) -> dict[int, str]:
        """Its processes, and the part that each plays."""
        found = {}
        mark = f"TMPDIR={self.folder}".encode()
        for one in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if mark in (one / "environ").read_bytes().split(b"\0"):
                    line = (one / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                    found[int(one.name)] = next((kind for word, kind in KINDS.items() if word in line), "others")
        return found

    def cpu_s(self) -> dict[str, float]:
        """Processor time of each part so far."""
        spent = {"front": 0.0, "replicas": 0.0, "others": 0.0}
        for pid, kind in self.each().items():
            with contextlib.suppress(OSError):
                fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
                spent[kind] += (int(fields[11]) + int(fields[12])) * TICK_S
        return spent

    def memory_mb(self) -> dict[str, list[float]]:
        """Memory of its own of each process (Pss: what several share is counted once)."""
        used: dict[str, list[float]] = {"front": [], "replicas": [], "others": []}
        for pid, kind in self.each().items():
            with contextlib.suppress(OSError):
                text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="utf-8")
                used[kind].append(int(text.split("\nPss:")[1].split()[0]) / 1024)
        return used


@dataclass
class Load:
    """What clients got."""

    times: list[float] = field(default_factory=list)
    failed: int = 0


@contextlib.contextmanager
def server(words: list[str]) -> Iterator[Server]:
    with tempfile.TemporaryDirectory(prefix="em", dir="/tmp") as name:
        began = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", "emovere", "serve", "--port", "0", "--quiet", "--journal", f"{name}/j.db", *words],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "TMPDIR": name},
        )
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        try:
            if not url:
                sys.exit("the server did not start")
            made = Server(Path(name), int(url.rstrip("/").rpartition(":")[2]), process, 0.0)
            get(made.port, "/healthz")
            made.start_s, made.start_cpu_s = time.perf_counter() - began, sum(made.cpu_s().values())
            yield made
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)


def get(port: int, path: str) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", path)
    connection.getresponse().read()
    connection.close()


@contextlib.contextmanager
def load(port: int, photo: bytes, clients: int) -> Iterator[Load]:
    """So many clients for as long as the block lasts."""
    found, ended = Load(), threading.Event()

    def client() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=90)
        while not ended.is_set():
            began = time.perf_counter()
            try:
                connection.request("POST", "/v1/analyze", photo)
                answer = connection.getresponse()
                answer.read()
                found.failed += answer.status != 200
            except (OSError, http.client.HTTPException):
                found.failed += 1
                connection.close()
            found.times.append(time.perf_counter() - began)

    threads = [threading.Thread(target=client) for _ in range(clients)]
    for one in threads:
        one.start()
    try:
        yield found
    finally:
        ended.set()
        for one in threads:
            one.join()


def measure(name: str, words: list[str], photo: bytes, clients: int, seconds: float) -> None:
    with server(words) as made:
        print(f"\n{name}\nstart-up: {made.start_s:.1f} s, {made.start_cpu_s:.1f} s of processor time", flush=True)
        with load(made.port, photo, clients):
            time.sleep(2)  # warm
        idle = idle_s(made, seconds)
        before = made.cpu_s()
        with load(made.port, photo, clients) as found:
            time.sleep(seconds)
        photos, spent = len(found.times), made.cpu_s()
        times = sorted(found.times)
        middle, late = (1000 * times[int(share * (photos - 1))] for share in (0.5, 0.95))
        print(f"{clients} clients: {photos / seconds:.1f} photos/s, p50 {middle:.0f} ms, p95 {late:.0f} ms")
        parts = {kind: 1000 * max(0.0, spent[kind] - before[kind] - idle[kind]) / photos for kind in spent}
        print("processor ms a photo: " + ", ".join(f"{kind} {value:.1f}" for kind, value in parts.items() if value))
        print("of a core at rest: " + ", ".join(f"{kind} {idle[kind] / seconds:.1%}" for kind in idle if parts[kind]))
        for kind, sizes in made.memory_mb().items():
            if sizes:
                print(f"memory of {len(sizes)} {kind}: {sum(sizes):.0f} MB, at most {max(sizes):.0f} MB each")
        if "ray" in words:
            restart(made, photo, clients)


def idle_s(made: Server, seconds: float) -> dict[str, float]:
    """Processor time that each part takes while nobody asks."""
    before = made.cpu_s()
    time.sleep(seconds)
    after = made.cpu_s()
    return {kind: after[kind] - before[kind] for kind in after}


def restart(made: Server, photo: bytes, clients: int) -> None:
    """Replace every replica while clients send photos."""
    old = {pid for pid, kind in made.each().items() if kind == "replicas"}
    began = time.perf_counter()
    with load(made.port, photo, clients) as found:
        made.process.send_signal(signal.SIGHUP)
        while old & set(made.each()) and time.perf_counter() - began < 120:
            time.sleep(0.2)
        took = time.perf_counter() - began
        time.sleep(1)
    print(
        f"rolling restart of {len(old)} replicas: {took:.1f} s; {len(found.times)} photos meanwhile, {found.failed} "
        f"failed, the longest took {1000 * max(found.times):.0f} ms"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photo", type=Path)
    parser.add_argument("--replicas", type=int, default=2)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--detector", default="auto")
    arguments = parser.parse_args()
    photo, count = arguments.photo.read_bytes(), arguments.replicas
    print(f"{os.cpu_count()} cores, load before {os.getloadavg()[0]:.1f}; a photo of {len(photo):,} bytes")
    common = ["--set", "limits.rate=0", "--detector", arguments.detector]
    both = ["--set", f"replicas.least={count}", "--set", f"replicas.most={count}"]
    measure(
        f"without Ray, {count} processes",
        ["--workers", str(count), *common],
        photo,
        arguments.clients,
        arguments.seconds,
    )
    measure(
        f"on Ray, {count} replicas", ["--engine", "ray", *common, *both], photo, arguments.clients, arguments.seconds
    )


if __name__ == "__main__":
    main()
