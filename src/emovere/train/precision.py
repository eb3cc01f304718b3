"""With how many bits a run computes."""

from __future__ import annotations

from typing import Any

import torch


def precision(wanted: str) -> Any:
    """In Lightning's terms; ``auto`` takes bfloat16 where the processor or the card computes with it."""
    if wanted != "auto":
        return wanted
    if torch.cuda.is_available():
        return "bf16-mixed" if torch.cuda.is_bf16_supported() else "32-true"
    return "bf16-mixed" if torch.cpu._is_avx512_bf16_supported() else "32-true"


def half_precision(wanted: str) -> bool:
    """Whether that is bfloat16."""
    return bool(precision(wanted) == "bf16-mixed")
