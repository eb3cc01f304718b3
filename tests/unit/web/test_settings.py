"""Settings: what they refuse, and that worker processes get the same."""

from __future__ import annotations

import dataclasses
import json

import pytest

from emovere.config import Options
from emovere.errors import ConfigError
from emovere.pipeline import with_settings
from emovere.web.settings import Limits, ServeSettings, is_loopback


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.8.9.10", "::1", "[::1]", "emovere.localhost"])
def test_loopback_is_known(host):
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["", "0.0.0.0", "::", "10.0.0.1", "localhost.example", "127.0.0.1.org", "128.0.0.1"])
def test_everything_else_is_not_loopback(host):
    assert not is_loopback(host)


def test_settings_survive_the_way_to_a_worker():
    options = with_settings(Options(), labels="happy,sad", detector="haar")
    settings = ServeSettings(
        "0.0.0.0", 1, "secret", 3, "x.db", True, "10.0.0.1", False, options, Limits(rate=3, queue=5)
    )
    assert ServeSettings.from_dict(json.loads(json.dumps(settings.to_dict()))) == settings
    assert settings.labels == "happy,sad"


@pytest.mark.parametrize("token", ["with space", "schlüssel", "tab\t", "line\n"])
def test_a_token_must_fit_into_a_header(token):
    with pytest.raises(ConfigError, match="ASCII"):
        ServeSettings(token=token)


@pytest.mark.parametrize("field", [field.name for field in dataclasses.fields(Limits)])
def test_limits_are_sensible(field):
    with pytest.raises(ConfigError, match=rf"limits\.{field}: expected at least"):
        Limits(**{field: -1})
    with pytest.raises(ConfigError, match=field):
        Limits(**{field: float("nan")})
    assert getattr(Limits(**{field: 1}), field) == 1
