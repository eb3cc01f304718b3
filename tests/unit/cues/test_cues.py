"""When something is told."""

import itertools

import pytest

from emovere.cues.cues import Cues


class Listener:
    """Takes cues, or is busy."""

    def __init__(self):
        self.heard = []
        self.busy = False
        self.closed = 0

    def tell(self, cue):
        if not self.busy:
            self.heard.append(cue.text)
        return not self.busy

    def close(self):
        self.closed += 1


class Scene:
    """Feeds frames at 10 a second; the clock goes with them."""

    def __init__(self, seen, **settings):
        self.now = 0.0
        self.listener = Listener()
        self.seen = seen
        self.cues = Cues(self.listener, clock=lambda: self.now + 1000, **settings)

    def show(self, people, seconds, **more):
        for _ in range(round(seconds * 10)):
            self.cues.frame(self.seen(self.now, people, **more))
            self.now = round(self.now + 0.1, 6)
        return self.heard

    @property
    def heard(self):
        heard, self.listener.heard = self.listener.heard, []
        return heard


@pytest.fixture
def scene(seen):
    return lambda **settings: Scene(seen, **settings)


def test_a_change_that_holds_is_told_once(scene):
    scene = scene()
    assert scene.show({1: "neutral"}, 5) == ["looks neutral"]
    assert scene.show({1: "happy"}, 30) == ["looks happy"]
    assert scene.show({1: "neutral"}, 5) == ["looks neutral"]


def test_a_flicker_is_not_told(scene):
    scene = scene(hold_s=0.5)
    assert scene.show({1: "neutral"}, 3) == ["looks neutral"]
    for _ in range(10):
        assert scene.show({1: "happy"}, 0.4) == []
        assert scene.show({1: "neutral"}, 1) == []


def test_what_is_uncertain_is_not_told_until_it_is_sure(scene):
    scene = scene()
    assert scene.show({1: "sad?"}, 20) == []
    assert scene.show({1: "sad"}, 0.1) == ["looks sad"]


def test_doubt_about_the_same_expression_does_not_repeat_it(scene):
    scene = scene()
    assert scene.show({1: "sad"}, 3) == ["looks sad"]
    assert scene.show({1: "sad?"}, 3) == []
    assert scene.show({1: "sad"}, 3) == []


def test_at_most_one_in_the_least_pause(scene):
    scene = scene(least_pause_s=2.0, hold_s=0.2)
    told = []
    for frame in range(300):
        told += [scene.now] * len(scene.show({1: ("happy", "sad", "fear")[frame // 5 % 3]}, 0.1))
    assert 10 <= len(told) <= 15
    assert min(b - a for a, b in itertools.pairwise(told)) >= 2.0 - 1e-6


def test_the_newest_wins_and_what_has_passed_is_never_told(scene):
    scene = scene(least_pause_s=3.0)
    assert scene.show({1: "neutral"}, 0.7) == ["looks neutral"]
    assert scene.show({1: "happy"}, 0.8) == []
    assert scene.show({1: "surprise"}, 1.5) == []
    assert scene.show({1: "surprise"}, 10) == ["looks surprised"]


def test_a_passing_change_within_the_pause_leaves_silence(scene):
    scene = scene(least_pause_s=3.0)
    assert scene.show({1: "neutral"}, 0.7) == ["looks neutral"]
    assert scene.show({1: "happy"}, 1) == []
    assert scene.show({1: "neutral"}, 10) == []


def test_the_number_is_told_only_among_several(scene):
    scene = scene()
    assert scene.show({4: "neutral"}, 3) == ["looks neutral"]
    assert scene.show({4: "neutral", 7: "sad"}, 3) == ["person 7 looks sad"]
    assert scene.show({4: "happy", 7: "sad"}, 3) == ["person 4 looks happy"]
    # 7 is out of the picture, but has just been there
    assert scene.show({4: "sad"}, 1) == ["person 4 looks sad"]
    assert scene.show({4: "sad"}, 10) == []
    assert scene.show({4: "happy"}, 3) == ["looks happy"]


def test_of_several_changes_the_newest_comes_first(scene):
    scene = scene(least_pause_s=2.0)
    people = {1: "neutral", 2: "neutral", 3: "neutral"}
    assert len(scene.show(people, 8)) == 3
    scene.show({**people, 1: "happy"}, 0.1)
    scene.listener.busy = True
    scene.show({**people, 1: "happy"}, 1)
    scene.show({**people, 1: "happy", 2: "sad"}, 1)
    scene.listener.busy = False
    assert scene.show({**people, 1: "happy", 2: "sad"}, 5) == ["person 2 looks sad", "person 1 looks happy"]


def test_a_busy_speaker_is_not_waited_for_and_nothing_is_queued(scene):
    scene = scene()
    scene.listener.busy = True
    for emotion in ("happy", "sad", "fear", "surprise"):
        assert scene.show({1: emotion}, 4) == []
    scene.listener.busy = False
    assert scene.show({1: "surprise"}, 5) == ["looks surprised"]


def test_who_comes_back_after_long_is_told_anew(scene):
    scene = scene()
    assert scene.show({1: "happy"}, 2) == ["looks happy"]
    assert scene.show({}, 2) == []
    assert scene.show({1: "happy"}, 2) == []
    assert scene.show({}, 6) == []
    assert scene.show({1: "happy"}, 2) == ["looks happy"]


def test_another_source_begins_anew(scene):
    scene = scene()
    assert scene.show({1: "happy"}, 4) == ["looks happy"]
    assert scene.show({1: "happy"}, 0.4, source="b.mp4") == []
    assert scene.show({1: "happy"}, 4, source="b.mp4") == ["looks happy"]


def test_without_numbers_the_largest_face_is_watched(scene, seen):
    scene = scene()
    assert scene.show({None: "happy"}, 4) == ["looks happy"]


def test_without_times_the_clock_counts(seen):
    listener, now = Listener(), [50.0]
    cues = Cues(listener, clock=lambda: now[0])
    for _ in range(30):
        cues.frame(seen(None, {1: "happy"}))
        now[0] += 0.1
    assert listener.heard == ["looks happy"]


def test_the_pause_is_the_listeners_even_when_a_file_is_read_fast(seen):
    listener = Listener()
    cues = Cues(listener, clock=lambda: 7.0)
    for frame in range(600):
        cues.frame(seen(frame / 10, {1: "happy" if frame % 40 < 20 else "sad"}))
    assert listener.heard == ["looks happy"]


def test_a_crowd_is_forgotten_in_time(scene, seen):
    scene = scene()
    for number in range(1000):
        scene.show({number: "happy"}, 0.1)
    assert len(scene.cues._changes._people) < 60


def test_closing_silences(scene):
    scene = scene()
    with scene.cues:
        assert scene.listener.closed == 0
    assert scene.listener.closed == 1


def test_a_flicker_is_not_taken_for_what_waits(scene):
    scene = scene(hold_s=0.5)
    scene.listener.busy = True
    assert scene.show({1: "happy"}, 2) == []
    scene.listener.busy = False
    assert scene.show({1: "sad"}, 0.4) == []
    assert scene.show({1: "happy"}, 1) == ["looks happy"]
