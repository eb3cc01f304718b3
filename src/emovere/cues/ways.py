"""The ways in which a cue can be told here: programs that speak, programs that play, the terminal."""

from __future__ import annotations

import contextlib
import importlib
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol, TypeAlias

from emovere.cues.cue import Cue
from emovere.cues.tones import wav
from emovere.errors import OutputError

Run: TypeAlias = Callable[[Sequence[str], str], float]
"""Runs arguments with a text on standard input, and returns the seconds it took; see ``programs.Runner.run``."""

SHORTEST_SPEECH_S = 0.2
"""Nobody says ``looks happy`` in less."""

SPEAK_WINDOWS = (
    "[Console]::InputEncoding = [Text.Encoding]::UTF8; Add-Type -AssemblyName System.Speech;"
    " (New-Object System.Speech.Synthesis.SpeechSynthesizer).Speak([Console]::In.ReadToEnd())"
)


class Way(Protocol):
    """One way to tell a cue."""

    @property
    def name(self) -> str:
        """For people: ``speech by espeak-ng``."""

    def tell(self, cue: Cue, run: Run) -> None:
        """Tell it, and return when it has been told. Raises OutputError where it could not be."""

    def close(self) -> None:
        """Leave nothing behind."""


@dataclass(frozen=True)
class Speech:
    """A program that reads the text from its standard input, so that no word can be an option."""

    program: str
    arguments: tuple[str, ...]
    as_argument: bool = False
    """The text stands behind the arguments instead, which must end with ``--``."""
    honest: bool = True
    """Whether its exit status tells that it could not speak."""

    @property
    def name(self) -> str:
        """``speech by espeak-ng``."""
        return f"speech by {Path(self.program).stem}"

    def tell(self, cue: Cue, run: Run) -> None:
        """Speak to the end."""
        if self.as_argument:
            took_s = run([self.program, *self.arguments, cue.text], "")
        else:
            took_s = run([self.program, *self.arguments], cue.text)
        if not self.honest and took_s < SHORTEST_SPEECH_S:
            raise OutputError(f"{self.name} ended after {took_s:.2f} s without a word; is there a sound device?")

    def close(self) -> None:
        """Nothing is left."""


class Tones:
    """A program that plays a WAV file; the files stand in a folder of their own until the end."""

    def __init__(self, program: str, arguments: tuple[str, ...] = ()) -> None:
        self._command = (program, *arguments)
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._files: dict[Cue, Path] = {}

    @property
    def name(self) -> str:
        """``tones by aplay``."""
        return f"tones by {Path(self._command[0]).stem}"

    def tell(self, cue: Cue, run: Run) -> None:
        """Play to the end."""
        run([*self._command, str(self._file(cue))], "")

    def close(self) -> None:
        """Remove the files."""
        if self._folder is not None:
            self._folder.cleanup()

    def _file(self, cue: Cue) -> Path:
        if cue not in self._files:
            try:
                self._folder = self._folder or tempfile.TemporaryDirectory(
                    prefix="emovere-", ignore_cleanup_errors=True
                )
                path = Path(self._folder.name) / f"{len(self._files)}.wav"
                path.write_bytes(wav(cue))
            except OSError as error:
                raise OutputError(f"tones cannot be written: {error.strerror or error}") from error
            self._files[cue] = path
        return self._files[cue]


class WindowsTones:
    """Windows's own player, in this process."""

    name = "tones by winsound"

    def tell(self, cue: Cue, run: Run) -> None:
        """Play to the end, which is soon."""
        try:
            winsound = importlib.import_module("winsound")
            winsound.PlaySound(wav(cue), winsound.SND_MEMORY)
        except (ImportError, RuntimeError) as error:
            raise OutputError(f"{self.name} failed: {error}") from error

    def close(self) -> None:
        """Nothing is left."""


class Terminal:
    """The bell, where stderr is a terminal, and the words as a line, for braille displays and screen readers."""

    name = "the terminal's bell and a line of text"

    def __init__(self, file: IO[str] | None = None) -> None:
        self._file = file

    def tell(self, cue: Cue, run: Run) -> None:
        """Write to stderr, or nowhere where there is none."""
        file = self._file or sys.stderr
        with contextlib.suppress(OSError, ValueError, AttributeError):
            file.write(("\a" if file.isatty() else "") + f"emovere: {cue.text}\n")
            file.flush()

    def close(self) -> None:
        """Nothing is left."""


def speech(platform: str = sys.platform) -> list[Way]:
    """The programs that speak and are here, the preferred one first."""
    if platform == "win32":
        # never by a search, which on Windows begins in the working folder
        program = Path(os.environ.get("SYSTEMROOT", r"C:\Windows"), "System32/WindowsPowerShell/v1.0/powershell.exe")
        arguments = ("-NoProfile", "-NonInteractive", "-Command", SPEAK_WINDOWS)
        return [Speech(str(program), arguments)] if program.is_file() else []
    known: list[tuple[str, Callable[[str], Way]]] = [
        ("say", lambda path: Speech(path, ())),
        ("spd-say", lambda path: Speech(path, ("--wait", "--language", "en", "--"), as_argument=True)),
        # espeak ends with 0 although no sound device was found
        ("espeak-ng", lambda path: Speech(path, ("-v", "en", "--stdin"), honest=False)),
        ("espeak", lambda path: Speech(path, ("-v", "en", "--stdin"), honest=False)),
    ]
    # what is called say elsewhere is another program
    return _found(known[:1] if platform == "darwin" else known[1:])


def tones(platform: str = sys.platform) -> list[Way]:
    """The programs that play a WAV file and are here, the preferred one first."""
    if platform == "win32":
        return [WindowsTones()]
    if platform == "darwin":
        return _found([("afplay", Tones)])
    return _found([("paplay", Tones), ("pw-play", Tones), ("aplay", lambda path: Tones(path, ("-q",)))])


def _found(known: Sequence[tuple[str, Callable[[str], Way]]]) -> list[Way]:
    return [make(path) for name, make in known if (path := shutil.which(name))]
