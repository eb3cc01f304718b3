"""Times as people write them: 0.2s, 90, 1:30, 1:02:03.5, 5min."""

from __future__ import annotations

import re

from emovere.errors import ConfigError

_UNITS = {"": 1.0, "s": 1.0, "ms": 0.001, "m": 60.0, "min": 60.0, "h": 3600.0}
_AMOUNT = re.compile(r"(\d+(?:\.\d+)?|\.\d+)\s*([a-z]*)")
_CLOCK = re.compile(r"(?:(\d+):)?(\d+):(\d{1,2}(?:\.\d+)?)")


def seconds(option: str, text: str) -> float:
    """The seconds that a text names. Raises ConfigError, which names the option."""
    clock = _CLOCK.fullmatch(text.strip())
    if clock:
        hours, minutes, rest = clock.groups()
        return 3600 * int(hours or 0) + 60 * int(minutes) + float(rest)
    amount = _AMOUNT.fullmatch(text.strip().lower())
    if not amount or amount[2] not in _UNITS:
        raise ConfigError(f"{option}: expected a time such as 0.2s, 90 or 1:30; got {text!r}")
    return float(amount[1]) * _UNITS[amount[2]]
