"""What collecting can be told: ``--set collect.rate=1 --set budget.minutes=30 --set bing.endpoint=https://...``."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

from emovere.errors import ConfigError


@dataclass(frozen=True)
class FetchOptions:
    """How addresses are asked, and what is taken for a picture."""

    contact: str = ""
    """An e-mail address or a page of yours; it goes into the User-Agent, so that a host can reach whoever asks."""
    connections: int = 4
    """Most answers on their way at once, never more than one from a host."""
    rate: float = 2.0
    """Most questions a second to one host; 0 asks as fast as it answers. A longer Crawl-delay in robots.txt counts."""
    timeout: float = 15.0
    """Seconds without a byte after which an answer is given up."""
    longest: float = 60.0
    """Seconds that one answer may take altogether."""
    attempts: int = 4
    """Times that a question is asked before its host's trouble (429, 5xx, a timeout, a cut) is believed."""
    pause: float = 1.0
    """Seconds before the second attempt; each further pause is twice as long. Retry-After goes before it."""
    longest_pause: float = 120.0
    """Seconds; a host whose Retry-After asks for more is left alone for the rest of the run."""
    patience: int = 5
    """Questions in a row that fail before their host is left alone for the rest of the run."""
    robots: bool = True
    """Whether robots.txt is asked for, and kept to, on every host that pictures come from."""
    private: bool = False
    """Whether addresses of this machine and of private networks may be asked; such a redirect is refused otherwise."""
    max_bytes: int = 20_000_000
    """Larger pictures are refused."""
    max_pixels: int = 50_000_000
    """Pictures of more pixels are refused before they are decoded."""
    min_side: int = 48
    """Pictures whose shorter side has fewer pixels are refused."""


@dataclass(frozen=True)
class Budget:
    """When it is enough; 0 sets no bound. Pictures and bytes count what the folder holds, minutes this run."""

    each: int = 0
    """Pictures of one emotion."""
    pictures: int = 1000
    """Pictures altogether."""
    megabytes: float = 2000.0
    """Millions of bytes of pictures."""
    minutes: float = 120.0
    """Minutes that one run may take."""
    a_query: int = 200
    """Finds that are asked for with one query."""


@dataclass(frozen=True)
class OpenverseOptions:
    """The Openverse API."""

    endpoint: str = "https://api.openverse.org/v1/images/"
    """Where it answers."""
    page: int = 20
    """Finds a page; more than 20 need a token, which emovere does not ask for."""
    pause: float = 3.0
    """Seconds between two questions: whoever asks without a token may ask 20 a minute."""


@dataclass(frozen=True)
class WikimediaOptions:
    """The API of Wikimedia Commons, or of another MediaWiki."""

    endpoint: str = "https://commons.wikimedia.org/w/api.php"
    """Where it answers."""
    page: int = 50
    """Finds a page, at most 50."""
    width: int = 1280
    """Pixels across the rendering that is fetched, one of the sizes that Commons keeps; 0 fetches the original."""


@dataclass(frozen=True)
class BingOptions:
    """An API of the Bing Image Search v7 shape. Its key is taken from EMOVERE_BING_KEY, and is kept nowhere."""

    endpoint: str = ""
    """Where it answers, up to images/search; there is no public one any more."""
    header: str = "Ocp-Apim-Subscription-Key"
    """The header that carries the key."""
    page: int = 50
    """Finds a page, at most 150."""


@dataclass(frozen=True)
class CollectOptions:
    """Everything that collecting can be told."""

    collect: FetchOptions = field(default_factory=FetchOptions)
    budget: Budget = field(default_factory=Budget)
    openverse: OpenverseOptions = field(default_factory=OpenverseOptions)
    wikimedia: WikimediaOptions = field(default_factory=WikimediaOptions)
    bing: BingOptions = field(default_factory=BingOptions)


_AT_LEAST = {
    **{"connections": 1, "attempts": 1, "patience": 1, "min_side": 1, "max_bytes": 1, "max_pixels": 1, "page": 1},
    **{"timeout": 0.01, "longest": 0.01, "a_query": 1},
}


def checked_options(options: CollectOptions) -> CollectOptions:
    """The options, known to make sense. Raises ConfigError."""
    for section in fields(options):
        for name, value in vars(getattr(options, section.name)).items():
            _check(f"{section.name}.{name}", value, _AT_LEAST.get(name, 0))
    if not options.collect.contact.isascii() or not options.collect.contact.isprintable():
        raise ConfigError(f"collect.contact: expected an e-mail address or a page; got {options.collect.contact!r}")
    return options


def _check(key: str, value: Any, least: float) -> None:
    if isinstance(value, int | float) and not isinstance(value, bool) and not value >= least:
        raise ConfigError(f"{key}: expected at least {least:g}; got {value:g}")
