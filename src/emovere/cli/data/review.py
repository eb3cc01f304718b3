"""``emovere data review``: people look at the doubtful faces of a set; what they say becomes a patch."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from emovere.cli import options as shared

if TYPE_CHECKING:
    from emovere.datasets.review.agreement import Agreement
    from emovere.datasets.review.faces import Done
    from emovere.datasets.review.queue import Queue
    from emovere.datasets.review.review import Review

EVERY_S = 5.0
"""Seconds between two words on how far something is."""


def review(
    data: Annotated[Path, typer.Argument(metavar="SET", help="A set's folder, or FER2013 in any of its layouts.")],
    findings: Annotated[
        list[Path] | None,
        typer.Option("--findings", metavar="FILE", help="findings.csv or a patch: what is doubted comes first."),
    ] = None,
    order: Annotated[
        str, typer.Option(help="findings, doubt (the network's), set; auto takes the first of them that there is.")
    ] = "auto",
    labeller: Annotated[str, typer.Option(metavar="NAME", help="Who votes; the page asks unless named.")] = "",
    blind: Annotated[bool, typer.Option("--blind", help="Show others' votes on a face only after one's own.")] = False,
    agreement: Annotated[bool, typer.Option("--agreement", help="Print how far the labellers agree.")] = False,
    patch: Annotated[
        Path | None, typer.Option(metavar="FILE.jsonl", help="Write what more than half of each face's votes say.")
    ] = None,
    votes_csv: Annotated[
        Path | None, typer.Option("--votes-csv", metavar="FILE.csv", help="Write the votes in the layout of FER+.")
    ] = None,
    folder: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Where the votes are kept; SET/review, or SET.review beside another layout."),
    ] = None,
    host: Annotated[
        str, typer.Option(help="Address to listen at; other than loopback it demands a token.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes any that is free.")] = 8766,
    token: Annotated[
        str, typer.Option(envvar="EMOVERE_TOKEN", metavar="TEXT", help="What the page must name to get faces.")
    ] = "",
    open_browser: Annotated[bool, typer.Option("--open", help="Open the page in the browser.")] = False,
    quiet: shared.Quiet = False,
) -> None:
    """Serve a page on which people look at doubtful faces, until Ctrl-C. Prints its address.

    With --agreement, --patch or --votes-csv nothing is served: they tell what came of it.
    """
    from emovere.datasets.review.review import Review
    from emovere.datasets.review.votes import check_name

    if labeller:
        check_name(labeller)
    opened = Review(data, folder, None if quiet else _telling)
    try:
        if agreement or patch is not None or votes_csv is not None:
            _results(opened, agreement, patch, votes_csv)
            return
        from emovere.cli.extras import needs

        needs("serve", "fastapi", "uvicorn", "websockets", "python_multipart", "prometheus_client")
        queue = opened.queue(findings or (), order)
        if not quiet:
            print(_begun(opened, queue), file=sys.stderr, flush=True)
        _serve(opened, queue, labeller, blind, (host, port, token), open_browser, quiet)
    finally:
        opened.close()


def _serve(
    opened: Review, queue: Queue, labeller: str, blind: bool, where: tuple[str, int, str], browser: bool, quiet: bool
) -> None:
    from emovere.web.review.desk import Desk
    from emovere.web.review.running import serve
    from emovere.web.settings import ServeSettings

    host, port, token = where

    def ready(address: str) -> None:
        page = f"{address}#token={token}" if token else address
        print(address, flush=True)
        if not quiet:
            print("emovere: every vote is kept as it is given; Ctrl-C ends the page", file=sys.stderr, flush=True)
        if browser:
            import webbrowser

            webbrowser.open(page)

    serve(Desk(opened, queue, labeller, blind), ServeSettings(host=host, port=port, token=token), ready)


def _results(opened: Review, agreement: bool, patch: Path | None, votes_csv: Path | None) -> None:
    if agreement:
        for name, faces in opened.standing.progress().items():
            print(f"{name}: {faces:,} of {len(opened.faces):,} faces")
        for one in opened.agreement():
            print(_told(one))
    if votes_csv is not None:
        voted = opened.write_votes(votes_csv)
        print(f"{votes_csv}: votes on {voted:,} rows")
    if patch is not None:
        found = opened.write_patch(patch, f"emovere data review {opened.path.name} --patch {patch.name}")
        print(
            f"{patch}: {found.kept:,} kept, {found.relabelled:,} relabelled, {found.dropped:,} dropped, "
            f"{found.cropped:,} cut anew; {found.open:,} stay open"
        )


def _told(one: Agreement) -> str:
    """One line such as ``Ada and Ben: Cohen's kappa 0.81 (0.77 to 0.85) on 500 faces, 84.2 % the same``."""
    names = " and ".join((", ".join(one.labellers[:-1]), one.labellers[-1]))
    whose = "Cohen's" if len(one.labellers) == 2 else "Fleiss'"
    if not one.faces:
        return f"{names}: no face on which all of them have voted"
    if one.kappa != one.kappa:
        return f"{names}: {whose} kappa says nothing on {one.faces:,} faces that were all called the same"
    return (
        f"{names}: {whose} kappa {one.kappa:.3f} ({one.low:.3f} to {one.high:.3f}) on {one.faces:,} faces, "
        f"{one.same:.1%} the same"
    )


def _begun(opened: Review, queue: Queue) -> str:
    by = {
        "findings": f"first {len(queue.hints):,} of which something was found",
        "doubt": "first those whose label the network doubts",
        "set": "in the order of the set",
    }[queue.by]
    voted = opened.standing.progress()
    told = "".join(f"; {name} has voted on {faces:,}" for name, faces in voted.items())
    return f"emovere: {opened.name}: {len(queue):,} different faces, {by}; votes in {opened.book.path}{told}"


def _telling(what: str) -> Done:
    """Says on stderr now and then how far something is that takes a while."""
    begun = told = time.monotonic()

    def done(count: int, total: int) -> None:
        nonlocal told
        now = time.monotonic()
        if now - told >= EVERY_S:
            told = now
            left = (now - begun) / max(count, 1) * (total - count)
            print(f"emovere: {count:,} of {total:,} {what}; about {left:.0f} s left", file=sys.stderr, flush=True)

    return done
