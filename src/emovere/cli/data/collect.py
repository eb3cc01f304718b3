"""``emovere data collect``: words, a list of addresses or a folder in, a folder of pictures out."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from emovere.cli import options as shared

if TYPE_CHECKING:
    from emovere.datasets.collect.options import CollectOptions
    from emovere.datasets.collect.summary import Summary


def collect(
    source: Annotated[
        str,
        typer.Argument(
            metavar="WORDS|LIST|FOLDER",
            help="A word list (english, or a TOML file), a list of addresses (.txt or .csv), or a folder of pictures.",
        ),
    ],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="DIR", help="The collection's folder.")],
    provider: Annotated[
        str, typer.Option("--provider", help="Who is asked: openverse, wikimedia, bing, or a plug-in's name.")
    ] = "openverse,wikimedia",
    licences: Annotated[
        str, typer.Option("--licences", help="Accepted licences, such as cc0,pdm,by,by-sa; any takes unknown ones too.")
    ] = "any",
    emotions: Annotated[
        str, typer.Option("--emotions", help="Only these, such as angry,disgust; all of them if empty.")
    ] = "",
    each: Annotated[int | None, typer.Option("--each", help="Enough pictures of one emotion.")] = None,
    pictures: Annotated[int | None, typer.Option("--pictures", help="Enough pictures altogether.")] = None,
    megabytes: Annotated[float | None, typer.Option("--megabytes", help="Enough millions of bytes.")] = None,
    minutes: Annotated[float | None, typer.Option("--minutes", help="Enough minutes.")] = None,
    emotion: Annotated[
        str, typer.Option("--emotion", help="Emotion of a list's or folder's pictures that state none.")
    ] = "",
    author: Annotated[str, typer.Option("--author", help="Author of such pictures that name none.")] = "",
    licence: Annotated[str, typer.Option("--licence", help="Licence of those that state none.")] = "",
    settings: shared.Settings = None,
    quiet: shared.Quiet = False,
) -> None:
    """Collect pictures with source, author, licence and date. The same command goes on where it stopped."""
    from emovere.cli.data.collect_progress import collect_progress
    from emovere.cli.extras import needs
    from emovere.config import override
    from emovere.datasets.collect.licences import accepted_codes
    from emovere.datasets.collect.options import CollectOptions
    from emovere.datasets.collect.run import collect as gather

    if not Path(source).is_dir():
        needs("workshop", "httpx", "stamina")
        _silence_retries()
    budget = {"each": each, "pictures": pictures, "megabytes": megabytes, "minutes": minutes}
    given = [f"budget.{name}={value}" for name, value in budget.items() if value is not None]
    options = override(CollectOptions(), [*given, *(settings or [])])
    names = _names(provider)
    if not quiet:
        _ask_for_contact(options, names, source)
    with collect_progress(options.budget.minutes, quiet=quiet) as tell:
        summary = gather(
            source,
            output,
            options=options,
            providers=names,
            emotions=_names(emotions),
            licences=accepted_codes(licences),
            emotion=emotion,
            author=author,
            licence=licence,
            tell=tell,
        )
    print(summary.text())
    _conclude(summary, output, quiet=quiet)


def _names(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _silence_retries() -> None:
    """No line for every retry: stamina tells each one to whatever logs, on whatever stream."""
    import stamina.instrumentation

    stamina.instrumentation.set_on_retry_hooks([])


def _ask_for_contact(options: CollectOptions, names: tuple[str, ...], source: str) -> None:
    searches = not Path(source).is_dir() and Path(source).suffix.lower() not in (".txt", ".csv")
    if searches and "wikimedia" in names and not options.collect.contact:
        print(
            "emovere: Wikimedia asks programs to say whom to write to: --set collect.contact=you@example.org",
            file=sys.stderr,
        )


def _conclude(summary: Summary, output: Path, *, quiet: bool) -> None:
    """What is left to say on stderr. Raises DatasetError where a part of the work could not be done."""
    from emovere.errors import DatasetError
    from emovere.sources.names import printable

    if not quiet:
        for host, reason in summary.left.items():
            print(f"emovere: {printable(host)} was left alone: {printable(reason)}", file=sys.stderr)
    if summary.lost:
        reasons = "; ".join(f"{name} stopped answering: {printable(why)}" for name, why in summary.lost.items())
        raise DatasetError(f"{reasons}; what was collected is whole in {output}, and the same command goes on")
    if not quiet and not summary.ended and any(counts.waiting for counts in summary.emotions.values()):
        print("emovere: some pictures could not be had now; the same command tries them again", file=sys.stderr)
    if not quiet and summary.pictures:
        print(f"emovere: next: emovere data clean {output} -o SET", file=sys.stderr)
