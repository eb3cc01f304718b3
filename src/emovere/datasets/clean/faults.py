"""Findings about single faces: none there, turned away, hidden, drawn, too small, too dark."""

from __future__ import annotations

import numpy as np

from emovere.datasets.clean.build import Built
from emovere.datasets.clean.findings import Finding
from emovere.datasets.clean.looks import SURE, Looks, turn_and_tilt
from emovere.datasets.clean.options import FaceOptions, PictureOptions
from emovere.datasets.clean.pixels import Pixels
from emovere.datasets.clean.probes import NAMES
from emovere.datasets.patch import square
from emovere.datasets.rows import FaceRows
from emovere.types import Float32


def no_faces(looks: Looks, options: FaceOptions) -> list[Finding]:
    """Pictures that no view shows as a face, and crops in which there are several. Score: 1 less the best view's."""
    found = []
    for row in np.flatnonzero(looks.best < options.least).tolist():
        best, check = float(looks.best[row]), float(looks.best_check[row])
        surely = best < options.drop and check < options.drop_check
        note = f"seen as a face with {best:.2f} at most, by the checking network with {check:.2f}"
        found.append(Finding(row, "no face", 1 - best, "drop" if surely else "", note=note))
    for row in np.flatnonzero(looks.count > 1).tolist():
        found.append(Finding(row, "several faces", 0.5, note=f"{looks.count[row]} faces in the crop"))
    return found


def turned_heads(looks: Looks, options: FaceOptions, built: Built | None) -> list[Finding]:
    """Heads that look aside or lie on their side. Score: the turn itself, at most 1; for tilted ones its share of 90
    degrees.
    """
    turns, tilts = turn_and_tilt(looks.landmarks)
    if built is not None:
        turns = np.where(np.isnan(built.turns), turns, built.turns)
    sure = looks.score >= SURE
    tilts = np.where(sure, tilts, 0)
    # a face that was only found once the picture was turned lies on its side
    tilts = np.where(~sure & (looks.best >= SURE), -looks.turned, tilts)
    found = []
    for row in np.flatnonzero(sure & (turns > options.turned)).tolist():
        found.append(Finding(row, "turned", min(1.0, float(turns[row])), note=f"looks aside ({turns[row]:.2f})"))
    for row in np.flatnonzero(np.abs(np.nan_to_num(tilts)) > options.tilted).tolist():
        degrees = abs(float(tilts[row]))
        found.append(Finding(row, "turned", min(1.0, degrees / 90), note=f"lies on its side ({degrees:.0f} degrees)"))
    return found


def hidden_or_drawn(probes: Float32 | None, looks: Looks, options: FaceOptions) -> list[Finding]:
    """Hidden eyes, hidden mouths and drawings, where the probes fit the network. Score: the probe's probability."""
    if probes is None:
        return []
    least = {"eyes hidden": options.hidden, "mouth hidden": options.hidden, "drawing": options.drawing}
    face = looks.best >= SURE
    found = []
    for place, name in enumerate(NAMES):
        # what is no face hides nothing, but may well be a drawing
        meant = (probes[:, place] > least[name]) & (face | (name == "drawing"))
        for row in np.flatnonzero(meant).tolist():
            score = float(probes[row, place])
            surely = name == "drawing" and score >= options.drop_drawing
            found.append(Finding(row, name, score, "drop" if surely else ""))
    return found


def poor_pictures(rows: FaceRows, pixels: Pixels, options: PictureOptions, built: Built | None) -> list[Finding]:
    """Small, blurred, dark and flat pictures, and those that show several people. Score: how far below the bound, as a
    share of it.
    """
    found = []
    for row, box in enumerate(rows.column("box")):
        corners = square(box) if box else None
        if corners is not None:
            side = min(corners[2] - corners[0], corners[3] - corners[1])
            if side < options.small:
                found.append(Finding(row, "small", 1 - side / options.small, note=f"{side:.0f} pixels in its picture"))
    bounds = (
        ("blurred", pixels.sharpness, options.blurred, "its finest details are {:.2f} of the coarser ones"),
        ("dark", pixels.mean, options.dark, "mean grey level {:.0f}"),
        ("low contrast", pixels.contrast, options.contrast, "its greys span {:.0f} levels"),
    )
    for reason, values, bound, note in bounds:
        for row in np.flatnonzero(values < bound).tolist():
            value = float(values[row])
            found.append(Finding(row, reason, 1 - value / bound, note=note.format(value)))
    if built is not None:
        for row in np.flatnonzero((built.faces > 1) & ~built.dominant).tolist():
            found.append(
                Finding(row, "several faces", 1 - 1 / int(built.faces[row]), note=f"one of {built.faces[row]}")
            )
    return found
