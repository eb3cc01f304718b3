"""``emovere journal``: what sessions held, how it changed over days, and how to be rid of it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from emovere.journal.store import Journal

app = typer.Typer(no_args_is_help=True)

_Url = Annotated[
    str | None,
    typer.Option(
        "--journal",
        "--journal-url",
        metavar="URL",
        help="A file, or postgresql://...; else EMOVERE_JOURNAL, else the usual file.",
    ),
]
_Since = Annotated[str | None, typer.Option(metavar="DAY", help="The first day, such as 2026-11-01.")]
_Until = Annotated[str | None, typer.Option(metavar="DAY", help="The last day, itself included.")]
_Tag = Annotated[str | None, typer.Option(help="Only sessions with this tag.")]
_Json = Annotated[bool, typer.Option("--json", help="As JSON.")]
_Session = Annotated[str, typer.Argument(metavar="SESSION", help="An id, how one begins, or last.")]
_Plot = Annotated[Path | None, typer.Option(metavar="FILE.png", help="Also draw it.")]


@app.command("list")
def list_sessions(
    since: _Since = None,
    until: _Until = None,
    tag: _Tag = None,
    limit: Annotated[int, typer.Option(min=1, help="Most sessions to list.")] = 20,
    json: _Json = False,
    journal_url: _Url = None,
) -> None:
    """Sessions, the latest first."""
    from emovere.cli.journal_tables import show_sessions

    with _open(journal_url) as journal:
        page = journal.sessions(since, until, tag, limit)
        if json:
            _print_json({"sessions": [session.to_dict() for session in page], "total": page.total})
        elif page:
            show_sessions(page)
        else:
            print(f"emovere: no session there in {journal.where}", file=sys.stderr)


@app.command()
def show(session: _Session, plot: _Plot = None, json: _Json = False, journal_url: _Url = None) -> None:
    """One session: its length, its people, the mix of expressions, notes. With --json also every second."""
    from emovere.cli.journal_tables import show_session

    _check_plot(plot)
    with _open(journal_url) as journal:
        name = journal.find(session)
        found, notes, events = journal.session(name), journal.notes(name), journal.events(name)
        if plot is not None:
            from emovere.journal.plot_session import draw_session
            from emovere.report.colours import colour_of

            draw_session(found, journal.readings(name), notes, plot, colour_of)
        if json:
            _print_json(
                {
                    **found.to_dict(),
                    "readings": [reading.to_dict() for reading in journal.readings(name)],
                    "notes": [written.to_dict() for written in notes],
                    "events": [event.to_dict() for event in events],
                }
            )
        else:
            show_session(found, notes, events)


@app.command()
def note(
    session: _Session,
    text: Annotated[str, typer.Argument(help="The note.")],
    at: Annotated[
        str | None, typer.Option(metavar="TIME", help="Where in the session it belongs, such as 1:30.")
    ] = None,
    journal_url: _Url = None,
) -> None:
    """Keep a note on a session."""
    from emovere.cli.times import seconds

    with _open(journal_url) as journal:
        journal.add_note(journal.find(session), text, None if at is None else seconds("--at", at))


@app.command()
def edit(
    session: _Session,
    title: Annotated[str | None, typer.Option(help="The new title.")] = None,
    tags: Annotated[str | None, typer.Option(metavar="A,B", help="The new tags, instead of the old ones.")] = None,
    journal_url: _Url = None,
) -> None:
    """Change a session's title or tags."""
    from emovere.errors import ConfigError

    if title is None and tags is None:
        raise ConfigError("edit: expected --title or --tags")
    names = None if tags is None else [name.strip() for name in tags.split(",") if name.strip()]
    with _open(journal_url) as journal:
        journal.edit(journal.find(session), title, names)


@app.command()
def trends(
    by: Annotated[str, typer.Option(help="day, week, month, hour-of-day, or ten-minutes of one day.")] = "day",
    since: _Since = None,
    until: _Until = None,
    tag: _Tag = None,
    plot: _Plot = None,
    json: _Json = False,
    journal_url: _Url = None,
) -> None:
    """How the mix of expressions went over days, weeks, months or the hours of the day."""
    from emovere.cli.journal_tables import show_trends
    from emovere.journal.records import LABELS

    _check_plot(plot)
    with _open(journal_url) as journal:
        rows = journal.trends(by, since, until, tag)
        if plot is not None:
            from emovere.journal.plot_trends import draw_trends
            from emovere.report.colours import colour_of

            draw_trends(rows, by, plot, colour_of)
        if json:
            labels = [label for label in LABELS if any(label in row.means for row in rows)]
            _print_json({"by": by, "labels": labels, "rows": [row.to_dict() for row in rows]})
        elif rows:
            show_trends(rows, by)
        else:
            print(f"emovere: no face was seen in that time, says {journal.where}", file=sys.stderr)


