"""What a search finds: addresses of pictures, and what is said of them. Nothing here is trusted yet."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from emovere.errors import DatasetError
from emovere.sources.names import printable

LONGEST = 2000
"""Characters of a text that is kept of what others say; longer ones are cut."""


@dataclass(frozen=True)
class Find:
    """A picture that somebody says is there."""

    url: str
    """Where it is fetched from; for a file of a folder its path, from the folder's own name on."""
    emotion: str = ""
    """What it was looked for as; "" where nobody said."""
    query: str = ""
    """The words that found it."""
    provider: str = ""
    page: str = ""
    """The page that shows it."""
    author: str = ""
    licence: str = ""
    """A code of licences.py with its version, such as ``by-sa-4.0``; other words as they were said; "" unknown."""
    licence_url: str = ""
    path: Path | None = None
    """The file itself, where it lies on this machine."""


@dataclass(frozen=True)
class Page:
    """One page of what a provider finds."""

    finds: tuple[Find, ...]
    next: str = ""
    """What to hand in for the next page; "" where this is the last one."""


Ask = Callable[[str, Mapping[str, str], Mapping[str, str]], Awaitable[Any]]
"""``await ask(endpoint, parameters, headers)``: the JSON of an API's answer, asked for politely."""


class Provider(Protocol):
    """Something that finds pictures by words.

    A plug-in is a package with an entry point in the group ``emovere.providers`` that names a class or a function;
    it is called with the CollectOptions and the accepted licence codes (none: all are), and gives such an object.
    """

    async def page(self, words: str, mark: str, ask: Ask) -> Page:
        """A page of finds. mark: "" for the first page, then what the page before gave as ``next``.

        Emotion, query and provider are filled in by the caller. Raises DatasetError for an answer that is of another
        shape than expected.
        """
        ...


def said(value: Any) -> str:
    """A text of others as it may be kept: one line, printable, no longer than LONGEST; "" for what is no text."""
    if not isinstance(value, str):
        return ""
    text = " ".join(value[: 2 * LONGEST].encode("utf-8", "replace").decode("utf-8").split())
    return printable(text)[:LONGEST]


def address(value: Any) -> str:
    """An address as it was said, without what stands around it; "" for what is no text or is longer than LONGEST."""
    return value.strip() if isinstance(value, str) and len(value) <= LONGEST and value.isprintable() else ""


def link(value: Any) -> str:
    """An address that a page may lead to; "" for any that is not http or https."""
    found = address(value)
    return found if found.lower().startswith(("http://", "https://")) else ""


def records(answer: Any, *keys: str) -> list[dict[str, Any]]:
    """The list of objects below the keys of an API's answer; none where a key is missing.

    Raises DatasetError where something else than objects and a list stands there.
    """
    here = answer
    for key in keys:
        if not isinstance(here, dict):
            break
        here = here.get(key, [] if key == keys[-1] else {})
    else:
        if isinstance(here, list) and all(isinstance(item, dict) for item in here):
            return here
    raise DatasetError(f"expected an answer with a list of objects at {'.'.join(keys)}; got another shape")
