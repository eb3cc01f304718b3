"""robots.txt as RFC 9309 reads it: groups by user agent, the longest rule wins, ``*`` and ``$`` in paths."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote, unquote_to_bytes

AGENT = "emovere"
"""The name that a robots.txt may address us by."""
MOST_BYTES = 500 * 1024
"""Of a robots.txt that are read (RFC 9309, 2.5)."""


@dataclass(frozen=True)
class Robots:
    """What a host allows."""

    rules: tuple[tuple[str, bool], ...] = ()
    """Path patterns, and whether each allows."""
    delay_s: float = 0.0
    """Crawl-delay: seconds between questions that the host asks for."""

    def allows(self, path: str) -> bool:
        """Whether a path with its query may be asked for. The longest rule that matches decides, Allow at a tie."""
        here = _plain(path or "/")
        best = max(
            ((len(pattern), allow) for pattern, allow in self.rules if _matches(pattern, here)), default=(0, True)
        )
        return best[1]


def read_robots(text: str, agent: str = AGENT) -> Robots:
    """The rules of a robots.txt that address ``agent``, else those for everybody."""
    groups: dict[str, list[tuple[str, str]]] = {}
    current: list[str] = []
    in_rules = False
    for line in text.lstrip("\ufeff").splitlines():
        key, _, value = (part.strip() for part in line.partition("#")[0].partition(":"))
        key = key.lower()
        if key == "user-agent":
            name = value.partition("/")[0].strip().lower()
            current = [*([] if in_rules else current), name]
            in_rules = False
            groups.setdefault(name, [])
        elif key in ("allow", "disallow", "crawl-delay"):
            in_rules = True
            for name in current:
                groups[name].append((key, value))
    lines = groups.get(agent.lower(), groups.get("*", []))
    rules = tuple((_plain(value), key == "allow") for key, value in lines if key != "crawl-delay" and value)
    delays = [float(value) for key, value in lines if key == "crawl-delay" and re.fullmatch(r"\d{1,6}(\.\d+)?", value)]
    return Robots(rules, max(delays, default=0.0))


def _plain(path: str) -> str:
    """One way to write a path: what may stand as it is unescaped, anything else escaped."""
    return quote(unquote_to_bytes(path.replace("%2F", "%252F").replace("%2f", "%252F")), safe="/*$?=&%;:@!'(),+~[]#")


def _matches(pattern: str, path: str) -> bool:
    """Whether a path begins as the pattern says, found part by part: no expression that could take for ever."""
    ends = pattern.endswith("$")
    first, *others = (pattern[:-1] if ends else pattern).split("*")
    if not path.startswith(first):
        return False
    at = len(first)
    for place, part in enumerate(others, 1):
        if ends and place == len(others):
            return len(path) - len(part) >= at and path.endswith(part)
        found = path.find(part, at)
        if found < 0:
            return False
        at = found + len(part)
    return not ends or at == len(path)
