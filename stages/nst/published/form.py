"""The form of a network: how it pools, what lies beyond its borders, how large its features count.

Tilebrush's own form (average or binomial pooling, a frame of reflection) is that of
stages.nst.features; any other is read by stages.nst.published.reading.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

# Below this a sum of squares is taken as this: the slope of a root at zero has no end.
_LEAST = 1e-12


@dataclass(frozen=True)
class Form:
    """How a network is used.

    `pooling` is "own", "max", "average" or "l2", times `pooling_gain`; `odd` sizes are pooled to
    "floor" or "ceil"; `padding` is "reflect" (Tilebrush's frame), "zero", or "replicate", which is
    zero from the second convolution on. Features count `gains` times, by block: another network
    than that of a publication stands in for it with features of about the size that its losses
    expect.
    """

    pooling: str = "own"
    pooling_gain: float = 1.0
    odd: str = "floor"
    padding: str = "reflect"
    gains: tuple[float, ...] = (1.0,)

    def gain(self, layer: str) -> float:
        """What the features of a layer, such as relu3_1, are multiplied by."""
        block = int(layer.removeprefix("relu").split("_")[0])
        return self.gains[min(block, len(self.gains)) - 1]

    @property
    def own(self) -> bool:
        """Whether it is Tilebrush's own form."""
        return self == Form()

    @property
    def framed(self) -> bool:
        """Whether an image is framed by its own reflection."""
        return self.padding == "reflect"


def pooled(x: Tensor, form: Form) -> Tensor:
    """Features `(1, C, H, W)` pooled over 2x2, to half their size; cells at a cut edge are smaller.

    Gatys et al. (2016), section 2.2 (average); Simonyan and Zisserman (2015) (max); the root of the
    sum of squares is crowsonkb's, who also rescales: average times 2, root times 0.78.
    """
    ceil = form.odd == "ceil"
    if form.pooling == "max":
        found = F.max_pool2d(x, 2, ceil_mode=ceil)
    else:
        square = form.pooling == "l2"
        mean = F.avg_pool2d(x.square() if square else x, 2, ceil_mode=ceil, count_include_pad=False)
        found = (4 * mean).clamp(min=_LEAST).sqrt() if square else mean
    return found if form.pooling_gain == 1 else found * form.pooling_gain


def convolved(x: Tensor, weight: Tensor, bias: Tensor, form: Form, *, first: bool) -> Tensor:
    """One convolution with ReLU; only the first one's border may be replicated."""
    if first and form.padding == "replicate":
        return F.relu_(F.conv2d(F.pad(x, (1, 1, 1, 1), mode="replicate"), weight, bias))
    return torch.relu_(F.conv2d(x, weight, bias, padding=1))
