"""Auditing predictions: every layout, every split, leaks, claims, and files that are wrong."""

import re

import numpy as np
import pytest
from sklearn import metrics as reference

from emovere.datasets.faceset import FaceSet
from emovere.datasets.splits import OFFICIAL_COUNTS
from emovere.errors import ConfigError, DatasetError, LabelMismatch
from emovere.evaluate.audit import audit
from emovere.evaluate.audit_file import Predictions, read_predictions
from emovere.evaluate.audit_leak import find_copies
from emovere.evaluate.audit_split import counts_of, identify
from emovere.evaluate.audit_text import audit_text
from emovere.labels import FER7

RESEMOTENET = (491, 416, 528, 594, 879, 55, 626)
"""PrivateTest's counts on the wrong classes: disgust 416, happy 594, sad 879, surprise 55."""


def written(tmp_path, text, **options):
    path = tmp_path / "predictions.csv"
    path.write_text(text, **options)
    return path


def made(counts, accuracy=0.7, seed=0):
    """Labels with these class counts, in a mixed order, of which a share is told right."""
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.repeat(np.arange(7), counts)).astype(np.int64)
    wrong = rng.permutation(len(labels))[: round((1 - accuracy) * len(labels))]
    predicted = labels.copy()
    predicted[wrong] = (labels[wrong] + rng.integers(1, 7, len(wrong))) % 7
    return Predictions(labels, predicted, None, None)


def graded(found, about):
    return [(one.grade.value, one.sentence) for one in found.verdicts if one.about == about]


@pytest.mark.parametrize(
    "text",
    [
        "label,prediction\n3,3\n0,6\n",
        "\ufeffIndex;True Label;Predicted\n8;happy;Happiness\n2; Anger ;NEUTRAL\n",
        ",y_true,y_pred,notes\r\n0,3.0,3,a\r\n\r\n1,0,6.0,\r\n",
        'target\tpred\n"3"\t3\nang\tneu\n',
    ],
    ids=["numbers", "names-bom-semicolon", "pandas-extra-blank", "tab-quotes"],
)
def test_layouts_with_a_prediction(tmp_path, text):
    got = read_predictions(written(tmp_path, text, encoding="utf-8"))
    assert got.labels.tolist() == [3, 0]
    assert got.predicted.tolist() == [3, 6]
    assert got.probs is None


def test_an_index_is_kept(tmp_path):
    assert read_predictions(written(tmp_path, "id,label,pred\n8,0,0\n2,1,1\n")).index.tolist() == [8, 2]
    assert read_predictions(written(tmp_path, "label,pred\n0,0\n")).index is None
    both = "Unnamed: 0,index,label,pred\n0,8,0,0\n0,2,1,1\n"
    assert read_predictions(written(tmp_path, both)).index.tolist() == [8, 2]


@pytest.mark.parametrize(
    "headings",
    [
        "Emotion,prob_angry,prob_disgust,prob_fear,prob_happy,prob_sad,prob_surprise,prob_neutral",
        "label,0,1,2,3,4,5,6",
        "label,p0,p1,p2,p3,p4,p5,p6",
        "label,proba_0,proba_1,proba_2,proba_3,proba_4,proba_5,proba_6",
        "truth,Anger,Disgusted,Fearful,Happiness,Sadness,Surprised,Neutral",
    ],
)
def test_layouts_with_probabilities(tmp_path, headings):
    got = read_predictions(written(tmp_path, f"{headings}\n5,0.1,0,0,0,0,0.9,0\n0,.2,.1,.3,.1,.1,.1,.1\n"))
    assert got.labels.tolist() == [5, 0]
    assert got.predicted.tolist() == [5, 2]
    assert got.probs.sum(axis=1) == pytest.approx([1, 1])


def test_columns_of_probabilities_may_stand_in_any_order(tmp_path):
    text = "neutral,surprise,label,sad,happy,fear,disgust,angry\n0.7,0.3,6,0,0,0,0,0\n"
    assert read_predictions(written(tmp_path, text)).probs[0].tolist() == [0, 0, 0, 0, 0, 0.3, 0.7]


