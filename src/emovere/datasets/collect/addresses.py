"""Which addresses may be asked: those of the public internet, checked where the connection is made.

A name is resolved once, every address that it has is checked, and the connection goes to the address that was checked:
a name that answers otherwise a moment later gains nothing. So does a decimal or hexadecimal way to write an address,
for it is the resolved one that counts.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Iterable
from typing import Any

import httpcore

from emovere.datasets.collect.verdicts import Failed, Refused

_EMBEDDED = ipaddress.ip_network("64:ff9b::/96")
"""NAT64: the last 32 bits are an IPv4 address (RFC 6052)."""
_OTHERS = tuple(
    map(ipaddress.ip_network, ("192.0.0.0/24", "192.88.99.0/24", "64:ff9b:1::/48", "100::/64", "5f00::/16"))
)
"""Special networks that not every Python's is_global knows."""


def is_public(text: str) -> bool:
    """Whether a numeric address, IPv4 or IPv6, belongs to the public internet, and so do the IPv4 ones inside it."""
    try:
        found = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address):
        inside = [found.ipv4_mapped, found.sixtofour, *(found.teredo or ())]
        if found in _EMBEDDED:
            inside.append(ipaddress.IPv4Address(int(found) & 0xFFFFFFFF))
        inner = [address for address in inside if address is not None]
        if inner and not all(is_public(str(address)) for address in inner):
            return False
        if found.ipv4_mapped is not None:
            return True
        if found.is_site_local:
            return False
    if any(found.version == network.version and found in network for network in _OTHERS):
        return False
    return found.is_global and not (found.is_multicast or found.is_reserved or found.is_unspecified)


class CheckedBackend(httpcore.AsyncNetworkBackend):
    """Connects to public addresses only, or to any where ``private`` says so."""

    def __init__(self, *, private: bool) -> None:
        self._private = private
        self._inner = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to a name's first address that answers. Raises Refused, Failed or an error of httpcore."""
        addresses = await self._resolved(host, port)
        for place, address in enumerate(addresses, 1):
            try:
                return await self._inner.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if place == len(addresses):
                    raise
        raise Failed("no such host", host)

    async def connect_unix_socket(self, *_: Any, **__: Any) -> httpcore.AsyncNetworkStream:
        """Never."""
        raise Refused("address", "a socket of this machine")

    async def sleep(self, seconds: float) -> None:
        """See httpcore."""
        await asyncio.sleep(seconds)

    async def _resolved(self, host: str, port: int) -> list[str]:
        try:
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise Failed("no such host", host) from error
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        if not self._private:
            for address in addresses:
                if not is_public(address):
                    raise Refused("private address", f"{host} is {address}, an address of this machine or its network")
        return addresses
