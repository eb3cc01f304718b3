"""robots.txt as RFC 9309 reads it."""

from __future__ import annotations

import time

import pytest

from emovere.datasets.collect.robots import read_robots

TEXT = """\ufeff# rules
User-agent: otherbot
Disallow: /

User-Agent: *
Disallow: /private/
Allow: /private/but/
Disallow: /*.gif$
Disallow: /a%3cd   # a comment
Disallow:
Crawl-delay: 2.5
Sitemap: https://example.org/sitemap.xml
nonsense
"""


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        *(("/", True), ("/pictures/1.jpg", True), ("", True)),
        *(("/private/1.jpg", False), ("/private/but/1.jpg", True), ("/PRIVATE/1.jpg", True)),
        *(("/x/y.gif", False), ("/x/y.gif?size=1", True), ("/x.gift", True)),
        *(("/a%3Cd", False), ("/a%3cd.html", False), ("/a<d", False)),
        ("/%70rivate/1.jpg", False),
    ],
)
def test_the_longest_rule_decides(path, allowed):
    assert read_robots(TEXT).allows(path) is allowed


def test_a_group_of_our_own_goes_before_the_one_for_all():
    text = "User-agent: *\nDisallow: /\nUser-agent: Emovere/1.0\nUser-agent: x\nDisallow: /faces\n"
    robots = read_robots(text)
    assert robots.allows("/pictures")
    assert not robots.allows("/faces/1.jpg")
    assert not read_robots(text, "anybody").allows("/pictures")


def test_the_delay_is_read():
    assert read_robots(TEXT).delay_s == 2.5
    assert read_robots("User-agent: *\nCrawl-delay: soon\n").delay_s == 0
    assert read_robots("").delay_s == 0


def test_allow_wins_a_tie_and_an_encoded_slash_is_no_slash():
    assert read_robots("User-agent: *\nDisallow: /a\nAllow: /a\n").allows("/a")
    robots = read_robots("User-agent: *\nDisallow: /a/b\n")
    assert robots.allows("/a%2Fb")
    assert not robots.allows("/a/b")


def test_hostile_patterns_take_no_time():
    robots = read_robots("User-agent: *\nDisallow: /" + "a*" * 5000 + "b$\n")
    started = time.perf_counter()
    assert robots.allows("/" + "a" * 2000)
    assert time.perf_counter() - started < 1


def test_binary_rubbish_allows_everything():
    assert read_robots(bytes(range(256)).decode("utf-8", "replace") * 100).allows("/x")
