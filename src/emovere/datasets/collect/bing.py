"""Any API of the Bing Image Search v7 shape, at an address and with a key of the person's own."""

from __future__ import annotations

import os
from collections.abc import Set
from typing import Any

from emovere.datasets.collect.found import Ask, Find, Page, address, link, records, said
from emovere.datasets.collect.licences import licence_of
from emovere.datasets.collect.options import CollectOptions
from emovere.errors import ConfigError

KEY = "EMOVERE_BING_KEY"
"""The environment variable that holds the key."""

_COMMON = {
    "publicdomain": "pdm",
    "attribution": "by",
    "attributionsharealike": "by-sa",
    "attributionnoderivatives": "by-nd",
    "attributionnoncommercial": "by-nc",
    "attributionnoncommercialsharealike": "by-nc-sa",
    "attributionnoncommercialnoderivatives": "by-nc-nd",
}
"""What the field creativeCommons may say, in small letters."""


class Bing:
    """An image search of Bing's shape. It tells a licence seldom, and an author never. See Provider."""

    def __init__(self, options: CollectOptions, licences: Set[str] = frozenset()) -> None:
        self._options, self._licences = options.bing, licences
        self._key = os.environ.get(KEY, "")
        if not self._options.endpoint:
            raise ConfigError(
                "bing: expected the API's address; name it with --set bing.endpoint=https://.../images/search"
            )
        if not self._key or not self._key.isascii() or not self._key.isprintable():
            raise ConfigError(
                f"bing: expected the API's key in the environment variable {KEY}; got none that can be sent"
            )

    async def page(self, words: str, mark: str, ask: Ask) -> Page:
        """See Provider."""
        offset = int(mark or 0)
        parameters = {
            **{"q": words, "count": str(min(self._options.page, 150)), "offset": str(offset)},
            **{"imageType": "Photo", "imageContent": "Face", "safeSearch": "Strict"},
        }
        if self._licences:
            parameters["license"] = "Public" if self._licences <= {"cc0", "pdm"} else "Any"
        answer = await ask(self._options.endpoint, parameters, {self._options.header: self._key})
        finds = tuple(_find(result) for result in records(answer, "value"))
        following = answer.get("nextOffset")
        total = answer.get("totalEstimatedMatches")
        more = isinstance(following, int) and following > offset and bool(finds)
        if isinstance(total, int) and isinstance(following, int):
            more = more and following < total
        return Page(finds, str(following) if more else "")


def _find(result: dict[str, Any]) -> Find:
    common = said(result.get("creativeCommons"))
    url = link(result.get("license"))
    return Find(
        url=address(result.get("contentUrl")),
        page=link(result.get("hostPageUrl")),
        licence=licence_of(_COMMON.get(common.lower(), common), url),
        licence_url=url,
    )
