"""Asking hosts over HTTP: politely, under limits, and never an address that is not public."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import email.utils
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpcore
import httpx
import stamina

from emovere.datasets.collect.addresses import CheckedBackend
from emovere.datasets.collect.options import FetchOptions
from emovere.datasets.collect.pace import Pace, host_of
from emovere.datasets.collect.robots import MOST_BYTES, Robots, read_robots
from emovere.datasets.collect.unpack import unpacked
from emovere.datasets.collect.verdicts import Failed, Refused
from emovere.errors import DatasetError
from emovere.sources.names import without_password
from emovere.version import __version__

HOPS = 5
"""Redirects that are followed, one after the other."""
MOST_JSON = 10_000_000
"""Bytes of an API's answer."""

_MOVED = (301, 302, 303, 307, 308)
_LATER = (408, 425, 429, 500, 502, 503, 504)
_NO_PICTURE = ("text/", "audio/", "video/", "application/json", "application/xhtml", "application/xml")


@dataclass(frozen=True)
class _Answer:
    """What a host said: a body, or where to ask instead."""

    status: int
    body: bytes
    moved_to: str


class Client:
    """Asks for pictures and for the answers of APIs. No cookies, no proxies, no passwords. Close it with ``aclose``."""

    def __init__(self, options: FetchOptions, pace: Pace) -> None:
        self._options, self.pace = options, pace
        contact = options.contact or "no contact given"
        self._agent = f"emovere/{__version__} (collects pictures of faces for research; {contact})"
        self._robots: dict[str, asyncio.Task[Robots]] = {}
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=httpx.create_ssl_context(),
            max_connections=options.connections + 1,
            keepalive_expiry=10.0,
            network_backend=CheckedBackend(private=options.private),
        )

    async def aclose(self) -> None:
        """Close every connection."""
        for task in self._robots.values():
            task.cancel()
        await asyncio.gather(*self._robots.values(), return_exceptions=True)
        await self._pool.aclose()

    async def picture(self, url: str, look: Callable[[bytes], object]) -> bytes:
        """The bytes behind an address, at most ``max_bytes``. look: is shown the beginning, and may refuse it.

        Redirects are followed; each host on the way is asked for its robots.txt. Raises Refused and Failed.
        """
        here = plain_url(url)
        for _ in range(HOPS + 1):
            await self._check_robots(here)
            answer = await self._asked(here, {"Accept": "image/*"}, self._options.max_bytes, look=look)
            if not answer.moved_to:
                return answer.body
            here = plain_url(_joined(here, answer.moved_to))
        raise Refused("redirects", f"more than {HOPS} one after the other")

    async def json(self, endpoint: str, parameters: Mapping[str, str], headers: Mapping[str, str]) -> Any:
        """The answer of an API. Raises DatasetError, whose message names neither parameters nor headers."""
        shown = without_password(endpoint)
        try:
            url = plain_url(endpoint).copy_merge_params(dict(parameters))
            answer = await self._asked(
                url, {"Accept": "application/json", "Accept-Encoding": "gzip", **headers}, MOST_JSON
            )
            if answer.moved_to:
                raise Refused("redirects", "the API has moved; name its new address")
            return json.loads(answer.body)
        except (ValueError, RecursionError) as error:
            raise DatasetError(f"{shown}: expected an answer in JSON; got something else") from error
        except (Refused, Failed) as error:
            hint = "; check the key and the endpoint" if "401" in error.reason or "403" in error.reason else ""
            raise DatasetError(f"{shown}: {error}{hint}") from error

    async def _asked(
        self,
        url: httpx.URL,
        headers: Mapping[str, str],
        most: int,
        *,
        look: Callable[[bytes], object] | None = None,
        cut: bool = False,
    ) -> _Answer:
        """An answer, asked for again where that may help. Raises Refused and Failed."""
        host = host_of(str(url))
        options = self._options
        try:
            async for attempt in stamina.retry_context(
                on=_pause_before_next,
                attempts=options.attempts,
                timeout=None,
                wait_initial=options.pause,
                wait_max=options.longest_pause,
                wait_jitter=options.pause / 2,
            ):
                with attempt:
                    await self.pace.turn(host)
                    answer = await self._once(url, headers, most, look, cut=cut)
        except Failed as failed:
            if failed.reason != "host left alone":
                self.pace.failed(host, str(failed), leave=failed.leave)
            raise
        except Refused:
            self.pace.went_well(host)
            raise
        self.pace.went_well(host)
        return answer

    async def _once(
        self,
        url: httpx.URL,
        headers: Mapping[str, str],
        most: int,
        look: Callable[[bytes], object] | None,
        *,
        cut: bool,
    ) -> _Answer:
        timeout = self._options.timeout
        asked = list({"Accept-Encoding": "identity", **headers, "User-Agent": self._agent}.items())
        limits = dict.fromkeys(("connect", "read", "write"), timeout)
        plain = url.copy_with(fragment=None)
        try:
            async with (
                asyncio.timeout(self._options.longest),
                self._pool.stream("GET", str(plain), headers=asked, extensions={"timeout": limits}) as answer,
            ):
                said = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in answer.headers}
                self._check_status(answer.status, said, host_of(str(url)))
                if answer.status in _MOVED:
                    return _Answer(answer.status, b"", said.get("location", ""))
                if look is not None:
                    _check_head(said, most)
                packing = said.get("content-encoding", "")
                chunks = answer.aiter_stream()
                return _Answer(answer.status, await unpacked(chunks, packing, most, look=look, cut=cut), "")
        except TimeoutError as error:
            raise Failed("timed out", f"an answer took more than {self._options.longest:g} s", again=False) from error
        except httpcore.TimeoutException as error:
            raise Failed("timed out", f"nothing came for {timeout:g} s") from error
        except httpcore.UnsupportedProtocol as error:
            raise Refused("address", "expected http:// or https://") from error
        except httpcore.RemoteProtocolError as error:
            cut_off = "without sending complete" in str(error) or "disconnected" in str(error)
            raise Failed(
                "cut off" if cut_off else "no HTTP", "" if cut_off else "answers as no web server does"
            ) from error
        except (httpcore.NetworkError, httpcore.ProtocolError) as error:
            if "CERTIFICATE_VERIFY_FAILED" in str(error):
                raise Refused("certificate", "is not trusted; SSL_CERT_FILE= names one to trust") from error
            raise Failed("no connection" if isinstance(error, httpcore.ConnectError) else "cut off") from error

    def _check_status(self, status: int, said: Mapping[str, str], host: str) -> None:
        if status in _LATER or said.get("mediawiki-api-error") in ("maxlag", "ratelimited"):
            after = seconds_of(said.get("retry-after", ""))
            if after is not None and after > self._options.longest_pause:
                raise Failed(f"status {status}", f"asks to wait {after:,.0f} s", leave=True)
            if after is not None:
                self.pace.rest(host, after)
            raise Failed(f"status {status}", after=after)
        if status in _MOVED and said.get("location"):
            return
        if status != 200:
            raise Refused(f"status {status}")

    async def _check_robots(self, url: httpx.URL) -> None:
        if not self._options.robots:
            return
        root = url.copy_with(raw_path=b"/robots.txt", fragment=None)
        key = str(root)
        task = self._robots.get(key)
        if task is None or (task.done() and (task.cancelled() or task.exception() is not None)):
            task = self._robots[key] = asyncio.ensure_future(self._read_robots(root))
        robots = await asyncio.shield(task)
        if not robots.allows(url.raw_path.decode("ascii")):
            raise Refused("robots.txt", f"{host_of(str(url))} does not allow it")

    async def _read_robots(self, root: httpx.URL) -> Robots:
        """A host's rules; none where it has no robots.txt. Raises Failed where it cannot be asked (RFC 9309, 2.3)."""
        here = root
        for _ in range(HOPS + 1):
            try:
                answer = await self._asked(here, {"Accept": "text/plain"}, MOST_BYTES, cut=True)
            except Refused as refused:
                if refused.reason.startswith("status 4"):
                    return Robots()
                raise
            if not answer.moved_to:
                robots = read_robots(answer.body.decode("utf-8", "replace"))
                if robots.delay_s:
                    self.pace.slow_down(host_of(str(root)), min(robots.delay_s, self._options.longest_pause))
                return robots
            here = plain_url(_joined(here, answer.moved_to))
        return Robots()


