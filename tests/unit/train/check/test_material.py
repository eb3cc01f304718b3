"""What counts as a face, how crops are cut, and that what was worked out is kept."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from emovere import weights
from emovere.align.crop import crop_faces
from emovere.errors import OutputError
from emovere.testing.detectors import portrait
from emovere.train.check import material
from emovere.train.check.material import MARGIN, PATCH, candidates, cut_patches, judged
from emovere.train.faces.labels import Labels
from emovere.types import Faces, Frame


def labels(boxes, scores):
    boxes = np.array(boxes, np.float32).reshape(-1, 4)
    count = len(boxes)
    scores = np.array(scores, np.float32)
    return Labels(np.zeros(count, np.int64), boxes, np.zeros((count, 5, 2), np.float32), scores, np.zeros_like(scores))


def box(*rows):
    return np.array(rows, np.float32).reshape(-1, 4)


def test_a_box_is_a_face_none_or_doubtful():
    known = labels([(0, 0, 40, 50), (100, 0, 140, 50)], [0.9, 0.5])
    same, unsure, far, half = (2, 2, 42, 52), (102, 0, 142, 50), (200, 200, 240, 250), (0, 25, 40, 75)
    assert judged(box(same, unsure, far, half), known, animals=False).tolist() == [1, -1, 0, -1]
    assert judged(box(same, far), known, animals=True).tolist() == [-1, 0]
    assert judged(box(same), labels([], []), animals=False).tolist() == [0]


def test_a_part_of_a_face_and_a_whole_person_are_none():
    known = labels([(100, 100, 140, 150)], [0.95])
    mouth, person = (112, 130, 128, 142), (60, 80, 180, 300)
    assert judged(box(mouth, person), known, animals=False).tolist() == [0, 0]


@pytest.mark.parametrize("landmarks", [None, [[220, 140], [290, 142], [262, 185], [232, 225], [285, 226]]])
def test_the_middle_of_a_patch_is_what_the_pipeline_cuts(landmarks):
    frame = Frame(portrait())
    marks = None if landmarks is None else np.array([landmarks], np.float32)
    faces = Faces(box((180, 80, 340, 290)), np.ones(1, np.float32), marks)
    (patch,) = cut_patches(frame, faces, (4.1, -0.8, 43.4, 48.8))
    (crop,) = crop_faces(frame, faces, (4.1, -0.8, 43.4, 48.8)).images
    assert patch.shape == (PATCH, PATCH)
    inner = patch[MARGIN:-MARGIN, MARGIN:-MARGIN]
    assert np.abs(inner.astype(int) - crop).mean() < 4


@pytest.fixture
def scenes(tmp_path, yunet_weights):
    """Two photographs: a portrait, and a wall."""
    pa, parquet = (pytest.importorskip(name) for name in ("pyarrow", "pyarrow.parquet"))

    def png(image):
        out = io.BytesIO()
        Image.fromarray(image).save(out, "PNG")
        return out.getvalue()

    wall = np.full((120, 160, 3), 128, np.uint8)
    images = [{"bytes": png(portrait()[::2, ::2]), "path": "a.png"}, {"bytes": png(wall), "path": "b.png"}]
    path = tmp_path / "scenes.parquet"
    parquet.write_table(pa.table({"image": images, "source": ["here", "here"]}), path)
    return path


@pytest.mark.timeout(120)
def test_candidates_are_worked_out_once(scenes, monkeypatch):
    said = []
    found = candidates(scenes, "yunet", said.append)
    assert found.truth.tolist() == [1]
    assert found.names.tolist() == ["here/a.png"]
    assert found.patches.shape == (1, PATCH, PATCH)
    anywhere = candidates(scenes, "random", said.append)
    assert (anywhere.truth == 0).sum() >= 8
    assert set(anywhere.scene.tolist()) == {0, 1}
    asked = len(said)
    monkeypatch.setattr(material, "photographs", lambda path: pytest.fail("the photographs were read again"))
    again = candidates(scenes, "random", said.append)
    assert len(said) == asked
    np.testing.assert_array_equal(again.patches, anywhere.patches)


@pytest.mark.timeout(120)
def test_what_was_kept_and_is_damaged_is_said_in_one_line(scenes):
    candidates(scenes, "random", lambda text: None)
    (kept,) = (weights.home() / "taught").glob("candidates-random*.npz")
    kept.write_bytes(b"nothing")
    with pytest.raises(OutputError, match="is damaged; delete it"):
        candidates(scenes, "random", lambda text: None)
