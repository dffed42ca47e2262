"""The photo's features held: sums of squared differences with the constants that were published.

N is a layer's channels, M its positions, P the image's pixels.

- "half": 1/2, Gatys et al. (2016), equation 1.
- "sum": 1, Chollet's Keras examples, Narayanan, titu1994's type 0.
- "mean": 1/(N M): Gatys' code, Johnson, crowsonkb, Galerne.
- "quarter": 1/(4 N M), Log0.
- "root": 1/(2 sqrt(N P)) and "image": 1/(N P), titu1994's types 1 and 2.
"""

from __future__ import annotations

import math

from torch import Tensor


def factor(kind: str, channels: int, count: float, pixels: float) -> float:
    """The constant of a layer of so many channels and positions, of an image of so many px."""
    return {
        "half": 0.5,
        "sum": 1.0,
        "mean": 1 / (channels * count),
        "quarter": 1 / (4 * channels * count),
        "root": 1 / (2 * math.sqrt(channels * pixels)),
        "image": 1 / (channels * pixels),
    }[kind]


def content_sum(feature: Tensor, target: Tensor, kind: str, count: float, pixels: float) -> Tensor:
    """One layer's distance of features `(N, C)`; `count` and `pixels` are those of the whole."""
    return factor(kind, feature.shape[1], count, pixels) * (feature - target).square().sum()
