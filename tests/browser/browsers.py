"""A browser that is installed here, started so that it leaves nothing behind and reaches nothing outside."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import Any

NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "msedge",
    "microsoft-edge",
)
PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    "C:/Program Files/Google/Chrome/Application/chrome.exe",
    "C:/Program Files (x86)/Microsoft/Edge/Application/msedge.exe",
)

QUIET = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-domain-reliability",
    "--disable-sync",
    "--no-first-run",
    "--no-pings",
)
"""A browser asks its maker for this and that unless it is told not to."""


def installed() -> str | None:
    """Where a Chromium, Chrome or Edge lies; None where there is none."""
    found = (shutil.which(name) for name in NAMES)
    there = (place for place in PLACES if Path(place).exists())
    return next((path for path in (*found, *there) if path), None)


def launch(playwright: Any, home: Path, *, camera: Path | None = None, refuse: bool = False) -> Any:
    """A headless browser of playwright's. home: an empty folder of its own.

    camera: a Motion JPEG that it takes for its camera; None for a machine without one. refuse: whether every question
    for the camera is answered with no, instead of yes.
    """
    arguments = [*QUIET, "--disable-gpu"]
    if camera is not None:
        arguments += ["--use-fake-device-for-media-stream", f"--use-file-for-fake-video-capture={camera}"]
    arguments.append("--deny-permission-prompts" if refuse else "--use-fake-ui-for-media-stream")
    if sys.platform == "linux" and os.geteuid() == 0:
        arguments.append("--no-sandbox")
    env = {**os.environ, "HOME": str(home), "XDG_CONFIG_HOME": str(home), "XDG_CACHE_HOME": str(home)}
    return playwright.chromium.launch(executable_path=installed(), args=arguments, env=env)
