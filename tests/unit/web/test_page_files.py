"""The page's files: nothing inline, nothing from outside, nothing missing, and the colours of everything else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from emovere.labels import FERPLUS8
from emovere.report.colours import COLOURS
from emovere.report.timeline_data import ORDER

PAGE = Path(__file__).resolve().parents[3] / "src" / "emovere" / "web" / "page"
FILES = sorted(path for path in PAGE.rglob("*") if path.is_file())
TEXTS = {path.relative_to(PAGE).as_posix(): path.read_text(encoding="utf-8") for path in FILES}
SCRIPTS = {name: text for name, text in TEXTS.items() if name.endswith(".js")}
PAGES = {name: text for name, text in TEXTS.items() if name.endswith(".html")}


def test_nothing_is_inline():
    for name, text in PAGES.items():
        assert not re.search(r"<script(?![^>]*\bsrc=)", text), name
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", text), name


def test_nothing_comes_from_outside():
    for name, text in TEXTS.items():
        found = set(re.findall(r"(?:https?:|wss?:)?//[\w.]+", text))
        allowed = {"http://www.w3.org", "http://127.0.0.1", "wss:", "ws:"}
        outside = {one for one in found if not any(one.startswith(good) for good in allowed)}
        comments = {f"//{word}" for word in re.findall(r"//(\w+)", re.sub(r"https?://", "", text))}
        assert not outside - comments, name


def test_text_never_becomes_markup():
    for name, text in SCRIPTS.items():
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", text), (
            name
        )
        assert '"style"' not in text, name


@pytest.mark.parametrize("name", sorted(TEXTS))
def test_what_a_file_names_is_there(name):
    text = TEXTS[name]
    folder = (PAGE / name).parent
    for found in re.findall(r"""["'(](/page/[\w./-]+)["')]""", text):
        assert (PAGE / found.removeprefix("/page/")).is_file(), found
    for found in re.findall(r"""from "(\.[\w./-]+)";""", text):
        assert (folder / found).is_file(), found
    if name == "js/main.js":
        for view in re.search(r"VIEWS = \{(.*?)\}", text).group(1).split(","):
            view = view.split(":")[0].strip()  # noqa: PLW2901
            assert view == "notice" or (PAGE / "js" / "views" / f"{view}.js").is_file()


def test_every_name_that_is_imported_is_exported():
    for name, text in SCRIPTS.items():
        for names, source in re.findall(r'import \{([^}]*)\} from "(\.[\w./-]+)";', text):
            exported = (PAGE / name).parent.joinpath(source).read_text(encoding="utf-8")
            known = set(re.findall(r"export (?:async )?(?:function\*?|const|class) (\w+)", exported))
            wanted = {one.strip() for one in names.split(",") if one.strip()}
            assert wanted <= known, f"{name}: {wanted - known}"
            body = text.replace(names, "", 1)
            assert all(re.search(rf"\b{one}\b", body) for one in wanted), f"{name}: imported and not used"


def test_colours_symbols_and_order_are_those_of_the_reports():
    words = TEXTS["js/words.js"]
    assert dict(re.findall(r'^  (\w+): "(#[0-9a-f]{6})",$', words, re.M)) == dict(COLOURS)
    assert dict(re.findall(r"--(\w+): (#[0-9a-f]{6});", TEXTS["css/base.css"])) == dict(COLOURS)
    order = re.search(r"ORDER = \[(.*?)\]", words).group(1)
    assert tuple(re.findall(r'"(\w+)"', order)) == ORDER
    assert {path.stem for path in (PAGE / "icons" / "faces").iterdir()} == set(FERPLUS8)


def test_files_are_small():
    for name, text in TEXTS.items():
        assert len(text.splitlines()) <= 400, name


def test_the_notice_says_what_it_must():
    for name, markup in PAGES.items():
        text = re.sub(r"<[^>]+>", "", markup)
        assert "Article 5(1)(f)" in text, name
        assert "Article 50(3)" in text, name
        assert "not what the person feels" in text or "not how somebody feels" in text, name
