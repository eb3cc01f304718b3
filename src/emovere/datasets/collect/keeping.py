"""A picture into the folder: its file by the SHA-256 of its bytes, then its line. No name comes from outside."""

from __future__ import annotations

import datetime
import hashlib
import os
from typing import Any

from emovere.datasets.collect.checking import Checked
from emovere.datasets.collect.found import Find
from emovere.datasets.collect.ledger import PICTURES, Ledger
from emovere.errors import OutputError
from emovere.files import atomic_write


def keep(ledger: Ledger, find: Find, data: bytes, checked: Checked) -> None:
    """Write a picture and its line. Where it is there already, only the line. Raises OutputError."""
    digest = hashlib.sha256(data).hexdigest()
    if digest not in ledger.pictures:
        file = f"{PICTURES}/{digest[:2]}/{digest}.{checked.suffix}"
        with atomic_write(ledger.folder / file, "wb") as target:
            target.write(data)
            target.flush()
            os.fsync(target.fileno())
        about = {"file": file, "width": checked.width, "height": checked.height, "bytes": len(data)}
        try:
            keep_line(ledger, find, digest, about)
        except OutputError:
            (ledger.folder / file).unlink(missing_ok=True)
            raise
    else:
        keep_line(ledger, find, digest, ledger.pictures[digest])


def keep_line(ledger: Ledger, find: Find, digest: str, about: dict[str, Any]) -> None:
    """Say of a picture that is there that this find is it. Raises OutputError."""
    if (digest, find.emotion, find.query) in ledger.lines and find.url in ledger.kept:
        return
    entry = {
        "sha256": digest,
        "file": about["file"],
        **{name: getattr(find, name) for name in ("emotion", "query", "provider", "url", "page", "author")},
        **{"licence": find.licence, "licence_url": find.licence_url},
        "collected": datetime.datetime.now(datetime.UTC).date().isoformat(),
        **{name: about[name] for name in ("width", "height", "bytes")},
    }
    ledger.note_kept(entry)
