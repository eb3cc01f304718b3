"""Optional libraries."""

from __future__ import annotations

import json
import sys

import pytest

from emovere.errors import MissingExtra
from emovere.extras import optional


def test_what_is_there_is_imported():
    assert optional("json", "any") is json


@pytest.mark.parametrize("module", ["nowhere_to_be_found", "nowhere_to_be_found.part"])
def test_what_is_missing_names_its_install_line(module):
    with pytest.raises(MissingExtra, match=r"^nowhere_to_be_found is missing: pip install 'emovere\[video\]'$"):
        optional(module, "video")


def test_what_lacks_something_itself_is_not_disguised(monkeypatch, tmp_path):
    (tmp_path / "half_a_library.py").write_text("import something_else_entirely\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "half_a_library", raising=False)
    with pytest.raises(ModuleNotFoundError, match="something_else_entirely"):
        optional("half_a_library", "video")
