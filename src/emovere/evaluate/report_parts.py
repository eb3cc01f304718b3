"""Pieces of HTML of which the reports are made."""

from __future__ import annotations

from html import escape


def section(title: str, inside: str, look: str = "") -> str:
    """A part of the page under a heading; ``look`` is its class."""
    kind = f' class="{look}"' if look else ""
    return f"<section{kind}>\n<h2>{escape(title)}</h2>\n{inside}\n</section>\n"


def figure(title: str, chart: str) -> str:
    """A chart and what it is called."""
    return f"<figure><figcaption>{escape(title)}</figcaption>{chart}</figure>"


def unbroken(text: str) -> str:
    """A text in which a number and its sign stay on one line."""
    return escape(text).replace(" %", "&nbsp;%")
