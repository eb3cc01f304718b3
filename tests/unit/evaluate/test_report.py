"""The page: whole, self-contained, without a script, and of what was measured."""

import base64
import io
import json
import re
from html.parser import HTMLParser

import cv2
import numpy as np
import pytest
import typer
from PIL import Image
from typer.testing import CliRunner

from emovere.classify import classifier
from emovere.cli.evaluate import evaluate
from emovere.datasets.faceset import FaceSet
from emovere.errors import ConfigError, DatasetError, OutputError
from emovere.evaluate.people import measure_people
from emovere.evaluate.report import Extras, write_report
from emovere.evaluate.report_faces import random_faces, surest_mistakes, votes_in_words
from emovere.evaluate.report_run import curves_of
from emovere.evaluate.report_svg import round_ticks
from emovere.evaluate.robustness import measure_robustness
from emovere.evaluate.split import Answers
from emovere.labels import FER7, FERPLUS_COLUMNS, LABEL_SETS
from emovere.types import Expressions, ModelInfo

VOID = {"meta", "img", "line", "circle", "rect", "path", "br", "!doctype"}


class Page(HTMLParser):
    """Tags that are closed in their order, and what stands in them."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.said, self.links = [], [], [], []
        self.feed(text)
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.links += [value for name, value in attrs if name in ("src", "href", "xlink:href", "srcset", "action")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.said.append(data)

    def count(self, tag):
        return sum(name == tag for name, _ in self.tags)

    @property
    def text(self):
        return " ".join(self.said).replace("\u00a0", " ")


class Fake:
    """Reads its answer out of the first pixel of a face, and is 0.9 sure."""

    def __init__(self, labels=FER7, name="fake"):
        self.labels = labels
        self.info = ModelInfo(name, "7", "ab12" * 16, labels=labels)

    def predict(self, faces):
        probs = np.full((len(faces), len(self.labels)), 0.1 / (len(self.labels) - 1), np.float32)
        probs[np.arange(len(faces)), faces[:, 0, 0] % len(self.labels)] = 0.9
        return Expressions(self.labels, probs, probs > 0.5)


def answers_of(rng, count, *, votes=True, name="fake", split="PublicTest"):
    images = rng.integers(0, 256, (count, 48, 48), np.uint8)
    probs = rng.dirichlet(np.full(7, 0.3), count).astype(np.float32)
    panel = rng.multinomial(10, np.full(10, 0.1), count)
    return Answers(
        split,
        None,
        "fer7",
        ModelInfo(name, "7", "ab12" * 16, labels=FER7),
        images,
        rng.integers(0, 7, count),
        Expressions(FER7, probs, probs > 0.2),
        panel if votes else None,
        rng.random(count) < 0.2 if count else np.zeros(0, np.bool_),
    )


def written(tmp_path, answers, extras=None):
    write_report(answers, answers.examined(), tmp_path / "report.html", extras)
    return (tmp_path / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("count", [0, 1, 5, 300])
@pytest.mark.parametrize("votes", [True, False])
def test_a_page_of_any_number_of_faces_is_whole_and_needs_nothing_else(tmp_path, rng, count, votes):
    answers = answers_of(rng, count, votes=votes)
    text = written(tmp_path, answers)
    page = Page(text)
    assert "nan" not in page.text.split()
    assert not page.count("script")
    assert not any("style" in attrs or any(name.startswith("on") for name in attrs) for _, attrs in page.tags)
    assert all(link.startswith("data:image/png;base64,") for link in page.links)
    assert "://" not in text
    assert "url(" not in text
    assert "default-src 'none'" in text
    assert page.count("img") == len(surest_mistakes(answers)) + min(48, count)


def test_the_pictures_are_the_faces(tmp_path, rng):
    answers = answers_of(rng, 40)
    page = Page(written(tmp_path, answers))
    shown = [np.asarray(Image.open(io.BytesIO(base64.b64decode(link.partition(",")[2])))) for link in page.links]
    wanted = [*surest_mistakes(answers), *random_faces(answers)]
    np.testing.assert_array_equal(shown, answers.images[wanted])


def test_the_surest_mistakes_are_wrong_and_the_surest_first(rng):
    answers = answers_of(rng, 200)
    rows = surest_mistakes(answers)
    probs = answers.expressions.probs
    assert len(rows) == 24
    assert (probs[rows].argmax(axis=1) != answers.truth[rows]).all()
    assert (np.diff(probs[rows].max(axis=1)) <= 0).all()
    wrong = probs.argmax(axis=1) != answers.truth
    assert np.sort(probs[wrong].max(axis=1))[-24] == pytest.approx(probs[rows].max(axis=1).min())


def test_a_random_sheet_is_the_same_each_time(rng):
    answers = answers_of(rng, 200)
    assert random_faces(answers).tolist() == random_faces(answers).tolist()
    assert len(set(random_faces(answers).tolist())) == 48


def test_it_says_what_was_measured_and_what_not(tmp_path, rng):
    answers = answers_of(rng, 200)
    result = answers.examined()
    told = Page(written(tmp_path, answers)).text
    official = result.examination.official
    assert f"{100 * official.accuracy:.2f} %" in told
    assert f"[{100 * official.interval[0]:.2f}, {100 * official.interval[1]:.2f}]" in told
    assert f"one annotator {100 * result.human:.1f} %" in told
    assert f"{official.aurc:.3f}" in told
    assert "is no official split" in told
    assert "An expression is not an emotion" in told
    assert "Against people" not in told
    assert "How it breaks" not in told


def test_names_are_escaped(tmp_path, rng):
    text = written(tmp_path, answers_of(rng, 5, name="<script>alert(1)</script>", split='a"><b>'))
    assert "<script" not in text
    assert "&lt;script&gt;alert(1)" in text
    Page(text)


def test_people_curves_and_robustness_are_shown_where_they_are_given(tmp_path, rng):
    answers = answers_of(rng, 60)
    faces = FaceSet(answers.images, answers.truth, np.array(["PublicTest"] * 60), FER7, answers.votes)
    extras = Extras(
        measure_people(answers.expressions, answers.votes),
        measure_robustness(Fake(), faces, "PublicTest", count=20, names=("gaussian noise", "shift")),
        [{"epoch": 1.0, "public_accuracy": 0.2, "train_loss": 3.0}, {"epoch": 2.0, "train_loss": 2.0}],
    )
    page = Page(written(tmp_path, answers, extras))
    for part in ("Against people", "it beats one annotator", "How it breaks", "gaussian noise", "How it was trained"):
        assert part in page.text
    charts = [attrs["aria-label"] for tag, attrs in page.tags if tag == "svg" and attrs.get("role") == "img"]
    assert len(charts) == 3 + 2 + 2
    assert all(charts)


def test_a_page_that_cannot_be_written(tmp_path, rng):
    (tmp_path / "file").write_text("x")
    answers = answers_of(rng, 5)
    with pytest.raises(OutputError):
        write_report(answers, answers.examined(), tmp_path / "file" / "report.html")


def test_votes_in_words():
    row = np.zeros(10, np.int64)
    for name, count in {"neutral": 3, "sadness": 5, "NF": 1, "fear": 1}.items():
        row[FERPLUS_COLUMNS.index(name)] = count
    assert votes_in_words(row) == "sad 5, neutral 3, fear 1, …"


def test_ticks_are_round():
    assert round_ticks(0, 1) == pytest.approx([0, 0.2, 0.4, 0.6, 0.8, 1])
    assert round_ticks(1.5, 4.2) == pytest.approx([2, 3, 4])
    assert round_ticks(3, 3) == [3]


def test_the_curves_of_a_run(tmp_path):
    run = tmp_path / "run"
    run.mkdir()
    (run / "metrics.csv").write_text("epoch,seconds,public_accuracy,train_loss\n1,9,0.4,2.5\n2,9,0.5,2.25\n")
    rows = [
        {"epoch": 1, "public_accuracy": 0.4, "train_loss": 2.5},
        {"epoch": 2, "public_accuracy": 0.5, "train_loss": 2.25},
    ]
    assert curves_of("light", run) == curves_of(str(run / "mine.onnx")) == rows
    assert curves_of("light") == curves_of(str(tmp_path / "mine.onnx")) == []
    with pytest.raises(DatasetError, match="holds no metrics"):
        curves_of("light", tmp_path)


app = typer.Typer(pretty_exceptions_enable=False)
app.command()(evaluate)


@pytest.fixture
def data(tmp_path, rng, monkeypatch):
    """Twelve faces with votes, and a fake in the place of every network; only "small" cannot tell contempt."""
    coarse = rng.integers(0, 256, (12, 6, 6), np.uint8)
    images = np.stack([cv2.resize(image, (48, 48), interpolation=cv2.INTER_CUBIC) for image in coarse])
    images[:, 0, 0] = np.arange(12) % 7
    lines = ["emotion,pixels,Usage"]
    lines += [f"{i % 7},{' '.join(map(str, image.ravel()))},PublicTest" for i, image in enumerate(images)]
    path = tmp_path / "fer2013.csv"
    path.write_text("\n".join(lines))
    order = ("anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral")
    votes = ["Usage,Image name," + ",".join(FERPLUS_COLUMNS)]
    for i in range(12):
        cast = [10 if name == order[i % 7] else 0 for name in FERPLUS_COLUMNS]
        votes.append(f"PublicTest,fer{i:07}.png,{','.join(map(str, cast))}")
    (tmp_path / "fer2013new.csv").write_text("\n".join(votes))

    def load(name, labels="auto"):
        if name == "small" and labels == "ferplus8":
            raise ConfigError("labels: contempt is not among what the model tells apart")
        return Fake(LABEL_SETS.get(labels, FER7))

    monkeypatch.setattr(classifier, "load_model", load)
    return path


def run(data, *words):
    ferplus = ["--ferplus", str(data.with_name("fer2013new.csv"))]
    return CliRunner().invoke(app, [*words, "--data", str(data), *ferplus])


@pytest.mark.parametrize("model", ["light", "small"])
def test_the_command_compares_with_people(data, model):
    done = run(data, model, "--people", "--format", "json")
    assert done.exit_code == 0, done.output
    people = json.loads(done.stdout)["people"]
    # everybody agrees on each face, and it names the same: nothing but ties
    assert people["all_faces"]["faces"] == 12
    assert people["all_faces"]["one_annotator_agrees_with_the_rest"] == 1
    assert people["all_faces"]["tied"] == 1
    assert ("does not tell contempt" in done.stderr) == (model == "small")


def test_the_command_writes_the_report(data, tmp_path):
    page = tmp_path / "out" / "report.html"
    done = run(
        data, "small", "--people", "--robustness", "--faces", "3", "--report", str(page), "-o", str(tmp_path / "r")
    )
    assert done.exit_code == 0, done.output
    assert "keep it to yourself" in done.stderr
    for part in ("against people", "mean accuracy under corruption", "truth \\ answer"):
        assert part in done.stdout
    told = Page(page.read_text(encoding="utf-8")).text
    assert all(part in told for part in ("Against people", "How it breaks", "What these figures do not say"))
    assert {"robustness.json", "evaluation.json", "risk_coverage.png"} <= {
        path.name for path in (tmp_path / "r").iterdir()
    }


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--faces", "3"], "goes with --robustness"),
        (["--run", "x"], "goes with --report"),
        (["--people", "--robustness"], "one at a time"),
    ],
)
def test_options_that_say_nothing_together_are_a_usage_error(data, words, told):
    done = run(data, "light", *words)
    assert done.exit_code == 2
    assert told in re.sub(r"[\s│]+", " ", done.output)


def test_people_need_votes(data):
    done = CliRunner().invoke(app, ["light", "--data", str(data), "--people"])
    assert isinstance(done.exception, DatasetError)
    assert "give --ferplus" in str(done.exception)
