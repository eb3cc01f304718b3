"""From words, a list or a folder to a folder of pictures, and what a second run does."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import socket
import sys
import types

import pytest
from tests.pictures_server import BING_KEY, PicturesServer, a_zip, jpeg, png_of_size

from emovere import registry
from emovere.datasets.collect.found import Find, Page
from emovere.datasets.collect.options import Budget
from emovere.datasets.collect.run import collect
from emovere.datasets.collect.summary import Counts
from emovere.errors import ConfigError, DatasetError, Offline, OutputError, UnknownModel

pytestmark = pytest.mark.timeout(60)


def lines(folder):
    return [json.loads(line) for line in (folder / "collected.jsonl").read_text().splitlines()]


def check_whole(folder):
    """Every line's picture is there, whole, under the name of its content; and nothing else is."""
    files = set()
    for line in lines(folder):
        data = (folder / line["file"]).read_bytes()
        assert hashlib.sha256(data).hexdigest() == line["sha256"]
        assert line["file"] == f"pictures/{line['sha256'][:2]}/{line['sha256']}.jpg"
        assert len(data) == line["bytes"]
        assert (line["width"], line["height"]) == (96, 96)
        files.add(folder / line["file"])
    assert {path for path in folder.rglob("*") if path.is_file()} == files | {
        folder / "found.jsonl",
        folder / "collected.jsonl",
    }


def test_words_become_pictures_with_their_sources(server, options, few_words, tmp_path):
    summary = collect(few_words, tmp_path / "out", options=options())
    check_whole(tmp_path / "out")
    assert summary.emotions == {name: Counts(22, 22, 0, 0) for name in ("happy", "sad")}
    assert summary.pictures == summary.new == 4 * (6 + 5)
    found = lines(tmp_path / "out")
    assert {(line["emotion"], line["query"]) for line in found} == {
        *(("happy", "glad face"), ("happy", "merry face"), ("sad", "tearful face"), ("sad", "gloomy face")),
    }
    line = next(line for line in found if line["provider"] == "openverse" and line["page"].endswith("/0"))
    assert line["author"] == r"Ann\x07 Author 0"
    assert (line["licence"], line["licence_url"]) == ("by-4.0", "")
    line = next(line for line in found if line["provider"] == "wikimedia")
    assert (line["author"], line["licence"]) == ("Bea & Co", "by-sa-4.0")
    assert line["licence_url"] == "https://creativecommons.org/licenses/by-sa/4.0"
    assert line["url"].startswith(server.url + "/pictures/")
    assert server.times("/robots.txt") == 1


def test_a_picture_found_by_several_words_is_fetched_once(server, options, few_words, tmp_path):
    server.number = lambda words, place: place
    summary = collect(few_words, tmp_path / "out", options=options())
    assert summary.pictures == 6
    assert len(server.pictures_asked()) == 6
    assert len(lines(tmp_path / "out")) == 4 * 6
    check_whole(tmp_path / "out")


def test_what_several_words_find_in_vain_is_asked_for_once_a_run(server, options, tmp_path):
    paths = ("/zip.jpg", "/status?is=500")
    rows = [f"{server.url}{path},{emotion}\n" for emotion in ("happy", "sad", "fear", "angry") for path in paths]
    (tmp_path / "list.csv").write_text("url,emotion\n" + "".join(rows))
    for run in (1, 2):
        summary = collect(tmp_path / "list.csv", tmp_path / "out", options=options(attempts=1))
        assert server.times("/zip.jpg") == 1
        assert server.times("/status") == run
        assert summary.emotions["happy"] == Counts(2, 0, 1, 1)


def test_a_second_run_asks_nothing_again(server, options, few_words, tmp_path):
    collect(few_words, tmp_path / "out", options=options())
    before = (tmp_path / "out" / "found.jsonl").read_bytes()
    asked = len(server.asked)
    summary = collect(few_words, tmp_path / "out", options=options())
    assert len(server.asked) == asked
    assert summary.new == 0
    assert summary.pictures == 44
    assert (tmp_path / "out" / "found.jsonl").read_bytes() == before


def test_every_query_gives_a_page_before_any_gives_its_second(server, options, few_words, tmp_path):
    collect(few_words, tmp_path / "out", options=options(), providers=["openverse"])
    pages = [asked.path.partition("page=")[2][0] for asked in server.asked if asked.path.startswith("/openverse")]
    assert pages == ["1"] * 4 + ["2"] * 4


