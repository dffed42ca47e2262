"""Losses, each relative to its target's own size, so that weights mean the same everywhere."""

from __future__ import annotations

from collections.abc import Mapping

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
        loss = (now.second - goal.second).square().sum() / own.second.square().sum()
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
    return (feature - target).square().mean() / energy


def smoothness(image: Tensor) -> Tensor:
    """Energy of single-pixel grain in `(1, 3, H, W)`: mean squared second differences.

    Second instead of first differences (total variation): they leave ramps and strokes wider than
    about 3 px alone and weigh on the stipple that encoders hardly see.
    """
    across = image[..., :, 2:] - 2 * image[..., :, 1:-1] + image[..., :, :-2]
    down = image[..., 2:, :] - 2 * image[..., 1:-1, :] + image[..., :-2, :]
    cross = image[..., 1:, 1:] - image[..., 1:, :-1] - image[..., :-1, 1:] + image[..., :-1, :-1]
    return across.square().mean() + down.square().mean() + 2 * cross.square().mean()


def out_of_range(image: Tensor) -> Tensor:
    """Mean square of what lies outside 0 to 1, so that clipping at the end changes nothing."""
    return ((image - 1).clamp(min=0) + image.clamp(max=0)).square().mean()
