"""People keep their numbers: on real clips, and in made-up scenes with known truth."""

from __future__ import annotations

import itertools

import av
import numpy as np
import pytest

from emovere.config import DetectOptions, Options, TrackOptions
from emovere.evaluate.identities import identity_scores
from emovere.following import Follower, follow
from emovere.pipeline import Analyzer
from emovere.sources.photo import read_photo
from emovere.testing.crossings import actor_of, stage

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def analyzer(yunet_weights) -> Analyzer:
    return Analyzer(Options(detect=DetectOptions(name="yunet")))


@pytest.mark.parametrize("name", ["signing_again", "signing_help", "signing_sorry", "signing_thanks"])
def test_one_person_is_one_track_and_the_skull_is_none(analyzer, shared, name):
    """Hands pass before the face and cover the mouth; a skull is printed on the shirt."""
    path = shared(f"videos/{name}.mkv")
    with av.open(str(path)) as container:
        count = sum(1 for _ in container.decode(video=0))
    frames = analyzer.analyze(str(path)).frames
    assert len(frames) == count
    assert [frame.faces.track_ids.tolist() for frame in frames] == [[1]] * count


def test_two_tilting_heads_are_two_tracks_throughout(analyzer, shared):
    frames = analyzer.analyze(str(shared("videos/two_tilting.gif"))).frames
    assert {tuple(sorted(frame.faces.track_ids.tolist())) for frame in frames} == {(1, 2)}


@pytest.mark.parametrize("step", [0.0, 0.1])
def test_at_most_one_switch_in_ten_crossings(analyzer, shared, step):
    actors = []
    for name in ("one_smiling", "two_standing", "two_waving"):
        (frame,) = read_photo(shared(f"photos/{name}.jpg"))
        faces = analyzer.detector.detect([frame])[0]
        actors += [actor_of(frame.image, box) for box in faces.boxes[:2]]
    ground = np.linspace(40, 200, 480)[None, :, None] * np.ones((270, 1, 3))
    truth, found = [], []
    for place, (a, b) in enumerate(itertools.combinations(actors, 2)):
        height = 0.45 + 0.01 * place
        scene = stage(
            ground.astype(np.uint8),
            [(a, lambda t, h=height: (0.1 + 0.8 * t, h)), (b, lambda t, h=height: (0.9 - 0.8 * t, h + 0.04))],
            seconds=3,
        )
        follower = Follower(analyzer.detector, analyzer.classifier, TrackOptions())
        for look, boxes in zip(follow(follower, scene.frames, step), scene.truth, strict=True):
            numbers = look.result.faces.track_ids.tolist()
            found.append({100 * place + n: box for n, box in zip(numbers, look.result.faces.boxes, strict=True)})
            truth.append({100 * place + n: box for n, box in boxes.items()})
    scores = identity_scores(truth, found)
    assert place == 9
    assert scores.switches <= 1
    assert scores.idf1 > 0.9
    assert scores.recall > 0.9
