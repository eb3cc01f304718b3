"""What the routes share: networks for any choice of labels, parts that end with the server, a folder that goes."""

from __future__ import annotations

import asyncio
import itertools
import stat
from collections.abc import Iterator

import cv2
import numpy as np
import pytest

from emovere.config import Options
from emovere.errors import ConfigError, UnknownModel
from emovere.labels import FER7, FERPLUS8
from emovere.pipeline import with_settings
from emovere.types import Frame
from emovere.web.service import KEPT, Service, cores
from emovere.web.settings import Limits, ServeSettings

pytestmark = pytest.mark.timeout(60)

HAAR = with_settings(Options(), detector="haar")
GREY = Frame(np.full((60, 80, 3), 128, np.uint8))


@pytest.fixture
def service(tmp_path) -> Iterator[Service]:
    made = Service(ServeSettings(options=HAAR, journal=str(tmp_path / "journal.db")))
    yield made
    made.close()


@pytest.mark.parametrize(
    ("labels", "names"), [(None, FER7), ("ferplus8", FERPLUS8), ("sad,happy", ("sad", "happy")), ("fer7", FER7)]
)
def test_photos_are_read_over_the_labels_that_are_wanted(service, labels, names):
    seen = asyncio.run(service.see(GREY, labels))
    assert seen.result.expressions.labels == names == service.names(labels)
    assert service.models_for(labels)["classifier"].labels == names


def test_the_servers_own_labels_count_where_none_are_named():
    made = Service(ServeSettings(options=with_settings(HAAR, labels="happy,contempt")))
    try:
        assert asyncio.run(made.see(GREY)).result.expressions.labels == ("happy", "contempt")
        assert made.analyzer().classifier.labels == ("happy", "contempt")
        assert asyncio.run(made.see(GREY, "fer7")).result.expressions.labels == FER7
    finally:
        made.close()


def test_wrong_labels_are_told_before_anything_is_done(service):
    def never() -> Frame:
        raise AssertionError("decoded for nothing")

    with pytest.raises(ConfigError, match="unknown label"):
        asyncio.run(service.see(never, "happy,glad"))
    with pytest.raises(ConfigError, match="unknown label"):
        service.analyzer("happy,glad")


def test_each_analyser_has_a_detector_of_its_own_and_shares_the_network(service):
    one, two, other = service.analyzer("fer7"), service.analyzer("fer7"), service.analyzer("happy,sad")
    assert one.detector is not two.detector
    assert one.classifier is two.classifier
    assert other.classifier.labels == ("happy", "sad")
    assert other.options.classify.labels == "happy,sad"


def test_few_networks_are_kept_however_many_choices_there_are(service):
    for first, second in itertools.islice(itertools.combinations(FER7, 2), KEPT + 3):
        service.analyzer(f"{first},{second}")
    assert len(service._classifiers) == KEPT


def test_networks_take_one_thread_unless_told_otherwise(service):
    assert service.options.engine.threads == 1
    assert cv2.getNumThreads() == 1


def test_processes_share_the_cores():
    assert cores(1) >= 1
    assert cores(10_000) == 1


def test_parts_are_made_once_and_end_with_the_server(tmp_path):
    class Part:
        def __init__(self) -> None:
            self.closed = 0

        def close(self) -> None:
            self.closed += 1
            ended.append(self)

    ended: list[Part] = []
    made = Service(ServeSettings(options=HAAR))
    first, second = made.keep("first", Part), made.keep("second", Part)
    assert made.keep("first", Part) is first
    made.close()
    assert ended == [second, first]
    assert first.closed == 1


def test_the_scratch_folder_is_private_and_goes_with_the_server():
    made = Service(ServeSettings(options=HAAR))
    folder = made.scratch
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    (folder / "upload").write_bytes(b"x")
    assert made.scratch == folder
    made.close()
    assert not folder.exists()


def test_a_folder_that_processes_share_is_left_to_who_made_it(tmp_path):
    made = Service(ServeSettings(options=HAAR), tmp_path)
    assert made.scratch == tmp_path
    made.close()
    assert tmp_path.exists()


def test_the_journal_is_opened_where_it_was_said(service, tmp_path):
    assert not (tmp_path / "journal.db").exists()
    assert service.has_journal
    assert service.journal() is service.journal()
    assert (tmp_path / "journal.db").exists()


def test_an_unknown_network_is_told_at_once():
    with pytest.raises(UnknownModel, match="lite"):
        Service(ServeSettings(options=with_settings(HAAR, model="lite")))


def test_the_queue_is_as_long_as_was_said():
    made = Service(ServeSettings(options=HAAR, limits=Limits(queue=1)))

    async def work():
        return await asyncio.gather(*(made.see(GREY) for _ in range(3)), return_exceptions=True)

    try:
        answers = asyncio.run(work())
    finally:
        made.close()
    assert [getattr(one, "status", 200) for one in answers] == [200, 503, 503]