def plain_url(url: str) -> httpx.URL:
    """An address that may be asked for. Raises Refused for any other."""
    try:
        found = httpx.URL(url)
    except (httpx.InvalidURL, UnicodeError, TypeError, ValueError) as error:
        raise Refused("address", "is none; expected https://host/path") from error
    if found.scheme not in ("http", "https") or not found.host:
        raise Refused("address", "expected https://host/path")
    if found.userinfo:
        raise Refused("address", "holds a password; expected one without")
    return found


def seconds_of(retry_after: str) -> float | None:
    """What Retry-After asks for, in seconds from now; None where it says nothing that can be read."""
    text = retry_after.strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    with contextlib.suppress(TypeError, ValueError, OverflowError):
        until = email.utils.parsedate_to_datetime(text)
        if until.tzinfo is None:
            until = until.replace(tzinfo=datetime.UTC)
        return max(0.0, (until - datetime.datetime.now(datetime.UTC)).total_seconds())
    return None


def _pause_before_next(error: Exception) -> bool | float:
    """What stamina asks: whether to try again, or how many seconds later."""
    if not isinstance(error, Failed) or not error.again:
        return False
    return True if error.after is None else max(error.after, 0.0)


def _joined(here: httpx.URL, there: str) -> str:
    try:
        return str(here.join(there))
    except (httpx.InvalidURL, ValueError) as error:
        raise Refused("redirects", "leads to what is no address") from error


def _check_head(said: Mapping[str, str], most: int) -> None:
    """Refuse by what the server says before it sends it. Raises Refused."""
    kind = said.get("content-type", "").partition(";")[0].strip().lower()
    if kind.startswith(_NO_PICTURE):
        raise Refused("no picture", f"is {kind[:60]}")
    length = said.get("content-length", "")
    if length.isdigit() and int(length[:18]) > most:
        raise Refused("too large", f"{int(length[:18]):,} bytes; expected at most {most:,}")
