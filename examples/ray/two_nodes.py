"""A cluster of two Ray nodes on this machine, an archive analysed on it, and the page served on it.

    python examples/ray/two_nodes.py PHOTOS [--output FOLDER] [--serve]

Each node has one core. First the photos are analysed, by processes on both; then the server starts, with a replica
for what lies in files on this node and one for photos anywhere, and answers one photo. With --serve it goes on until
Ctrl-C. Nothing but loopback is used, no usage statistics are sent, and nothing is left running.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

os.environ["RAY_USAGE_STATS_ENABLED"] = "0"  # read when ray is imported

EMOVERE = [sys.executable, "-m", "emovere"]
PHOTOS = (".jpg", ".jpeg", ".png", ".webp")


@contextlib.contextmanager
def cluster(nodes: int = 2) -> Iterator[str]:
    """So many nodes of one core each; the address of the first."""
    from ray.cluster_utils import Cluster

    small = {"num_cpus": 1, "object_store_memory": 100_000_000, "include_dashboard": False}
    made = Cluster(initialize_head=True, head_node_args=small)
    try:
        for _ in range(nodes - 1):
            made.add_node(**small)
        made.wait_for_nodes()
        yield made.address
    finally:
        made.shutdown()


def analyse(photos: Path, output: Path, address: str, more: list[str]) -> None:
    """A folder of photos to a folder of Parquet files."""
    words = ["analyze", photos, "--engine", "ray", "--address", address, "--output", output, *more]
    subprocess.run([*EMOVERE, *map(str, words)], check=True)


def serve(photo: Path, address: str, more: list[str], *, stay: bool) -> None:
    """The page and the API; one photo is sent to it, and then it ends, unless it is to stay."""
    words = ["serve", "--engine", "ray", "--address", address, "--port", "0", *more]
    with subprocess.Popen([*EMOVERE, *words], stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            page = server.stdout.readline().strip()
            if not page:
                sys.exit("the server did not start")
            print(page, flush=True)
            request = urllib.request.Request(f"{page}v1/analyze?format=csv", data=photo.read_bytes(), method="POST")
            with urllib.request.urlopen(request, timeout=60) as answer:
                print(answer.read().decode(), end="", flush=True)
            if stay:
                server.wait()
        except KeyboardInterrupt:
            pass
        finally:
            server.send_signal(signal.SIGTERM)


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", type=Path, help="a folder")
    parser.add_argument("--output", type=Path, default=Path("faces"), help="a folder that does not exist yet")
    parser.add_argument("--serve", action="store_true", help="serve until Ctrl-C")
    parser.add_argument("--detector", default="auto")
    arguments = parser.parse_args()
    more = ["--detector", arguments.detector]
    photo = next((one for one in sorted(arguments.photos.iterdir()) if one.suffix.lower() in PHOTOS), None)
    if photo is None:
        sys.exit(f"{arguments.photos}: expected photos ({', '.join(PHOTOS)})")
    with cluster() as address:
        print(f"two nodes: {address}", flush=True)
        analyse(arguments.photos, arguments.output, address, more)
        written = list(itertools.islice(arguments.output.rglob("*.parquet"), 1000))
        print(f"{len(written)} Parquet files in {arguments.output}", flush=True)
        serve(photo, address, more, stay=arguments.serve)


if __name__ == "__main__":
    main()
