"""The journal's tables as they are now; ``migrations.py`` says how they came to be."""

from __future__ import annotations

import sqlalchemy as sa

from emovere.journal.records import LABELS

metadata = sa.MetaData()
_Counted = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def _session_key(*, primary: bool = True) -> sa.Column[int]:
    target = sa.ForeignKey("emovere_sessions.key", ondelete="CASCADE")
    return sa.Column("session", sa.BigInteger, target, primary_key=primary, nullable=False, index=not primary)


versions = sa.Table(
    "emovere_schema",
    metadata,
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("applied_ms", sa.BigInteger, nullable=False),
)
"""Which migrations have been applied."""

sessions = sa.Table(
    "emovere_sessions",
    metadata,
    sa.Column("key", _Counted, primary_key=True),
    sa.Column("id", sa.Text, nullable=False, unique=True),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("model", sa.Text, nullable=False),
    sa.Column("labels", sa.Text, nullable=False),
    sa.Column("started_ms", sa.BigInteger, nullable=False),
    sa.Column("zone", sa.Integer, nullable=False),
    sa.Column("day", sa.Integer, nullable=False, index=True),
    sa.Column("last_s", sa.Integer, nullable=False),
    sa.Column("ended_ms", sa.BigInteger),
)
"""day: that of the beginning, on the place's own clock. last_s: the last second that is in; -1 before the first."""

tags = sa.Table("emovere_tags", metadata, _session_key(), sa.Column("tag", sa.Text, primary_key=True))

people = sa.Table(
    "emovere_people",
    metadata,
    _session_key(),
    sa.Column("person", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("first_s", sa.Integer, nullable=False),
    sa.Column("last_s", sa.Integer, nullable=False),
    sa.Column("seconds", sa.Integer, nullable=False),
)

readings = sa.Table(
    "emovere_readings",
    metadata,
    _session_key(),
    sa.Column("second", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("person", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("frames", sa.Integer, nullable=False),
    sa.Column("uncertain", sa.REAL, nullable=False),
    *(sa.Column(label, sa.REAL) for label in LABELS),
)
"""A label that the session does not tell apart is NULL."""

hours = sa.Table(
    "emovere_hours",
    metadata,
    _session_key(),
    sa.Column("hour", sa.Integer, primary_key=True, autoincrement=False, index=True),
    sa.Column("seconds", sa.Integer, nullable=False),
    sa.Column("people_seconds", sa.Integer, nullable=False),
    *(sa.Column(f"sum_{label}", sa.Double) for label in LABELS),
    *(sa.Column(f"first_{label}", sa.Integer) for label in LABELS),
)
"""Sums of the readings of each hour on the place's own clock, written with the readings themselves."""

events = sa.Table(
    "emovere_events",
    metadata,
    _session_key(),
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("at_s", sa.Double, nullable=False),
    sa.Column("person", sa.Integer, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("emotion", sa.Text),
    sa.Column("value", sa.REAL),
)
"""number: 1000 times the second in which it was noticed, and its place in it."""

notes = sa.Table(
    "emovere_notes",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    _session_key(primary=False),
    sa.Column("at_s", sa.Double),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("written_ms", sa.BigInteger, nullable=False),
)
