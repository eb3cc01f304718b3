"""The processes of a server or a cluster under test, by Linux's /proc."""

from __future__ import annotations

import contextlib
from pathlib import Path


def processes_of(folder: Path, name: str = "") -> dict[int, str]:
    """Ids and command lines of what has a folder as TMPDIR, and of all children; name: what the line must hold.

    Children are asked for as well, since a process of Ray that gives itself a title writes it over its environment.
    """
    parents, ours = {}, set()
    for one in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            parents[int(one.name)] = int((one / "stat").read_text().rpartition(")")[2].split()[1])
            if f"TMPDIR={folder}".encode() in (one / "environ").read_bytes().split(b"\0"):
                ours.add(int(one.name))
    while more := {pid for pid, parent in parents.items() if parent in ours} - ours:
        ours |= more
    lines = {}
    for pid in ours:
        with contextlib.suppress(OSError):
            lines[pid] = (Path("/proc") / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode().strip()
    return {pid: line for pid, line in lines.items() if line and name in line}
