"""Sliced Wasserstein loss: along many directions features are drawn to the painting's distribution.

Heitz, Vanhoey, Chambon, Belcour, *A Sliced Wasserstein Loss for Neural Texture Synthesis* (2021),
equation 6: the mean squared difference of features projected on random directions and sorted, and
the painting's likewise. Along a direction that is the way of optimal transport, which is found from
sketches here (stages.nst.terms.sketches), so that it holds over tiles.

Departures: directions are drawn once for each number of channels and stay, since a canvas' sketch
is taken before its tiles are restyled; there are `TIMES` as many as channels instead of as many, in
sets that are at right angles, which leave no direction out; the mean is over the painting's own
mean square, so that a weight means the same with every network.
"""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor

from stages.nst.moments import LayerMoments
from stages.nst.terms import sketches

NAME = "sliced"
TIMES = 2
_SEED = 2021


@cache
def directions(channels: int) -> Tensor:
    """Directions of unit length as columns, `(channels, TIMES channels)`."""
    generator, sets = torch.Generator().manual_seed(_SEED + channels), []
    with torch.inference_mode(False):  # they stay, and gradients are to go through them
        for _ in range(TIMES):
            drawn = torch.randn(channels, channels, generator=generator, dtype=torch.float64)
            axes, upper = torch.linalg.qr(drawn)
            sets.append(axes * upper.diagonal().sign())  # as likely one direction as any other
        return torch.cat(sets, dim=1).float()


def sketch(features: Tensor, weights: Tensor | None = None) -> Tensor:
    """What is to be known of features `(N, C)`: the sketch along every direction."""
    return sketches.sketched(features, directions(features.shape[1]), weights)


def sliced_loss(
    features: Tensor, found: LayerMoments, style: LayerMoments, weights: Tensor | None = None
) -> Tensor:
    """One layer's distance of features `(N, C)` to where the painting's distribution puts them."""
    axes = directions(features.shape[1])
    way = sketches.apart(features, found.sketches[NAME], style.sketches[NAME], axes, weights)
    own = axes.to(style.gram)
    return way / (own * (style.gram @ own)).sum(dim=0).mean().clamp(min=1e-12)
