"""The loss of a published method, for a whole image and for a tile of a large one.

Published losses are sums over the whole image; on it their values are exactly those published. A
tile sees its share of them. Two things make that right at every size:

- The style term takes the whole canvas' moments as they become if all of it changes as the tile
  does, V = G_canvas + G_t - G_t at the start (over the gain), instead of the tile's own. For Gram
  matrices that is the residual target of stages.nst.moments said the other way round, and it holds
  for any loss on moments: at the start its gradient is that of the whole canvas' loss.
- Constants with an image's px P or a layer's positions M take those of the display, level 0. A sum
  over a tile then weighs each pixel as much as at the display, and the terms keep their balance at
  every level; by a print's own P the photo would outweigh the painting more and more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from stages.nst import losses
from stages.nst.moments import LayerMoments, Moments
from stages.nst.network import Architecture
from stages.nst.terms import variation
from stages.nst.terms.content import content_sum
from stages.nst.terms.grams import gram_loss
from stages.nst.terms.spread import spread_loss
from stages.nst.terms.wasserstein import wasserstein_loss

_VARIATIONS = {"chollet": variation.chollet, "half-square": variation.half_square}


@dataclass(frozen=True)
class Method:
    """Which losses, by the names of the settings in [losses]; all but `style` "relative" too.

    `spread` is the weight of means and standard deviations, `patches` that of a Markov random field
    (stages.nst.terms.neighbours), `histogram` and `sliced` those of distributions
    (stages.nst.published.distributions), `white` what white is to total
    variations, `pixels` the px of the display.
    """

    style: str = "relative"
    norm: str = "paper"
    spread: float = 0.0
    content: str = "relative"
    variation: str = "second"
    out_of_range: float = 10.0
    white: float = 1.0
    pixels: int = 1
    query_photo: float = 0.75
    splitting: float = 0.5
    patches: float = 0.0
    patch_layers: tuple[str, ...] = ()
    patch_size: int = 3
    histogram: float = 0.0
    sliced: float = 0.0

    @property
    def paintings(self) -> bool:
        """Whether it looks at the paintings themselves, not at their moments."""
        return self.style == "neighbours" or self.patches > 0

    @property
    def own(self) -> bool:
        """Whether its losses are Tilebrush's own."""
        found = (self.style, self.content, self.variation, self.out_of_range)
        more = (self.patches, self.histogram, self.sliced)
        return found == ("relative", "relative", "second", Method.out_of_range) and not any(more)


class Weighed(Protocol):
    """What weighs the three terms."""

    @property
    def style(self) -> float:
        """Of the style's."""

    @property
    def content(self) -> float:
        """Of the photo's."""

    @property
    def smooth(self) -> float:
        """Of total variation or smoothness."""

    @property
    def with_std(self) -> bool:
        """Whether the relative style loss takes the spread too."""


@dataclass(frozen=True)
class Share:
    """How much of the display's px a tile's core and what it writes are.

    1 and 1 for the display.
    """

    core: float
    write: float


def changed(
    found: Moments, start: Moments, canvas: Moments, gain: Mapping[str, float] | None
) -> Moments:
    """The canvas' moments if all of it changed as a tile does from its `start` on."""
    far = gain or {}
    layers = {}
    for name, now in found.layers.items():
        was, whole, times = start.layers[name], canvas.layers[name], far.get(name, 1.0)
        layers[name] = LayerMoments(
            now.count,
            whole.mean + (now.mean - was.mean) / times,
            whole.gram + (now.gram - was.gram) / times,
            {
                kind: whole.sketches[kind] + (one - was.sketches[kind]) / times
                for kind, one in now.sketches.items()
            },
        )
    return Moments(layers)


def style_term(
    found: Moments, style: Moments, weights: Mapping[str, float], method: Method, share: Share
) -> Tensor:
    """The style loss of absolute kinds, all layers weighed."""
    total = torch.zeros((), device=next(iter(found.layers.values())).mean.device)
    for name, weight in weights.items():
        now, goal = found.layers[name], style.layers[name]
        if method.style == "wasserstein":
            term = wasserstein_loss(now, goal)
        else:
            count = now.count / share.core
            shift = method.style == "gram-1"
            term = gram_loss(now, goal, method.norm, count, method.pixels, shift=shift)
            if method.style == "gram+spread":
                term = term + method.spread * spread_loss(now, goal)
        total = total + weight * term
    return share.core * total


def content_term(
    features: Mapping[str, Tensor],
    wanted: Mapping[str, Tensor],
    weights: Mapping[str, float],
    method: Method,
    share: Share,
) -> Tensor:
    """The content loss of absolute kinds, all layers weighed."""
    terms = [
        weight
        * content_sum(
            features[name],
            wanted[name],
            method.content,
            len(features[name]) / share.write,
            method.pixels,
        )
        for name, weight in weights.items()
    ]
    return torch.stack(terms).sum()


def variation_term(pixels: Tensor, method: Method, share: Share) -> Tensor:
    """The total variation of pixels `(1, 3, H, W)`, 0 to 1, or the smoothness prior."""
    if method.variation == "second":
        return share.write * SMOOTH_GAIN * losses.smoothness(pixels)
    if method.variation == "nine":
        return share.write * variation.nine(pixels * method.white)
    return _VARIATIONS[method.variation](pixels * method.white)


# What a smooth weight of one stands for, chosen by eye at 400x300: without it there is stipple of
# single pixels, at 0.3 less of it.
SMOOTH_GAIN = 0.6


def _style_loss(
    found: Moments,
    style: Moments,
    design: Architecture,
    weighed: Weighed,
    method: Method,
    share: Share,
) -> Tensor:
    by_layer = dict(design.style)
    if method.style == "relative":
        relative = losses.style_loss(found, style, style, by_layer, with_std=weighed.with_std)
        return weighed.style * design.style_gain * share.core * relative
    return weighed.style * style_term(found, style, by_layer, method, share)


def loss_of(
    reading: tuple[Moments, Mapping[str, Tensor]],
    goals: tuple[Moments, Mapping[str, Tensor], float],
    pixels: Tensor,
    design: Architecture,
    weighed: Weighed,
    method: Method,
    share: Share,
    zones: Sequence[float] | None = None,
) -> Tensor:
    """The whole loss: of moments and content features read, towards the style's and the photo's.

    `goals` ends with the content's energy, the unit of the relative content loss. `zones` are the
    shares of the core that zones have whose moments were read: each has a style loss as if all were
    its own, weighed by its share, so that every pixel is pulled as without zones.
    """
    (found, features), (style, wanted, energy) = reading, goals
    held = dict(design.content)
    if zones is None:
        loss = _style_loss(found, style, design, weighed, method, share)
    else:
        loss = torch.zeros((), device=next(iter(found.layers.values())).mean.device)
        for zone, part in enumerate(zones):
            if part > 0:
                own, goal = found.of_zone(zone).counted(1 / part), style.of_zone(zone)
                loss = loss + part * _style_loss(own, goal, design, weighed, method, share)
    if weighed.content and held:
        if method.content == "relative":
            for name, part in held.items():
                term = losses.content_loss(features[name], wanted[name], energy)
                loss = loss + weighed.content * design.content_gain * share.write * part * term
        else:
            loss = loss + weighed.content * content_term(features, wanted, held, method, share)
    if weighed.smooth and method.variation != "none":
        loss = loss + weighed.smooth * variation_term(pixels, method, share)
    if method.out_of_range:
        loss = loss + share.write * method.out_of_range * losses.out_of_range(pixels)
    return loss
