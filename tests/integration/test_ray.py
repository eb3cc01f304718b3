"""``emovere analyze --engine ray`` on two nodes: the rows of one process, each once, whoever dies."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from emovere.config import DetectOptions
from emovere.errors import ConfigError
from emovere.pipeline import Analyzer
from emovere.scale.options import ArchiveOptions, ScaleOptions

ray = pytest.importorskip("ray")
pytest.importorskip("pyarrow")

import pyarrow.parquet as pq  # noqa: E402

from emovere.scale.archive import Totals, Work  # noqa: E402
from emovere.scale.ray_data import on_ray, processes  # noqa: E402
from emovere.scale.ray_start import start  # noqa: E402

pytestmark = [
    pytest.mark.filterwarnings("ignore"),  # of Ray's own, of which there are many
    pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc"),
]
PICKY = Path(__file__).parent / "picky"
COLOURS = {"red": "#f00", "blue": "#00f", "cyan": "#0ff", "magenta": "#f0f"}


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[object]:
    """Two nodes of one CPU each, on this machine; this process is the driver."""
    from ray.cluster_utils import Cluster

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(PICKY))
        patch.setenv("EMOVERE_OFFLINE", "1")
        patch.setenv("EMOVERE_HOME", str(tmp_path_factory.mktemp("home")))
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        node = {"num_cpus": 1, "object_store_memory": 80_000_000}
        nodes = Cluster(initialize_head=True, head_node_args={**node, "include_dashboard": False})
        nodes.other = nodes.add_node(**node)
        with start(nodes.address):
            yield nodes
        nodes.shutdown()


@pytest.fixture
def pictures(tmp_path: Path):
    """Makes so many small pictures, of which some have a colour; the folder that they are in."""

    def make(count: int, **coloured: list[int]) -> Path:
        rng = np.random.default_rng(3)
        places = {place: COLOURS[colour] for colour, all_places in coloured.items() for place in all_places}
        folder = tmp_path / "pictures"
        folder.mkdir()
        for k in range(count):
            image = Image.fromarray(rng.integers(0, 255, (48, 48, 3), np.uint8))
            if k in places:
                image = Image.new("RGB", (48, 48), places[k])
            image.save(folder / f"p{k:04d}.png")
        return folder

    return make


def picky(**scale: float) -> ArchiveOptions:
    return ArchiveOptions(detect=DetectOptions(name="picky", check=0), scale=ScaleOptions(**scale))


def finish(work: Work, workers: int = 2) -> Totals:
    return work.finish(work.run(on_ray(workers), work.left()))


def table(folder: Path, kind: str = "rows") -> list[dict]:
    return [row for path in sorted((folder / kind).iterdir()) for row in pq.read_table(path).to_pylist()]


def names(folder: Path) -> list[str]:
    return sorted(Path(row["source"]).name for row in table(folder))


def expected(count: int, *without: int) -> list[str]:
    return [f"p{k:04d}.png" for k in range(count) if k not in without]


def running() -> list[int]:
    """Processes of Ray that are doing a part."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if b"ray::" in (line := path.read_bytes()) and b"IDLE" not in line and b"Map" in line:
                found.append(int(path.parent.name))
        except OSError:
            continue
    return found


@pytest.mark.timeout(200)
def test_the_rows_are_those_of_one_process(cluster, shared, tmp_path):
    photos = [str(shared(f"photos/{name}.jpg")) for name in ("one_smiling", "two_standing", "two_waving")]
    options = ArchiveOptions(detect=DetectOptions(name="own"), scale=ScaleOptions(part=2))
    inputs = [*photos, "missing.jpg"]
    totals = finish(Work(str(tmp_path / "out"), inputs, options, resume=False))
    plain = Analyzer(options).analyze(inputs)
    rows = {(row["source"], row["index"], round(row["x1"], 1)): row for row in table(tmp_path / "out")}
    faces = [(frame, face) for frame in plain for face in frame]
    assert totals.faces == len(faces) == len(rows) == len(table(tmp_path / "out"))
    assert totals.errors == len(plain.errors) == 1
    assert totals.memory_mb > 50
    for frame, face in faces:
        row = rows[frame.source, frame.index, round(round(face.box[0], 2), 1)]
        assert [row[name] for name in ("x1", "y1", "x2", "y2")] == pytest.approx(face.box, abs=0.011)
        assert [row[name] for name in face.probs] == pytest.approx(list(face.probs.values()), abs=1.1e-5)
    assert table(tmp_path / "out", "errors")[0]["source"] == "missing.jpg"
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert (manifest["state"], manifest["inputs"], manifest["parts"]) == ("done", 4, 2)


