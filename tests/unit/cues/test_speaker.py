"""Speaking with programs that record, hang or fail."""

import ast
import io
import os
import sys
import time
import types
import wave
from pathlib import Path

import pytest

from emovere.cues import ways
from emovere.cues.cue import Cue
from emovere.cues.speaker import Speaker, find_speaker
from emovere.errors import ConfigError

pytestmark = [
    pytest.mark.timeout(60),
    pytest.mark.skipif(os.name != "posix", reason="the stand-ins are scripts with a first line for POSIX"),
]

SAD = Cue("sad", 2)


def told(path):
    return [ast.literal_eval(line) for line in path.read_text().splitlines()] if path.exists() else []


def wait_for(condition, seconds=20):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return
        time.sleep(0.02)
    raise AssertionError("it did not happen in time")


def say(speaker, cue=SAD):
    """Tell a cue to its end."""
    assert speaker.tell(cue)
    speaker._thread.join(30)
    assert not speaker._thread.is_alive()


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z" if Path("/proc").exists() else True


@pytest.fixture(autouse=True)
def a_busy_machine(monkeypatch):
    """Programs may be slow to start without a cue being let go."""
    monkeypatch.setattr("emovere.cues.speaker.FRESH_S", 30.0)


@pytest.fixture
def notes():
    return []


@pytest.fixture
def found(notes, monkeypatch):
    """A speaker that is closed at the end."""
    made = []

    def find(kind="voice", platform="linux", limit_s=None):
        speaker = find_speaker(kind, platform=platform, note=notes.append)
        if limit_s is not None:
            speaker._runner._limit_s = limit_s
        made.append(speaker)
        return speaker

    yield find
    for speaker in made:
        speaker.close()


@pytest.mark.parametrize(
    ("program", "platform", "expected"),
    [
        ("spd-say", "linux", (["--wait", "--language", "en", "--", "person 2 looks sad"], "")),
        ("espeak-ng", "linux", (["-v", "en", "--stdin"], "person 2 looks sad")),
        ("espeak", "linux", (["-v", "en", "--stdin"], "person 2 looks sad")),
        ("say", "darwin", ([], "person 2 looks sad")),
    ],
)
def test_each_program_gets_the_words(programs, found, notes, program, platform, expected):
    record = programs(program, seconds=0.3)
    say(found(platform=platform))
    assert told(record) == [expected]
    assert notes == []


def test_the_preferred_program_speaks_alone(programs, found):
    first, second = programs("spd-say"), programs("espeak-ng", seconds=0.3)
    say(found())
    assert len(told(first)) == 1
    assert told(second) == []


def test_windows_speaks_through_powershell_which_reads_the_words(programs, found, tmp_path, monkeypatch):
    monkeypatch.setenv("SYSTEMROOT", str(tmp_path / "Windows"))
    record = programs("powershell.exe")
    target = tmp_path / "Windows/System32/WindowsPowerShell/v1.0/powershell.exe"
    target.parent.mkdir(parents=True)
    (tmp_path / "programs/powershell.exe").rename(target)
    say(found(platform="win32"), Cue("'; Remove-Item x"))
    ((arguments, text),) = told(record)
    assert arguments == ["-NoProfile", "-NonInteractive", "-Command", ways.SPEAK_WINDOWS]
    assert text == "looks Remove Item x"


def test_say_elsewhere_is_another_program(programs, found, notes):
    record = programs("say")
    say(found(platform="linux"))
    assert told(record) == []
    assert len(notes) == 1


@pytest.mark.parametrize("label", ["-w /tmp/x", "$(touch x)", "`id`", "; ls", "--help\n-x", "\x00"])
def test_a_label_is_no_option_and_no_command(programs, found, label):
    record = programs("spd-say")
    say(found(), Cue(label))
    ((arguments, _),) = told(record)
    assert arguments[:4] == ["--wait", "--language", "en", "--"]
    assert arguments[4].startswith("looks ")
    assert all(word.isalnum() for word in arguments[4].split(" "))
    assert len(arguments) == 5


def test_telling_returns_at_once_and_is_refused_while_something_is_told(programs, found):
    record = programs("spd-say", seconds=1.0)
    speaker = found()
    started = time.perf_counter()
    assert speaker.tell(SAD)
    refused = [speaker.tell(Cue("happy")) for _ in range(100)]
    assert time.perf_counter() - started < 0.5
    assert not any(refused)
    speaker._thread.join(30)
    say(speaker, Cue("happy"))
    assert [arguments[-1] for arguments, _ in told(record)] == ["person 2 looks sad", "looks happy"]


def test_a_program_that_hangs_is_ended_and_left(programs, found, notes, capsys):
    programs("spd-say", seconds=1000)
    second = programs("espeak-ng", seconds=0.3)
    speaker = found(limit_s=2.5)
    started = time.monotonic()
    say(speaker)
    assert time.monotonic() - started < 20
    assert notes == ["spd-say did not end within 2.5 s: going on with speech by espeak-ng"]
    say(speaker, Cue("happy"))
    assert [text for _, text in told(second)][-1] == "looks happy"


def test_a_cue_that_was_held_up_is_let_go(programs, found, monkeypatch):
    monkeypatch.setattr("emovere.cues.speaker.FRESH_S", 0.2)
    programs("spd-say", seconds=1000)
    second = programs("espeak-ng", seconds=0.3)
    speaker = found(limit_s=0.5)
    say(speaker)
    assert told(second) == []


