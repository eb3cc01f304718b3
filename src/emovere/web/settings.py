"""Everything that a server is told when it starts."""

from __future__ import annotations

import dataclasses
import ipaddress
from dataclasses import dataclass, field
from typing import Any

from emovere import config
from emovere.config import Options
from emovere.errors import ConfigError


@dataclass(frozen=True)
class Limits:
    """What a server takes from its clients."""

    bytes: int = 25_000_000
    """Of a photo."""
    pixels: int = 50_000_000
    """Of a photo or a frame; larger ones are refused before they are decoded."""
    video_bytes: int = 2_000_000_000
    """Of a video."""
    video_seconds: float = 14_400.0
    """Of a video: four hours."""
    videos: int = 2
    """Videos that are looked at at once."""
    videos_waiting: int = 8
    """Videos that wait for their turn."""
    live: int = 8
    """Live connections at once."""
    live_frame_bytes: int = 4_000_000
    """Of one frame of a live connection."""
    rate: float = 50.0
    """Uploads a second of one client's address; 0 for no limit."""
    queue: int = 64
    """Photos that are being looked at or wait for it."""
    upload_seconds: float = 60.0
    """Seconds in which a photo must arrive, and the longest pause within an upload."""

    def __post_init__(self) -> None:
        for name, value in dataclasses.asdict(self).items():
            least = 0 if name in ("rate", "videos_waiting") else 1
            if not value >= least:
                raise ConfigError(f"limits.{name}: expected at least {least}; got {value:g}")


@dataclass(frozen=True)
class ServeSettings:
    """One server. Raises ConfigError where it would be open to everybody without a token."""

    host: str = "127.0.0.1"
    port: int = 8765
    token: str = ""
    """What clients have to name; empty for no token, which only a loopback address may go without."""
    workers: int = 1
    """Processes."""
    journal: str | None = None
    """Where the journal lies: a path or a URL; None for its usual place."""
    kiosk: bool = False
    """Whether ``/`` shows the kiosk's view."""
    proxy: str = ""
    """Address of the proxy in front, whose word on the clients' addresses is taken; empty for none."""
    batch: bool = True
    """Whether the faces of all waiting photos go through the network together. False is for comparison: each photo by
    itself, one call of the network a face."""
    options: Options = field(default_factory=Options)
    limits: Limits = field(default_factory=Limits)

    def __post_init__(self) -> None:
        if not self.token and not is_loopback(self.host):
            raise ConfigError(
                f"{self.host}: other machines could reach this server; expected a token, got none: give --token"
            )
        if self.token and not (self.token.isascii() and self.token.isprintable() and " " not in self.token):
            raise ConfigError("--token: expected ASCII letters, digits and signs without spaces")

    @property
    def labels(self) -> str:
        """The labels of requests that name none."""
        return self.options.classify.labels

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return config.to_dict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> ServeSettings:
        """The inverse of ``to_dict``. Raises ConfigError."""
        return config.from_dict(cls, data)


def is_loopback(host: str) -> bool:
    """Whether only programs on this machine reach a host of that name."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
