import json
import math

import numpy as np
import pytest

from emovere.errors import ShapeError
from emovere.evaluate.examine import examine
from emovere.evaluate.text import confusion_text, examination_text

NAMES = ("angry", "happy", "sad", "fear")


@pytest.fixture
def answers():
    """Ten faces of the first three of four classes: angry right 3 of 4, happy 1 of 2, sad 2 of 4."""
    labels = np.array([0, 0, 0, 0, 1, 1, 2, 2, 2, 2])
    given = np.array([0, 0, 0, 1, 1, 0, 2, 2, 0, 1])
    probs = np.full((10, 4), 0.1)
    probs[np.arange(10), given] = 0.7
    return probs, labels


def test_official_figures_and_those_without_copies(answers):
    probs, labels = answers
    # of the copies one angry is told right, and both that are taken for another are sad
    mask = np.isin(np.arange(10), [0, 8, 9])
    found = examine(probs, labels, NAMES, leaked_mask=mask)
    assert (found.official.faces, found.official.correct, found.official.accuracy) == (10, 6, 0.6)
    assert found.leaked == 3
    assert found.without_leaked is not None
    assert (found.without_leaked.faces, found.without_leaked.correct) == (7, 5)
    # recall 2/3, 1/2 and 2/2, weighted by 4, 2 and 4 of 10
    assert found.same_mix_accuracy == pytest.approx(0.4 * 2 / 3 + 0.2 * 0.5 + 0.4 * 1)
    assert "3 of the faces have a copy in another split; 1 of these are told right." in examination_text(found)
    assert [one.support for one in found.without_leaked.classes] == [3, 2, 2, 0]
    assert found.official.confusion[2] == (1, 1, 2, 0)


def test_a_class_of_nothing_but_copies_has_no_same_mix(answers):
    probs, labels = answers
    found = examine(probs, labels, NAMES, leaked_mask=labels == 1)
    assert found.same_mix_accuracy is not None
    assert math.isnan(found.same_mix_accuracy)
    assert found.to_dict()["same_mix_accuracy"] is None


def test_without_knowledge_of_copies_nothing_is_claimed(answers):
    found = examine(*answers, NAMES)
    assert found.leaked is found.without_leaked is found.same_mix_accuracy is None
    text = examination_text(found)
    assert "copy" not in text
    assert "copies" not in text


def test_sets_are_measured(answers):
    probs, labels = answers
    found = examine(probs, labels, NAMES, sets=probs >= 0.5)
    assert found.official.coverage == 0.6
    assert found.official.set_size == 1
    assert "set coverage" in examination_text(found)
    # three of four angry, one of two happy, two of four sad, and no fear
    assert [one.coverage for one in found.official.classes[:3]] == [0.75, 0.5, 0.5]
    assert math.isnan(found.official.classes[3].coverage)
    assert "in the set" in examination_text(found)
    without = examination_text(examine(probs, labels, NAMES))
    assert "set coverage" not in without
    assert "in the set" not in without


def test_the_dict_is_plain_json_without_nan(answers):
    found = examine(*answers, NAMES, leaked_mask=np.zeros(10, np.bool_))
    data = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert data["official"]["accuracy"] == 0.6
    assert data["official"] == data["without_leaked"]
    assert data["official"]["classes"]["fear"] == {
        "precision": None,
        "recall": None,
        "f1": None,
        "support": 0,
        "set_coverage": None,
    }
    low, high = data["official"]["accuracy_interval_95"]
    assert low < 0.6 < high


def test_the_human_line_stands_under_the_accuracy(answers):
    lines = examination_text(examine(*answers, NAMES), human=0.702).splitlines()
    at = next(i for i, line in enumerate(lines) if line.startswith("accuracy"))
    assert lines[at + 1].split() == ["one", "annotator", "70.2", "%"]
    assert "annotator" not in examination_text(examine(*answers, NAMES))


def test_no_face_at_all():
    found = examine(np.zeros((0, 4)), np.zeros(0, np.int64), NAMES, leaked_mask=np.zeros(0, np.bool_))
    json.dumps(found.to_dict(), allow_nan=False)
    assert "nan" not in examination_text(found)


def test_arguments_that_do_not_fit(answers):
    probs, labels = answers
    with pytest.raises(ShapeError, match="expected 3 columns"):
        examine(probs, labels, NAMES[:3])
    with pytest.raises(ShapeError, match="leaked_mask"):
        examine(probs, labels, NAMES, leaked_mask=np.zeros(9, np.bool_))
    with pytest.raises(ShapeError, match="sets"):
        examine(probs, labels, NAMES, sets=np.zeros((10, 3), np.bool_))


def test_the_confusion_text_is_aligned_and_holds_counts_and_percents(answers):
    probs, labels = answers
    lines = confusion_text(examine(probs, labels, NAMES).official.confusion, NAMES).splitlines()
    assert lines[0].split() == ["truth", "\\", "answer", *NAMES]
    assert lines[1].split() == ["angry", "3", "75%", "1", "25%", "0", "0%", "0", "0%"]
    assert lines[4].split() == ["fear", "0", "0", "0", "0"]
    assert len({len(line) for line in lines}) == 1


def test_the_text_tells_accuracy_with_its_interval(answers):
    text = examination_text(examine(*answers, NAMES))
    assert "60.00 % [31.27, 83.18]" in text
