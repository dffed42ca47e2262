"""Histogram loss: every channel's values are drawn to the painting's distribution of that channel.

Risser, Wilmot, Barnes, *Stable and Controllable Neural Texture Synthesis and Style Transfer Using
Histogram Losses* (2017), equation 9: the sum of squares of O - R(O), O being features and R(O) the
same matched to the painting's histogram, a constant to the gradient. Gram matrices leave mean and
variance of features free to trade places; histograms pin them down.

Departures: the mean over positions and channels instead of the sum, over the painting's own mean
square, so that a weight means the same at every size and with every network; 1024 bins that are as
wide as their values ask for, instead of 255 between the least and the largest.
"""

from __future__ import annotations

from torch import Tensor

from stages.nst.moments import LayerMoments
from stages.nst.terms import sketches

NAME = "histogram"


def sketch(features: Tensor, weights: Tensor | None = None) -> Tensor:
    """What is to be known of features `(N, C)`: the sketch of every channel."""
    return sketches.sketched(features, None, weights)


def histogram_loss(
    features: Tensor, found: LayerMoments, style: LayerMoments, weights: Tensor | None = None
) -> Tensor:
    """One layer's distance of features `(N, C)` to where the painting's histograms put them."""
    way = sketches.apart(features, found.sketches[NAME], style.sketches[NAME], None, weights)
    return way / style.gram.diagonal().mean().clamp(min=1e-12)
