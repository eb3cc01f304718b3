"""``emovere serve``: what the command makes of its options, and what it refuses."""

from __future__ import annotations

import pytest
import typer
from typer.testing import CliRunner, Result

from emovere.cli.serve import serve
from emovere.errors import EmovereError
from emovere.web import running
from emovere.web.settings import Limits, ServeSettings

app = typer.Typer()
app.command()(serve)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["--port", "0", "--detector", "haar", *arguments], env={"EMOVERE_TOKEN": ""})


@pytest.fixture
def told(monkeypatch) -> list[ServeSettings]:
    """The settings that servers were started with; each says that it is ready and ends."""
    settings: list[ServeSettings] = []

    def serve(wanted: ServeSettings, ready) -> None:
        settings.append(wanted)
        ready("http://127.0.0.1:1234/")

    monkeypatch.setattr(running, "serve", serve)
    return settings


def test_by_itself_it_serves_this_machine_alone(told):
    done = CliRunner().invoke(app, [], env={"EMOVERE_TOKEN": ""})
    assert told == [ServeSettings()]
    assert (told[0].host, told[0].port, told[0].token, told[0].workers) == ("127.0.0.1", 8765, "", 1)
    assert done.stdout == "http://127.0.0.1:1234/\n"
    assert "Ctrl-C" in done.stderr


def test_every_option_arrives(told):
    words = [
        "--workers",
        "3",
        "--token",
        "abc",
        "--journal",
        "x.db",
        "--kiosk",
        "--proxy",
        "10.0.0.1",
        "--labels",
        "happy,sad",
        "--quiet",
    ]
    words += ["--model", "nano", "--set", "limits.rate=7", "--set", "detect.size=320", "--set", "limits.videos=1"]
    done = run(*words)
    (wanted,) = told
    assert (wanted.workers, wanted.token, wanted.journal, wanted.kiosk) == (3, "abc", "x.db", True)
    assert (wanted.proxy, wanted.labels, wanted.options.classify.model) == ("10.0.0.1", "happy,sad", "nano")
    assert wanted.options.detect.name == "haar"
    assert wanted.options.detect.size == 320
    assert wanted.limits == Limits(rate=7.0, videos=1)
    assert done.stderr == ""


def test_each_made_token_is_another(told):
    printed = [run("--host", "0.0.0.0").stdout for _ in range(2)]
    assert [f"http://127.0.0.1:1234/#token={one.token}\n" for one in told] == printed
    assert told[0].token != told[1].token


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("--host", "203.0.113.7"), "cannot be served: cannot assign requested address"),
        (("--host", "no such host"), "expected an address of this machine; got 'no such host'"),
        (("--set", "limits.rate=fast"), "rate: expected float; got 'fast'"),
        (("--set", "limits.queue=0"), "limits.queue: expected at least 1; got 0"),
        (("--set", "detect.sise=3"), "unknown option 'detect.sise'"),
        (("--set", "limits"), "expected key=value"),
        (("--labels", "happy"), "at least two"),
        (("--model", "lite"), "did you mean 'light'?"),
        (("--detector", "yunett"), "did you mean 'yunet'?"),
        (("--detector", "yunet"), "yunet is not here and EMOVERE_OFFLINE is set"),
        (("--token", "two words"), "without spaces"),
    ],
)
def test_what_cannot_be_served_is_told(arguments, word):
    done = run(*arguments)
    assert isinstance(done.exception, EmovereError)
    assert word in str(done.exception)
    assert done.stdout == ""


@pytest.mark.parametrize("arguments", [("--port", "70000"), ("--workers", "0"), ("--port", "http"), ("extra",)])
def test_what_is_not_understood_is_told(arguments):
    assert run(*arguments).exit_code == 2
