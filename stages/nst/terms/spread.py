"""Means and standard deviations of features: Galerne et al., *Scaling Painting Style Transfer*.

Of 2024; its equation 6 adds to the Gram matrices' distance the mean squared differences of means
and of standard deviations. A channel that is dead everywhere makes the published gradient NaN; here
the spread is at least 1e-4 (`LayerMoments.std`).
"""

from __future__ import annotations

from torch import Tensor

from stages.nst.moments import LayerMoments


def spread_loss(found: LayerMoments, style: LayerMoments) -> Tensor:
    """Mean squared difference of means plus that of standard deviations, of one layer."""
    apart = (found.mean - style.mean).square().mean()
    return apart + (found.std() - style.std()).square().mean()
