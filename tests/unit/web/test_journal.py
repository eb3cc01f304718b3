"""``/v1/journal`` over real sockets and a real journal."""

from __future__ import annotations

import io
import json
import sqlite3
from collections.abc import Iterator

import pytest
from tests.serving import Running, serving
from tests.unit.web.test_sessions import problem, write

from emovere.journal.store import Journal

pytestmark = pytest.mark.timeout(60)


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[Running]:
    with serving(tmp_path_factory.mktemp("serve")) as running:
        yield running


@pytest.fixture
def journal(server) -> Iterator[Journal]:
    opened = server.service.journal()
    yield opened
    opened.delete_all()


def test_how_much_there_is(server, journal):
    empty = {"sessions": 0, "seconds": 0, "first": None, "last": None, "where": "sqlite"}
    assert server.ask("GET", "/v1/journal").json() == empty
    write(journal, 1, seconds=3)
    write(journal, 4, seconds=2)
    told = server.ask("GET", "/v1/journal").json()
    assert (told["sessions"], told["seconds"]) == (2, 5)
    assert (told["first"][:10], told["last"][:10]) == ("2026-11-01", "2026-11-04")


def test_trends_by_day_week_month_and_hour(server, journal):
    write(journal, 1, 9, happy=0.25)
    write(journal, 2, 9, happy=0.75)
    write(journal, 2, 20, happy=0.5, tags=["evening"])
    told = server.ask("GET", "/v1/journal/trends").json()
    assert (told["by"], told["labels"]) == ("day", ["angry", "happy", "neutral"])
    assert [(row["start"], row["seconds"], row["means"]["happy"]) for row in told["rows"]] == [
        ("2026-11-01", 3, 0.25),
        ("2026-11-02", 6, 0.625),
    ]
    assert told["rows"][1]["first"]["happy"] == 1.0

    def starts(query: str) -> list[str]:
        return [row["start"] for row in server.ask("GET", f"/v1/journal/trends?{query}").json()["rows"]]

    assert starts("by=week") == ["2026-10-26", "2026-11-02"]
    assert starts("by=month") == ["2026-11-01"]
    assert starts("by=hour-of-day") == ["9", "20"]
    assert starts("by=hour-of-day&tag=evening") == ["20"]
    assert starts("since=2026-11-02&until=2026-11-02") == ["2026-11-02"]
    assert starts("since=2027-01-01") == []


def test_before_and_after(server, journal):
    for day in range(1, 7):
        write(journal, day, happy=0.25 + day / 100)
        write(journal, day + 10, happy=0.5 + day / 100)
    query = "before_until=2026-11-06&after_since=2026-11-11&after_until=2026-11-30"
    told = server.ask("GET", f"/v1/journal/compare?{query}").json()
    assert told["resampled"] == "days"
    assert (told["before"]["days"], told["after"]["days"]) == (6, 6)
    happy = next(change for change in told["changes"] if change["label"] == "happy")
    assert happy["difference"] == pytest.approx(0.25, abs=1e-4)
    assert happy["low"] < 0.25 < happy["high"]
    assert happy["clear"] is True


@pytest.mark.parametrize(
    ("query", "word"),
    [
        ("before_since=2026-11-01&after_since=2026-11-05", "share no day"),
        ("", "share no day"),
        ("before_until=soon", "before_until"),
        ("before=2026-11-01", "unknown parameter 'before'"),
        ("before_since=2026-11-05&before_until=2026-11-01&after_since=2026-11-06", "not before"),
    ],
)
def test_spans_that_make_no_sense(server, query, word):
    assert word in problem(server.ask("GET", f"/v1/journal/compare?{query}"), 422)


@pytest.mark.parametrize("query", ["by=year", "by=", "since=2026-13-01", "tag=" + "a" * 51])
def test_trends_that_make_no_sense(server, query):
    problem(server.ask("GET", f"/v1/journal/trends?{query}"), 422)


def test_everything_as_a_file_in_every_format(server, journal):
    parquet = pytest.importorskip("pyarrow.parquet")
    ids = [write(journal, day) for day in (1, 2)]
    answer = server.ask("GET", "/v1/journal/export")
    assert answer.headers["content-disposition"] == 'attachment; filename="emovere-journal.parquet"'
    table = parquet.read_table(io.BytesIO(answer.content))
    assert table.num_rows == 6
    assert set(table.column("session").to_pylist()) == set(ids)
    rows = server.ask("GET", "/v1/journal/export?format=csv&since=2026-11-02").text.splitlines()
    assert len(rows) == 4
    assert rows[1].startswith(ids[1])
    lines = [json.loads(line) for line in server.ask("GET", "/v1/journal/export?format=jsonl").text.splitlines()]
    assert [line["row"] for line in lines].count("reading") == 6
    assert not [path for path in server.service.scratch.iterdir() if path.suffix in (".parquet", ".csv", ".jsonl")]


def test_an_empty_journal_is_a_file_without_rows(server, journal):
    assert len(server.ask("GET", "/v1/journal/export?format=csv").text.splitlines()) == 1
    problem(server.ask("GET", "/v1/journal/export?format=xlsx"), 422)


def test_deleting_everything_leaves_nothing_in_the_file(server, journal):
    id = write(journal, title="a secret title")
    journal.add_note(id, "a secret note")
    assert server.ask("DELETE", "/v1/journal").json() == {"deleted": 1}
    assert server.ask("GET", "/v1/sessions").json() == {"sessions": [], "total": 0}
    assert server.ask("DELETE", "/v1/journal").json() == {"deleted": 0}
    for name in (journal.where, f"{journal.where}-wal"):
        with open(name, "rb") as file:  # noqa: PTH123
            assert b"secret" not in file.read()


def test_a_locked_journal_is_told_and_reading_goes_on(server, journal, monkeypatch):
    monkeypatch.setattr("emovere.journal.place.PATIENCE_S", 0.1)
    id = write(journal)
    other = sqlite3.connect(journal.where, isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
        answer = server.ask("PATCH", f"/v1/sessions/{id}", json={"title": "Tea"})
        assert "locked by another program" in problem(answer, 503)
        assert server.ask("GET", f"/v1/sessions/{id}").status_code == 200
    finally:
        other.execute("ROLLBACK")
        other.close()
    assert server.ask("PATCH", f"/v1/sessions/{id}", json={"title": "Tea"}).json()["title"] == "Tea"
