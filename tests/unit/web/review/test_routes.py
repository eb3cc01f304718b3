"""Faces in, votes out: what the page asks for, and what it must not get."""

from __future__ import annotations

import io
import json
import struct

import numpy as np
import pytest
from PIL import Image
from tests.unit.datasets.review.conftest import made_rows
from tests.unit.web.review.conftest import reviewing

from emovere.datasets.folder import write_folder
from emovere.datasets.review.review import Review
from emovere.labels import FER7, FERPLUS8
from emovere.version import __version__

pytestmark = pytest.mark.timeout(60)


def faces_of(answer):
    (length,) = struct.unpack("<I", answer.content[:4])
    pixels = np.frombuffer(answer.content[4 + length :], np.uint8).reshape(-1, 48, 48)
    return json.loads(answer.content[4 : 4 + length]), pixels


def positions_of(answer):
    return np.frombuffer(answer.content, "<u4").tolist()


def test_settings_say_what_there_is(server, review):
    said = server.ask("GET", "/v1/review").json()
    assert (said["set"], said["faces"], said["by"], said["blind"]) == ("noise", 19, "set", False)
    assert said["labels"] == list(FER7)
    assert said["choices"] == list(FERPLUS8)
    assert said["review"] == review.book.id
    assert server.ask("GET", "/healthz").json() == {"status": "ok", "emovere": __version__}


def test_faces_come_with_their_pixels(server, review):
    rows = made_rows()
    found, pixels = faces_of(server.ask("GET", "/v1/review/faces?at=5,0&labeller=Ada"))
    assert [one["at"] for one in found] == [5, 0]
    assert [one["key"] for one in found] == [rows.keys[5], rows.keys[0]]
    assert (pixels == rows.faces.images[[5, 0]]).all()
    assert found[0] == {
        "at": 5,
        "key": str(rows.keys[5]),
        "label": "surprise",
        "hints": [],
        "mine": 0,
        "cropped": False,
        "others": {},
        "about": {"usage": "PublicTest", "rows": 1, "author": "author 5"},
    }


@pytest.mark.parametrize("at", ["", "19", "-1", "1,,2", "x", "1" * 30, ",".join(["1"] * 513)])
def test_places_that_are_none_are_told(server, at):
    answer = server.ask("GET", f"/v1/review/faces?at={at}")
    assert answer.status_code == 422
    assert "expected up to 512 numbers of 0 to 18" in answer.json()["detail"]


def test_votes_are_kept_once_and_seen_by_others(server, say, review):
    for _ in range(2):
        assert say("Ada", 3, "relabel", "sad").json() == {"kept": 1}
    assert len(review.book.since(0)) == 1
    (face,), _ = faces_of(server.ask("GET", "/v1/review/faces?at=3&labeller=Ada"))
    assert face["mine"] == FERPLUS8.index("sad") + 1
    (face,), _ = faces_of(server.ask("GET", "/v1/review/faces?at=3&labeller=Ben"))
    assert (face["mine"], face["others"]) == (0, {"Ada": FERPLUS8.index("sad") + 1})
    assert server.ask("GET", "/v1/review/progress").json() == {"faces": 19, "voted": {"Ada": 1}}


def test_blind_labellers_see_others_after_their_own_vote(review):
    with reviewing(review, blind=True) as server:
        key = review.faces.key(3)
        for who, label in (("Ada", "sad"), ("Ben", "fear")):
            (face,), _ = faces_of(server.ask("GET", f"/v1/review/faces?at=3&labeller={who}"))
            assert face["others"] == {}
            vote = {"id": who, "key": key, "kind": "relabel", "label": label}
            server.ask("POST", "/v1/review/votes", json={"labeller": who, "votes": [vote]})
        (face,), _ = faces_of(server.ask("GET", "/v1/review/faces?at=3&labeller=Ben"))
        assert face["others"] == {"Ada": FERPLUS8.index("sad") + 1}
        assert positions_of(server.ask("GET", "/v1/review/list?show=disputed&labeller=Cem")) == []
        assert positions_of(server.ask("GET", "/v1/review/list?show=disputed&labeller=Ben")) == [3]


def test_lists_are_what_is_asked_for(server, say):
    say("Ada", 2, "accept", "fear")
    say("Ada", 4, "unsure")

    def listed(query):
        return positions_of(server.ask("GET", f"/v1/review/list?labeller=Ada&{query}"))

    assert listed("") == list(range(19))
    assert listed("show=voted") == [2, 4]
    assert listed("show=open") == [one for one in range(19) if one not in (2, 4)]
    assert listed("label=fear") == [2, 9, 16]
    assert listed("label=fear&show=open") == [9, 16]
    assert listed("label=nonsense") == []
    assert listed("reason=blurred") == []
    assert server.ask("GET", "/v1/review/list?show=nonsense").status_code == 422


