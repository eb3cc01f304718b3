"""What only archives are told."""

from __future__ import annotations

import pytest

from emovere.config import EngineOptions, keys_of, override, to_dict
from emovere.errors import ConfigError
from emovere.scale.options import ArchiveOptions, in_one_thread, settled
from emovere.types import ModelInfo


def test_they_are_set_as_every_option_is():
    options = override(ArchiveOptions(), ["scale.piece_s=60", "detect.size=320"])
    assert (options.scale.piece_s, options.detect.size) == (60.0, 320)
    assert to_dict(options)["scale"]["chunk"] == 16
    assert "scale.memory_mb" in keys_of(ArchiveOptions)


@pytest.mark.parametrize(
    "setting", ["chunk=0", "memory_mb=-1", "memory_mb=300", "part=0", "piece_s=0.5", "piece_s=nan", "piece_s=-1"]
)
def test_what_makes_no_sense_is_refused(setting):
    with pytest.raises(ConfigError, match=rf"scale\.{setting.partition('=')[0]}: expected"):
        override(ArchiveOptions(), [f"scale.{setting}"])


def test_networks_share_no_work_among_threads_unless_they_were_told_to():
    assert in_one_thread(ArchiveOptions()).engine.threads == 1
    assert in_one_thread(ArchiveOptions(engine=EngineOptions(threads=3))).engine.threads == 3


def test_one_process_chooses_the_detector_for_all():
    models = {"detector": ModelInfo("own")}
    assert settled(ArchiveOptions(), models).detect.name == "own"
    named = override(ArchiveOptions(), ["detect.name=haar"])
    assert settled(named, models) == named
