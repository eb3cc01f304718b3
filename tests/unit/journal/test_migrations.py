"""Tables that come to be step by step."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from tests.unit.journal.conftest import NOON

from emovere.errors import JournalError
from emovere.journal import migrations, store
from emovere.journal.schema import metadata
from emovere.journal.store import Journal

pytestmark = pytest.mark.timeout(60)


@pytest.fixture
def one_more(monkeypatch) -> None:
    """A journal that knows one step more than it does now."""
    later = (*migrations.MIGRATIONS, ("ALTER TABLE emovere_sessions ADD COLUMN weather TEXT",))
    monkeypatch.setattr(migrations, "MIGRATIONS", later)
    monkeypatch.setattr(store, "MIGRATIONS", later)


def columns(connection: sa.Connection, table: str) -> dict[str, tuple[str, bool]]:
    found = sa.inspect(connection).get_columns(table)
    keys = sa.inspect(connection).get_pk_constraint(table)["constrained_columns"]
    return {
        column["name"]: (kind_of(column["type"]), column["nullable"] and column["name"] not in keys) for column in found
    }


def kind_of(kind: sa.types.TypeEngine) -> str:
    if isinstance(kind, sa.Integer):
        return "whole"
    return "number" if isinstance(kind, sa.Numeric | sa.Float) else "text"


def test_the_steps_lead_to_the_tables_as_they_are(journal):
    with journal.reading() as connection:
        inspector = sa.inspect(connection)
        assert set(inspector.get_table_names()) == set(metadata.tables)
        for name, table in metadata.tables.items():
            expected = {
                column.name: (kind_of(column.type), bool(column.nullable) and not column.primary_key)
                for column in table.columns
            }
            assert columns(connection, name) == expected, name
            keys = inspector.get_pk_constraint(name)["constrained_columns"]
            assert keys == [column.name for column in table.primary_key.columns], name
            indexed = {tuple(index["column_names"]) for index in inspector.get_indexes(name) if not index["unique"]}
            assert indexed == {tuple(c.name for c in index.columns) for index in table.indexes}, name


def test_opening_again_changes_nothing(url, keep):
    with Journal.open(url) as journal:
        session = keep(journal)
    with Journal.open(url) as journal, journal.reading() as connection:
        rows = connection.execute(sa.text("SELECT version FROM emovere_schema")).all()
        assert [row.version for row in rows] == list(range(1, len(migrations.MIGRATIONS) + 1))
        assert journal.session(session).seconds == 3


def test_a_step_that_is_missing_is_made_up_for_and_keeps_everything(url, keep, request):
    with Journal.open(url) as journal:
        session = keep(journal, NOON)
    request.getfixturevalue("one_more")
    with Journal.open(url) as journal:
        assert journal.session(session).seconds == 3
        with journal.reading() as connection:
            assert "weather" in columns(connection, "emovere_sessions")
            assert connection.scalar(sa.text("SELECT max(version) FROM emovere_schema")) == len(migrations.MIGRATIONS)


def test_a_step_that_fails_leaves_the_journal_as_it_was(url, keep, monkeypatch):
    with Journal.open(url) as journal:
        session = keep(journal)
    later = (*migrations.MIGRATIONS, ("ALTER TABLE emovere_sessions ADD COLUMN weather TEXT", "CREATE nonsense"))
    with monkeypatch.context() as patched:
        patched.setattr(migrations, "MIGRATIONS", later)
        patched.setattr(store, "MIGRATIONS", later)
        with pytest.raises(JournalError, match="syntax error"):
            Journal.open(url)
    with Journal.open(url) as journal:
        assert journal.session(session).seconds == 3
        with journal.reading() as connection:
            assert "weather" not in columns(connection, "emovere_sessions")


def test_a_newer_journal_is_refused_and_left_alone(url, keep):
    with pytest.MonkeyPatch.context() as patched:
        later = (*migrations.MIGRATIONS, ("ALTER TABLE emovere_sessions ADD COLUMN weather TEXT",))
        patched.setattr(migrations, "MIGRATIONS", later)
        patched.setattr(store, "MIGRATIONS", later)
        with Journal.open(url) as journal:
            session = keep(journal)
    newest = len(migrations.MIGRATIONS)
    with pytest.raises(JournalError) as told:
        Journal.open(url)
    assert f"expected a journal of schema {newest} or older; got {newest + 1}" in str(told.value)
    assert "update this one" in str(told.value)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(migrations, "MIGRATIONS", later)
        patched.setattr(store, "MIGRATIONS", later)
        with Journal.open(url) as journal:
            assert journal.session(session).seconds == 3
