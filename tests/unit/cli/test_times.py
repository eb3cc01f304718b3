from __future__ import annotations

import pytest

from emovere.cli.times import seconds
from emovere.errors import ConfigError


@pytest.mark.parametrize(
    ("text", "expected"),
    [("0.2s", 0.2), ("90", 90), ("1:30", 90), ("1:02:03.5", 3723.5), ("5min", 300), ("250 ms", 0.25), (".5", 0.5)],
)
def test_times_as_people_write_them(text, expected):
    assert seconds("--every", text) == pytest.approx(expected)


@pytest.mark.parametrize("text", ["", "soon", "-1", "1:2:3:4", "5 parsecs", "1e3", "nan"])
def test_what_is_no_time_is_named(text):
    with pytest.raises(ConfigError, match="--every: expected a time such as"):
        seconds("--every", text)
