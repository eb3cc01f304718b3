"""``emovere serve``: the page, the API and the journal, for this machine or, with a token, for others."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from emovere.cli import options as shared

if TYPE_CHECKING:
    from collections.abc import Callable

    from emovere.web.settings import ServeSettings

ENGINES = ("processes", "ray")


def serve(
    host: Annotated[
        str, typer.Option(help="Address to listen at; other than loopback it demands a token.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes any that is free.")] = 8765,
    token: Annotated[
        str,
        typer.Option(
            envvar="EMOVERE_TOKEN", metavar="TEXT", help="What clients must name; better in EMOVERE_TOKEN than here."
        ),
    ] = "",
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes.")] = 1,
    journal: Annotated[
        str | None, typer.Option(metavar="URL", help="A file, or postgresql+psycopg://...; else its usual place.")
    ] = None,
    kiosk: Annotated[bool, typer.Option("--kiosk", help="One full-screen view with large symbols.")] = False,
    proxy: Annotated[
        str, typer.Option(metavar="ADDRESS", help="A proxy in front, whose word on clients' addresses is taken.")
    ] = "",
    open_browser: Annotated[bool, typer.Option("--open", help="Open the page in the browser.")] = False,
    labels: shared.Labels = "auto",
    detector: shared.Detector = "auto",
    model: shared.Model = "light",
    engine: Annotated[
        str, typer.Option(metavar="|".join(ENGINES), help="What runs the app: processes of its own, or Ray Serve.")
    ] = "processes",
    address: Annotated[
        str | None,
        typer.Option(metavar="HOST:PORT|auto", help="Of a Ray cluster to join; else one that ends with this."),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="KEY=VALUE", help="Any other option or limit, such as limits.rate=10; replicas.most=8."
        ),
    ] = None,
    quiet: shared.Quiet = False,
) -> None:
    """Serve the page and the API until Ctrl-C. Prints the address.

    Only programs on this machine reach it, unless --host says otherwise. Nothing is kept but sessions that a person
    starts. What a face shows is not what the person feels.
    """
    from emovere.cli.extras import needs

    needs("serve", "fastapi", "uvicorn", "websockets", "python_multipart", "prometheus_client")
    from emovere.config import Options, override
    from emovere.pipeline import with_settings
    from emovere.web.settings import Limits, ServeSettings, is_loopback

    of_limits, of_replicas, others = _sorted(settings or [])
    run = _engine(engine, address, workers, of_replicas, quiet=quiet)
    made = not token and not is_loopback(host)
    if made:
        import secrets

        token = secrets.token_urlsafe(24)
    wanted = ServeSettings(
        host=host,
        port=port,
        token=token,
        workers=workers,
        journal=journal,
        kiosk=kiosk,
        proxy=proxy,
        options=override(with_settings(Options(), labels=labels, model=model, detector=detector), others),
        limits=override(Limits(), of_limits),
    )

    def ready(address: str) -> None:
        page = f"{address}#token={token}" if token else address
        print(page if made else address, flush=True)
        if not quiet:
            print("emovere: serving; Ctrl-C ends it", file=sys.stderr, flush=True)
        if open_browser:
            _open(page)

    run(wanted, ready)


def _sorted(settings: list[str]) -> tuple[list[str], list[str], list[str]]:
    """Those of limits and of replicas, without the word that says so, and the rest."""
    stripped = [one.strip() for one in settings]
    of_limits = [one.removeprefix("limits.") for one in stripped if one.startswith("limits.")]
    of_replicas = [one.removeprefix("replicas.") for one in stripped if one.startswith("replicas.")]
    return of_limits, of_replicas, [one for one in stripped if not one.startswith(("limits.", "replicas."))]


def _engine(
    name: str, address: str | None, workers: int, of_replicas: list[str], *, quiet: bool
) -> Callable[[ServeSettings, Callable[[str], None]], None]:
    """What serves. Raises ConfigError, and MissingExtra where Ray is not here."""
    from emovere.errors import ConfigError, unknown_name

    if name not in ENGINES:
        raise ConfigError(f"--engine: {unknown_name('engine', name, ENGINES)}")
    if name == "processes":
        if address is not None or of_replicas:
            given = "--address" if address is not None else "--set replicas..."
            raise ConfigError(f"{given}: expected together with --engine ray; got --engine processes")
        from emovere.web.running import serve

        return serve
    if workers > 1:
        raise ConfigError(
            "--workers: expected without --engine ray; say --set replicas.least=... and replicas.most=..."
        )
    from emovere.cli.extras import needs
    from emovere.config import override
    from emovere.scale.serve_plan import Replicas

    needs("scale", "ray")
    asked = override(Replicas(), of_replicas)

    def tell(what: str) -> None:
        if not quiet:
            print(f"emovere: {what}", file=sys.stderr, flush=True)

    def run(wanted: ServeSettings, ready: Callable[[str], None]) -> None:
        from emovere.scale.serve_run import serve

        serve(wanted, asked, address, ready, tell)

    return run


def _open(address: str) -> None:
    import threading
    import webbrowser

    threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()