@pytest.mark.timeout(200)
def test_killed_processes_and_bad_pictures_cost_no_other_row(cluster, pictures, tmp_path):
    folder = pictures(80, red=[7], blue=[22], magenta=[50], cyan=[60, 61])
    work = Work(str(tmp_path / "out"), [str(folder)], picky(part=8, memory_mb=3000), resume=False)
    killed = []

    def killing():
        for count, status in enumerate(work.run(on_ray(2), work.left())):
            if count in (1, 4):
                end = time.monotonic() + 30
                while not (doing := running()) and time.monotonic() < end:
                    time.sleep(0.02)
                if doing:
                    os.kill(doing[0], signal.SIGKILL)
                    killed.append(doing[0])
            yield status

    totals = work.finish(killing())
    assert killed, "a process was at work when it was killed"
    assert names(tmp_path / "out") == expected(80, 7, 22)
    errors = {Path(row["source"]).name: row["message"] for row in table(tmp_path / "out", "errors")}
    assert set(errors) == {"p0007.png", "p0022.png"}
    assert "SIGSEGV" in errors["p0007.png"]
    assert "needed more memory than the 3,000 MB" in errors["p0022.png"]
    assert (totals.faces, totals.errors) == (78, 2)
    assert totals.replaced >= 3


@pytest.mark.timeout(250)
def test_a_killed_driver_is_taken_up(cluster, pictures, tmp_path, monkeypatch):
    folder = pictures(40, cyan=list(range(40)))  # each takes half a second
    out = tmp_path / "out"
    command = [sys.executable, "-m", "emovere", "analyze", "pictures", "-o", "out", "--engine", "ray"]
    command += ["--address", cluster.address, "--detector", "picky", "--set", "detect.check=0", "--set", "scale.part=5"]
    monkeypatch.chdir(tmp_path)  # relative names are those of the driver's folder, on every node
    driver = subprocess.Popen(command, stderr=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(PICKY)})
    end = time.monotonic() + 120
    while not (out / "rows").is_dir() or len(list((out / "rows").glob("*.parquet"))) < 2:
        assert driver.poll() is None, driver.stderr.read().decode()
        assert time.monotonic() < end
        time.sleep(0.1)
    driver.kill()
    driver.communicate()
    for path in folder.iterdir():
        Image.new("RGB", (48, 48), "#123").save(path)  # the rest is quick
    options = picky(part=5)
    with pytest.raises(ConfigError, match="holds work already"):
        Work(str(out), [folder.name], options, resume=False)
    with pytest.raises(ConfigError, match="other inputs, options or models"):
        Work(str(out), [folder.name], picky(part=6), resume=True)
    (out / "rows" / ".part-000000.parquet.x.part").touch()  # as a killed process leaves it
    written = {path.name: path.stat().st_mtime_ns for path in (out / "rows").glob("part-*.parquet")}
    work = Work(str(out), [folder.name], options, resume=True)
    assert 2 <= 8 - len(work.left()) < 8
    totals = finish(work)
    assert totals.faces == 40
    assert names(out) == expected(40)
    after = {path.name: path.stat().st_mtime_ns for path in (out / "rows").glob("part-*.parquet")}
    assert {name: after[name] for name in written} == written, "what was done is not done again"


@pytest.mark.timeout(120)
def test_more_than_there_is_is_bounded_and_said(cluster, capsys):
    assert processes(8) == 2
    assert "8 processes were asked for, and the cluster has 2 CPUs: 2 it is" in capsys.readouterr().err
    assert processes(None) == 2

    @ray.remote(num_cpus=1)
    class Holder:
        def here(self) -> None:
            """Hold a CPU."""

    holders = [Holder.remote() for _ in range(2)]
    ray.get([holder.here.remote() for holder in holders])
    end = time.monotonic() + 30
    said = ""
    while "all 2 CPUs of the cluster are in use by others" not in said and time.monotonic() < end:
        processes(1)
        said = capsys.readouterr().err
        time.sleep(0.2)
    assert "waiting for one" in said
    for holder in holders:
        ray.kill(holder)


@pytest.mark.timeout(60)
def test_no_usage_statistics_are_sent(cluster):
    from ray._common.usage import usage_lib

    assert os.environ["RAY_USAGE_STATS_ENABLED"] == "0"
    assert not usage_lib.usage_stats_enabled()
    script = (
        "from emovere.scale.ray_start import load\n"
        "load()\n"
        "from ray._common.usage import usage_lib\n"
        "print(usage_lib.usage_stats_enabled())\n"
    )
    env = {name: value for name, value in os.environ.items() if not name.startswith("RAY_")}
    env["RAY_USAGE_STATS_ENABLED"] = "1"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=env, check=True)
    assert done.stdout.strip() == "False", "whatever the environment says"


@pytest.mark.timeout(250)
def test_a_killed_node_costs_nothing(cluster, pictures, tmp_path):
    """The last test of the file: there is one node left after it."""
    folder = pictures(60, cyan=list(range(0, 60, 3)))
    work = Work(str(tmp_path / "out"), [str(folder)], picky(part=5), resume=False)

    def killing():
        for count, status in enumerate(work.run(on_ray(2), work.left())):
            if count == 1:
                cluster.remove_node(cluster.other, allow_graceful=False)
            yield status

    totals = work.finish(killing())
    assert totals.faces == 60
    assert names(tmp_path / "out") == expected(60)
