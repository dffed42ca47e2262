"""Total variations, as published methods have them, of pixels in the network's own units.

- "chollet": sum of (down^2 + right^2)^1.25 over all but the last row and column, of 0 to 255:
  Chollet's Keras examples, Narayanan, titu1994. The power grows faster than the variation itself.
- "half-square": half the sum of squared differences over the same; Johnson's neural-style adds its
  gradient and never its value.
- "nine": means of squared differences to all eight neighbours of the edge-replicated image, across
  and down by 2/3, oblique by 1/6, of 0 to 1: crowsonkb.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor


def chollet(image: Tensor) -> Tensor:
    """Of `(1, 3, H, W)`: a sum, which grows with the image."""
    here = image[..., :-1, :-1]
    square = (here - image[..., 1:, :-1]).square() + (here - image[..., :-1, 1:]).square()
    return square.pow(1.25).sum()


def half_square(image: Tensor) -> Tensor:
    """Of `(1, 3, H, W)`: a sum of value zero, with the gradient of half the squares."""
    here = image[..., :-1, :-1]
    square = (here - image[..., 1:, :-1]).square() + (here - image[..., :-1, 1:]).square()
    total = 0.5 * square.sum()
    return total - total.detach()


def nine(image: Tensor) -> Tensor:
    """Of `(1, 3, H, W)`: a mean."""
    x = F.pad(image, (1, 1, 1, 1), mode="replicate")
    right = (x[..., 1:-1, 2:] - x[..., 1:-1, 1:-1]).square().mean()
    down = (x[..., 2:, 1:-1] - x[..., 1:-1, 1:-1]).square().mean()
    falling = (x[..., 1:, 1:] - x[..., :-1, :-1]).square().mean()
    rising = (x[..., 1:, :-1] - x[..., :-1, 1:]).square().mean()
    return 2 * ((right + down) / 3 + (falling + rising) / 12)
