"""The page's files: nothing inline, nothing from outside, nothing missing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from emovere.web import pages
from emovere.web.review.app import FOLDER

FILES = sorted(path for path in FOLDER.rglob("*") if path.is_file())
TEXTS = {path.relative_to(FOLDER).as_posix(): path.read_text(encoding="utf-8") for path in FILES}
SCRIPTS = {name: text for name, text in TEXTS.items() if name.endswith(".js")}
PAGE = TEXTS["index.html"]


def place_of(address: str) -> Path:
    """The file behind an address of the page."""
    of_review = address.removeprefix("/page/review/")
    return FOLDER / of_review if of_review != address else pages.FOLDER / address.removeprefix("/page/")


def test_nothing_is_inline():
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=|javascript:", PAGE)


def test_nothing_comes_from_outside():
    for name, text in TEXTS.items():
        assert not re.search(r"https?://|wss?://", text), name


def test_text_never_becomes_markup():
    for name, text in SCRIPTS.items():
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", text), (
            name
        )


@pytest.mark.parametrize("name", sorted(TEXTS))
def test_what_a_file_names_is_there(name):
    for found in re.findall(r"""["'(](/page/[\w./-]+)["')]""", TEXTS[name]):
        assert place_of(found).is_file(), found
    for names, source in re.findall(r'import \{([^}]*)\} from "([^"]+)";', TEXTS[name]):
        file = place_of(source) if source.startswith("/") else (FOLDER / name).parent / source
        exported = re.findall(r"export (?:async )?(?:function\*?|const|class) (\w+)", file.read_text(encoding="utf-8"))
        wanted = {one.strip() for one in names.split(",") if one.strip()}
        assert wanted <= set(exported), f"{name}: {wanted - set(exported)}"
        body = TEXTS[name].replace(names, "", 1)
        assert all(re.search(rf"\b{one}\b", body) for one in wanted), f"{name}: imported and not used"


def test_every_part_that_a_script_looks_for_is_on_the_page():
    made = {"own-label", "mine", "kappas", "title-agreement", "crop-open"}
    for name, text in SCRIPTS.items():
        for part in re.findall(r'byId\("([\w-]+)"\)', text):
            assert part in made or f'id="{part}"' in PAGE, f"{name}: {part}"


def test_files_are_small():
    for name, text in TEXTS.items():
        assert len(text.splitlines()) <= 400, name


def test_the_page_says_what_a_label_is_not():
    assert "not what the person feels" in PAGE
