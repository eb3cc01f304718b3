"""Bodies of answers, unpacked under a limit: a few packed bytes can hold gigabytes."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterable, Callable

from emovere.datasets.collect.verdicts import Failed, Refused
from emovere.sources.formats import HEAD


class _AsItIs:
    """Bytes that are not packed."""

    whole = True

    def more(self, data: bytes, _: int) -> bytes:
        return data


class _Zipped:
    """gzip, or deflate in zlib's frame."""

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)

    @property
    def whole(self) -> bool:
        return self._inner.eof

    def more(self, data: bytes, most: int) -> bytes:
        try:
            return self._inner.decompress(data, most)
        except zlib.error as error:
            raise Refused("damaged", "what the server packed cannot be unpacked") from error


async def unpacked(
    chunks: AsyncIterable[bytes],
    packing: str,
    most: int,
    *,
    look: Callable[[bytes], object] | None = None,
    cut: bool = False,
) -> bytes:
    """The whole body, unpacked. packing: the Content-Encoding; look: is shown the beginning once it is there.

    cut: whether a longer body is cut at ``most`` bytes instead of being refused. Raises Refused and Failed.
    """
    packing = packing.strip().lower()
    if packing not in ("", "identity", "gzip", "x-gzip", "deflate"):
        raise Refused("damaged", f"is packed as {packing[:20]}, which was not asked for")
    inner = _AsItIs() if packing in ("", "identity") else _Zipped()
    body, received = bytearray(), 0
    async for chunk in chunks:
        received += len(chunk)
        body += inner.more(chunk, most + 1 - len(body))
        if look is not None and len(body) >= HEAD:
            look(bytes(body[:HEAD]))
            look = None
        if max(len(body), received) > most:
            if cut:
                return bytes(body[:most])
            raise Refused("too large", f"more than {most:,} bytes")
    if not inner.whole:
        raise Failed("cut off", "what the server packed lacks its end")
    if look is not None:
        look(bytes(body))
    return bytes(body)
