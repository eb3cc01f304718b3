"""Asking over HTTP: a server that behaves, misbehaves and lies."""

from __future__ import annotations

import asyncio
import datetime
import email.utils
import itertools

import pytest
from tests.pictures_server import BING_KEY, PicturesServer, jpeg

from emovere.datasets.collect import addresses
from emovere.datasets.collect.checking import look_at_beginning
from emovere.datasets.collect.client import Client, plain_url, seconds_of
from emovere.datasets.collect.pace import Pace
from emovere.datasets.collect.verdicts import Failed, Refused
from emovere.errors import DatasetError
from emovere.version import __version__

pytestmark = pytest.mark.timeout(30)


@pytest.fixture
def fetch(server, options):
    """fetch(path, **options): the bytes of a picture of the server, by a client of its own."""

    def run(path, *, pace=None, base=None, **changed):
        async def work():
            fetching = options(**changed).collect
            client = Client(fetching, pace or Pace(fetching.rate, fetching.patience))
            try:
                url = path if path.startswith("http") else (base or server.url) + path
                return await client.picture(url, look_at_beginning)
            finally:
                await client.aclose()

        return asyncio.run(work())

    return run


def test_a_picture_comes_as_it_is_and_says_who_asks(server, fetch):
    assert fetch("/pictures/1.jpg", contact="ann@example.org") == jpeg(1)
    asked = server.asked[-1].headers
    assert asked["User-Agent"] == (f"emovere/{__version__} (collects pictures of faces for research; ann@example.org)")
    assert asked["Accept-Encoding"] == "identity"


def test_what_was_packed_all_the_same_is_unpacked(fetch):
    assert fetch("/packed") == jpeg(10)


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/endless", "too large: more than 1,000,000 bytes"),
        ("/stated", "too large: 1,000,000,000,000 bytes"),
        ("/bomb", "too large: more than 1,000,000 bytes"),
        ("/bomb?as=br", "damaged: is packed as br"),
        ("/zip.jpg", "no picture: is a zip archive"),
        ("/text.jpg", "no picture: is text/html"),
        ("/claims.jpg", "no picture: is text"),
        ("/empty.jpg", "no picture: is empty"),
        ("/status?is=404", "status 404"),
        ("/status?is=403", "status 403"),
        ("/status?is=204", "status 204"),
        ("/status?is=304", "status 304"),
        ("/moved?to=file:///etc/passwd", "address: expected https"),
        ("/moved?to=http://%5B::1/", "address|redirects"),
        ("/moved?to=gopher://127.0.0.1/", "address"),
        ("/moved?to=http://me:pw@127.0.0.1/", "address: holds a password"),
    ],
)
def test_what_is_no_picture_is_refused_at_once(server, fetch, path, message):
    with pytest.raises(Refused, match=message):
        fetch(path)
    assert sum(asked.path != "/robots.txt" for asked in server.asked) == 1


@pytest.mark.parametrize(
    ("path", "message", "times"),
    [
        ("/drip", "timed out: an answer took more than 2.5 s", 1),
        ("/stall", "timed out: nothing came for 0.8 s", 3),
        ("/status?is=500", "status 500", 3),
        ("/status?is=429", "status 429", 3),
        ("/status?is=503&after=nonsense", "status 503", 3),
        ("/short", "cut off", 3),
        ("/no_http", "cut off|no HTTP", 3),
        ("/endless_header", "no HTTP", 3),
    ],
)
def test_trouble_is_tried_again_and_then_told(server, fetch, path, message, times):
    with pytest.raises(Failed, match=message):
        fetch(path)
    assert server.times(path.partition("?")[0]) == times


def test_trouble_that_passes_is_forgotten(fetch):
    assert fetch("/status?is=500&times=2&number=3") == jpeg(3)


def test_retry_after_is_waited_for(server, fetch):
    assert fetch("/status?is=429&times=1&after=1&number=3") == jpeg(3)
    first, second = [asked.at for asked in server.asked if asked.path.startswith("/status")]
    assert 0.95 <= second - first <= 2