@pytest.mark.parametrize(
    ("budget", "pictures", "ended"),
    [
        (Budget(pictures=5), 5, "5 pictures"),
        (Budget(each=3), 6, "3 pictures of each emotion"),
        (Budget(megabytes=0.01), 4, "0.01 megabytes"),
        (Budget(a_query=3), 12, ""),
    ],
)
def test_a_budget_ends_the_work_and_a_larger_one_goes_on(server, options, few_words, tmp_path, budget, pictures, ended):
    out = tmp_path / "out"
    few = collect(few_words, out, options=options(budget), providers=["openverse"])
    assert few.pictures == pictures
    assert few.ended == ended
    check_whole(out)
    everything = collect(few_words, out, options=options(), providers=["openverse"])
    assert everything.pictures == 24
    assert len(server.pictures_asked()) <= 24 + 4  # those under way when the budget was reached
    check_whole(out)


def test_minutes_end_the_work(options, few_words, tmp_path):
    with PicturesServer(slow_s=0.3) as slow:
        opts = options(Budget(minutes=0.05))
        opts = type(opts)(
            opts.collect, opts.budget, type(opts.openverse)(f"{slow.url}/openverse/", pause=0), opts.wikimedia
        )
        summary = collect(few_words, tmp_path / "out", options=opts, providers=["openverse"])
    assert summary.ended == "0.05 minutes"
    assert 0 < summary.pictures < 24
    assert summary.emotions["happy"].waiting > 0
    check_whole(tmp_path / "out")


def test_only_accepted_licences_are_fetched_and_a_change_of_mind_counts(server, options, few_words, tmp_path):
    out = tmp_path / "out"
    with_list = tmp_path / "list.csv"
    rows = [("by 4.0", 1), ("CC0", 2), ("all rights reserved", 3), ("", 4), ("by-nc", 5)]
    with_list.write_text("licence,url\n" + "".join(f"{words},{server.url}/pictures/{n}.jpg\n" for words, n in rows))
    summary = collect(with_list, out, options=options(), licences={"cc0", "by"})
    assert [(line["licence"]) for line in lines(out)] == ["by-4.0", "cc0"]
    assert {name: reason.count for name, reason in summary.refused.items()} == {"licence": 2, "licence unknown": 1}
    assert len(server.pictures_asked()) == 2
    assert collect(with_list, out, options=options()).pictures == 5
    collect(few_words, tmp_path / "words", options=options(), providers=["openverse"], licences={"cc0"})
    assert {line["licence"] for line in lines(tmp_path / "words")} == {"cc0"}


def test_a_list_may_be_told_whose_it_is(server, options, tmp_path):
    path = tmp_path / "list.csv"
    path.write_text(f"url,author\n{server.url}/pictures/1.jpg,\n{server.url}/pictures/2.jpg,Bea\n")
    given = {"emotion": "happy", "author": "Ann", "licence": "CC BY 4.0"}
    collect(path, tmp_path / "out", options=options(), licences={"by"}, **given)
    assert [(line["emotion"], line["author"], line["licence"]) for line in lines(tmp_path / "out")] == [
        ("happy", "Ann", "by-4.0"),
        ("happy", "Bea", "by-4.0"),
    ]


HOSTILE = {
    "/drip": ("failed", "timed out"),
    "/endless": ("refused", "too large"),
    "/stall": ("failed", "timed out"),
    "/status?is=429": ("failed", "status 429"),
    "/status?is=500": ("failed", "status 500"),
    "/text.jpg": ("refused", "no picture"),
    "/claims.jpg": ("refused", "no picture"),
    "/short": ("failed", "cut off"),
    "/long": ("refused", "damaged"),
    "/huge.png": ("refused", "too many pixels"),
    "/zip.jpg": ("refused", "no picture"),
    "/bomb": ("refused", "too large"),
    "/round": ("refused", "redirects"),
    "/tiny.jpg": ("refused", "too small"),
}


def test_a_hostile_collection_is_a_line_for_each_and_the_rest_is_whole(server, options, tmp_path):
    paths = ["/pictures/1.jpg", *HOSTILE, "/named/..%2f..%2f..%2ftmp%2fevil.jpg", "/pictures/2.jpg"]
    (tmp_path / "list.txt").write_text("".join(f"{server.url}{path}\n" for path in paths))
    summary = collect(tmp_path / "list.txt", tmp_path / "out", options=options())
    assert summary.pictures == 3
    check_whole(tmp_path / "out")
    said = {}
    for line in map(json.loads, (tmp_path / "out" / "found.jsonl").read_text().splitlines()):
        for verdict in ("refused", "failed"):
            if verdict in line:
                said[line["url"].removeprefix(server.url)] = (verdict, line[verdict])
    assert said == HOSTILE
    refused = sum(verdict == "refused" for verdict, _ in HOSTILE.values())
    assert summary.emotions == {"": Counts(len(paths), 3, refused, len(HOSTILE) - refused)}
    text = summary.text()
    assert "zip.jpg: is a zip archive" in text
    assert "huge.png: 50,000 x 50,000; expected at most 50,000,000 altogether" in text
    assert "failed for now" in text
    asked = len(server.asked)
    again = collect(tmp_path / "list.txt", tmp_path / "out", options=options())
    assert again.emotions == summary.emotions
    tried = {asked.path for asked in server.asked[asked:]}
    assert tried == {"/robots.txt", *(path for path, (verdict, _) in HOSTILE.items() if verdict == "failed")}


