"""``/v1/videos`` over real sockets."""

from __future__ import annotations

import io
import json
import shlex
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest
from tests.serving import Running, form, jpeg, serving

from emovere.config import Options, override
from emovere.errors import OutputError
from emovere.pipeline import Analyzer
from emovere.types import Report
from emovere.web import videos as module
from emovere.web.jobs import Jobs
from emovere.web.settings import Limits

pytestmark = pytest.mark.timeout(60)

OPTIONS = override(Options(), ["detect.name=haar", "detect.size=240"])
LIMITS = Limits(video_bytes=3_000_000, video_seconds=200.0, pixels=400_000, videos=1, videos_waiting=1, rate=0)


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[Running]:
    with serving(tmp_path_factory.mktemp("serve"), LIMITS, options=OPTIONS) as running:
        yield running


@pytest.fixture(autouse=True)
def still_serves(server):
    yield
    for folder in (server.service.scratch / "videos").glob("*/"):
        server.ask("DELETE", f"/v1/videos/{folder.name}")
    assert server.ask("POST", "/v1/analyze", data=jpeg()).status_code == 200


def video(seconds: float, *, rate: int = 10, width: int = 64, height: int = 48) -> bytes:
    """A video of a grey that changes slowly."""
    file = io.BytesIO()
    with av.open(file, "w", format="matroska") as container:
        stream = container.add_stream("mpeg4", rate=rate)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for k in range(round(seconds * rate)):
            grey = np.full((height, width, 3), 100 + k % 50, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(grey)))
        container.mux(stream.encode())
    return file.getvalue()


@pytest.fixture(scope="module")
def long_video() -> bytes:
    return video(190, width=240, height=160)


def send(server: Running, data: bytes, query: str = "") -> str:
    answer = server.ask("POST", f"/v1/videos{query}", data=data)
    assert answer.status_code == 202, answer.text
    id: str = answer.json()["id"]
    assert answer.headers["Location"] == f"/v1/videos/{id}"
    return id


def events(server: Running, id: str) -> Iterator[tuple[str, dict]]:
    with server.ask("GET", f"/v1/videos/{id}/events", stream=True) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        word = ""
        for line in answer.iter_lines(chunk_size=1, decode_unicode=True):
            if line.startswith("event: "):
                word = line.removeprefix("event: ")
            elif line.startswith("data: "):
                yield word, json.loads(line.removeprefix("data: "))


def end_of(server: Running, id: str) -> dict:
    *_, (word, state) = events(server, id)
    assert word == state["status"]
    return state


def problem(answer, status: int) -> str:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    detail: str = answer.json()["detail"]
    return detail


def test_a_video_becomes_what_the_command_line_makes_of_it(server, shared):
    clip = shared("videos/signing_help.mkv")
    id = send(server, clip.read_bytes())
    told = list(events(server, id))
    assert {word for word, _ in told[:-1]} == {"progress"}
    assert [state["progress"] for _, state in told] == sorted(state["progress"] for _, state in told)
    word, state = told[-1]
    assert (word, state["frames"], state["progress"], state["problem"]) == ("done", 58, 1.0, None)
    assert state["duration_s"] == pytest.approx(1.93, abs=0.1)
    assert server.ask("GET", f"/v1/videos/{id}").json() == state

    wanted = Analyzer(OPTIONS).analyze(clip).to_dict()
    whole = server.ask("GET", f"/v1/videos/{id}/result").json()
    assert Report.from_dict(whole).labels == tuple(wanted["models"]["classifier"]["labels"])
    assert whole["config"]["detect"]["name"] == "haar"
    named = json.loads(json.dumps(wanted["frames"]).replace(json.dumps(str(clip)), '"video"'))
    assert whole["frames"] == named
    lines = server.ask("GET", f"/v1/videos/{id}/result?format=jsonl").text.splitlines()
    assert [json.loads(line) for line in lines] == named
    table = server.ask("GET", f"/v1/videos/{id}/result?format=csv")
    assert table.headers["content-disposition"] == 'attachment; filename="video.csv"'
    assert len(table.text.splitlines()) == 1 + sum(len(frame["faces"]) for frame in named)