def test_a_host_that_asks_for_too_long_a_rest_is_left_alone(server, fetch):
    pace = Pace(0, 5)
    with pytest.raises(Failed, match="status 429: asks to wait 9,999 s"):
        fetch("/status?is=429&after=9999", pace=pace)
    assert list(pace.left.values()) == ["status 429: asks to wait 9,999 s"]
    with pytest.raises(Failed, match="host left alone"):
        fetch("/pictures/1.jpg", pace=pace)
    assert server.times("/pictures/1.jpg") == 0
    assert server.times("/status") == 1


def test_no_connection_is_trouble(fetch):
    with PicturesServer() as gone:
        url = gone.url
    with pytest.raises(Failed, match="no connection"):
        fetch("/pictures/1.jpg", base=url)


def test_redirects_are_followed_so_far(server, fetch):
    assert fetch("/moved?to=/pictures/2.jpg") == jpeg(2)
    assert fetch(f"/moved?status=308&to=//127.0.0.1:{server.port}/pictures/2.jpg") == jpeg(2)
    with pytest.raises(Refused, match="redirects: more than 5"):
        fetch("/round")
    assert server.times("/round") == 6


@pytest.fixture
def this_server_is_public(monkeypatch):
    """127.0.0.1 counts as the internet, and everything else as what it is."""
    honest = addresses.is_public
    monkeypatch.setattr(addresses, "is_public", lambda text: text == "127.0.0.1" or honest(text))


@pytest.mark.usefixtures("this_server_is_public")
@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.2", "10.0.0.1", "192.168.1.1", "169.254.169.254", "[::1]", "[::ffff:127.0.0.2]", "0.0.0.0"),
        *("2130706434", "0x7f000002", "127.2", "[fe80::1]", "[::ffff:10.0.0.1]"),
    ],
)
def test_a_redirect_to_this_machine_or_its_network_is_refused(server, fetch, host):
    assert fetch("/pictures/1.jpg", private=False) == jpeg(1)
    with pytest.raises(Refused, match=r"private address: .* is .*, an address of this machine or its network"):
        fetch(f"/moved?to=http://{host}:{server.port}/pictures/2.jpg", private=False)
    assert server.times("/pictures/2.jpg") == 0


def test_without_the_switch_nothing_of_this_machine_is_asked(server, fetch):
    with pytest.raises(Refused, match="private address"):
        fetch("/pictures/1.jpg", private=False)
    with pytest.raises(Refused, match="private address"):
        fetch("/pictures/1.jpg", private=False, robots=False)
    assert server.asked == []


@pytest.mark.parametrize("robots", ["User-agent: *\nDisallow: /pictures/", "User-agent: emovere\nDisallow: /"])
def test_robots_are_kept_to(server, fetch, robots):
    server.robots = robots
    with pytest.raises(Refused, match=r"robots.txt: 127.0.0.1:\d+ does not allow it"):
        fetch("/pictures/1.jpg")
    assert server.pictures_asked() == []
    assert fetch("/pictures/1.jpg", robots=False) == jpeg(1)


def test_robots_of_every_host_on_the_way_are_asked(server, fetch):
    with PicturesServer(robots="User-agent: *\nDisallow: /") as other:
        with pytest.raises(Refused, match=rf"robots.txt: 127.0.0.1:{other.port}"):
            fetch(f"/moved?to={other.url}/pictures/1.jpg")
        assert [asked.path for asked in other.asked] == ["/robots.txt"]
    assert server.times("/robots.txt") == 1


def test_robots_are_asked_once_and_a_delay_is_kept(server, options):
    server.robots = "User-agent: *\nCrawl-delay: 0.3"

    async def work():
        client = Client(options().collect, Pace(0, 5))
        try:
            for number in range(3):
                await client.picture(f"{server.url}/pictures/{number}.jpg", look_at_beginning)
        finally:
            await client.aclose()

    asyncio.run(work())
    assert server.times("/robots.txt") == 1
    times = [asked.at for asked in server.asked if asked.path != "/robots.txt"]
    assert all(later - earlier > 0.25 for earlier, later in itertools.pairwise(times))


