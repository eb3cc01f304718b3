"""Photos a second of a server, beside the same server without batching and a plain one; live frames; memory.

    python benchmarks/serve.py PHOTO [--video VIDEO] [--seconds 6] [--turns 3] [--requests 10000]

PHOTO shows one face; it is brought to 640 px, and four small copies of it make the photo with four faces. The servers:

    batched   emovere serve as it is: the faces of all waiting photos in one call of the network
    singly    the same server and the same threads, one call of the network a face (ServeSettings.batch = False)
    plain     a server as they are usually written: FastAPI runs the handler in up to 40 threads, each with a detector
              of its own, one call of the network a face, and the libraries take as many threads as they like

Each has a process of its own, clients another two, all on the same machine. Servers take turns, so that whatever else
the machine does hits all of them; the ratios are worth more than the figures, and the processor's time of a photo,
which is what a busy server is short of, more than both. --turns 0 leaves out the photos, --requests 0 the memory.
"""

from __future__ import annotations

import argparse
import http.client
import io
import itertools
import json
import multiprocessing
import os
import statistics
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from fastapi import FastAPI, UploadFile
from PIL import Image

SERVERS = ("batched", "singly", "plain")
CLIENTS = (1, 8, 32)
CLIENT_PROCESSES = 2


def serve(kind: str, told: Connection) -> None:
    """A server's process, until it is killed."""
    from emovere.config import DetectOptions, Options
    from emovere.web.running import serve as serve_emovere
    from emovere.web.settings import Limits, ServeSettings

    if kind == "plain":
        serve_plain(told)
        return
    options = Options(detect=DetectOptions(name="yunet"))
    settings = ServeSettings(port=0, batch=kind == "batched", limits=Limits(rate=0), options=options)
    serve_emovere(settings, lambda address: told.send(int(address.rstrip("/").rpartition(":")[2])))


def serve_plain(told: Connection) -> None:
    import uvicorn

    from emovere.align.crop import crop_faces
    from emovere.classify.classifier import load_model
    from emovere.config import DetectOptions
    from emovere.detect.yunet import YuNet
    from emovere.sources.photo import read_photo
    from emovere.web.running import listen

    app, classifier, own = FastAPI(), load_model("light"), threading.local()

    @app.post("/v1/analyze")
    def analyze(photo: UploadFile) -> list[dict[str, Any]]:
        if not hasattr(own, "detector"):
            own.detector = YuNet(DetectOptions())
        frame = next(read_photo(photo.file.read()))
        (faces,) = own.detector.detect([frame])
        found = []
        for box, crop in zip(faces.boxes, crop_faces(frame, faces, YuNet.box_in_crop).images, strict=True):
            seen = classifier.predict(crop[None])
            found.append({"box": box.tolist(), "probs": dict(zip(seen.labels, seen.probs[0].tolist(), strict=True))})
        return found

    sock = listen("127.0.0.1", 0)
    told.send(sock.getsockname()[1])
    uvicorn.Server(uvicorn.Config(app, access_log=False, log_level="error")).run(sockets=[sock])


def ask(port: int, body: bytes, kind: str, clients: int, until: float, requests: int | None) -> list[float]:
    """Some clients, each with one request after the other: the seconds of each request."""
    times: list[float] = []
    numbers = itertools.count()

    def client() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        while time.monotonic() < until and (requests is None or next(numbers) < requests):
            started = time.perf_counter()
            connection.request("POST", "/v1/analyze", body, {"Content-Type": kind})
            answer = connection.getresponse()
            data = answer.read()
            if answer.status != 200:
                raise RuntimeError(f"{answer.status}: {data[:300]!r}")
            times.append(time.perf_counter() - started)
        connection.close()

    together(client, clients)
    return times


def together(work: Callable[[], None], count: int) -> None:
    """Do something in so many threads; what one of them raises ends it all."""
    with ThreadPoolExecutor(count) as pool:
        for done in [pool.submit(work) for _ in range(count)]:
            done.result()


def watch(port: int, frames: list[bytes], until: float) -> int:
    """A camera: the next frame goes when the answer to the one before is there. Returns the frames answered."""
    from websockets.sync.client import connect

    answered = 0
    address = f"ws://127.0.0.1:{port}/v1/live"
    with connect(address, subprotocols=["emovere.v1"], proxy=None, max_size=None) as socket:  # type: ignore[list-item]
        if (first := json.loads(socket.recv()))["type"] != "ready":
            raise RuntimeError(str(first))
        for frame in itertools.cycle(frames):
            if time.monotonic() >= until:
                return answered
            socket.send(frame)
            answer = json.loads(socket.recv())
            if answer["type"] != "result":
                raise RuntimeError(str(answer))
            answered += 1
    return answered


