"""What is counted, and that clients cannot make it grow."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys

import pytest

from emovere.web.metrics import Counted, Metrics

pytestmark = pytest.mark.timeout(60)


def values(metrics: Metrics) -> dict[str, float]:
    lines = [line for line in metrics.text().decode().splitlines() if not line.startswith("#")]
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}


def test_everything_is_counted():
    metrics = Metrics()
    metrics.photo(3)
    metrics.photo(0)
    metrics.call(3)
    metrics.refused("rate")
    metrics.waiting(5)
    metrics.live(1)
    metrics.live(1)
    metrics.live(-1)
    metrics.live_frame()
    metrics.request("/v1/analyze", "POST", 200, 0.03)
    found = values(metrics)
    assert found["emovere_photos_total"] == 2
    assert found["emovere_faces_total"] == 3
    assert found["emovere_network_call_faces_sum"] == 3
    assert found['emovere_refused_total{reason="rate"}'] == 1
    assert found["emovere_photos_waiting"] == 5
    assert found["emovere_live_connections"] == 1
    assert found["emovere_live_frames_total"] == 1
    assert found['emovere_requests_total{method="POST",route="/v1/analyze",status="200"}'] == 1
    assert found['emovere_request_seconds_bucket{le="0.05",route="/v1/analyze"}'] == 1
    assert found['emovere_request_seconds_bucket{le="0.025",route="/v1/analyze"}'] == 0


def test_two_servers_in_one_process_count_apart():
    one, other = Metrics(), Metrics()
    one.photo(1)
    assert values(other)["emovere_photos_total"] == 0


def test_addresses_and_methods_of_clients_make_no_new_numbers():
    metrics = Metrics()

    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 404, "headers": []})

    async def send(message):
        pass

    async def work():
        for i in range(200):
            await Counted(app, metrics)({"type": "http", "method": f"BREW{i}", "path": f"/{i}"}, None, send)

    before = len(values(metrics))
    asyncio.run(work())
    found = values(metrics)
    assert found['emovere_requests_total{method="other",route="other",status="404"}'] == 200
    assert len(found) - before < 30


def test_an_app_that_breaks_counts_as_500():
    metrics = Metrics()

    async def app(scope, receive, send):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        asyncio.run(Counted(app, metrics)({"type": "http", "method": "GET", "path": "/"}, None, None))
    assert values(metrics)['emovere_requests_total{method="GET",route="other",status="500"}'] == 1


def test_processes_tell_the_numbers_of_all(tmp_path):
    script = (
        "import sys\n"
        "from emovere.web.metrics import Metrics\n"
        "metrics = Metrics()\n"
        "metrics.photo(2); metrics.waiting(1)\n"
        "if sys.argv[1] == 'ends': metrics.close()\n"
        "sys.stdout.buffer.write(metrics.text())\n"
    )
    env = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    for word in ("ends", "stays"):
        last = subprocess.run(
            [sys.executable, "-c", script, word], env=env, capture_output=True, check=True, timeout=60
        )
    assert b"emovere_photos_total 2.0" in last.stdout
    assert b"emovere_faces_total 4.0" in last.stdout
    assert b"emovere_photos_waiting 1.0" in last.stdout
