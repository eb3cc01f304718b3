"""Small sets in every layout: made ones, and samples of the real one."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from emovere.datasets.faceset import FaceSet
from emovere.labels import FER7, FERPLUS_COLUMNS


@pytest.fixture
def faces(rng: np.random.Generator) -> FaceSet:
    """Twelve made faces, every class and every split among them."""
    return FaceSet(
        images=rng.integers(0, 256, (12, 48, 48), np.uint8),
        labels=np.arange(12, dtype=np.int64) % 7,
        splits=np.array(["Training"] * 8 + ["PublicTest"] * 2 + ["PrivateTest"] * 2),
        label_names=FER7,
    )


@pytest.fixture
def csv_lines(faces: FaceSet) -> list[bytes]:
    """The lines of a fer2013.csv with those faces."""
    rows = zip(faces.labels, faces.images, faces.splits, strict=True)
    return [
        b"emotion,pixels,Usage\n",
        *(f"{label},{' '.join(map(str, image.ravel()))},{split}\n".encode() for label, image, split in rows),
    ]


@pytest.fixture
def ferplus_lines(faces: FaceSet) -> list[str]:
    """The lines of a fer2013new.csv for them; as in the original, the name of a face counts named rows only."""
    lines = [",".join(["Usage", "Image name", *FERPLUS_COLUMNS])]
    number = 0
    for row, split in enumerate(faces.splits):
        votes = [0] * 10
        if row == 3:
            votes[9] = 10
            lines.append(",".join([split, "", *map(str, votes)]))
        else:
            votes[row % 8], votes[8] = 9, 1
            lines.append(",".join([split, f"fer{number:07d}.png", *map(str, votes)]))
            number += 1
    return lines


@pytest.fixture(scope="session")
def exported(shared: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Every 180th face of FER2013 as fer2013.csv, as folders and as fer2013new.csv."""
    script = shared("bin/fer2013-export")
    folder = tmp_path_factory.mktemp("fer2013")
    paths = {"csv": folder / "fer2013.csv", "folders": folder / "folders", "ferplus": folder / "fer2013new.csv"}
    for layout, path in paths.items():
        command = [sys.executable, str(script), "--format", layout, "--limit", "200", str(path)]
        subprocess.run(command, check=True, capture_output=True, timeout=120)
    return paths
