"""Losses, each relative to its target's own size, so that weights mean the same everywhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import torch
from torch import Tensor

from stages.nst.moments import Moments


def style_loss(
    found: Moments,
    target: Moments,
    style: Moments,
    weights: Mapping[str, float],
    *,
    with_std: bool = False,
) -> Tensor:
    """Distance of moments to their target, over the painting's own: |G - G*|^2 / |G_style|^2.

    Gatys et al. (2016), equations 4 and 5, but relative to |G_style|^2 instead of 4 N^2 M^2, and
    averaged by weight over the layers. `with_std` adds mean and standard deviation per channel as
    in Huang and Belongie, *Arbitrary Style Transfer* (2017), equation 13, relative likewise.
    """
    total, mass = torch.zeros(()), sum(weights.values())
    for name, weight in weights.items():
        now, goal, own = found.layers[name], target.layers[name], style.layers[name]
        loss = (now.gram - goal.gram).square().sum() / own.gram.square().sum()
        if with_std:
            spread, wanted, scale = now.std(), goal.std(), own.std().square().sum()
            drift = (now.mean - goal.mean).square().sum() / own.mean.square().sum()
            loss = loss + drift + (spread - wanted).square().sum() / scale
        total = total + weight / mass * loss
    return total


def content_loss(feature: Tensor, target: Tensor, energy: float) -> Tensor:
    """Mean squared difference of features `(N, C)` over the photo's mean square `energy`.

    Gatys et al. (2016), equation 1, relative.
    """
    found: Tensor = _WithGradient.apply(feature, partial(_apart, target=target))
    return found / energy


def _apart(feature: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """Mean squared difference and its gradient, which is all that is kept of it."""
    apart, total = feature - target, feature.new_zeros(())
    for some in apart.split(max(1, _CHUNK // apart.shape[1])):
        total += some.square().sum()
    return total / apart.numel(), apart.mul_(2 / apart.numel())


# Second differences as (row, column, factor): across, down and mixed, which counts twice.
_DIFFERENCES = (
    (1.0, ((0, 0, 1.0), (0, 1, -2.0), (0, 2, 1.0))),
    (1.0, ((0, 0, 1.0), (1, 0, -2.0), (2, 0, 1.0))),
    (2.0, ((0, 0, 1.0), (0, 1, -1.0), (1, 0, -1.0), (1, 1, 1.0))),
)
# At a time, so that the parts stay in the processor's caches: rows of pixels, numbers of features.
_ROWS, _CHUNK = 64, 1 << 18


def smoothness(image: Tensor) -> Tensor:
    """Energy of single-pixel grain in `(1, 3, H, W)`: mean squared second differences.

    Second instead of first differences (total variation): they leave ramps and strokes wider than
    about 3 px alone and weigh on the stipple that encoders hardly see.
    """
    found: Tensor = _WithGradient.apply(image, _grain)
    return found


def out_of_range(image: Tensor) -> Tensor:
    """Mean square of what lies outside 0 to 1, so that clipping at the end changes nothing."""
    found: Tensor = _WithGradient.apply(image, _beyond)
    return found


def _grain(image: Tensor) -> tuple[Tensor, Tensor]:
    """`smoothness` and its gradient, some rows after the other: autograd's way takes ten times
    the memory traffic."""
    gradient, total = torch.zeros_like(image), image.new_zeros(())
    height, width = image.shape[-2:]
    for share, taps in _DIFFERENCES:
        down, right = max(y for y, _, _ in taps), max(x for _, x, _ in taps)
        columns = width - right
        weight = share / (image.shape[1] * (height - down) * columns)
        for top in range(0, height - down, _ROWS):
            rows = min(_ROWS, height - down - top)
            parts = [
                (factor, slice(top + y, top + y + rows), slice(x, x + columns))
                for y, x, factor in taps
            ]
            some = image.new_zeros((*image.shape[:2], rows, columns))
            for factor, ys, xs in parts:
                some.add_(image[..., ys, xs], alpha=factor)
            total += weight * some.square().sum()
            for factor, ys, xs in parts:
                gradient[..., ys, xs].add_(some, alpha=2 * weight * factor)
    return total, gradient


def _beyond(image: Tensor) -> tuple[Tensor, Tensor]:
    """`out_of_range` and its gradient."""
    over = image - image.clamp(0, 1)
    return over.square().mean(), over.mul_(2 / over.numel())


class _WithGradient(torch.autograd.Function):
    """A function of an image that gives its value and its gradient at once."""

    @staticmethod
    def forward(
        ctx: Any, image: Tensor, function: Callable[[Tensor], tuple[Tensor, Tensor]]
    ) -> Tensor:
        value, ctx.gradient = function(image)
        return value

    @staticmethod
    def backward(ctx: Any, slope: Tensor) -> tuple[Tensor, None]:
        found: Tensor = ctx.gradient.mul_(slope)
        del ctx.gradient
        return found, None
