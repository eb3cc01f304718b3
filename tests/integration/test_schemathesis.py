"""The OpenAPI document and the server agree: schemathesis sends what the document allows, and what it does not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.serving import TOKEN, serving

HERE = Path(__file__).parent


@pytest.mark.timeout(280)
@pytest.mark.parametrize("token", ["", TOKEN], ids=["open", "with a token"])
def test_every_answer_is_declared_and_nothing_else_is_taken(tmp_path, token):
    """Six requests an operation of each sort, then requests that follow one another."""
    phases = "examples,coverage" if token else "examples,coverage,fuzzing,stateful"
    with serving(tmp_path, token=token) as server:
        words = ["--max-examples", "6", "--seed", "1", "--phases", phases, "--no-color", "--request-timeout", "30"]
        words += ["--header", f"Authorization: Bearer {token}"] if token else []
        words += ["--include-path-regex", "/v1/(analyze|models|settings)|/metrics|/healthz"] if token else []
        command = ["--config-file", str(HERE / "schemathesis.toml"), "run", f"{server.url}/openapi.json", *words]
        script = "import sys; from schemathesis.cli import schemathesis; sys.exit(schemathesis())"
        done = subprocess.run(
            [sys.executable, "-c", script, *command],
            cwd=tmp_path,
            env={**os.environ, "SCHEMATHESIS_HOOKS": str(HERE / "schemathesis_hooks.py")},
            capture_output=True,
            text=True,
            timeout=270,
            check=False,
        )
        assert server.ask("GET", "/healthz").status_code == 200
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr
    assert "Operations:" in done.stdout


def test_every_route_is_in_the_document(tmp_path):
    with serving(tmp_path) as server:
        document = server.ask("GET", "/openapi.json").json()
        metrics = server.ask("GET", "/metrics").text
    expected = {"/v1/analyze", "/v1/videos", "/v1/videos/{id}", "/v1/videos/{id}/events", "/v1/videos/{id}/result"}
    expected |= {"/v1/videos/{id}/timeline", "/v1/sessions", "/v1/sessions/{id}", "/v1/sessions/{id}/notes"}
    expected |= {"/v1/sessions/{id}/notes/{note}", "/v1/journal", "/v1/journal/trends", "/v1/journal/compare"}
    expected |= {"/v1/journal/export", "/v1/models", "/v1/settings", "/healthz", "/metrics"}
    assert set(document["paths"]) == expected
    for path, operations in document["paths"].items():
        for operation in operations.values():
            assert {"403", "422"} <= set(operation["responses"]), path
            for status, response in operation["responses"].items():
                kinds = set(response.get("content", {}))
                assert (int(status) < 400) or kinds == {"application/problem+json"}, (path, status)
    assert "emovere_requests_total" in metrics