def test_a_stalling_host_does_not_hold_up_the_others(server, options, tmp_path):
    with PicturesServer() as good:
        urls = [f"{server.url}/stall?{k}" for k in range(8)] + [f"{good.url}/pictures/{k}.jpg" for k in range(12)]
        (tmp_path / "list.txt").write_text("\n".join(urls))
        summary = collect(tmp_path / "list.txt", tmp_path / "out", options=options(attempts=1, patience=3))
        assert summary.pictures == 12
        last = max(asked.at for asked in good.asked)
    stalled = [asked.at for asked in server.asked if asked.path.startswith("/stall")]
    assert len(stalled) == 3  # then it was left alone
    assert last < stalled[-1]
    assert good.most_at_once == 1
    assert "3 questions in a row failed" in next(iter(summary.left.values()))
    assert summary.emotions[""].waiting == 8


def test_a_full_disk_ends_in_one_line_and_goes_on_later(server, options, few_words, tmp_path, monkeypatch):
    honest, calls = os.fsync, []

    def full(handle):
        calls.append(handle)
        if len(calls) > 21:
            raise OSError(28, "No space left on device")
        honest(handle)

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(
        OutputError, match=r"No space left on device; \d+ pictures are whole in .*; make room"
    ) as caught:
        collect(few_words, tmp_path / "out", options=options())
    assert "\n" not in str(caught.value)
    monkeypatch.setattr(os, "fsync", honest)
    check_whole(tmp_path / "out")
    kept = len(lines(tmp_path / "out"))
    assert kept == 10
    assert collect(few_words, tmp_path / "out", options=options()).pictures == 44
    check_whole(tmp_path / "out")


def test_a_provider_that_fails_is_named_and_the_others_go_on(server, options, few_words, tmp_path, monkeypatch):
    monkeypatch.setattr(PicturesServer, "_wikimedia", lambda _, handler, __: handler.send_error(403))
    summary = collect(few_words, tmp_path / "out", options=options())
    assert summary.pictures == 24
    [(name, reason)] = summary.lost.items()
    assert name == "wikimedia"
    assert "status 403; check the key and the endpoint" in reason
    assert server.times("/wikimedia") == 3


def test_bing_needs_its_key_and_never_writes_it(server, options, few_words, tmp_path, monkeypatch):
    monkeypatch.setenv("EMOVERE_BING_KEY", BING_KEY)
    opts = options()
    opts = type(opts)(opts.collect, opts.budget, bing=type(opts.bing)(f"{server.url}/bing"))
    summary = collect(few_words, tmp_path / "out", options=opts, providers=["bing"])
    assert summary.pictures == 24
    assert {line["licence"] for line in lines(tmp_path / "out")} == {"", "by-nc-sa"}
    monkeypatch.setenv("EMOVERE_BING_KEY", "another-secret")
    summary = collect(few_words, tmp_path / "wrong", options=opts, providers=["bing"])
    assert "status 401; check the key" in summary.lost["bing"]
    for path in tmp_path.rglob("*.jsonl"):
        assert BING_KEY not in path.read_text()
        assert "another-secret" not in path.read_text()


def test_a_plug_in_takes_the_same_road(server, options, few_words, tmp_path, monkeypatch):
    class Mine:
        def __init__(self, _, licences):
            self.licences = licences

        async def page(self, words, mark, ask):
            answer = await ask(f"{server.url}/openverse/", {"q": words, "page_size": "3"}, {})
            urls = [result["url"] for result in answer["results"]]
            if mark == "2":
                raise KeyError("a fault of mine")
            return Page(tuple(Find(url) for url in urls), "2" if not mark else "")

    module = types.ModuleType("my_pictures")
    module.Mine = Mine
    monkeypatch.setitem(sys.modules, "my_pictures", module)
    monkeypatch.setitem(registry.BUILT_IN["providers"], "mine", "my_pictures:Mine")
    summary = collect(few_words, tmp_path / "out", options=options(), providers=["mine"])
    assert summary.pictures == 12
    assert "KeyError: 'a fault of mine'" in summary.lost["mine"]
    with pytest.raises(UnknownModel, match=r"unknown provider 'mien'; did you mean 'mine'"):
        collect(few_words, tmp_path / "other", options=options(), providers=["mien"])


