"""Losses on distributions of features beside those on moments, over tiles too.

A tile's features are drawn to where they go from the distribution that the whole canvas has if all
of it changes as the tile does (stages.nst.published.method) to the painting's. What is rare in the
canvas and common in the tile keeps its place: the sky stays sky.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from stages.nst.features import Seen
from stages.nst.moments import Moments, in_zone
from stages.nst.network import Architecture
from stages.nst.published.method import Method, Share
from stages.nst.terms import histogram, sliced

_SKETCHES = {histogram.NAME: histogram.sketch, sliced.NAME: sliced.sketch}
_LOSSES = {histogram.NAME: histogram.histogram_loss, sliced.NAME: sliced.sliced_loss}


def sketches(seen: Seen, kinds: tuple[str, ...]) -> dict[str, Tensor]:
    """The sketches of features by the losses that want them."""
    return {kind: _SKETCHES[kind](seen.features.detach(), seen.weights) for kind in kinds}


def term(
    found: Moments,
    style: Moments,
    seen: Mapping[str, Seen],
    design: Architecture,
    method: Method,
    share: Share,
    zones: Sequence[float] | None = None,
) -> Tensor:
    """The losses of distributions, all layers weighed by their shares of all.

    With `zones`, each zone's own by its share of the core, as the losses on moments have them.
    """
    if zones is None:
        return design.style_gain * share.core * _weighed(found, style, seen, design, method)
    total = torch.zeros((), device=next(iter(found.layers.values())).mean.device)
    for zone, part in enumerate(zones):
        if part > 0:
            here = {name: seen[in_zone(name, zone)] for name, _ in design.style}
            own, goal = found.of_zone(zone), style.of_zone(zone)
            total = total + part * _weighed(own, goal, here, design, method)
    return design.style_gain * share.core * total


def _weighed(
    found: Moments, style: Moments, seen: Mapping[str, Seen], design: Architecture, method: Method
) -> Tensor:
    mass = sum(abs(weight) for _, weight in design.style) or 1.0
    total = torch.zeros((), device=next(iter(found.layers.values())).mean.device)
    for kind, times in ((histogram.NAME, method.histogram), (sliced.NAME, method.sliced)):
        if not times:
            continue
        for name, weight in design.style:
            own, now, goal = seen[name], found.layers[name], style.layers[name]
            loss = _LOSSES[kind](own.features, now, goal, own.weights)
            total = total + times * abs(weight) / mass * loss
    return total
