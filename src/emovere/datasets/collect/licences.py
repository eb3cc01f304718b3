"""Licences by the short codes that Openverse uses: cc0, pdm, by, by-sa, by-nd, by-nc, by-nc-sa, by-nc-nd."""

from __future__ import annotations

import re

from emovere.errors import ConfigError, unknown_name

CODES = ("cc0", "pdm", "by", "by-sa", "by-nd", "by-nc", "by-nc-sa", "by-nc-nd")
"""pdm: in the public domain, whoever says so; the others are Creative Commons'."""

_ADDRESS = re.compile(r"(?i)^https?://(?:www\.)?creativecommons\.org/(licenses|publicdomain)/([a-z-]+)/(\d\.\d)?")
_VERSION = re.compile(r"(?<![\d.])([1-4]\.[0-9])(?![\d.])")
_COUNTRY = re.compile(r"(?i)(?<=\d\.\d)[- ]([a-z]{2}|igo)$")
"""Behind a version: the country that a licence was written for."""
_WORDS = (
    (r"cc[- ]?0|cc[- ]?zero|publicdomain/zero", "cc0"),
    (r"public[- ]?domain.*|pdm?|pd-.+|no known copyright restrictions", "pdm"),
    (r"(cc[- ]?)?(by(-(nc|sa|nd)){0,2})", ""),
)
_LONG = (
    ("attribution", "by"),
    ("non-?commercial", "nc"),
    ("share-?alike", "sa"),
    ("no-?deriv(ative)?s?", "nd"),
)


def licence_of(words: str, url: str = "") -> str:
    """The code and version that a licence's words or its address mean, such as ``by-sa-4.0``, ``cc0`` or ``pdm``.

    Words that mean none of CODES come back as they are; the address goes before the words.
    """
    found = _ADDRESS.match(url.strip()) or _ADDRESS.match(words.strip())
    if found:
        kind, name, version = found.groups()
        code = {"zero": "cc0", "mark": "pdm"}.get(name.lower(), "") if kind.lower() == "publicdomain" else name.lower()
        code = _in_order(code)
        if code in CODES:
            return _with_version(code, version or "")
    plain = _COUNTRY.sub("", words.strip())
    version = _VERSION.search(plain)
    code = _code_of(_VERSION.sub("", plain, count=1) if version else plain)
    return _with_version(code, version[1] if version else "") if code else words.strip()


def code_of(licence: str) -> str:
    """The code without its version; "" for a licence that is none of CODES."""
    code = _VERSION.sub("", licence).strip("- ")
    return code if code in CODES else ""


def accepted_codes(text: str) -> frozenset[str]:
    """The codes of a list such as ``cc0,by``; empty, which accepts every licence, for ``any``. Raises ConfigError."""
    names = [part.strip().lower() for part in text.split(",") if part.strip()]
    if names == ["any"]:
        return frozenset()
    for name in names:
        if name not in CODES:
            raise ConfigError(unknown_name("licence", name, (*CODES, "any")))
    if not names:
        raise ConfigError(f"licences: expected a list of {', '.join(CODES)}, or any; got nothing")
    return frozenset(names)


def _code_of(words: str) -> str:
    plain = re.sub(r"[\s_]+", " ", words).strip(" -").lower()
    short = re.sub(r"[ /-]+", "-", plain)
    for pattern, code in _WORDS:
        found = re.fullmatch(pattern, plain) or re.fullmatch(pattern, short)
        if found:
            name = _in_order(code or found[2])
            return name if name in CODES else ""
    rest = re.sub(r"creative commons|licen[cs]e|international|generic|unported|[^a-z-]", "", plain)
    parts = []
    for pattern, name in _LONG:
        rest, count = re.subn(pattern, "", rest)
        if count:
            parts.append(name)
    code = _in_order("-".join(parts))
    return code if code in CODES and not rest.strip("-") else ""


def _in_order(code: str) -> str:
    """``by-sa-nc`` as ``by-nc-sa``: one order for the same parts."""
    parts = code.split("-")
    order = ("by", "nc", "sa", "nd")
    return "-".join(sorted(parts, key=order.index)) if all(part in order for part in parts) else code


def _with_version(code: str, version: str) -> str:
    return f"{code}-{version}" if version and code not in ("cc0", "pdm") else code