PROBS = "label," + ",".join(FER7) + "\n"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "expected a line of headings"),
        ("\n\n", "expected a line of headings"),
        ("3,3\n0,6\n", "no column of true labels; expected one called label; got 3, 3"),
        ("label,guess\n1,1\n", "no predictions; expected a column called prediction"),
        ("label,prediction\n", "there are only headings"),
        ("label,prediction\n1,1\n\n1\n", "line 4: expected 2 cells as in the headings; got 1"),
        ("label,prediction\n1,1\n7,1\n", "line 3: label: expected 0 to 6 or one of angry, .*; got '7'"),
        ("label,prediction\n1,contempt\n", "line 2: prediction: expected 0 to 6 .*; got 'contempt'"),
        ("label,prediction\n1,1.5\n", "line 2: prediction: .* got '1.5'"),
        ("label,prediction\n1,\n", "line 2: prediction: .* got ''"),
        ("index,label,prediction\n4,1,1\n4,1,1\n", "line 3: face 4 stands on line 2 already"),
        ("index,label,prediction\n-1,1,1\n", "line 2: index: expected a whole number"),
        ("label,target,prediction\n1,1,1\n", "several columns could be meant: label, target"),
        ("label,label,prediction\n1,1,1\n", "several columns could be meant: label"),
        ("label,happy,happiness\n1,1,1\n", "two columns give the probability of happy"),
        ("label,happy,sad\n1,.5,.5\n", "missing: angry, disgust, fear, surprise, neutral"),
        (PROBS + "1,.1,.1,.1,.1,.1,.1,.1\n", "line 2: expected seven probabilities that sum to 1; got a sum of 0.7"),
        (PROBS + "1,-1,2,0,0,0,0,0\n", "line 2: .* least -1: apply softmax"),
        (PROBS + "1,nan,1,0,0,0,0,0\n", "line 2: expected seven probabilities that sum to 1; got a sum of nan"),
        (PROBS + "1,x,1,0,0,0,0,0\n", "line 2: expected seven probabilities; could not convert"),
        ('label,prediction\n1,"1\n', "is no valid CSV"),
    ],
)
def test_files_that_are_wrong_get_one_line(tmp_path, text, problem):
    with pytest.raises(DatasetError, match=problem) as caught:
        read_predictions(written(tmp_path, text))
    assert "\n" not in str(caught.value)
    assert str(tmp_path) in str(caught.value)


def test_what_is_no_csv_at_all(tmp_path):
    with pytest.raises(DatasetError, match="No such file"):
        read_predictions(tmp_path / "none.csv")
    with pytest.raises(DatasetError, match="Is a directory"):
        read_predictions(tmp_path)
    path = tmp_path / "a.csv"
    path.write_bytes(b"\x89PNG\r\n\x1a\n\xff\xfe")
    with pytest.raises(DatasetError, match="this is no text"):
        read_predictions(path)


@pytest.mark.parametrize("name", OFFICIAL_COUNTS)
def test_official_splits_are_known(name):
    found = identify(OFFICIAL_COUNTS[name])
    assert (found.name, found.swapped) == (name, False)


def test_splits_together_are_known():
    assert sum(counts_of(("PublicTest", "PrivateTest"))) == 7178
    found = identify(counts_of(("PublicTest", "PrivateTest")))
    assert found.name == "PublicTest + PrivateTest"
    assert "PublicTest and PrivateTest together" in found.sentence
    assert "all three" in identify(counts_of(tuple(OFFICIAL_COUNTS))).sentence


def test_swapped_classes_are_recognised():
    found = identify(RESEMOTENET)
    assert (found.name, found.swapped) == ("PrivateTest", True)
    for part in ("disgust has 416, which is surprise's number", "happy has 594, which is sad's", "were mixed up"):
        assert part in found.sentence
    assert "angry has" not in found.sentence
    assert [FER7[place] for place in found.mapping] == [
        *("angry", "surprise", "fear", "sad", "happy", "disgust", "neutral")
    ]


def test_the_order_of_folder_names_is_recognised():
    by_name = dict(zip(FER7, OFFICIAL_COUNTS["PublicTest"], strict=True))
    found = identify([by_name[name] for name in sorted(FER7)])
    assert (found.name, found.swapped) == ("PublicTest", True)
    assert "alphabetical order of folder names" in found.sentence


def test_other_sets_are_none():
    counts = list(OFFICIAL_COUNTS["PrivateTest"])
    counts[3] -= 1
    nearly = identify(counts)
    assert nearly.name is None
    assert "not quite PrivateTest's labels" in nearly.sentence
    assert "happy 878 for 879" in nearly.sentence
    assert "has 700 faces" in identify([100] * 7).sentence


