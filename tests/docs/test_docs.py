"""The docs say what is there: links lead somewhere, commands exist, the two commands stand first."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from emovere import weights
from emovere.cli.main import app

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_to_files(page):
    for target in re.findall(r"\]\(([^)#]+)", page.read_text(encoding="utf-8")):
        if not target.startswith("http"):
            assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_place_is_left_to_be_filled(page):
    assert not re.findall(r"<!-- (?:results|measure|compare|errors) -->", page.read_text(encoding="utf-8"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_and_option_exists(page):
    text = re.sub(r"\\\n", " ", page.read_text(encoding="utf-8"))
    for line in re.findall(r"^\$ emovere ([a-z]+.*)$", text, re.MULTILINE):
        words = line.split("#")[0].split()
        depth = 3 if words[:2] == ["data", "patch"] else 2 if words[0] in ("models", "journal", "data") else 1
        nested = words[:depth]
        shown = CliRunner().invoke(app, [*nested, "--help"], env={"COLUMNS": "200", "NO_COLOR": "1"})
        assert shown.exit_code == 0, line
        for option in (word for word in words if word.startswith("--")):
            assert option in shown.output, f"{option} in {line}"


@pytest.mark.parametrize("label_set", ["fer7", "ferplus8"])
@pytest.mark.parametrize(
    ("page", "network"),
    [("README.md", "light"), *(("MODEL_CARD.md", name) for name in ("light", "nano", "light-int8"))],
)
def test_figures_are_those_of_the_network_that_is_shipped(page, network, label_set):
    result = json.loads((ROOT / f"docs/models/{network}/PrivateTest-{label_set}/evaluation.json").read_text("utf-8"))
    assert result["model"]["sha256"] == weights.entry(network).sha256
    text = (ROOT / page).read_text(encoding="utf-8")
    for figures in (result["official"], result["without_leaked"]):
        low, high = figures["accuracy_interval_95"]
        assert f"{figures['accuracy']:.2%}".replace("%", " %") + f" [{low * 100:.2f}, {high * 100:.2f}]" in text


def test_the_readme_opens_with_its_two_commands():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^## (.+?)\n+```bash\n(.+?)\n```", text, re.MULTILINE | re.DOTALL)
    assert [title for title, _ in blocks[:2]] == ["Run it", "Test it"]
    assert "emovere demo" in blocks[0][1]
    assert "pytest" in blocks[1][1]
    assert all("\n" not in block for _, block in blocks[:2])
