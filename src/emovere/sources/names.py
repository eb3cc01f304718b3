"""Names of files and addresses as they may be shown."""

from __future__ import annotations

import re
import unicodedata

_SECRET = re.compile(r"(?i)([?&;][^=&;#]*(?:pass|pwd|token|secret|key|auth|sig)[^=&;#]*=)[^&;#]*")
"""A value in a query whose name says that it is a secret."""


def printable(name: str) -> str:
    """The name on one line: what cannot be printed, such as a line break or an undecodable byte, is escaped."""
    return "".join(c if c.isprintable() or unicodedata.category(c) == "Zs" else _escaped(c) for c in name)


def without_password(url: str) -> str:
    """The address as it may be shown: user and password as ``***``, and secrets in the query too.

    ``rtsp://user:word@cam/1?token=x`` gives ``rtsp://***@cam/1?token=***``.
    """
    scheme, separator, rest = url.partition("://")
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    user, at, _ = authority.rpartition("@")
    if not at and ":" in authority and not authority.startswith("["):
        user, at, _ = re.split(r"[?#]", rest, maxsplit=1)[0].rpartition("@")  # it may be a password with a slash in it
    if at and user:
        rest = f"***@{rest[len(user) + 1 :]}"
    return printable(_SECRET.sub(r"\1***", f"{scheme}{separator}{rest}"))


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
