"""How often one client may ask: a token bucket for each address."""

from __future__ import annotations

import ipaddress
import math
import time
from collections.abc import Callable

from fastapi import Request

from emovere.web.problems import ApiProblem, problems

REMEMBERED = 10_000
"""Addresses that are kept apart; when there are more, those that have their bucket full again are forgotten."""


class Rate:
    """Lets each address do so many things a second, and twice as many at once."""

    def __init__(self, per_second: float, clock: Callable[[], float] = time.monotonic) -> None:
        """per_second: 0 for no limit."""
        self._per_second = per_second
        self._burst = max(1.0, 2 * per_second)
        self._clock = clock
        self._buckets: dict[str, tuple[float, float]] = {}

    def take(self, address: str) -> float:
        """Take one thing: 0, or the seconds to wait before there is one again."""
        if not self._per_second:
            return 0.0
        now, key = self._clock(), _who(address)
        left, at = self._buckets.get(key, (self._burst, now))
        left = min(self._burst, left + (now - at) * self._per_second)
        if left < 1:
            return (1 - left) / self._per_second
        if len(self._buckets) >= REMEMBERED:
            self._forget(now)
        self._buckets[key] = (left - 1, now)
        return 0.0

    def _forget(self, now: float) -> None:
        filled_s = self._burst / self._per_second
        self._buckets = {key: (left, at) for key, (left, at) in self._buckets.items() if now - at < filled_s}


def _who(address: str) -> str:
    """One household's addresses count as one: of IPv6, the first 64 bits."""
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return address
    return address if known.version == 4 else str(ipaddress.ip_network((known, 64), strict=False))


async def limited(request: Request) -> None:
    """A route's dependency: raises ApiProblem 429 for a client that asks too often."""
    service = request.app.state.service
    wait_s = service.rate.take(request.client.host if request.client else "")
    if wait_s:
        per_second = service.settings.limits.rate
        service.metrics.refused("rate")
        raise ApiProblem(
            429,
            "Too often",
            f"expected at most {per_second:g} uploads a second from one address; wait and try again",
            {"Retry-After": str(math.ceil(wait_s))},
        )


LIMITED = problems(429)
"""For ``responses=`` of a route that depends on ``limited``."""