def test_figures_agree_with_scikit_learn():
    predictions = made(OFFICIAL_COUNTS["PrivateTest"])
    figures = audit(predictions).figures
    labels, predicted = predictions.labels, predictions.predicted
    assert figures.accuracy == pytest.approx(reference.accuracy_score(labels, predicted))
    assert figures.macro_f1 == pytest.approx(reference.f1_score(labels, predicted, average="macro"))
    recalls = reference.recall_score(labels, predicted, average=None)
    assert [one.recall for one in figures.classes] == pytest.approx(recalls)


def test_scores_need_probabilities(rng):
    labels = rng.integers(0, 7, 300)
    probs = rng.dirichlet(np.ones(7), 300)
    found = audit(Predictions(labels, probs.argmax(axis=1), probs, None))
    assert found.scores.top3 == pytest.approx(reference.top_k_accuracy_score(labels, probs, k=3))
    assert found.to_dict()["figures"]["ece"] == pytest.approx(found.scores.ece, abs=1e-6)
    assert "ECE" in audit_text(found)
    bare = audit(Predictions(labels, probs.argmax(axis=1), None, None))
    assert bare.scores is None
    assert bare.to_dict()["figures"]["top3_accuracy"] is None
    assert "ECE" not in audit_text(bare)


@pytest.mark.parametrize(
    ("claim", "grade", "part"),
    [
        (71.0, "fine", "lies within these predictions' 95 % interval [68.47, 71.47] though they give 69.99 %"),
        (69.99, "fine", "and is what they give"),
        (79.79, "doubt", "does not hold on these predictions: it lies above"),
        (60.0, "doubt", "it lies below"),
    ],
)
def test_a_claim_is_held_against_the_interval(claim, grade, part):
    predictions = made(OFFICIAL_COUNTS["PrivateTest"])
    if claim == 69.99:
        claim = 100 * audit(predictions).figures.accuracy
    got = graded(audit(predictions, claim=claim), "claim")
    assert got[0][0] == grade
    assert part in got[0][1]
    assert (len(got) == 2) == (claim > 78)


@pytest.mark.parametrize("claim", [0.7979, 0, -3, 101, float("nan")])
def test_a_claim_is_in_percent(claim):
    with pytest.raises(ConfigError, match=r"expected percent, such as 79\.79"):
        audit(made([9] * 7), claim=claim)


def test_too_good_to_be_true():
    good = graded(audit(made(OFFICIAL_COUNTS["PrivateTest"], 0.8)), "accuracy")
    assert good[0][0] == "doubt"
    assert "suspect a leak first" in good[0][1]
    assert not graded(audit(made(OFFICIAL_COUNTS["PrivateTest"], 0.75)), "accuracy")


@pytest.mark.parametrize(("accuracy", "place"), [(0.6, "below"), (0.702, "level with"), (0.75, "above")])
def test_the_human_line(accuracy, place):
    ((grade, sentence),) = graded(audit(made(OFFICIAL_COUNTS["PrivateTest"], accuracy)), "people")
    assert grade == "note"
    assert f"is {place} the human line" in sentence
    assert "70.2 % of PrivateTest" in sentence


def test_grades_of_splits():
    assert graded(audit(made(OFFICIAL_COUNTS["PrivateTest"])), "split")[0][0] == "fine"
    for counts in (RESEMOTENET, counts_of(("PublicTest", "PrivateTest")), OFFICIAL_COUNTS["Training"], [9] * 7):
        assert graded(audit(made(counts)), "split")[0][0] == "doubt"


def test_predictions_numbered_in_another_order():
    predictions = made(OFFICIAL_COUNTS["PublicTest"])
    numbered = np.array([sorted(FER7).index(name) for name in FER7])[predictions.predicted]
    ((grade, sentence),) = graded(audit(Predictions(predictions.labels, numbered, None, None)), "numbering")
    assert grade == "doubt"
    assert "read so, the accuracy is 69.99 %" in sentence
    assert not graded(audit(predictions), "numbering")


def test_predictions_that_do_not_follow_their_probabilities(rng):
    probs = rng.dirichlet(np.ones(7), 50)
    predicted = probs.argmax(axis=1)
    predicted[:3] = (predicted[:3] + 1) % 7
    ((grade, sentence),) = graded(audit(Predictions(predicted.copy(), predicted, probs, None)), "numbering")
    assert (grade, sentence[:9]) == ("note", "in 3 rows")


