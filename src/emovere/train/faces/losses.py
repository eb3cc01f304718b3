"""Which places are asked for which face, and how wrong the answers are."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from emovere.train.faces.network import STRIDES, Answers
from emovere.train.faces.recipe import DetectorLoss

REACH = 1.5
"""A place may answer for a face whose middle is at most so many strides away."""

BEST_SIZE = 5.0
"""Faces of so many strides suit a level best; each doubling or halving beyond the first costs it a place."""

_NEVER = 1e6


class Targets(NamedTuple):
    """What stands in N pictures: up to G boxes each."""

    boxes: Tensor
    """(N, G, 4) pixels."""
    landmarks: Tensor
    """(N, G, 5, 2) pixels."""
    kinds: Tensor
    """(N, G) 1 a face, 0 nothing, -1 neither sought nor punished."""


class Losses(NamedTuple):
    """The three parts of what is minimised, and how many places were asked."""

    score: Tensor
    box: Tensor
    landmarks: Tensor
    asked: Tensor


def detection_losses(answers: Answers, targets: Targets, places: Tensor, recipe: DetectorLoss) -> Losses:
    """Assign places to faces and measure all three losses, each as a mean over the places that were asked.

    places: (A, 3) x, y, stride.
    """
    chosen, overlap = assign(answers, targets, places, recipe.places)
    asked = chosen >= 0
    count = asked.sum().clamp(min=1)
    # Boxes of small faces never fit well: with the overlap alone small faces would score too low beside large ones.
    quality = torch.where(asked, (1 + overlap) / 2, torch.zeros_like(overlap))
    counted = asked | ~_ignored(targets, places)
    score = (quality_focal(answers.logits, quality) * counted).sum() / count
    picture, place = torch.nonzero(asked, as_tuple=True)
    wanted = chosen[picture, place]
    boxes, truth = answers.boxes[picture, place], targets.boxes[picture, wanted]
    box = (1 - complete_iou(boxes, truth)).sum() / count
    size = (truth[:, 2:] - truth[:, :2]).prod(dim=1).clamp(min=1).sqrt()
    off = (answers.landmarks[picture, place] - targets.landmarks[picture, wanted]) / size[:, None, None]
    landmarks = functional.smooth_l1_loss(off, torch.zeros_like(off), beta=0.02, reduction="none")
    return Losses(score, box, 10 * landmarks.mean(dim=(1, 2)).sum() / count, count)


@torch.no_grad()
def assign(answers: Answers, targets: Targets, places: Tensor, most: int) -> tuple[Tensor, Tensor]:
    """Which face each place answers for: (N, A) its number or -1; and (N, A) how well its box fits that face.

    Each face gets the places that already tell it best, as many as their boxes' overlaps with it add up to (Ge et
    al. 2021, arXiv 2107.08430, "SimOTA"), near its middle and of a level that suits its size.
    """
    boxes, faces = answers.boxes.detach(), targets.kinds > 0
    overlap = pairwise_iou(targets.boxes, boxes)  # (N, G, A)
    middle = (targets.boxes[..., :2] + targets.boxes[..., 2:]) / 2
    away = (places[None, None, :, :2] - middle[:, :, None]).abs().amax(dim=3)
    size = (targets.boxes[..., 2:] - targets.boxes[..., :2]).prod(dim=2).clamp(min=1).sqrt()
    size = size.clamp(BEST_SIZE * STRIDES[0], BEST_SIZE * STRIDES[-1])
    unsuited = (torch.log2(size[:, :, None] / (BEST_SIZE * places[None, None, :, 2])).abs() - 1).clamp(min=0)
    near = (away < REACH * places[:, 2]) & faces[:, :, None] & (unsuited < 1)
    told = functional.softplus(-answers.logits.detach())[:, None]
    cost = told - 3 * (overlap + 1e-6).log() + 2 * unsuited + _NEVER * ~near
    best = torch.where(near, overlap, torch.zeros_like(overlap)).topk(min(most, len(places)), dim=2).values
    counts = best.sum(dim=2).long().clamp(min=1)
    order = cost.topk(best.shape[2], dim=2, largest=False).indices
    ranks = torch.arange(best.shape[2], device=order.device)
    picked = torch.zeros_like(near).scatter(2, order, ranks < counts[:, :, None])
    cost = torch.where(picked & near, cost, torch.full_like(cost, math.inf))
    least, chosen = cost.min(dim=1)
    chosen = torch.where(torch.isfinite(least), chosen, torch.full_like(chosen, -1))
    return chosen, overlap.gather(1, chosen.clamp(min=0)[:, None])[:, 0]


def _ignored(targets: Targets, places: Tensor) -> Tensor:
    """(N, A) whether a place lies within a box that is neither sought nor punished."""
    x, y = places[:, 0], places[:, 1]
    boxes = targets.boxes[..., None]
    within = (x > boxes[:, :, 0]) & (x < boxes[:, :, 2]) & (y > boxes[:, :, 1]) & (y < boxes[:, :, 3])
    return (within & (targets.kinds < 0)[:, :, None]).any(dim=1)


def quality_focal(logits: Tensor, quality: Tensor) -> Tensor:
    """Cross-entropy against a quality in [0, 1], weighted by the squared distance from it."""
    distance = (logits.detach().sigmoid() - quality).abs() ** 2
    return functional.binary_cross_entropy_with_logits(logits, quality, reduction="none") * distance


def pairwise_iou(a: Tensor, b: Tensor) -> Tensor:
    """(N, G, 4), (N, A, 4) -> (N, G, A)."""
    a, b = a[:, :, None], b[:, None]
    overlap = (torch.minimum(a[..., 2:], b[..., 2:]) - torch.maximum(a[..., :2], b[..., :2])).clamp(min=0).prod(dim=3)
    return overlap / (_area(a) + _area(b) - overlap).clamp(min=1e-6)


def complete_iou(a: Tensor, b: Tensor) -> Tensor:
    """(M, 4), (M, 4) -> (M,): IoU less the distance of the middles and the difference of the shapes."""
    overlap = (torch.minimum(a[:, 2:], b[:, 2:]) - torch.maximum(a[:, :2], b[:, :2])).clamp(min=0).prod(dim=1)
    iou = overlap / (_area(a) + _area(b) - overlap).clamp(min=1e-6)
    around = torch.maximum(a[:, 2:], b[:, 2:]) - torch.minimum(a[:, :2], b[:, :2])
    apart = ((a[:, :2] + a[:, 2:] - b[:, :2] - b[:, 2:]) / 2).square().sum(dim=1)
    shape = (4 / math.pi**2) * (_slant(b) - _slant(a)).square()
    with torch.no_grad():
        weight = shape / (1 - iou + shape).clamp(min=1e-6)
    return iou - apart / around.square().sum(dim=1).clamp(min=1e-6) - weight * shape


def _area(boxes: Tensor) -> Tensor:
    return (boxes[..., 2:] - boxes[..., :2]).clamp(min=0).prod(dim=-1)


def _slant(boxes: Tensor) -> Tensor:
    width, height = (boxes[:, 2:] - boxes[:, :2]).clamp(min=1e-3).unbind(dim=1)
    return torch.atan(width / height)
