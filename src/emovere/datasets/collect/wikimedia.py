"""Wikimedia Commons, by the API of MediaWiki: a search whose finds come with addresses, authors and licences."""

from __future__ import annotations

import html
import re
from collections.abc import Set
from typing import Any

from emovere.datasets.collect.found import Ask, Find, Page, address, link, records, said
from emovere.datasets.collect.licences import licence_of
from emovere.datasets.collect.options import CollectOptions
from emovere.errors import DatasetError

_MIME = ("image/jpeg", "image/png", "image/webp", "image/gif")


class Wikimedia:
    """Commons, or another MediaWiki with its CommonsMetadata extension. See Provider."""

    def __init__(self, options: CollectOptions, _: Set[str] = frozenset()) -> None:
        self._options = options.wikimedia

    async def page(self, words: str, mark: str, ask: Ask) -> Page:
        """See Provider."""
        parameters = {
            **{"action": "query", "format": "json", "formatversion": "2", "maxlag": "5"},
            **{"generator": "search", "gsrnamespace": "6", "gsrsearch": f"{words} filetype:bitmap"},
            **{"gsrlimit": str(min(self._options.page, 50)), "gsroffset": mark or "0"},
            **{"prop": "imageinfo", "iiprop": "url|size|mime|extmetadata"},
            "iiextmetadatafilter": "License|LicenseShortName|LicenseUrl|Artist|Credit",
        }
        if self._options.width:
            parameters["iiurlwidth"] = str(self._options.width)
        answer = await ask(self._options.endpoint, parameters, {})
        if isinstance(answer, dict) and "error" in answer:
            error = answer["error"] if isinstance(answer["error"], dict) else {}
            raise DatasetError(f"wikimedia answers with an error: {said(error.get('info')) or said(error.get('code'))}")
        pages = sorted(records(answer, "query", "pages"), key=_place)
        finds = [find for page in pages for find in _finds(page)]
        following = answer.get("continue")
        offset = following.get("gsroffset") if isinstance(following, dict) else None
        return Page(tuple(finds), str(offset) if isinstance(offset, int) and pages else "")


def _place(page: dict[str, Any]) -> int:
    index = page.get("index")
    return index if isinstance(index, int) else 0


def _finds(page: dict[str, Any]) -> list[Find]:
    finds = []
    for info in records(page, "imageinfo")[:1]:
        if info.get("mime") not in _MIME:
            continue
        about = info.get("extmetadata")
        about = about if isinstance(about, dict) else {}
        url = link(_value(about, "LicenseUrl"))
        words = said(_value(about, "LicenseShortName")) or said(_value(about, "License"))
        finds.append(
            Find(
                url=address(info.get("thumburl")) or address(info.get("url")),
                page=link(info.get("descriptionurl")),
                author=_text(_value(about, "Artist")) or _text(_value(about, "Credit")),
                licence=licence_of(words, url),
                licence_url=url,
            )
        )
    return finds


def _value(about: dict[str, Any], name: str) -> Any:
    entry = about.get(name)
    return entry.get("value") if isinstance(entry, dict) else None


def _text(value: Any) -> str:
    """What a person reads of a piece of HTML, on one line."""
    if not isinstance(value, str):
        return ""
    return said(html.unescape(re.sub(r"<[^>]*>?", " ", value[:20_000])))
