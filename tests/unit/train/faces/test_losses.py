from __future__ import annotations

import numpy as np
import torch

from emovere.geometry import iou_matrix
from emovere.train.faces.losses import (
    Targets,
    assign,
    complete_iou,
    detection_losses,
    pairwise_iou,
    quality_focal,
)
from emovere.train.faces.network import Answers, places
from emovere.train.faces.recipe import DetectorLoss

WHERE = places(128, 128)


def targets(*boxes, kinds=None) -> Targets:
    count = len(boxes)
    box = torch.tensor(boxes, dtype=torch.float32).reshape(1, count, 4)
    marks = box[:, :, None, :2].repeat(1, 1, 5, 1) + 3
    return Targets(box, marks, torch.tensor([kinds or [1] * count]))


def answers(boxes: Targets, logit: float = 0.0) -> Answers:
    """Every place tells the first box rightly."""
    count = len(WHERE)
    return Answers(
        torch.full((1, count), logit),
        boxes.boxes[:, :1].repeat(1, count, 1),
        boxes.landmarks[:, :1].repeat(1, count, 1, 1),
    )


def test_a_face_is_asked_of_places_near_its_middle_and_of_a_level_that_suits_it():
    for box, stride in (((40, 40, 70, 72), 8), ((10, 10, 118, 120), 32)):
        wanted = targets(box)
        chosen, overlap = assign(answers(wanted), wanted, WHERE, 10)
        asked = WHERE[chosen[0] >= 0]
        assert 1 <= len(asked) <= 10
        assert stride in asked[:, 2].tolist()
        middle = torch.tensor([(box[0] + box[2]) / 2, (box[1] + box[3]) / 2])
        assert bool(((asked[:, :2] - middle).abs() < 1.5 * asked[:, 2:]).all())
        torch.testing.assert_close(overlap[chosen >= 0], torch.ones(len(asked)))


def test_tiny_and_huge_faces_are_asked_of_some_place():
    for box in ((60, 60, 69, 70), (-20, -20, 150, 150)):
        wanted = targets(box)
        assert bool((assign(answers(wanted), wanted, WHERE, 10)[0] >= 0).any())


def test_two_faces_do_not_share_a_place():
    wanted = targets((20, 20, 50, 52), (56, 20, 86, 52))
    said = answers(wanted)
    right = WHERE[:, 0] > 53
    said.boxes[0, right] = wanted.boxes[0, 1]
    chosen, _ = assign(said, wanted, WHERE, 10)
    assert {0, 1} <= set(chosen[0].tolist())
    assert bool((WHERE[chosen[0] == 1][:, 0] > 53).all())


def test_a_picture_without_faces_asks_no_place():
    for empty in (targets((0, 0, 0, 0), kinds=[0]), targets((10, 10, 60, 60), kinds=[-1])):
        assert bool((assign(answers(empty), empty, WHERE, 10)[0] == -1).all())


def test_right_answers_cost_nothing_for_boxes_and_landmarks():
    wanted = targets((40, 40, 70, 72))
    losses = detection_losses(answers(wanted), wanted, WHERE, DetectorLoss())
    assert float(losses.box) < 1e-5
    assert float(losses.landmarks) < 1e-6


def test_saying_yes_where_nothing_stands_costs_but_not_in_a_doubtful_box():
    nothing, doubtful = targets((0, 0, 0, 0), kinds=[0]), targets((0, 0, 128, 128), kinds=[-1])
    sure = answers(nothing, logit=3.0)
    assert float(detection_losses(sure, nothing, WHERE, DetectorLoss()).score) > 1
    assert float(detection_losses(sure, doubtful, WHERE, DetectorLoss()).score) == 0


def test_the_score_loss_is_least_where_the_score_is_the_quality():
    quality = torch.full((301,), 0.7)
    logits = torch.linspace(-4, 4, 301)
    best = logits[quality_focal(logits, quality).argmin()].sigmoid()
    assert abs(float(best) - 0.7) < 0.02


def test_overlaps_agree_with_numpy(rng):
    corner = rng.uniform(0, 50, (2, 6, 2))
    boxes = np.concatenate([corner, corner + rng.uniform(5, 40, (2, 6, 2))], axis=2).astype(np.float32)
    ours = pairwise_iou(torch.from_numpy(boxes[:1]), torch.from_numpy(boxes[1:]))[0].numpy()
    np.testing.assert_allclose(ours, iou_matrix(boxes[0], boxes[1]), atol=1e-5)


def test_complete_iou_falls_with_distance_and_shape():
    box = torch.tensor([[10.0, 10, 30, 40]])
    assert abs(float(complete_iou(box, box)) - 1) < 1e-5
    far, farther = (box + shift for shift in (40, 80))
    assert float(complete_iou(farther, box)) < float(complete_iou(far, box)) < 0
    flat = torch.tensor([[5.0, 15, 35, 35]])
    assert float(complete_iou(flat, box)) < float(pairwise_iou(flat[None], box[None]))
