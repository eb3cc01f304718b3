"""An archive from its listing to its last part, on a disk and in an object store, by an engine that is this process."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from emovere.config import DetectOptions
from emovere.errors import ConfigError, InputError, MissingExtra
from emovere.scale import place as places
from emovere.scale.archive import Totals, Work
from emovere.scale.options import ArchiveOptions, ScaleOptions
from emovere.scale.parts import Archive, Status, do, let_go
from emovere.scale.place import open_place
from emovere.scale.pool import Pool

PICKY = Path(__file__).parents[2] / "integration" / "picky"

pytestmark = pytest.mark.timeout(200)


@pytest.fixture(autouse=True)
def plug_in(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("PYTHONPATH", str(PICKY))
    yield
    let_go()


@pytest.fixture
def folder(tmp_path) -> Path:
    rng = np.random.default_rng(3)
    (tmp_path / "in").mkdir()
    for k in range(20):
        Image.fromarray(rng.integers(0, 255, (48, 48, 3), np.uint8)).save(tmp_path / "in" / f"p{k:02d}.png")
    (tmp_path / "in" / "bad.jpg").write_text("no picture")
    return tmp_path / "in"


def picky(**scale: float) -> ArchiveOptions:
    return ArchiveOptions(detect=DetectOptions(name="picky", check=0), scale=ScaleOptions(**scale))


def here(archive: Archive, todo: list[tuple[int, int]]) -> Iterator[Status]:
    for part, piece in todo:
        yield do(archive, part, piece)


def finish(work: Work) -> Totals:
    return work.finish(work.run(here, work.left()))


def names(rows: list[dict]) -> list[str]:
    return sorted(row["source"].rpartition("/")[2] for row in rows)


def read(folder: Path, kind: str = "rows") -> list[dict]:
    return [row for path in sorted((folder / kind).iterdir()) for row in pq.read_table(path).to_pylist()]


def test_every_part_once_and_again_only_what_is_missing(folder, tmp_path):
    out = tmp_path / "out"
    work = Work(str(out), [str(folder)], picky(part=4), resume=False)
    assert (work.parts, work.inputs, work.left()) == (6, 21, list(range(6)))
    half = work.run(here, work.left())
    next(half)
    next(half)
    half.close()
    again = Work(str(out), [str(folder)], picky(part=4), resume=True)
    assert again.left() == [2, 3, 4, 5]
    assert do(again.archive, 0, -1).faces > 0, "a part that is done is told, and not done again"
    totals = finish(again)
    assert (totals.parts, totals.faces, totals.errors) == (6, 20, 1)
    assert names(read(out)) == [f"p{k:02d}.png" for k in range(20)]
    assert [Path(row["source"]).name for row in read(out, "errors")] == ["bad.jpg"]
    about = json.loads(pq.read_schema(out / "rows" / "part-000003.parquet").metadata[b"emovere"])
    assert about["models"]["detector"]["name"] == "picky"
    manifest = json.loads((out / "manifest.json").read_text())
    assert (manifest["state"], manifest["faces"], manifest["errors"]) == ("done", 20, 1)


def test_a_listing_that_was_cut_short_is_begun_anew(folder, tmp_path):
    out = tmp_path / "out"
    Work(str(out), [str(folder)], picky(part=4), resume=False)
    manifest = json.loads((out / "manifest.json").read_text())
    (out / "manifest.json").write_text(json.dumps({**manifest, "state": "listing", "parts": 0, "inputs": 0}))
    assert Work(str(out), [str(folder)], picky(part=4), resume=True).inputs == 21


def test_work_is_taken_up_only_as_it_was_begun(folder, tmp_path):
    out = str(tmp_path / "out")
    with pytest.raises(ConfigError, match="holds no work, so nothing to resume"):
        Work(out, [str(folder)], picky(), resume=True)
    Work(out, [str(folder)], picky(), resume=False)
    with pytest.raises(ConfigError, match="holds work already; go on with --resume"):
        Work(out, [str(folder)], picky(), resume=False)
    for inputs, options in (([str(folder)], picky(piece_s=10)), (["elsewhere"], picky())):
        with pytest.raises(ConfigError, match="begun with other inputs, options or models"):
            Work(out, inputs, options, resume=True)
    (tmp_path / "out" / "manifest.json").write_text("{}")
    with pytest.raises(ConfigError, match="is no manifest of emovere's"):
        Work(out, [str(folder)], picky(), resume=True)


def test_a_table_of_pictures(folder, tmp_path):
    images = [{"bytes": path.read_bytes(), "path": path.name} for path in sorted(folder.iterdir())]
    pq.write_table(pa.table({"image": images}), tmp_path / "faces.parquet", row_group_size=9)
    totals = finish(Work(str(tmp_path / "out"), [str(tmp_path / "faces.parquet")], picky(part=2), resume=False))
    assert (totals.parts, totals.faces, totals.errors) == (5, 20, 1)
    assert names(read(tmp_path / "out")) == [f"p{k:02d}.png" for k in range(20)]


def test_a_long_recording_in_pieces_is_what_a_pool_makes_of_it(tmp_path):
    av = pytest.importorskip("av")
    video = tmp_path / "long.mp4"
    rng = np.random.default_rng(5)
    with av.open(str(video), "w") as file:
        stream = file.add_stream("libx264", rate=10, options={"preset": "ultrafast", "bf": "0"})
        stream.height = stream.width = 64
        stream.pix_fmt, stream.codec_context.gop_size = "yuv420p", 10
        for _ in range(90):
            image = rng.integers(0, 255, (64, 64, 3), np.uint8)
            for packet in stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")):
                file.mux(packet)
        for packet in stream.encode():
            file.mux(packet)
    options = picky(piece_s=3)
    totals = finish(Work(str(tmp_path / "out"), [str(video)], options, resume=False))
    with Pool(options, 2) as pool:
        seen = list(pool.stream([str(video)]))
    rows = read(tmp_path / "out")
    assert totals.faces == len(rows) == len(seen) == 90
    assert [row["index"] for row in rows] == list(range(90))
    for row, one in zip(rows, seen, strict=True):
        assert row["track_id"] == one.result.faces.track_ids[0] == 1
        probs = one.result.expressions.probs[0]
        assert [row[name] for name in one.result.expressions.labels] == pytest.approx(probs.tolist(), abs=1.1e-6)
    assert list((tmp_path / "out" / "pieces").iterdir()) == []


@pytest.fixture
def bucket(monkeypatch, folder):
    """An object store that speaks S3's protocol, on this machine, with the pictures in it."""
    pytest.importorskip("s3fs")
    server_of = pytest.importorskip("moto.server").ThreadedMotoServer
    server = server_of(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    for name, value in {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    import s3fs

    s3fs.S3FileSystem.clear_instance_cache()
    system = s3fs.S3FileSystem(use_listings_cache=False)
    system.mkdir("archive")
    for path in folder.iterdir():
        system.pipe_file(f"archive/in/{'deep/' * (path.stem > 'p10')}{path.name}", path.read_bytes())
    gif = io.BytesIO()
    pages = [Image.new("RGB", (40, 40), (k, 20, 30)) for k in (10, 120, 240)]
    pages[0].save(gif, "GIF", save_all=True, append_images=pages[1:], duration=100)
    system.pipe_file("archive/moving/three.gif", gif.getvalue())
    system.pipe_file("archive/in/.hidden/x.png", b"")
    system.pipe_file("archive/inner/y.png", b"")
    yield system
    server.stop()
    s3fs.S3FileSystem.clear_instance_cache()


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
def test_an_object_store_in_and_out(bucket):
    work = Work("s3://archive/out", ["s3://archive/in"], picky(part=8), resume=False)
    assert (work.parts, work.inputs) == (3, 21)
    do(work.archive, 1, -1)
    again = Work("s3://archive/out", ["s3://archive/in"], picky(part=8), resume=True)
    assert again.left() == [0, 2]
    totals = finish(again)
    assert (totals.faces, totals.errors) == (20, 1)
    rows = [row for name in bucket.ls("archive/out/rows") for row in pq.read_table(name, filesystem=bucket).to_pylist()]
    assert names(rows) == [f"p{k:02d}.png" for k in range(20)]
    assert all(row["source"].startswith("s3://archive/in/") for row in rows)
    one = Work(
        "s3://archive/one",
        ["s3://archive/in/p03.png", "s3://archive/in/p0*.png", "s3://archive/no"],
        picky(),
        resume=False,
    )
    totals = finish(one)
    assert (totals.faces, totals.errors) == (11, 1)
    finish(Work("s3://archive/gif", ["s3://archive/moving"], picky(), resume=False))
    moving = pq.read_table("archive/gif/rows/part-000000.parquet", filesystem=bucket).to_pylist()
    assert [(row["source"], row["index"], row["track_id"]) for row in moving] == [
        ("s3://archive/moving/three.gif", index, 1) for index in range(3)
    ]


def test_what_cannot_be_reached_says_so(monkeypatch):
    with pytest.raises(InputError, match="cannot be reached through fsspec"):
        open_place("nonsense://bucket/x")
    monkeypatch.setattr(places, "optional", _missing)
    with pytest.raises(MissingExtra, match=r"pip install 'emovere\[scale\]'"):
        open_place("s3://bucket/x")


def _missing(module: str, extra: str) -> None:
    raise MissingExtra(f"{module} is missing: pip install 'emovere[{extra}]'")