def test_a_provider_that_turns_in_circles_comes_to_an_end(server, options, few_words, tmp_path, monkeypatch):
    def round_and_round(self, handler, query):
        from tests.pictures_server import send_json

        result = {"url": f"{self.url}/pictures/1.jpg", "license": "by"}
        send_json(handler, {"page_count": 10**9, "results": [result] * 20})

    monkeypatch.setattr(PicturesServer, "_openverse", round_and_round)
    collect(few_words, tmp_path / "out", options=options(), providers=["openverse"])
    assert server.times("/openverse/") == 8
    assert server.times("/pictures/1.jpg") == 1


@pytest.fixture
def own(tmp_path):
    mine = tmp_path / "mine"
    for name, data in {
        **{"happy/1.jpg": jpeg(1), "happy/2.jpg": jpeg(2), "happy/copy.jpg": jpeg(1), "sad/3.jpg": jpeg(3)},
        **{"sad/zip.jpg": a_zip(), "sad/huge.png": png_of_size(50_000, 50_000), "sad/1.jpg": jpeg(1)},
    }.items():
        (mine / name).parent.mkdir(parents=True, exist_ok=True)
        (mine / name).write_bytes(data)
    return mine


def test_a_folder_is_taken_without_the_network(own, tmp_path, monkeypatch):
    monkeypatch.setenv("EMOVERE_OFFLINE", "1")
    for _ in range(2):
        summary = collect(own, tmp_path / "out", author="Ann", licence="cc0", licences={"cc0"})
        assert summary.emotions == {"happy": Counts(3, 3, 0, 0), "sad": Counts(4, 2, 2, 0)}
        assert summary.pictures == 3
        check_whole(tmp_path / "out")
    found = lines(tmp_path / "out")
    assert {(line["emotion"], line["url"]) for line in found} >= {
        ("happy", "mine/happy/1.jpg"),
        ("sad", "mine/sad/1.jpg"),
    }
    assert {(line["author"], line["licence"], line["provider"]) for line in found} == {("Ann", "cc0", "folder")}
    assert str(tmp_path) not in (tmp_path / "out" / "collected.jsonl").read_text()
    (own / "sad" / "3.jpg").write_bytes(jpeg(33))
    assert collect(own, tmp_path / "out").new == 1
    assert collect(own, tmp_path / "few", emotions=["happy"]).emotions == {"happy": Counts(3, 3, 0, 0)}
    with pytest.raises(DatasetError, match="expected a folder of pictures of bored; got none"):
        collect(own, tmp_path / "none", emotions=["bored"])
    assert {line["emotion"] for line in lines(tmp_path / "few")} == {"happy"}


def test_it_works_where_a_loop_is_running(own, tmp_path):
    async def in_a_notebook():
        return collect(own, tmp_path / "out")

    assert asyncio.run(in_a_notebook()).pictures == 3


def test_a_folder_inside_itself_and_an_empty_one_are_one_line(own, tmp_path):
    with pytest.raises(ConfigError, match="lies inside"):
        collect(own, own / "out")
    (tmp_path / "empty").mkdir()
    with pytest.raises(DatasetError, match="expected a folder of pictures; got none"):
        collect(tmp_path / "empty", tmp_path / "out")
    (tmp_path / "empty.txt").write_text("# nothing\n")
    with pytest.raises(DatasetError, match="expected a list of addresses; got none"):
        collect(tmp_path / "empty.txt", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_offline_opens_no_socket(few_words, tmp_path, monkeypatch):
    monkeypatch.setenv("EMOVERE_OFFLINE", "1")

    def no_socket(*_, **__):
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", no_socket)
    monkeypatch.setattr(socket, "getaddrinfo", no_socket)
    (tmp_path / "list.txt").write_text("https://example.org/1.jpg\n")
    for source in (few_words, tmp_path / "list.txt"):
        with pytest.raises(Offline, match="EMOVERE_OFFLINE is set"):
            collect(source, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_options_that_make_no_sense_are_one_line(few_words, tmp_path, options):
    with pytest.raises(ConfigError, match=r"collect\.connections: expected at least 1; got 0"):
        collect(few_words, tmp_path / "out", options=options(connections=0))
    with pytest.raises(ConfigError, match=r"collect\.rate: expected at least 0; got nan"):
        collect(few_words, tmp_path / "out", options=options(rate=float("nan")))
    with pytest.raises(ConfigError, match=r"collect\.contact"):
        collect(few_words, tmp_path / "out", options=options(contact="a\nX-Evil: 1"))
    with pytest.raises(ConfigError, match="providers: expected some of bing, openverse, wikimedia; got none"):
        collect(few_words, tmp_path / "out", options=options(), providers=[])
    assert not (tmp_path / "out").exists()
