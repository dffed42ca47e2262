"""The brush: through it the optimizer moves the pixels, broad strokes before fine ones.

Pixels are `start + laid(strokes)`, where `laid` is a sum of Gaussian blurs, the broadest heaviest.
What the optimizer sees is then the gradient smoothed in the same way, so the first iterations move
whole strokes instead of single pixels. Without it a few iterations give a weave and a stipple of
single pixels, which the next level enlarges and keeps; the minimum itself is the same.

The idea is that of preconditioning an image's gradient by the spectrum of natural images: Olah,
Mordvintsev, Schubert, *Feature Visualization* (2017), who scale Fourier coefficients by 1/f. Blurs
do nearly the same on tiles of any size, locally.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

# Share and Gaussian sigma in px; chosen by eye among five at 400x300 and 800x600.
FINEST = 0.25
BLURS = ((0.5, 0.7), (0.7, 1.4), (1.0, 2.8))


def laid(strokes: Tensor) -> Tensor:
    """What strokes `(1, 3, H, W)` add to the pixels."""
    total = FINEST * strokes
    for share, sigma in BLURS:
        total = total + share * blurred(strokes, sigma)
    return total


def blurred(image: Tensor, sigma: float) -> Tensor:
    """Gaussian blur of `sigma` px of `(1, 3, H, W)`; edges are repeated."""
    reach = max(1, round(3 * sigma))
    at = torch.arange(-reach, reach + 1, dtype=image.dtype)
    kernel = torch.exp(-(at**2) / (2 * sigma**2))
    kernel = kernel / kernel.sum()
    image = F.pad(image, (reach,) * 4, mode="replicate")
    image = F.conv2d(image, kernel.view(1, 1, 1, -1).expand(3, 1, 1, -1), groups=3)
    return F.conv2d(image, kernel.view(1, 1, -1, 1).expand(3, 1, -1, 1), groups=3)