def test_closing_ends_the_program_and_what_it_started(programs, found, tmp_path):
    child = tmp_path / "child"
    body = "import subprocess; p = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(1000)'])\n"
    body += f"open({str(child)!r}, 'w').write(f'{{os.getpid()}} {{p.pid}}\\n'); time.sleep(1000)"
    programs("spd-say", body)
    speaker = found(limit_s=900)
    assert speaker.tell(SAD)
    wait_for(lambda: child.exists() and child.read_text().endswith("\n"))
    started = time.monotonic()
    speaker.close()
    assert time.monotonic() - started < 3
    wait_for(lambda: not any(alive(int(pid)) for pid in child.read_text().split()))
    assert not speaker._thread.is_alive()
    assert not speaker.tell(SAD)


def test_closing_twice_or_before_anything_was_told_is_fine(programs, found):
    programs("spd-say")
    speaker = found()
    speaker.close()
    speaker.close()
    assert not speaker.tell(SAD)


def test_closing_tells_of_no_failure(programs, found, notes):
    record = programs("spd-say", seconds=1000)
    speaker = found()
    speaker.tell(SAD)
    wait_for(record.exists)
    speaker.close()
    assert notes == []


def test_a_program_that_fails_gives_way_to_the_next_which_tells_the_same_cue(programs, found, notes):
    programs("spd-say", "sys.exit(3)")
    played = programs("aplay")
    speaker = found()
    say(speaker)
    assert notes == ["spd-say failed (exit status 3): going on with tones by aplay"]
    ((arguments, _),) = told(played)
    assert arguments[0] == "-q"
    say(speaker)
    assert len(told(played)) == 2
    assert len(notes) == 1


def test_a_program_that_cannot_be_started_gives_way(programs, found, notes, tmp_path):
    programs("spd-say")
    (tmp_path / "programs/spd-say").write_text("#!/nowhere/at/all\n")
    second = programs("espeak-ng", seconds=0.3)
    say(found())
    assert len(told(second)) == 1
    assert notes[0].startswith("spd-say cannot be started: ")


def test_espeak_that_ends_before_it_could_have_spoken_gives_way(programs, found, notes, monkeypatch):
    # without a sound device it ends at once, and with 0; how soon depends on the machine
    monkeypatch.setattr(ways, "SHORTEST_SPEECH_S", 30.0)
    programs("espeak-ng")
    played = programs("aplay")
    say(found())
    assert len(told(played)) == 1
    assert "without a word" in notes[0]


def test_a_program_that_does_not_read_is_no_failure(programs, found, notes, tmp_path):
    (tmp_path / "programs/spd-say").write_text("#!/bin/sh\nexec 0<&-\n")
    (tmp_path / "programs/spd-say").chmod(0o755)
    say(found())
    assert notes == []


def test_tones_are_wav_files_that_are_gone_at_the_end(programs, found, tmp_path):
    copies = tmp_path / "copies"
    copies.mkdir()
    body = f"import shutil; shutil.copy(sys.argv[-1], {str(copies)!r} + '/' + str(time.monotonic_ns()) + '.wav')"
    record = programs("paplay", body)
    speaker = found("tones")
    for emotion in ("happy", "sad", "happy"):
        say(speaker, Cue(emotion))
    heard = [path.read_bytes() for path in sorted(copies.iterdir())]
    assert heard[0] == heard[2] != heard[1]
    with wave.open(io.BytesIO(heard[0])) as file:
        assert file.getnframes() > 1000
    paths = [Path(arguments[0]) for arguments, _ in told(record)]
    assert paths[0].is_absolute()
    assert paths[0].exists()
    speaker.close()
    assert not any(path.exists() or path.parent.exists() for path in paths)


def test_macos_plays_with_afplay(programs, found):
    record = programs("afplay")
    say(found("tones", platform="darwin"))
    assert len(told(record)) == 1


def test_windows_plays_in_this_process(found, notes, monkeypatch):
    played = []
    fake = types.ModuleType("winsound")
    fake.SND_MEMORY = 4
    fake.PlaySound = lambda data, flags: played.append((data[:4], flags))
    monkeypatch.setitem(sys.modules, "winsound", fake)
    say(found("tones", platform="win32"))
    assert played == [(b"RIFF", 4)]

    def fails(data, flags):
        raise RuntimeError("Failed to play sound")

    fake.PlaySound = fails
    say(found("tones", platform="win32"))
    assert notes == ["tones by winsound failed: Failed to play sound: going on with " + ways.Terminal.name]


def test_with_no_program_at_all_the_words_are_written_and_one_line_says_so(programs, found, notes, capsys):
    speaker = found()
    say(speaker)
    say(speaker, Cue("fear"))
    assert notes == [f"no program that speaks was found: cues come as {ways.Terminal.name}"]
    assert capsys.readouterr().err == "emovere: person 2 looks sad\nemovere: looks afraid\n"


def test_on_a_terminal_the_bell_rings():
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    terminal = Terminal()
    ways.Terminal(terminal).tell(SAD, None)
    assert terminal.getvalue() == "\aemovere: person 2 looks sad\n"
    terminal.close()
    ways.Terminal(terminal).tell(SAD, None)


def test_a_way_is_lost_only_for_reasons_that_are_told(programs, notes):
    programs("nothing")
    speaker = Speaker([ways.Speech("/nowhere/spd-say", ())], note=notes.append)
    say(speaker)
    say(speaker)
    assert notes == ["spd-say cannot be started: No such file or directory: going on with no cues"]
    speaker.close()


def test_an_unknown_kind_is_named():
    with pytest.raises(ConfigError, match="unknown kind of cue 'voise'; did you mean 'voice'"):
        find_speaker("voise")


def test_the_line_goes_to_stderr(programs, capsys):
    programs("nothing")
    find_speaker(platform="linux").close()
    captured = capsys.readouterr()
    assert captured.err.startswith("emovere: no program that speaks was found")
    assert captured.out == ""