def client_process(orders: Connection) -> None:
    """Does what it is told and sends back what came out, until it is told nothing more."""
    while (order := orders.recv()) is not None:
        work, arguments = order
        orders.send(ask(*arguments) if work == "ask" else watch_all(*arguments))


def watch_all(port: int, frames: list[bytes], cameras: int, until: float) -> int:
    counts: list[int] = []
    together(lambda: counts.append(watch(port, frames, until)), cameras)
    return sum(counts)


class Bench:
    """The servers and the clients, started once."""

    def __init__(self) -> None:
        self.spawn = multiprocessing.get_context("spawn")
        self.ports: dict[str, int] = {}
        self.processes = []
        self.pids: dict[str, int] = {}
        for kind in SERVERS:
            mine, theirs = self.spawn.Pipe()
            process = self.spawn.Process(target=serve, args=(kind, theirs), daemon=True)
            process.start()
            self.ports[kind] = mine.recv()
            self.pids[kind] = process.pid or 0
            self.processes.append(process)
        self.clients = []
        for _ in range(CLIENT_PROCESSES):
            mine, theirs = self.spawn.Pipe()
            process = self.spawn.Process(target=client_process, args=(theirs,), daemon=True)
            process.start()
            self.clients.append(mine)
            self.processes.append(process)

    def all_clients(self, work: str, orders: list[tuple[Any, ...]]) -> list[Any]:
        """Give each client process its order and gather what they bring."""
        used = self.clients[: len(orders)]
        for client, order in zip(used, orders, strict=True):
            client.send((work, order))
        return [client.recv() for client in used]

    def photos(self, kind: str, photo: bytes, clients: int, seconds: float, requests: int | None = None) -> list[float]:
        """Seconds of each request of so many clients."""
        body, content_type = form(photo)
        until = time.monotonic() + seconds
        shares = [clients // CLIENT_PROCESSES + (i < clients % CLIENT_PROCESSES) for i in range(CLIENT_PROCESSES)]
        orders = [
            (self.ports[kind], body, content_type, share, until, requests and requests * share // clients)
            for share in shares
            if share
        ]
        return [one for times in self.all_clients("ask", orders) for one in times]

    def close(self) -> None:
        """End all processes."""
        for process in self.processes:
            process.terminate()
            process.join()


def form(photo: bytes) -> tuple[bytes, str]:
    head = b'--xyz\r\nContent-Disposition: form-data; name="photo"; filename="p"\r\n\r\n'
    return head + photo + b"\r\n--xyz--\r\n", "multipart/form-data; boundary=xyz"


def jpeg(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=90)
    return file.getvalue()


def photos_of(path: Path) -> dict[str, bytes]:
    """The photo at 640 px, and four copies of its middle in a photo of the same size."""
    whole = Image.open(path).convert("RGB")
    factor = 640 / max(whole.size)
    size = (round(whole.width * factor), round(whole.height * factor))
    four = Image.new("RGB", size)
    quarter = whole.resize((size[0] // 2, size[1] // 2), Image.Resampling.LANCZOS)
    for x, y in itertools.product((0, size[0] // 2), (0, size[1] // 2)):
        four.paste(quarter, (x, y))
    return {"one face": jpeg(whole.resize(size, Image.Resampling.LANCZOS)), "four faces": jpeg(four)}


def frames_of(video: Path) -> list[bytes]:
    import av

    with av.open(str(video)) as container:
        frames = itertools.islice(container.decode(video=0), 60)
        return [jpeg(Image.fromarray(frame.to_ndarray(format="rgb24"))) for frame in frames]


def percentile(times: list[float], share: float) -> float:
    return 1000 * sorted(times)[min(len(times) - 1, int(share * len(times)))]


def cpu_s(pid: int) -> float:
    """Processor time that a process has taken so far."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def throughput(bench: Bench, photos: dict[str, bytes], seconds: float, turns: int) -> None:
    for name, photo in photos.items():
        print(f"\n{name}, {turns} turns of {seconds:g} s each")
        print(f"{'server':<9}{'clients':>8}{'photos/s':>10}{'p50':>9}{'p95':>9}{'p99':>9} ms{'CPU ms a photo':>16}")
        for clients in CLIENTS:
            rates: dict[str, list[float]] = {kind: [] for kind in SERVERS}
            times: dict[str, list[float]] = {kind: [] for kind in SERVERS}
            spent: dict[str, float] = dict.fromkeys(SERVERS, 0.0)
            calls_before = calls(bench.ports["batched"])
            for _, kind in itertools.product(range(turns), SERVERS):
                started, before = time.monotonic(), cpu_s(bench.pids[kind])
                taken = bench.photos(kind, photo, clients, seconds)
                rates[kind].append(len(taken) / (time.monotonic() - started))
                spent[kind] += cpu_s(bench.pids[kind]) - before
                times[kind] += taken
            for kind in SERVERS:
                spread = "".join(f"{percentile(times[kind], share):9.1f}" for share in (0.5, 0.95, 0.99))
                cpu = 1000 * spent[kind] / len(times[kind])
                print(f"{kind:<9}{clients:>8}{statistics.median(rates[kind]):>10.1f}{spread}   {cpu:>16.1f}")
            for kind in SERVERS[1:]:
                ratios = [ours / theirs for ours, theirs in zip(rates["batched"], rates[kind], strict=True)]
                print(f"    batched / {kind}: {statistics.median(ratios):.2f} (turns: {_listed(ratios)})")
            made = [now - then for now, then in zip(calls(bench.ports["batched"]), calls_before, strict=True)]
            print(f"    batched: {made[1] / max(1.0, made[0]):.1f} faces in a call of the network", flush=True)


def _listed(values: list[float]) -> str:
    return ", ".join(f"{value:.2f}" for value in values)


def parts(photo: bytes) -> None:
    """Where the processor's time of a photo goes, on one thread."""
    import cv2

    from emovere.align.crop import crop_faces
    from emovere.classify.classifier import load_model
    from emovere.config import DetectOptions, EngineOptions
    from emovere.detect.yunet import YuNet
    from emovere.sources.photo import read_photo

    cv2.setNumThreads(1)
    detector, network = YuNet(DetectOptions()), load_model("light", engine=EngineOptions(threads=1))
    spent: dict[str, list[float]] = {"decode": [], "detect": [], "align": [], "classify": []}
    faces = 0
    for _ in range(60):
        times = [time.thread_time()]
        frame = next(read_photo(photo))
        times.append(time.thread_time())
        (found,) = detector.detect([frame])
        times.append(time.thread_time())
        crops = crop_faces(frame, found, detector.box_in_crop).images
        times.append(time.thread_time())
        network.predict(crops)
        times.append(time.thread_time())
        faces = len(found)
        for name, (begin, end) in zip(spent, itertools.pairwise(times), strict=True):
            spent[name].append(1000 * (end - begin))
    medians = {name: statistics.median(values) for name, values in spent.items()}
    told = ", ".join(f"{name} {value:.2f}" for name, value in medians.items())
    share = medians["classify"] / sum(medians.values())
    print(f"{faces} faces, CPU ms on one thread: {told}; the network's share is {share:.0%}")


def calls(port: int) -> tuple[float, float]:
    """Calls of the network so far, and the faces in them."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("GET", "/metrics")
    text = connection.getresponse().read().decode()
    connection.close()
    values = dict(line.rsplit(" ", 1) for line in text.splitlines() if line and not line.startswith("#"))
    return float(values["emovere_network_call_faces_count"]), float(values["emovere_network_call_faces_sum"])


def live(bench: Bench, frames: list[bytes], seconds: float) -> None:
    print(f"\nlive, {len(frames)} frames of a real video over and over, each camera one in flight, {seconds:g} s")
    port = bench.ports["batched"]
    for cameras in (1, 4):
        until = time.monotonic() + seconds
        started = time.monotonic()
        (count,) = bench.all_clients("watch", [(port, frames, cameras, until)])
        rate = count / (time.monotonic() - started)
        print(f"{cameras} cameras: {rate:.1f} frames/s, {rate / cameras:.1f} each", flush=True)


def memory(bench: Bench, photo: bytes, requests: int) -> None:
    def used() -> float:
        status = Path(f"/proc/{bench.pids['batched']}/status").read_text(encoding="utf-8")
        return int(status.split("VmRSS:")[1].split()[0]) / 1024

    print(f"\nmemory of the server batched over {requests:,} photos of 160 px from 8 clients, MB")
    readings = [used()]
    for _ in range(10):
        bench.photos("batched", photo, 8, 3600, requests // 10)
        readings.append(used())
    print(" ".join(f"{value:.0f}" for value in readings))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photo", type=Path)
    parser.add_argument("--video", type=Path, help="for the live frames")
    parser.add_argument("--seconds", type=float, default=6)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--requests", type=int, default=10_000, help="over which memory is looked at")
    arguments = parser.parse_args()
    photos = photos_of(arguments.photo)
    print(f"{os.cpu_count()} cores, load before {os.getloadavg()[0]:.1f}")
    for photo in photos.values():
        parts(photo)
    bench = Bench()
    try:
        for kind, photo in itertools.product(SERVERS, photos.values()):
            bench.photos(kind, photo, 8, 1.5)  # warm
        if arguments.turns:
            throughput(bench, photos, arguments.seconds, arguments.turns)
        if arguments.video is not None:
            live(bench, frames_of(arguments.video), 2 * arguments.seconds)
        if arguments.requests:
            memory(bench, jpeg(Image.open(arguments.photo).convert("RGB").resize((160, 160))), arguments.requests)
    finally:
        bench.close()


if __name__ == "__main__":
    main()
