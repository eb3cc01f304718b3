import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from emovere.cli.results import results
from emovere.config import override, to_toml
from emovere.errors import ConfigError, DatasetError
from emovere.evaluate.results import read_run
from emovere.evaluate.results_text import command_of, results_page
from emovere.train.recipe import load_recipe

ROOT = Path(__file__).resolve().parents[3]

app = typer.Typer(pretty_exceptions_enable=False)
app.command()(results)


def evaluation(accuracy, split="PrivateTest", label_set="fer7", sha256="ab", labels=7):
    half = 0.015
    figures = {
        "faces": 3589,
        "correct": round(3589 * accuracy),
        "accuracy": accuracy,
        "accuracy_interval_95": [accuracy - half, accuracy + half],
        "macro_f1": 0.6,
        "top3_accuracy": 0.9,
        "ece": 0.02,
    }
    return {
        "model": {"name": "x", "sha256": sha256},
        "official_split": split,
        "label_set": label_set,
        "labels": ["angry", "happy", "sad", "neutral", "fear", "disgust", "surprise"][:labels],
        "official": figures,
        "without_leaked": {**figures, "accuracy": accuracy - 0.01},
    }


@pytest.fixture
def make(tmp_path):
    def made(name, recipe="cnn4", seed=1, *evaluations):
        folder = tmp_path / name
        folder.mkdir()
        about = {"recipe": recipe, "seed": seed, "parameters": 123456, "epochs": 2}
        (folder / "run.json").write_text(json.dumps(about))
        (folder / "metrics.csv").write_text("epoch,seconds\n1,60\n2,90\n")
        for data in evaluations:
            inside = folder / f"{data['official_split']}-{data['label_set']}"
            inside.mkdir()
            (inside / "evaluation.json").write_text(json.dumps(data))
        return folder

    return made


def cells(page, first):
    return next(
        [cell.strip() for cell in line.strip("|").split("|")] for line in page.splitlines() if line.startswith(first)
    )


def test_a_row_is_what_the_files_say(make):
    run = make(
        "a",
        "cnn4",
        3,
        evaluation(0.61, "PublicTest"),
        evaluation(0.6123),
        evaluation(0.75, label_set="ferplus8"),
        evaluation(0.99, None),
    )
    row = cells(results_page([read_run(run)], "x"), "| cnn4 | 3")
    assert row == [
        "cnn4",
        "3",
        "123,456",
        "61.00 %",
        "61.23 % [59.73, 62.73]",
        "60.23 % [59.73, 62.73]",
        "60.0 %",
        "90.0 %",
        "2.0 %",
        "75.00 % [73.50, 76.50]",
        "2",
        "2",
    ]


def test_what_was_not_measured_is_a_dash(make):
    row = cells(results_page([read_run(make("a"))], "x"), "| cnn4 | 1")
    assert row[3:10] == ["-"] * 7


def test_a_network_of_four_classes_says_so(make):
    page = results_page([read_run(make("a", "vgg11", 1, evaluation(0.7, labels=4)))], "x")
    assert "| vgg11 (angry, happy, sad, neutral alone) |" in page


@pytest.mark.parametrize(
    ("accuracy", "verdict"), [(0.62, "passed"), (0.605, "reached"), (0.59, "within the interval"), (0.5, "not reached")]
)
def test_a_recipe_stands_beside_what_was_reported(make, accuracy, verdict):
    page = results_page([read_run(make("a", "cnn4", 1, evaluation(accuracy)))], "x")
    beside = cells(page, "| cnn4 | 60 %")
    assert beside[-1] == verdict
    assert beside[-2].startswith(f"{100 * accuracy:.2f} %")
    assert cells(page, "| vgg11 |")[-1] == "no run among these"


def test_what_a_run_set_otherwise_stands_with_its_name(make):
    settings = ("network.crop=36", "augment.vary=false", "seed=4", "train.threads=1")
    run = make("a", "small-set", 4, evaluation(0.5))
    (run / "recipe.toml").write_text(to_toml(override(load_recipe("small-set"), settings)))
    plain = make("b", "small-set", 1, evaluation(0.4))
    (plain / "recipe.toml").write_text(to_toml(load_recipe("small-set")))
    page = results_page([read_run(run), read_run(plain)], "x")
    assert "| small-set (`network.crop=36`; `augment.vary=false`) | 4 |" in page
    assert "| small-set | 1 |" in page
    assert "mean and sd" not in page
    ours, verdict = cells(page, "| small-set | 45")[3:]
    assert ours.split("<br>")[0].endswith("] (`network.crop=36`; `augment.vary=false`)")
    assert verdict.split("<br>") == ["reached", "not reached"]


def test_several_seeds_are_summed_up(make):
    runs = [read_run(make(f"s{seed}", "nano", seed, evaluation(0.66 + seed / 100))) for seed in (1, 2, 3)]
    page = results_page(runs, "x")
    assert cells(page, "| nano, mean and sd")[4] == "68.00 ± 1.00 % (3)"
    assert "mean and sd" not in results_page(runs[:1], "x")


def test_evaluations_of_different_networks_are_refused(make):
    run = make("a", "cnn4", 1, evaluation(0.6, "PublicTest"), evaluation(0.7, sha256="cd"))
    with pytest.raises(ConfigError, match="are of different networks; measure the same one again"):
        read_run(run)


def test_what_is_no_run(tmp_path, make):
    with pytest.raises(DatasetError, match=r"holds no run\.json; expected the folder"):
        read_run(tmp_path)
    run = make("a", "cnn4", 1, evaluation(0.6))
    (run / "metrics.csv").write_text("epoch\n1\n")
    with pytest.raises(DatasetError, match=r"metrics\.csv: expected"):
        read_run(run)
    (run / "metrics.csv").unlink()
    assert read_run(run).minutes is None
    (run / "PrivateTest-fer7" / "evaluation.json").write_text('{"model": {"sha256": 1}}')
    with pytest.raises(DatasetError, match=r"evaluation\.json: a field is missing"):
        read_run(run)
    (run / "run.json").write_text("{")
    with pytest.raises(DatasetError, match=r"run\.json: cannot be read"):
        read_run(run)


def test_the_command_prints_the_page(make):
    run = make("a", "cnn4", 1, evaluation(0.6))
    done = CliRunner().invoke(app, [str(run)])
    assert done.exit_code == 0
    assert done.stdout == results_page([read_run(run)], command_of([run]))


def test_the_page_in_the_docs_is_what_its_command_prints(monkeypatch):
    text = (ROOT / "docs/results.md").read_text(encoding="utf-8")
    monkeypatch.chdir(ROOT)
    words = text.partition("Printed by `emovere results ")[2].partition("`")[0].split()
    assert words
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    assert done.stdout == text
