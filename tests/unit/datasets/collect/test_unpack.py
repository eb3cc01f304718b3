"""Packed bodies are unpacked under a limit."""

from __future__ import annotations

import asyncio
import gzip
import tracemalloc
import zlib

import pytest

from emovere.datasets.collect.unpack import unpacked
from emovere.datasets.collect.verdicts import Failed, Refused

DATA = bytes(range(256)) * 40


def unpack(data, packing, most=20_000, size=1000, **more):
    async def chunks():
        for at in range(0, len(data), size):
            yield data[at : at + size]

    return asyncio.run(unpacked(chunks(), packing, most, **more))


@pytest.mark.parametrize(
    ("packing", "pack"), [("", bytes), ("identity", bytes), ("gzip", gzip.compress), ("Deflate ", zlib.compress)]
)
def test_what_was_packed_comes_out(packing, pack):
    assert unpack(pack(DATA), packing) == DATA
    with pytest.raises(Refused, match="too large: more than 10,000 bytes"):
        unpack(pack(DATA), packing, most=10_000)
    assert unpack(pack(DATA), packing, most=10_000, cut=True) == DATA[:10_000]


def test_a_bomb_is_never_held_in_memory():
    bomb = gzip.compress(bytes(50_000_000), 1)
    tracemalloc.start()
    with pytest.raises(Refused, match="too large"):
        unpack(bomb, "gzip", most=1_000_000)
    assert tracemalloc.get_traced_memory()[1] < 10_000_000
    tracemalloc.stop()


def test_what_follows_the_end_counts_too():
    with pytest.raises(Refused, match="too large"):
        unpack(gzip.compress(b"x") + bytes(30_000), "gzip")


def test_other_packings_and_damage_are_refused():
    with pytest.raises(Refused, match="packed as br"):
        unpack(DATA, "br")
    with pytest.raises(Refused, match="cannot be unpacked"):
        unpack(DATA, "gzip")
    with pytest.raises(Failed, match="lacks its end"):
        unpack(gzip.compress(DATA)[:-20], "gzip")


def test_the_beginning_is_shown_once_and_may_be_refused():
    seen = []
    unpack(DATA, "", look=seen.append, size=10)
    unpack(b"ab", "", look=seen.append)
    assert [len(head) for head in seen] == [64, 2]

    def refuse(_):
        raise Refused("no picture")

    with pytest.raises(Refused, match="no picture"):
        unpack(DATA, "", look=refuse)
