"""Nearest features: every place of the canvas is drawn to one place of the painting.

- `matched_loss` and `split_loss` are those of Kolkin et al., *Neural Neighbor Style Transfer*
  (2022), sections 3.2 and 3.3, as in their code: distances are 1 minus the cosine.
- `patch_loss` is the Markov random field of Li and Wand, *Combining Markov Random Fields and
  Convolutional Neural Networks for Image Synthesis* (2016), equation 2: sums of squared
  differences of patches to those of the painting that are nearest by the cosine. titu1994's
  MRFNetwork takes patches of 1x1.

Every place is compared with every place of the painting: for whole images of display size.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

_AT_A_TIME = 1 << 24  # numbers of a table of likenesses


def rows(feature: Tensor) -> Tensor:
    """Features `(1, C, h, w)` as `(h w, C)`."""
    return feature[0].flatten(1).T


def nearest(queries: Tensor, keys: Tensor) -> tuple[Tensor, Tensor]:
    """Of every query `(P, C)` the place of the most alike key `(K, C)` by the cosine, and it."""
    a, b = F.normalize(queries.detach(), dim=1), F.normalize(keys.detach(), dim=1)
    best, places = [], []
    for some in a.split(max(1, _AT_A_TIME // len(b))):
        most, place = (some @ b.T).max(dim=1)
        best.append(most)
        places.append(place)
    return torch.cat(places), torch.cat(best)


def matched_loss(found: Tensor, wanted: Tensor) -> Tensor:
    """Mean of 1 minus the cosine of features `(P, C)` and those that they are to become."""
    return (1 - F.cosine_similarity(found, wanted, dim=1)).mean()


def split_loss(found: Tensor, style: Tensor) -> Tensor:
    """Mean cosine distance of features `(P, C)` to the nearest of `(K, C)`, each centred.

    The nearest are found anew at every call.
    """
    now, keys = found - found.mean(dim=0), style - style.mean(dim=0)
    places, _ = nearest(now, keys)
    return matched_loss(now, keys[places])


def patches(feature: Tensor, size: int) -> Tensor:
    """All patches of `size` x `size` positions of features `(1, C, h, w)`, `(P, C size^2)`."""
    return F.unfold(feature, size)[0].T if size > 1 else rows(feature)


def patch_loss(feature: Tensor, style: Tensor, size: int) -> Tensor:
    """Sum of squared differences of patches of features `(1, C, h, w)` to their nearest."""
    now, keys = patches(feature, size), patches(style, size)
    places, _ = nearest(now, keys)
    return (now - keys[places]).square().sum()
