"""What the APIs' answers become, be they well-formed or not."""

from __future__ import annotations

import asyncio
import copy

import pytest

from emovere.datasets.collect.bing import KEY, Bing
from emovere.datasets.collect.found import LONGEST, Find, address, link, records, said
from emovere.datasets.collect.openverse import Openverse
from emovere.datasets.collect.options import BingOptions, CollectOptions
from emovere.datasets.collect.wikimedia import Wikimedia
from emovere.errors import ConfigError, DatasetError

OPENVERSE = {
    "result_count": 41,
    "page_count": 3,
    "page_size": 20,
    "page": 1,
    "results": [
        {
            "id": "0aff3595-8168-440b-83ff-7a80b65dea42",
            "title": "A blissful woman",
            "foreign_landing_url": "https://www.flickr.com/photos/1/2",
            "url": "https://live.staticflickr.com/1/2_b.jpg",
            "creator": "Ann",
            "creator_url": "https://www.flickr.com/photos/1",
            "license": "by-sa",
            "license_version": "2.0",
            "license_url": "https://creativecommons.org/licenses/by-sa/2.0/",
            "provider": "flickr",
            "source": "flickr",
            "mature": False,
        }
    ],
}
WIKIMEDIA = {
    "batchcomplete": True,
    "continue": {"gsroffset": 50, "continue": "gsroffset||"},
    "query": {
        "pages": [
            {
                "pageid": 7,
                "ns": 6,
                "title": "File:Blissful.jpg",
                "index": 1,
                "imageinfo": [
                    {
                        "size": 4_000_000,
                        "width": 4000,
                        "height": 3000,
                        "mime": "image/jpeg",
                        "url": "https://upload.wikimedia.org/wikipedia/commons/a/ab/Blissful.jpg",
                        "thumburl": "https://upload.wikimedia.org/wikipedia/commons/thumb/a/ab/Blissful.jpg/1280px-Blissful.jpg",
                        "thumbwidth": 1280,
                        "descriptionurl": "https://commons.wikimedia.org/wiki/File:Blissful.jpg",
                        "extmetadata": {
                            "Artist": {"value": '<bdi><a href="https://x">Bea</a></bdi> &amp; Co\n', "source": "x"},
                            "LicenseShortName": {"value": "CC BY-SA 4.0"},
                            "LicenseUrl": {"value": "https://creativecommons.org/licenses/by-sa/4.0"},
                        },
                    }
                ],
            }
        ]
    },
}
BING = {
    "_type": "Images",
    "totalEstimatedMatches": 800,
    "nextOffset": 54,
    "value": [
        {
            "name": "Blissful woman",
            "contentUrl": "http://pictures.example/1.jpg",
            "hostPageUrl": "http://pictures.example/about",
            "encodingFormat": "jpeg",
            "contentSize": "54018 B",
            "creativeCommons": "AttributionNonCommercialShareAlike",
        }
    ],
}


class Asked:
    """An API that gives one answer, and notes what it was asked."""

    def __init__(self, answer):
        self.answer, self.questions = answer, []

    async def __call__(self, *question):
        self.questions.append(question)
        return self.answer


def page(provider, answer, mark=""):
    ask = Asked(answer)
    return asyncio.run(provider.page("blissful woman", mark, ask)), ask.questions


@pytest.fixture
def bing(monkeypatch):
    monkeypatch.setenv(KEY, "secret")
    options = CollectOptions(bing=BingOptions("https://api.example/v7.0/images/search"))
    return lambda licences=frozenset(): Bing(options, licences)


def test_openverse_is_asked_as_documented():
    found, [(endpoint, parameters, headers)] = page(Openverse(CollectOptions(), frozenset({"by-sa", "cc0"})), OPENVERSE)
    assert endpoint == "https://api.openverse.org/v1/images/"
    assert parameters == {"q": "blissful woman", "page": "1", "page_size": "20", "license": "cc0,by-sa"}
    assert headers == {}
    assert found.finds == (
        Find(
            "https://live.staticflickr.com/1/2_b.jpg",
            page="https://www.flickr.com/photos/1/2",
            author="Ann",
            licence="by-sa-2.0",
            licence_url="https://creativecommons.org/licenses/by-sa/2.0/",
        ),
    )
    assert found.next == "2"


def test_openverse_ends_with_its_last_page():
    found, [(_, parameters, _)] = page(Openverse(CollectOptions()), OPENVERSE, "3")
    assert parameters["page"] == "3"
    assert "license" not in parameters
    assert found.next == ""
    assert page(Openverse(CollectOptions()), {**OPENVERSE, "results": []})[0].next == ""


def test_wikimedia_is_asked_as_documented():
    found, [(endpoint, parameters, headers)] = page(Wikimedia(CollectOptions()), WIKIMEDIA)
    assert endpoint == "https://commons.wikimedia.org/w/api.php"
    assert headers == {}
    wanted = {
        **{"action": "query", "format": "json", "formatversion": "2", "generator": "search", "gsrnamespace": "6"},
        **{"gsrsearch": "blissful woman filetype:bitmap", "gsroffset": "0", "prop": "imageinfo", "iiurlwidth": "1280"},
    }
    assert wanted.items() <= parameters.items()
    assert set(parameters["iiprop"].split("|")) == {"url", "size", "mime", "extmetadata"}
    [find] = found.finds
    assert find.url.endswith("/1280px-Blissful.jpg")
    assert (find.author, find.licence) == ("Bea & Co", "by-sa-4.0")
    assert find.page == "https://commons.wikimedia.org/wiki/File:Blissful.jpg"
    assert found.next == "50"
    assert page(Wikimedia(CollectOptions()), WIKIMEDIA, "50")[1][0][1]["gsroffset"] == "50"