@pytest.fixture
def data(rng):
    """PublicTest's 3,589 faces and 700 of Training; every seventh face of PublicTest is a mirrored one of those."""
    public = rng.permutation(np.repeat(np.arange(7), OFFICIAL_COUNTS["PublicTest"]))
    learnt = rng.integers(0, 256, (700, 48, 48), np.uint8)
    tested = rng.integers(0, 256, (3589, 48, 48), np.uint8)
    tested[::7] = learnt[np.arange(len(tested[::7])) % 700, :, ::-1]
    return FaceSet(
        np.concatenate([learnt, tested]),
        np.concatenate([np.arange(700) % 7, public]).astype(np.int64),
        np.array(["Training"] * 700 + ["PublicTest"] * 3589),
        FER7,
    )


def answers(data, on_copies, on_rest, index=None):
    """Predictions on the data's PublicTest, right on a share of the copies and of the rest."""
    rng = np.random.default_rng(1)
    labels = data.labels[data.splits == "PublicTest"]
    share = np.where(np.arange(len(labels)) % 7 == 0, on_copies, on_rest)
    right = rng.random(len(labels)) < share
    return Predictions(labels, np.where(right, labels, (labels + 1) % 7), None, index)


@pytest.mark.parametrize(
    ("on_copies", "grade", "part"), [(0.7, "fine", "no sign"), (0.95, "doubt", "remembers them; quote the accuracy")]
)
def test_remembered_copies(data, on_copies, grade, part):
    found = audit(answers(data, on_copies, 0.65), faces=data)
    assert found.copies == 513
    assert found.without_copies.faces == 3589 - 513
    assert found.without_copies.accuracy == pytest.approx(0.65, abs=0.03)
    ((got, sentence),) = graded(found, "copies")
    assert got == grade
    assert part in sentence
    assert "513 of 3,589 rows have a copy in Training (rows taken in the order of PublicTest's faces)" in sentence
    text = audit_text(found)
    assert "without copies of Training" in text
    assert max(map(len, text.splitlines())) <= 100


def test_copies_do_not_excuse_what_is_too_good_on_the_rest(data):
    ((grade, sentence),) = graded(audit(answers(data, 0.95, 0.9), faces=data), "copies")
    assert grade == "note"
    assert "do not explain so high an accuracy" in sentence


def test_rows_are_found_by_either_index(data):
    order = np.random.default_rng(3).permutation(3589)
    whole = answers(data, 0.7, 0.7)
    mixed = Predictions(whole.labels[order], whole.predicted[order], None, order + 700)
    assert find_copies(mixed, identify(data.split("PublicTest").counts), data).copied.sum() == 513
    within = Predictions(whole.labels[order], whole.predicted[order], None, order)
    copies = find_copies(within, identify(data.split("PublicTest").counts), data)
    assert copies.order == "by index within PublicTest"
    assert np.array_equal(copies.copied, order % 7 == 0)


def test_rows_with_mixed_up_classes_are_found_all_the_same(data):
    swap = np.array([0, 5, 2, 4, 3, 1, 6])
    right = answers(data, 0.7, 0.7)
    found = audit(Predictions(swap[right.labels], swap[right.predicted], None, None), faces=data)
    assert found.identity.swapped
    assert found.copies == 513


def test_rows_in_an_order_of_their_own_are_not_guessed(data):
    right = answers(data, 0.7, 0.7)
    found = audit(Predictions(right.labels[::-1].copy(), right.predicted[::-1].copy(), None, None), faces=data)
    assert found.copies is None
    ((grade, sentence),) = graded(found, "copies")
    assert grade == "note"
    assert re.search(r"which rows have copies .* row \d+ is labelled \w+ where the data says \w+", sentence)
    assert "add a column index" in sentence


def test_rows_of_no_split_need_an_index(data):
    part = np.arange(600, 800)
    labels = data.labels[part]
    found = audit(Predictions(labels, labels, None, None), faces=data)
    assert "neither an index nor a known split" in graded(found, "copies")[0][1]
    found = audit(Predictions(labels, labels, None, part), faces=data)
    first, second = graded(found, "copies")
    assert first[0] == "doubt"
    assert "100 of 200 rows are faces of Training itself" in first[1]
    assert second[1].startswith("15 of 200 rows have a copy")
    assert found.without_copies.faces == 85


def test_data_with_other_labels_are_refused(data):
    other = FaceSet(data.images, data.labels, data.splits, tuple("abcdefg"))
    with pytest.raises(LabelMismatch, match="expected FER2013's labels"):
        audit(made([9] * 7), faces=other)


def test_nothing_but_training_leaves_nothing_to_measure(data):
    part = np.arange(100)
    found = audit(Predictions(data.labels[part], data.labels[part], None, part), faces=data)
    assert found.without_copies.faces == 0
    assert found.to_dict()["without_copies"]["accuracy"] is None
    assert "without copies" not in audit_text(found)
