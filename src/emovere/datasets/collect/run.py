"""``collect``: from words, a list or a folder to a folder of pictures."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Callable, Coroutine, Iterable, Iterator, Sequence, Set
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from emovere import registry
from emovere.datasets.collect.found import Find, Provider
from emovere.datasets.collect.ledger import Ledger, Query
from emovere.datasets.collect.licences import code_of, licence_of
from emovere.datasets.collect.listed import listed
from emovere.datasets.collect.options import CollectOptions, checked_options
from emovere.datasets.collect.own_folder import in_folder
from emovere.datasets.collect.pace import Pace, host_of
from emovere.datasets.collect.summary import Summary, summary_of
from emovere.datasets.collect.words import load_words, queries
from emovere.datasets.collect.work import Plan, Standing, Work
from emovere.errors import ConfigError, DatasetError, Interrupted, Offline, OutputError
from emovere.weights import offline

T = TypeVar("T")

PROVIDERS = ("openverse", "wikimedia")
"""Who is asked unless others are named: the two that need no key."""


def collect(
    source: str | Path,
    folder: str | Path,
    *,
    options: CollectOptions | None = None,
    providers: Sequence[str] = PROVIDERS,
    emotions: Sequence[str] = (),
    licences: Set[str] = frozenset(),
    emotion: str = "",
    author: str = "",
    licence: str = "",
    tell: Callable[[Standing], None] = lambda _: None,
) -> Summary:
    """Gather pictures, go on where an earlier run in ``folder`` stopped, and say what it came to.

    source: a word list's name or TOML file, a list of addresses (.txt, .csv), or a folder of pictures. emotions: only
    these; () takes all. licences: codes that are accepted; none accepts every one. emotion, author, licence: of the
    finds of a list or a folder that state none themselves. tell: is called after every find.

    A provider that stops answering is named in the summary, and the others go on. Raises ConfigError, DatasetError,
    Offline, OutputError and Interrupted; what was collected by then is whole, and the same call goes on.
    """
    options = checked_options(options or CollectOptions())
    given = Find("", emotion.strip(), author=author, licence=licence_of(licence))
    plan = _plan(source, Path(folder), options, providers, tuple(emotions), licences, given)
    if offline() and not Path(source).is_dir():
        raise Offline("EMOVERE_OFFLINE is set, and collecting asks the network; unset it, or collect a folder")
    with Ledger(Path(folder)) as ledger:
        pace = Pace(options.collect.rate, options.collect.patience)
        before = len(ledger.pictures)
        try:
            ended, lost = _run(_worked(ledger, plan, options, pace, tell, network=not Path(source).is_dir()))
        except KeyboardInterrupt as error:
            raise Interrupted(_whole("interrupted", ledger, "the same command goes on")) from error
        except OutputError as error:
            hint = "make room, and the same command goes on"
            raise OutputError(_whole(str(error), ledger, hint)) from error
        return summary_of(ledger, plan.accepted, before=before, ended=ended, lost=lost, left=pace.left)


def _run(work: Coroutine[Any, Any, T]) -> T:
    """Run to the end, also where an event loop is running already, as in a notebook."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work)
    with ThreadPoolExecutor(1) as beside:
        return beside.submit(asyncio.run, work).result()


async def _worked(
    ledger: Ledger,
    plan: Plan,
    options: CollectOptions,
    pace: Pace,
    tell: Callable[[Standing], None],
    *,
    network: bool,
) -> tuple[str, dict[str, str]]:
    """Do the work; gives the budget that ended it, and the providers that were lost."""
    if not network:
        work = Work(ledger, plan, options, None, pace)
        await work.run(tell)
        return work.ended, work.lost
    from emovere.datasets.collect.client import Client

    if "openverse" in plan.providers:
        pace.slow_down(host_of(options.openverse.endpoint), options.openverse.pause)
    client = Client(options.collect, pace)
    try:
        work = Work(ledger, plan, options, client, pace)
        await work.run(tell)
    finally:
        await client.aclose()
    return work.ended, work.lost


def _plan(
    source: str | Path,
    folder: Path,
    options: CollectOptions,
    names: Sequence[str],
    emotions: tuple[str, ...],
    licences: Set[str],
    given: Find,
) -> Plan:
    """What to do about a source. Raises ConfigError and DatasetError for one that will not do."""

    def accepted(find: Find) -> bool:
        return not licences or code_of(find.licence) in licences

    path = Path(source)
    if path.is_dir() or path.suffix.lower() in (".txt", ".csv"):

        def own() -> Iterator[Find]:
            finds = _filled(in_folder(path) if path.is_dir() else listed(path), given)
            return (find for find in finds if not emotions or find.emotion in emotions)

        count = sum(1 for _ in own())
        if not count:
            what = "folder of pictures" if path.is_dir() else "list of addresses"
            of_what = f" of {', '.join(emotions)}" if emotions else ""
            raise DatasetError(f"{path}: expected a {what}{of_what}; got none")
        if path.is_dir() and folder.resolve().is_relative_to(path.resolve()):
            raise ConfigError(f"{folder}: lies inside {path}; name a folder outside it with -o")
        return Plan(own=own(), own_count=count, accepted=accepted, emotions=frozenset(emotions))
    if not names:
        raise ConfigError(f"providers: expected some of {', '.join(registry.names('providers'))}; got none")
    providers: dict[str, Provider] = {
        name: registry.factory("providers", name)(options, licences) for name in dict.fromkeys(names)
    }
    asked = [
        Query(provider, emotion, words)
        for emotion, words in queries(load_words(source), emotions)
        for provider in providers
    ]
    return Plan(asked, providers, accepted=accepted, emotions=frozenset(emotions))


def _filled(finds: Iterable[Find], given: Find) -> Iterator[Find]:
    """The finds, with emotion, author and licence where they state none."""
    for find in finds:
        yield dataclasses.replace(
            find,
            emotion=find.emotion or given.emotion,
            author=find.author or given.author,
            licence=find.licence or given.licence,
        )


def _whole(what: str, ledger: Ledger, hint: str) -> str:
    return f"{what}; {len(ledger.pictures):,} pictures are whole in {ledger.folder}; {hint}"