def test_the_timeline_tells_each_persons_course(server, shared):
    id = send(server, shared("videos/one_smiling.gif").read_bytes(), "?labels=happy,sad,neutral")
    assert end_of(server, id)["status"] == "done"
    told = server.ask("GET", f"/v1/videos/{id}/timeline").json()
    assert (told["labels"], told["width"], told["height"]) == (["happy", "sad", "neutral"], 480, 270)
    longest = max(told["people"], key=lambda person: len(person["points"]))
    times = [point["t"] for point in longest["points"]]
    assert len(times) > 10
    assert times == sorted(times)
    assert times[-1] <= told["duration_s"]
    for point in longest["points"]:
        assert sum(point["probs"]) == pytest.approx(1, abs=0.001)
        assert point["emotion"] == told["labels"][int(np.argmax(point["probs"]))]
        left, top, right, bottom = point["box"]
        assert -50 < left < right < 530
        assert -50 < top < bottom < 320
    assert {"enter"} <= {event["kind"] for event in told["events"]}


def test_a_name_that_a_client_gives_is_never_used(server):
    name = "../../../../tmp/emovere-escaped.mkv"
    body, kind = form(("video", name, video(0.5)))
    answer = server.ask("POST", "/v1/videos", data=body, headers={"Content-Type": kind})
    id = answer.json()["id"]
    end_of(server, id)
    assert not Path("/tmp/emovere-escaped.mkv").exists()
    for path in ("", "/result", "/result?format=jsonl", "/timeline"):
        text = server.ask("GET", f"/v1/videos/{id}{path}").text
        assert "escaped" not in text
        assert str(server.service.scratch) not in text


@pytest.mark.parametrize(
    ("data", "status", "word"),
    [
        (jpeg(), 415, "got a JPEG picture"),
        (b"PK\x03\x04" + bytes(100), 415, "got something else"),
        (b"<html><script>alert(1)</script></html>", 415, "expected MP4"),
        (b"", 400, "0 bytes"),
        (bytes(3_000_001), 413, "3,000,000 bytes"),
    ],
)
def test_what_is_no_video_is_refused_at_once_and_leaves_nothing(server, data, status, word):
    assert word in problem(server.ask("POST", "/v1/videos", data=data), status)
    assert list((server.service.scratch / "videos").glob("*/")) == []


def test_an_upload_that_breaks_off_leaves_nothing(server):
    head = f"POST /v1/videos HTTP/1.1\r\nHost: {server.host}\r\nContent-Length: 100000\r\n\r\n".encode()
    server.send(head, bytes(5000), end=True)
    due = time.monotonic() + 10
    while list((server.service.scratch / "videos").glob("*/")):
        assert time.monotonic() < due
        time.sleep(0.02)


def test_labels_that_cannot_be_are_told_before_the_upload(server):
    assert "unknown label 'hapy'" in problem(server.ask("POST", "/v1/videos?labels=hapy,sad", data=b"x"), 422)