def test_undo_goes_back_over_what_was_there_before(server, say, review):
    for face in (1, 2, 3):
        say("Ada", face, "unsure")
    latest = server.ask("GET", "/v1/review/latest?labeller=Ada").json()["votes"]
    assert [(one["id"], one["at"]) for one in latest] == [(f"Ada-{face}-unsure", face) for face in (3, 2, 1)]
    assert say("Ada", 3, "undo", undoes="Ada-3-unsure").status_code == 200
    latest = server.ask("GET", "/v1/review/latest?labeller=Ada&count=1").json()["votes"]
    assert latest[0]["key"] == review.faces.key(2)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"kind": "maybe"}, "kind"),
        ({"key": "x"}, "key"),
        ({"label": "joyful"}, "label: expected one of angry"),
        ({"label": ""}, "label: expected one with relabel"),
        ({"kind": "crop", "label": "", "box": "1 2 3"}, "box: expected 'x1 y1 x2 y2'"),
        ({"kind": "undo", "label": "", "undoes": "nobody's"}, "undoes: expected the id"),
        ({"more": 1}, "more"),
        ({"id": ""}, "id"),
    ],
)
def test_wrong_votes_are_told_and_none_of_them_kept(server, review, change, words):
    good = {"id": "good", "key": review.faces.key(0), "kind": "unsure"}
    bad = {"id": "bad", "key": review.faces.key(1), "kind": "relabel", "label": "sad", **change}
    answer = server.ask("POST", "/v1/review/votes", json={"labeller": "Ada", "votes": [good, bad]})
    assert answer.status_code == 422
    assert words in answer.json()["detail"]
    assert review.book.since(0) == []


def test_bodies_and_names_have_an_end(server, review):
    vote = {"id": "1", "key": review.faces.key(0), "kind": "unsure"}
    for name in ("", " ", "x" * 61, "a\nb"):
        answer = server.ask("POST", "/v1/review/votes", json={"labeller": name, "votes": [vote]})
        assert answer.status_code == 422
    many = {"labeller": "Ada", "votes": [vote] * 201}
    assert server.ask("POST", "/v1/review/votes", json=many).status_code == 422
    assert server.ask("POST", "/v1/review/votes", data=b"x" * 200_000).status_code == 413


def test_agreement_is_told(server, say):
    for face in range(8):
        say("Ada", face, "relabel", "sad" if face < 4 else "fear")
        say("Ben", face, "relabel", "sad" if face < 6 else "fear")
    said = server.ask("GET", "/v1/review/agreement?labeller=Ada").json()
    assert (said["voted"], said["disputed"]) == ({"Ada": 8, "Ben": 8}, 2)
    (pair,) = said["agreements"]
    assert (pair["labellers"], pair["faces"], pair["same"], pair["kappa"]) == (["Ada", "Ben"], 8, 0.75, 0.5)


def test_only_the_machines_own_pages_may_ask(server):
    for headers in (
        {"Host": "evil.example"},
        {"Origin": "http://evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
    ):
        assert server.ask("GET", "/v1/review", headers=headers).status_code == 403
    answer = server.ask("GET", "/v1/review")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-store"


def test_a_token_keeps_the_faces(review):
    with reviewing(review, token="secret") as server:
        assert server.ask("GET", "/").status_code == 200
        assert server.ask("GET", "/v1/review/faces?at=0").status_code == 401
        answer = server.ask("GET", "/v1/review/faces?at=0", headers={"Authorization": "Bearer secret"})
        assert answer.status_code == 200


@pytest.fixture
def pictures(tmp_path):
    """A set whose faces have pictures: good, too large for a screen, elsewhere, missing, no picture, and none."""
    outside = tmp_path / "private.png"
    Image.new("RGB", (60, 40), "red").save(outside)
    folder = tmp_path / "pictures"
    rows = made_rows(7)
    named = ("pictures/a.jpg", "pictures/big.png", "../private.png", "pictures/none.jpg", "pictures/text.jpg", "", "")
    write_folder(rows.with_columns(picture=named, colour=(str(outside), *[""] * 6)), folder, name="noise")
    (folder / "pictures").mkdir()
    Image.new("RGB", (200, 100), "blue").save(folder / "pictures" / "a.jpg")
    Image.new("RGB", (4000, 1000), "green").save(folder / "pictures" / "big.png")
    (folder / "pictures" / "text.jpg").write_text("no picture")
    review = Review(folder)
    with reviewing(review) as server:
        yield server, [review.faces.key(face) for face in range(6)]
    review.close()


def test_pictures_come_in_a_screens_size(pictures):
    server, keys = pictures
    for key, size, told in ((keys[0], (200, 100), "200 100"), (keys[1], (1600, 400), "4000 1000")):
        answer = server.ask("GET", f"/v1/review/picture?key={key}")
        assert (answer.headers["content-type"], answer.headers["emovere-size"]) == ("image/jpeg", told)
        assert Image.open(io.BytesIO(answer.content)).size == size
    assert server.ask("GET", f"/v1/review/picture?key={keys[0]}&of=colour").headers["emovere-size"] == "60 40"


@pytest.mark.parametrize(
    ("place", "words"),
    [(2, "expected a picture in the set's folder"), (3, "not there"), (4, "text.jpg"), (5, "knows no such picture")],
)
def test_pictures_that_cannot_be_shown_are_told(pictures, place, words):
    server, keys = pictures
    answer = server.ask("GET", f"/v1/review/picture?key={keys[place]}")
    assert answer.status_code == 400
    assert words in answer.json()["detail"]
    assert server.ask("GET", f"/v1/review/picture?key={'0' * 64}").status_code == 400
    assert server.ask("GET", "/v1/review/picture?key=../etc").status_code == 422
