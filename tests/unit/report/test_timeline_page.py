"""The timeline as a page."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest

from emovere.errors import OutputError
from emovere.labels import FER7
from emovere.report.colours import COLOURS
from emovere.report.timeline_data import TimelineData
from emovere.report.timeline_page import ROWS, write_timeline_page
from emovere.types import Event, Expressions, Faces, FrameResult

NASTY = "</script><script>alert('x')</script>\"'&<b>\x00.mp4"


class Page(HTMLParser):
    """Elements with their attributes and texts, and whether every one that is opened is closed in turn."""

    EMPTY = frozenset({"meta", "img", "line", "rect", "circle", "path"})

    def __init__(self, text):
        super().__init__()
        self.found = []
        self.open = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_startendtag(self, tag, attributes):
        self.found.append((tag, dict(attributes), []))

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes), []))
        if tag not in self.EMPTY:
            self.open.append((tag, self.found[-1][2]))

    def handle_endtag(self, tag):
        assert self.open.pop()[0] == tag

    def handle_data(self, data):
        if self.open:
            self.open[-1][1].append(data)

    def all(self, tag, **attributes):
        names = {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()}
        return [
            (found, "".join(texts))
            for kind, found, texts in self.found
            if kind == tag and all(found.get(name) == value for name, value in names.items())
        ]


def gathered(source="a.mp4", people=(1, 2), seconds=10):
    data = TimelineData(FER7)
    for i in range(seconds * 10):
        numbers = [n for n in people if n == people[0] or i > 30]
        probs = np.full((len(numbers), 7), 0.05, np.float32)
        probs[:, 3 if i < 50 else 4] = 0.7
        faces = Faces(
            np.zeros((len(numbers), 4), np.float32),
            np.ones(len(numbers), np.float32),
            None,
            np.array(numbers, np.int64),
        )
        data.frame(FrameResult(source, i, 0.1 * i, (48, 64), faces, Expressions(FER7, probs)))
    for event in (
        Event("enter", source, 3.1, 2),
        Event("onset", source, 5.0, 1, "sad", 0.55),
        Event("apex", source, 7.0, 1, "sad", 0.91),
        Event("offset", source, 9.0, 1, "sad", 0.3),
    ):
        data.event(event)
    return data


def written(data, tmp_path):
    path = tmp_path / "a.html"
    write_timeline_page(data, path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.html"]
    text = path.read_text(encoding="utf-8")
    return text, Page(text)


def test_a_page_says_in_words_what_it_draws(tmp_path):
    _, page = written(gathered(), tmp_path)
    lanes = page.all("div", class_="plot")
    assert [lane["aria-label"][:20] for lane, _ in lanes] == ["#1, seen for 9.9 s: ", "#2, seen for 6.9 s: "]
    assert all(lane["tabindex"] == "0" and lane["role"] == "slider" for lane, _ in lanes)
    assert [text for _, text in page.all("td")] == [
        *("0:03.10", "#2", "comes", ""),
        *("0:05.00", "#1", "sad begins", "55 %"),
        *("0:07.00", "#1", "sad is strongest", "91 %"),
        *("0:09.00", "#1", "sad ends", "30 %"),
    ]
    assert page.all("strong")[0][1] == "What a face shows is not what the person feels."
    assert page.all("html")[0][0]["lang"] == "en"
    assert all(image["alt"] == "" for image, _ in page.all("img"))
    identities = [found["id"] for _, found, _ in page.found if "id" in found]
    assert len(set(identities)) == len(identities)


def test_areas_stand_where_their_time_is(tmp_path):
    _, page = written(gathered(people=(1,)), tmp_path)
    paths = {found["fill"]: found["d"] for found, _ in page.all("path")}
    assert len(paths) == 7
    points = [tuple(map(float, point.split())) for point in re.findall(r"[\d.]+ [\d.]+", paths[COLOURS["happy"]])]
    half = len(points) // 2
    heights = {x: low[1] - y for (x, y), low in zip(points[:half], points[: half - 1 : -1], strict=True)}
    early = [height for x, height in heights.items() if x < 4800]
    late = [height for x, height in heights.items() if x > 5200]
    assert early == pytest.approx([700] * len(early), abs=2)
    assert late == pytest.approx([50] * len(late), abs=2)
    data = json.loads(page.all("script", type="application/json")[0][1])
    (piece,) = data["recordings"][0]["lanes"][0]["pieces"]
    assert piece["shares"][0][data["labels"].index("happy")] == 70
    assert data["recordings"][0]["lanes"][0]["events"] == [5.0, 7.0, 9.0]


def test_nothing_but_its_own_script_may_run_and_nothing_is_loaded(tmp_path):
    text, page = written(gathered(), tmp_path)
    policy = page.all("meta", http_equiv="Content-Security-Policy")[0][0]["content"]
    allowed = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert allowed["default-src"] == "'none'"
    for tag in ("script", "style"):
        (content,) = [inner for found, inner in page.all(tag) if "type" not in found]
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert allowed[f"{tag}-src"] == f"'sha256-{digest}'"
        assert "http" not in content
    assert not re.search(r"https?:|//[a-z]|@import|url\(", re.sub(r"base64,[\w+/=]+", "", text))
    assert not [found for _, found, _ in page.found if "style" in found or any(name[:2] == "on" for name in found)]
    assert "innerHTML" not in text
    assert "eval" not in text


def test_a_name_is_only_a_name(tmp_path):
    text, page = written(gathered(source=NASTY), tmp_path)
    assert len(page.all("script")) == 2
    assert [inner for _, inner in page.all("b")] == ["#1", "#2"]
    assert "<script>alert" not in text
    assert page.all("h2")[0][1] == NASTY.replace("\x00", "\N{REPLACEMENT CHARACTER}")
    _, page = written(gathered(source="\udcff\u202egnp.exe"), tmp_path)
    assert page.all("h2")[0][1] == "\N{REPLACEMENT CHARACTER}" * 2 + "gnp.exe"


def test_nobody_and_very_many(tmp_path):
    _, page = written(TimelineData(FER7), tmp_path)
    assert "No face was followed." in [text for _, text in page.all("p")]
    data = gathered(people=tuple(range(1, 21)), seconds=400)
    for i in range(600):
        data.event(Event("apex", "a.mp4", 0.5 * i, 1, "happy", 0.8))
    text, page = written(data, tmp_path)
    assert len(page.all("div", class_="plot")) == 12
    assert "400.0 s" not in text
    assert page.all("p", class_="pale")[0][1] == "6:40 in all, 8 more faces seen for a shorter time than these"
    assert len(page.all("tr")) == ROWS + 1
    assert len(text) < 2_000_000


def test_what_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be written"):
        write_timeline_page(gathered(), tmp_path / "file" / "a.html")
