"""What --workers and --engine refuse before any work begins, on one line."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from emovere.cli import scale
from emovere.cli.run import Wanted
from emovere.cli.scale import Spread, run_scaled
from emovere.errors import ConfigError, MissingExtra
from emovere.scale.options import ArchiveOptions


def refused(match: str, wanted: Wanted | None = None, kind: type[Exception] = ConfigError, **spread) -> None:
    with pytest.raises(kind, match=match) as caught:
        run_scaled(ArchiveOptions(), ["a.jpg"], wanted or Wanted(), Spread(**spread))
    assert "\n" not in str(caught.value)


def test_engines_go_by_their_names():
    refused("unknown engine 'rey'; did you mean 'ray'", engine="rey")
    refused("--address: names a Ray cluster; add --engine ray", engine="pool", address="auto")


def test_a_pool_is_refused_what_one_process_is():
    refused("--resume: goes on with the file", Wanted(resume=True), workers=2)
    refused("unknown format 'xml'", Wanted("xml"), workers=2)


@pytest.mark.parametrize(
    ("wanted", "match"),
    [
        (Wanted(annotate=Path("d")), "--annotate: is not made by --engine ray"),
        (Wanted(timeline=Path("t.png")), "--timeline: is not made"),
        (Wanted("csv"), "--format csv: --engine ray writes parquet"),
        (Wanted(), "name it with --output"),
    ],
)
def test_ray_writes_rows_into_a_folder(wanted, match):
    refused(match, wanted, engine="ray")
    refused(match, wanted, address="auto")


def test_a_missing_ray_names_its_install_line(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "ray", None)
    refused(r"ray is missing: pip install 'emovere\[scale\]'", kind=MissingExtra, engine="ray", output=str(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_all_cores_are_those_that_this_process_may_use():
    assert 1 <= scale.cores() <= 4096