def test_wikimedia_keeps_the_order_of_the_search_and_leaves_out_what_is_no_bitmap():
    answer = copy.deepcopy(WIKIMEDIA)
    first = answer["query"]["pages"][0]
    second = copy.deepcopy(first) | {"index": 0}
    second["imageinfo"][0]["thumburl"] = "https://upload.wikimedia.org/first.jpg"
    drawing = copy.deepcopy(first) | {"index": 2}
    drawing["imageinfo"][0]["mime"] = "image/svg+xml"
    answer["query"]["pages"] = [drawing, first, second, {"title": "File:Gone.jpg", "missing": True}]
    del answer["continue"]
    found, _ = page(Wikimedia(CollectOptions()), answer)
    assert [find.url[-12:] for find in found.finds] == ["rg/first.jpg", "Blissful.jpg"]
    assert found.next == ""


def test_wikimedia_finds_nothing_and_fails_in_its_own_ways():
    assert page(Wikimedia(CollectOptions()), {"batchcomplete": True})[0] == page(Openverse(CollectOptions()), {})[0]
    with pytest.raises(DatasetError, match="wikimedia answers with an error: Too fast"):
        page(Wikimedia(CollectOptions()), {"error": {"code": "x", "info": "Too\nfast"}})


def test_bing_is_asked_as_documented(bing):
    found, [(endpoint, parameters, headers)] = page(bing(), BING, "4")
    assert endpoint == "https://api.example/v7.0/images/search"
    assert headers == {"Ocp-Apim-Subscription-Key": "secret"}
    assert parameters == {
        **{"q": "blissful woman", "count": "50", "offset": "4"},
        **{"imageType": "Photo", "imageContent": "Face", "safeSearch": "Strict"},
    }
    assert found.finds == (
        Find("http://pictures.example/1.jpg", page="http://pictures.example/about", licence="by-nc-sa"),
    )
    assert found.next == "54"
    assert page(bing(), BING, "54")[0].next == ""  # an offset that does not grow
    assert page(bing(), {**BING, "totalEstimatedMatches": 54})[0].next == ""
    assert page(bing(frozenset({"cc0"})), BING)[1][0][1]["license"] == "Public"
    assert page(bing(frozenset({"by"})), BING)[1][0][1]["license"] == "Any"


def test_bing_needs_an_address_and_a_key(monkeypatch):
    monkeypatch.delenv(KEY, raising=False)
    with pytest.raises(ConfigError, match=r"bing.endpoint="):
        Bing(CollectOptions())
    with pytest.raises(ConfigError, match=KEY):
        Bing(CollectOptions(bing=BingOptions("https://api.example/")))
    monkeypatch.setenv(KEY, "secret\nX-Other: 1")
    with pytest.raises(ConfigError, match=KEY) as caught:
        Bing(CollectOptions(bing=BingOptions("https://api.example/")))
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("answer", [[], "text", 3, None, {"results": {}}, {"results": [1]}, {"results": None}])
def test_openverse_of_another_shape_is_one_line(answer):
    with pytest.raises(DatasetError, match=r"expected an answer with a list of objects at results"):
        page(Openverse(CollectOptions()), answer)


@pytest.mark.parametrize("answer", [[], {"query": []}, {"query": {"pages": {"1": {}}}}, {"query": {"pages": [[]]}}])
def test_wikimedia_of_another_shape_is_one_line(answer):
    with pytest.raises(DatasetError, match=r"query\.pages"):
        page(Wikimedia(CollectOptions()), answer)


def rubbish(value):
    return dict.fromkeys(("url", "creator", "license", "license_version", "license_url", "foreign_landing_url"), value)


@pytest.mark.parametrize("value", [None, 3, [], {}, True, "\ud800", "a\x00\x1b[31m\u202eb\n", "x" * 10**6])
def test_fields_of_any_kind_do_no_harm(value, bing):
    [find] = page(Openverse(CollectOptions()), {"results": [rubbish(value)], "page_count": value})[0].finds
    info = {"mime": "image/jpeg", "thumburl": value, "url": value, "descriptionurl": value}
    info["extmetadata"] = {name: {"value": value} for name in ("Artist", "License", "LicenseShortName", "LicenseUrl")}
    pages = [{"index": value, "imageinfo": [info]}, {"imageinfo": [info | {"extmetadata": value}]}]
    others = page(Wikimedia(CollectOptions()), {"query": {"pages": pages}, "continue": value})[0].finds
    values = [{"contentUrl": value, "hostPageUrl": value, "creativeCommons": value, "license": value}]
    more = page(bing(), {"value": values, "nextOffset": value, "totalEstimatedMatches": value})[0].finds
    for found in (find, *others, *more):
        for text in (found.url, found.page, found.author, found.licence, found.licence_url):
            assert len(text) <= LONGEST
            assert not text or text.isprintable()
            text.encode("utf-8")


def test_texts_of_others_become_one_printable_line():
    assert said(" a\n b\tc ") == "a b c"
    assert said("a\x1b[31m\u202e") == r"a\x1b[31m\u202e"
    assert said(3) == ""
    assert address(" https://a/b ") == "https://a/b"
    assert address("https://a/\nb") == address("x" * 3000) == address(None) == ""
    assert link("HTTPS://a/b") == "HTTPS://a/b"
    assert link("javascript:alert(1)") == link("data:text/html,x") == link(3) == ""


def test_missing_keys_are_an_empty_list():
    assert records({}, "a") == records({"a": {}}, "a", "b") == records({"b": 1}, "a", "b") == []
