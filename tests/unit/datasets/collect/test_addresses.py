"""Only public addresses are asked, and the connection goes to the address that was checked."""

from __future__ import annotations

import asyncio

import httpcore
import pytest

from emovere.datasets.collect.addresses import CheckedBackend, is_public
from emovere.datasets.collect.verdicts import Failed, Refused


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946", "::ffff:8.8.8.8"]
)
def test_addresses_of_the_internet_are_public(address):
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.9.9.9", "0.0.0.0", "0.1.2.3", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1"),
        *("169.254.169.254", "100.64.0.1", "192.0.0.8", "192.0.2.1", "198.18.0.1", "203.0.113.9", "224.0.0.1"),
        *("239.255.255.250", "240.0.0.1", "255.255.255.255", "192.88.99.1"),
        *(
            "::",
            "::1",
            "fe80::1",
            "fe80::1%eth0",
            "fc00::1",
            "fd12:3456::1",
            "fec0::1",
            "ff02::1",
            "2001:db8::1",
            "100::1",
        ),
        *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:7f00:1", "::127.0.0.1"),
        *("64:ff9b::7f00:1", "64:ff9b::10.0.0.1", "64:ff9b:1::1", "2002:7f00:1::", "2002:c0a8:101::1"),
        "2001:0:4136:e378:8000:63bf:3fff:fdd2",
        *("localhost", "", "999.1.1.1"),
    ],
)
def test_others_are_not(address):
    assert not is_public(address)


def connect(backend, host):
    return asyncio.run(backend.connect_tcp(host, 80))


class Inner:
    """Notes where connections go; ``down`` lists addresses that do not answer."""

    def __init__(self, down=()):
        self.to, self.down = [], down

    async def connect_tcp(self, host, *_):
        self.to.append(host)
        if host in self.down:
            raise httpcore.ConnectError("down")
        return f"a stream to {host}"


@pytest.fixture
def names(monkeypatch):
    """Answers of the resolver: name to a list of answers, one a question, the last one for ever."""
    known: dict[str, list[list[str]]] = {}

    async def getaddrinfo(_, host, port, **__):
        answers = known.get(host) or [[]]
        addresses = answers.pop(0) if len(answers) > 1 else answers[0]
        if not addresses:
            raise OSError("no such name")
        return [(2, 1, 6, "", (address, port)) for address in addresses]

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", getaddrinfo)
    return known


def checked(private=False, **inner):
    backend = CheckedBackend(private=private)
    backend._inner = Inner(**inner)
    return backend


def test_a_name_is_resolved_once_and_the_checked_address_is_used(names):
    names["rebinds.example"] = [["93.184.216.34"], ["127.0.0.1"]]
    backend = checked()
    assert connect(backend, "rebinds.example") == "a stream to 93.184.216.34"
    assert backend._inner.to == ["93.184.216.34"]
    with pytest.raises(Refused, match=r"private address: rebinds.example is 127.0.0.1"):
        connect(backend, "rebinds.example")


@pytest.mark.parametrize("addresses", [["10.0.0.7"], ["93.184.216.34", "10.0.0.7"], ["::1"], ["::ffff:192.168.0.1"]])
def test_a_name_with_a_private_address_is_refused_whatever_else_it_has(names, addresses):
    names["inside.example"] = [addresses]
    backend = checked()
    with pytest.raises(Refused, match="private address"):
        connect(backend, "inside.example")
    assert backend._inner.to == []


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "0", "::1", "localhost"]
)
def test_every_way_to_write_this_machine_is_refused(host):
    backend = checked()
    with pytest.raises(Refused, match="private address"):
        connect(backend, host)
    assert backend._inner.to == []


def test_the_next_address_is_tried_where_one_is_down(names):
    names["two.example"] = [["93.184.216.34", "8.8.8.8"]]
    backend = checked(down=["93.184.216.34"])
    assert connect(backend, "two.example") == "a stream to 8.8.8.8"
    with pytest.raises(httpcore.ConnectError):
        connect(checked(down=["93.184.216.34", "8.8.8.8"]), "two.example")


def test_a_switch_lets_private_ones_through(names):
    names["inside.example"] = [["10.0.0.7"]]
    assert connect(checked(private=True), "inside.example") == "a stream to 10.0.0.7"


def test_an_unknown_name_may_be_there_later(names):
    with pytest.raises(Failed, match=r"no such host: gone.example"):
        connect(checked(), "gone.example")


def test_sockets_of_the_machine_are_never_opened():
    with pytest.raises(Refused):
        asyncio.run(CheckedBackend(private=True).connect_unix_socket("/run/docker.sock"))