def test_a_host_whose_robots_cannot_be_had_is_not_asked_for_pictures(server, fetch, monkeypatch):
    monkeypatch.setattr(PicturesServer, "_answer", lambda self, handler: handler.send_error(500))
    with pytest.raises(Failed, match="status 500"):
        fetch("/pictures/1.jpg")
    assert server.pictures_asked() == []


def test_nothing_is_remembered_for_a_server(server, fetch):
    fetch("/named/..%2f..%2fevil.jpg")
    fetch("/pictures/1.jpg")
    assert "Cookie" not in server.asked[-1].headers


@pytest.fixture
def ask(options):
    """ask(endpoint, parameters, headers): the JSON of an API."""

    def run(endpoint, parameters=None, headers=None):
        async def work():
            client = Client(options().collect, Pace(0, 50))
            try:
                return await client.json(endpoint, parameters or {}, headers or {})
            finally:
                await client.aclose()

        return asyncio.run(work())

    return run


def test_an_api_answers_in_json(server, ask):
    answer = ask(f"{server.url}/openverse/", {"q": "a b&c", "page_size": "3"})
    assert len(answer["results"]) == 3
    assert server.asked[-1].path == "/openverse/?q=a+b%26c&page_size=3"
    assert server.asked[-1].headers["Accept-Encoding"] == "gzip"
    assert server.times("/robots.txt") == 0


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/text.jpg", "expected an answer in JSON"),
        ("/status?is=401", "status 401; check the key and the endpoint"),
        ("/status?is=500", "status 500"),
        ("/moved?to=/openverse/", "the API has moved"),
        ("/bomb?as=br", "packed as br"),
        ("/stall", "timed out"),
    ],
)
def test_an_api_that_fails_is_one_line_without_secrets(server, ask, path, message):
    with pytest.raises(DatasetError, match=message) as caught:
        ask(server.url + path, {"token": BING_KEY, "q": "x"}, {"Ocp-Apim-Subscription-Key": BING_KEY})
    assert BING_KEY not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_deep_json_is_one_line(server, ask, monkeypatch):
    from tests import pictures_server

    deep = b"[" * 100_000
    monkeypatch.setitem(pictures_server._ODD, "deep", lambda _, handler, __: pictures_server.send(handler, deep))
    with pytest.raises(DatasetError, match="expected an answer in JSON"):
        ask(f"{server.url}/deep")


@pytest.mark.parametrize(
    "url", ["", "x", "//a/b", "ftp://a/b", "file:///etc/passwd", "http://", "http://[::1/", "http://a:b/", "http:///x"]
)
def test_what_is_no_address_is_refused(url):
    with pytest.raises(Refused, match="address"):
        plain_url(url)


def test_retry_after_is_seconds_or_a_date():
    later = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=100)
    assert seconds_of("7") == 7
    assert 95 < seconds_of(email.utils.format_datetime(later, usegmt=True)) <= 100
    assert seconds_of("Wed, 21 Oct 2015 07:28:00 GMT") == 0
    assert [seconds_of(text) for text in ("", "soon", "-1", "1.5", "²", "99" * 99)][:5] == [None] * 5


def test_names_in_other_scripts_are_asked_as_the_net_writes_them(server, fetch, monkeypatch):
    import asyncio as aio

    asked = []

    async def getaddrinfo(_, host, port, **__):
        asked.append(host)
        return [(2, 1, 6, "", ("127.0.0.1", server.port))]

    monkeypatch.setattr(aio.BaseEventLoop, "getaddrinfo", getaddrinfo)
    assert fetch(f"http://b\u00fccher.example:{server.port}/pictures/1.jpg?q=\u00e4 b") == jpeg(1)
    assert set(asked) == {"xn--bcher-kva.example"}
    assert server.asked[-1].path == "/pictures/1.jpg?q=%C3%A4%20b"
    assert server.asked[-1].headers["Host"] == f"xn--bcher-kva.example:{server.port}"