def test_of_a_video_that_breaks_off_what_there_is_is_kept(server, shared):
    data = shared("videos/signing_help.mkv").read_bytes()
    id = send(server, data[: len(data) // 2])
    state = end_of(server, id)
    assert state["status"] == "done"
    assert 5 < state["frames"] < 58
    assert state["problem"]["title"] == "Not wholly read"
    assert "video: breaks off at" in state["problem"]["detail"]
    whole = server.ask("GET", f"/v1/videos/{id}/result").json()
    assert len(whole["frames"]) == state["frames"]
    assert [error["source"] for error in whole["errors"]] == ["video"]
    assert str(server.service.scratch) not in json.dumps([state, whole["errors"]])


def test_a_video_of_which_nothing_can_be_read_fails_and_says_why(server):
    id = send(server, b"\x00\x00\x00\x18ftypmp42" + bytes(1000))
    state = end_of(server, id)
    assert state["status"] == "failed"
    assert state["problem"]["status"] == 400
    assert state["problem"]["detail"].startswith("video: has no index")
    assert "no index" in problem(server.ask("GET", f"/v1/videos/{id}/result"), 409)


def test_a_video_that_is_too_long_is_cut_off_and_told(server):
    id = send(server, video(202, rate=2))
    state = end_of(server, id)
    assert (state["status"], state["frames"]) == ("done", 401)
    assert "is longer than 200 s; the rest was left out" in state["problem"]["detail"]
    assert state["duration_s"] == pytest.approx(202, abs=1)


def test_a_picture_that_is_too_large_is_refused_before_it_is_looked_at(server):
    state = end_of(server, send(server, video(0.5, width=1280, height=720)))
    assert state["status"] == "failed"
    assert "1280 x 720 pixels; expected at most 400,000" in state["problem"]["detail"]


def test_a_full_queue_answers_503_and_cancelling_makes_room(server, long_video):
    first, second = send(server, long_video), send(server, long_video)
    answer = server.ask("POST", "/v1/videos", data=long_video)
    assert "2 videos are waiting" in problem(answer, 503)
    assert int(answer.headers["Retry-After"]) > 0
    next(state for _, state in events(server, first) if state["status"] == "running")
    assert "is running" in problem(server.ask("GET", f"/v1/videos/{first}/result"), 409)
    assert "is queued" in problem(server.ask("GET", f"/v1/videos/{second}/timeline"), 409)
    began = time.monotonic()
    for id in (second, first):
        assert server.ask("DELETE", f"/v1/videos/{id}").status_code == 204
        assert "there is no video" in problem(server.ask("GET", f"/v1/videos/{id}"), 404)
    assert time.monotonic() - began < 20
    send(server, long_video)


def test_progress_says_how_long_it_takes(server, long_video):
    id = send(server, long_video)
    for _, state in events(server, id):
        if state["seconds_left"] is not None:
            break
    assert 0 < state["progress"] < 1
    assert 0.1 < state["seconds_left"] < 600
    assert state["frames"] > 0
    assert server.ask("DELETE", f"/v1/videos/{id}").status_code == 204


def test_listeners_hear_that_it_was_cancelled(server, long_video):
    id = send(server, long_video)
    told = events(server, id)
    assert next(told)[0] == "progress"
    server.ask("DELETE", f"/v1/videos/{id}")
    assert [word for word, _ in told][-1] == "cancelled"


def test_a_stream_stays_alive_and_ends_when_its_client_goes(server, long_video, monkeypatch):
    monkeypatch.setattr(module, "KEEP_ALIVE_S", 0.0)
    monkeypatch.setattr(module, "LOOK_S", 0.02)
    id = send(server, long_video)
    jobs = module._made(server.service)
    with server.ask("GET", f"/v1/videos/{id}/events", stream=True) as answer:
        lines = answer.iter_lines(chunk_size=1, decode_unicode=True)
        assert next(line for line in lines if line.startswith(":")) == ": keep-alive"
        assert jobs.listeners == 1
    due = time.monotonic() + 5
    while jobs.listeners and time.monotonic() < due:
        time.sleep(0.02)
    assert jobs.listeners == 0


def test_streams_are_bounded(server, long_video, monkeypatch):
    monkeypatch.setattr(module, "MOST_LISTENERS", 0)
    id = send(server, long_video)
    assert "streams of events are open" in problem(server.ask("GET", f"/v1/videos/{id}/events"), 503)


def test_ids_that_are_none(server):
    for method, path in (("GET", ""), ("GET", "/events"), ("GET", "/result"), ("GET", "/timeline"), ("DELETE", "")):
        assert "there is no video" in problem(server.ask(method, f"/v1/videos/{'0' * 32}{path}"), 404)
        problem(server.ask(method, f"/v1/videos/..%2f..%2fetc{path}"), 404)
        problem(server.ask(method, f"/v1/videos/nonsense{path}"), 422)


def test_a_full_disk_is_told(server, monkeypatch):
    def full(self):
        raise OutputError("a new job cannot be written: No space left on device")

    monkeypatch.setattr(Jobs, "begin", full)
    assert "No space left" in problem(server.ask("POST", "/v1/videos", data=b"x"), 507)


def test_a_server_that_stops_does_not_wait_for_its_videos(tmp_path, long_video):
    with serving(tmp_path, LIMITS, options=OPTIONS) as server:
        send(server, long_video)
        scratch = server.service.scratch
        began = time.monotonic()
    assert time.monotonic() - began < 8
    assert not scratch.exists()


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_the_curl_lines_of_the_docs(server, tmp_path, shared):
    shutil.copy(shared("videos/signing_help.mkv"), tmp_path / "talk.mp4")
    text = (Path(__file__).parents[3] / "docs" / "live.md").read_text(encoding="utf-8")
    lines = text.partition("## A video")[2].partition("```bash\n")[2].partition("```")[0].splitlines()
    assert len(lines) == 6
    id = "ID"
    said: list[str] = []
    for line in lines:
        command = shlex.split(line.replace("http://127.0.0.1:8765", server.url).replace("/ID", f"/{id}"), comments=True)
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=50, check=True)
        said.append(done.stdout)
        id = json.loads(done.stdout.splitlines()[-1])["id"] if id == "ID" else id
    assert "202 Accepted" in said[0]
    assert f"/v1/videos/{id}" in said[0]
    assert "event: done" in said[1]
    assert json.loads(said[2])["status"] == "done"
    assert (tmp_path / "talk.csv").read_text(encoding="utf-8").startswith("source,index,time_s")
    assert json.loads(said[4])["people"]
    assert server.ask("GET", f"/v1/videos/{id}").status_code == 404
