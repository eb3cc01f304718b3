"""Openverse: openly licensed pictures of many collections (https://api.openverse.org/v1/)."""

from __future__ import annotations

from collections.abc import Set
from typing import Any

from emovere.datasets.collect.found import Ask, Find, Page, address, link, records, said
from emovere.datasets.collect.licences import CODES, licence_of
from emovere.datasets.collect.options import CollectOptions


class Openverse:
    """The Openverse API, asked without a token. See Provider."""

    def __init__(self, options: CollectOptions, licences: Set[str] = frozenset()) -> None:
        self._options = options.openverse
        self._licences = ",".join(code for code in CODES if code in licences)

    async def page(self, words: str, mark: str, ask: Ask) -> Page:
        """See Provider. Sensitive pictures are left out by the API itself."""
        number = int(mark or 1)
        parameters = {"q": words[:200], "page": str(number), "page_size": str(self._options.page)}
        if self._licences:
            parameters["license"] = self._licences
        answer = await ask(self._options.endpoint, parameters, {})
        finds = tuple(_find(result) for result in records(answer, "results"))
        pages = answer.get("page_count")
        more = bool(finds) and isinstance(pages, int) and number < pages
        return Page(finds, str(number + 1) if more else "")


def _find(result: dict[str, Any]) -> Find:
    words = said(f"{said(result.get('license'))} {said(result.get('license_version'))}")
    url = link(result.get("license_url"))
    return Find(
        url=address(result.get("url")),
        page=link(result.get("foreign_landing_url")),
        author=said(result.get("creator")),
        licence=licence_of(words, url),
        licence_url=url,
    )