@app.command()
def compare(
    before: Annotated[str, typer.Option(metavar="DAY..DAY", help="The earlier span: 2026-10-01..2026-10-31.")],
    after: Annotated[str, typer.Option(metavar="DAY..DAY", help="The later span; an open end is left out.")],
    tag: _Tag = None,
    json: _Json = False,
    journal_url: _Url = None,
) -> None:
    """Compare two spans of days, with a 95 % interval from resampling days."""
    from emovere.cli.journal_tables import show_comparison

    spans = _span("--before", before), _span("--after", after)
    with _open(journal_url) as journal:
        comparison = journal.compare(*spans, tag)
    if json:
        _print_json(comparison.to_dict())
    else:
        show_comparison(comparison)


@app.command()
def export(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="The file to write.")],
    format: Annotated[
        str | None, typer.Option("--format", "-f", help="parquet, csv or jsonl; else as the file's name ends.")
    ] = None,
    since: _Since = None,
    until: _Until = None,
    journal_url: _Url = None,
) -> None:
    """Write every second of every person to a file for other programs."""
    with _open(journal_url) as journal:
        count = journal.export(path, format or path.suffix.lower().lstrip("."), since, until)
    print(f"emovere: {count:,} readings in {path}", file=sys.stderr)


@app.command()
def delete(
    sessions: Annotated[
        list[str] | None, typer.Argument(metavar="[SESSION]...", help="Ids, how they begin, or last.")
    ] = None,
    since: _Since = None,
    until: _Until = None,
    everything: Annotated[bool, typer.Option("--all", help="Every session.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    journal_url: _Url = None,
) -> None:
    """Delete sessions for good, with their notes: one, those that began in a range of days, or all."""
    from emovere.errors import ConfigError
    from emovere.report.words import counted

    ranged = since is not None or until is not None
    if [bool(sessions), ranged, everything].count(True) != 1:
        raise ConfigError("delete: expected sessions, or --since and --until, or --all, and only one of these")
    if ranged and (since is None or until is None):
        raise ConfigError("delete: expected both --since and --until; --all deletes everything")
    with _open(journal_url) as journal:
        names = list(dict.fromkeys(journal.find(name) for name in sessions or ()))
        count = len(names) if names else journal.sessions(since, until, limit=0).total
        if not count:
            print("emovere: no session there; nothing was deleted", file=sys.stderr)
            return
        if not yes:
            _ask(f"Delete {counted(count, 'session')} for good from {journal.where}?")
        deleted = _delete(journal, names, since, until)
    print(f"emovere: {counted(deleted, 'session')} deleted", file=sys.stderr)


def _delete(journal: Journal, names: list[str], since: str | None, until: str | None) -> int:
    if names:
        return sum(journal.delete(name) for name in names)
    return journal.delete_all() if since is None else journal.delete_range(since, until)


def _ask(question: str) -> None:
    from emovere.errors import ConfigError

    if not sys.stdin.isatty():
        raise ConfigError("delete: nobody is there to be asked; --yes deletes without asking")
    if not typer.confirm(question, err=True):
        print("emovere: nothing was deleted", file=sys.stderr)
        raise typer.Exit(1)


def _open(url: str | None) -> Journal:
    from emovere.journal.store import Journal

    return Journal.open(url, make=False)


def _span(option: str, text: str) -> tuple[str | None, str | None]:
    from emovere.errors import ConfigError

    first, dots, last = text.partition("..")
    if not dots or not (first or last):
        raise ConfigError(f"{option}: expected two days such as 2026-10-01..2026-10-31; got {text!r}")
    return first or None, last or None


def _check_plot(path: Path | None) -> None:
    from emovere.errors import ConfigError

    if path is not None and path.suffix.lower() != ".png":
        raise ConfigError(f"--plot: expected a name that ends in .png; got {path}")


def _print_json(value: dict[str, Any]) -> None:
    from json import dumps

    print(dumps(value, indent=2, ensure_ascii=False))
