"""Laplacian pyramids as parameters: an optimizer moves broad and fine at once.

Burt and Adelson, *The Laplacian Pyramid as a Compact Image Code* (1983); without their filter, by
halving and doubling with linear interpolation, as Kolkin's programs have it.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch.nn.functional as F
from torch import Tensor


def halved(image: Tensor) -> Tensor:
    """An image `(1, C, H, W)` at half its size."""
    size = (max(1, image.shape[-2] // 2), max(1, image.shape[-1] // 2))
    return F.interpolate(image, size, mode="bilinear", align_corners=False)


def _as(image: Tensor, other: Tensor) -> Tensor:
    size = (other.shape[-2], other.shape[-1])
    return F.interpolate(image, size, mode="bilinear", align_corners=False)


def taken_apart(image: Tensor, levels: int) -> list[Tensor]:
    """What each of `levels` halvings leaves out, finest first, and the rest."""
    found = []
    for _ in range(levels):
        half = halved(image)
        found.append(image - _as(half, image))
        image = half
    return [*found, image]


def put_together(parts: Sequence[Tensor]) -> Tensor:
    """The image of a pyramid."""
    image = parts[-1]
    for finer in reversed(parts[:-1]):
        image = _as(image, finer) + finer
    return image
