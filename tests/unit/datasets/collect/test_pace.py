"""How fast hosts are asked, and who comes next."""

from __future__ import annotations

import asyncio
import itertools
import time

import pytest

from emovere.datasets.collect.found import Find
from emovere.datasets.collect.pace import Line, Pace, host_of
from emovere.datasets.collect.verdicts import Failed

pytestmark = pytest.mark.timeout(20)


def test_a_host_is_asked_no_oftener_than_its_rate():
    async def ask():
        pace, times = Pace(rate=20, patience=5), []
        for _ in range(4):
            await pace.turn("a:80")
            times.append(time.monotonic())
        return [later - earlier for earlier, later in itertools.pairwise(times)]

    assert all(pause > 0.049 for pause in asyncio.run(ask()))


def test_hosts_do_not_wait_for_each_other():
    async def ask():
        pace = Pace(rate=0.5, patience=5)
        await asyncio.gather(*(pace.turn(f"{name}:80") for name in "abcdef"))

    started = time.monotonic()
    asyncio.run(ask())
    assert time.monotonic() - started < 0.5


def test_a_host_that_asks_for_it_gets_rest():
    pace = Pace(rate=0, patience=5)
    pace.rest("a:80", 60)
    assert pace.next_s("a:80") > time.monotonic() + 50
    pace.rest("a:80", 1)
    assert pace.next_s("a:80") > time.monotonic() + 50
    pace.slow_down("b:80", 30)
    asyncio.run(pace.turn("b:80"))
    assert pace.next_s("b:80") > time.monotonic() + 25


def test_a_host_that_fails_again_and_again_is_left_alone():
    pace = Pace(rate=0, patience=3)
    for _ in range(2):
        pace.failed("a:80", "timed out", leave=False)
    pace.went_well("a:80")
    for _ in range(2):
        pace.failed("a:80", "timed out", leave=False)
    assert not pace.left
    pace.failed("a:80", "timed out", leave=False)
    assert pace.left == {"a:80": "3 questions in a row failed, the last by: timed out"}
    with pytest.raises(Failed, match="host left alone"):
        asyncio.run(pace.turn("a:80"))
    pace.failed("b:80", "status 429: asks to wait 9,999 s", leave=True)
    assert "b:80" in pace.left


def line_of(*urls):
    line = Line(lambda find: host_of(find.url), lambda host: 0.0)

    async def fill():
        for url in urls:
            await line.put(Find(url))

    return line, fill


def test_only_one_at_a_time_has_a_host():
    async def take():
        line, fill = line_of("http://a/1", "http://a/2", "http://b/1")
        await fill()
        first, second = await line.take(), await line.take()
        assert [first.url, second.url] == ["http://a/1", "http://b/1"]
        third = asyncio.ensure_future(line.take())
        await asyncio.sleep(0.01)
        assert not third.done()
        await line.done(first)
        assert (await third).url == "http://a/2"

    asyncio.run(take())


def test_a_closed_line_ends_when_it_is_empty():
    async def take():
        line, fill = line_of("http://a/1", "http://b/1")
        await fill()
        waiting = asyncio.ensure_future(line.has_room(2))
        await asyncio.sleep(0)
        await line.close()
        assert len(line) == 2
        await line.take()
        await waiting
        await line.take()
        assert await line.take() is None
        await fill()
        await line.close(drop=True)
        assert len(line) == 0

    asyncio.run(take())


@pytest.mark.parametrize(
    ("url", "host"),
    [
        *(("https://A.example/x", "a.example:443"), ("http://a.example:8080/", "a.example:8080")),
        *(("http://[::1]:80/", "::1:80"), ("ftp://a/", "a:0"), ("http://[::1/", ""), ("http://a:x/", ""), ("", ":0")),
    ],
)
def test_a_host_has_a_port(url, host):
    assert host_of(url) == host
