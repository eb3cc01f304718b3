"""``emovere serve``: the page, the API and the journal, for this machine or, with a token, for others."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from emovere.cli import options as shared


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
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Any other option or limit, such as limits.rate=10."),
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

    of_limits = [one for one in settings or [] if one.strip().startswith("limits.")]
    others = [one for one in settings or [] if one not in of_limits]
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
        limits=override(Limits(), [one.strip().removeprefix("limits.") for one in of_limits]),
    )

    def ready(address: str) -> None:
        page = f"{address}#token={token}" if token else address
        print(page if made else address, flush=True)
        if not quiet:
            print("emovere: serving; Ctrl-C ends it", file=sys.stderr, flush=True)
        if open_browser:
            _open(page)

    from emovere.web.running import serve as run

    run(wanted, ready)


def _open(address: str) -> None:
    import threading
    import webbrowser

    threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()
