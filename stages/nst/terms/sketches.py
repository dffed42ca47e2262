"""Distributions of features as numbers that add up tile by tile, and what brings one to another.

A *sketch* says what share of an image's positions lies in each of `BINS` bins, along every axis
that features are projected on. The bins are the same for every image, layer and axis: as wide as a
few hundredths of the value, and even around zero, so that small and large features are told apart
alike and sketches of disjoint regions add up by their areas. (Masson, Rim, Lee, *DDSketch*, 2019,
has bins that grow by a ratio and may be merged likewise.)

In one dimension the cheapest way from one distribution to another keeps the order of values, so
that a value v goes to Q(F(v)), F being the share of values up to v and Q the inverse of the other
distribution's: histogram matching, optimal transport and sorting are the same here.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

BINS = 1024
_EVEN, _LARGEST = 0.01, 1e6  # of features: below bins are even, beyond all is one
_PER_FOLD = BINS / 2 / math.asinh(_LARGEST / _EVEN)
_ROUNDING = 1e-6  # of shares: sums of parts and of the whole differ by less
_AT_A_TIME = 1 << 21  # projections in memory at a time: 8 MB


def _bins(values: Tensor) -> Tensor:
    """Where values lie among the bins, as numbers from 0 up to `BINS`."""
    x = values / _EVEN
    far = x.square().add_(1).sqrt_().add_(x.abs()).log_()  # asinh, which takes torch longer
    return far.copysign_(x).mul_(_PER_FOLD).add_(BINS / 2).clamp_(0, BINS * (1 - 1e-6))


def _values(bins: Tensor) -> Tensor:
    """The values at places among the bins; the other way round."""
    return torch.sinh((bins - BINS / 2) / _PER_FOLD) * _EVEN


def _projected(
    features: Tensor, axes: Tensor | None, weights: Tensor | None
) -> Iterator[tuple[slice, Tensor, Tensor | None]]:
    """Features `(N, C)` along axes `(C, K)`, or channel by channel, some positions at a time."""
    count = features.shape[1] if axes is None else axes.shape[1]
    step = max(1, _AT_A_TIME // count)
    for top in range(0, len(features), step):
        some = slice(top, top + step)
        flat = features[some]
        yield (
            some,
            flat if axes is None else flat @ axes.to(flat),
            None if weights is None else weights[some],
        )


@torch.no_grad()
def sketched(features: Tensor, axes: Tensor | None = None, weights: Tensor | None = None) -> Tensor:
    """The sketch `(K, BINS)` of features `(N, C)` along axes `(C, K)`; without, of every channel.

    Shares add up to one along every axis; positions count by `weights` `(N,)`. All zero where none
    counts.
    """
    count = features.shape[1] if axes is None else axes.shape[1]
    total = torch.zeros(count * BINS, dtype=torch.float64, device=features.device)
    rows = torch.arange(count, device=features.device) * BINS
    for _, values, counted in _projected(features, axes, weights):
        where = (_bins(values).long() + rows).flatten()
        much = None
        if counted is not None:
            much = counted.double()[:, None].expand(-1, count).flatten()
        total += torch.bincount(where, much, minlength=count * BINS)
    positions = float(len(features)) if weights is None else float(weights.sum())
    return (total / max(positions, 1e-12)).float().view(count, BINS)


def _sums(sketch: Tensor) -> Tensor:
    """The share of values up to every bin's edges, `(K, N + 1)`, from 0 to 1."""
    up = sketch.double().clamp(min=0).cumsum(dim=1)
    up = up / up[:, -1:].clamp(min=1e-12)
    return torch.cat([torch.zeros_like(up[:, :1]), up], dim=1)


def _inverse(sums: Tensor, shares: Tensor, *, after: bool) -> Tensor:
    """The place among the bins up to which so large a share lies, `(K, N)`.

    Where nothing lies for a while, the place `after` that or the one before.
    """
    above = torch.searchsorted(sums, shares, right=after).clamp(1, sums.shape[1] - 1)
    low, high = sums.gather(1, above - 1), sums.gather(1, above)
    return above - 1 + ((shares - low) / (high - low).clamp(min=1e-12)).clamp(0, 1)


@dataclass(frozen=True)
class Way:
    """Where bins from `begin` on go: their first values, `(K, N)`, and how wide they are then.

    Beyond them nothing lies.
    """

    begin: int
    first: Tensor
    wide: Tensor


@torch.no_grad()
def moved(now: Tensor, goal: Tensor) -> Way:
    """Where what lies in every bin goes from one sketch to another.

    Shares below zero, which differences of sketches may have, count as none.
    """
    used = ((now != 0) | (goal != 0)).any(dim=0).nonzero()
    begin, end = (int(used[0]), int(used[-1]) + 1) if len(used) else (0, 1)
    found, wanted = _sums(now[:, begin:end]), _sums(goal[:, begin:end])
    first = _inverse(wanted, (found[:, :-1] + _ROUNDING).clamp(max=1 - _ROUNDING), after=True)
    last = _inverse(wanted, (found[:, 1:] - _ROUNDING).clamp(min=_ROUNDING), after=False)
    low, high = _values(first + begin), _values(torch.maximum(first, last) + begin)
    return Way(begin, low.float(), (high - low).float())


def apart(
    features: Tensor,
    now: Tensor,
    goal: Tensor,
    axes: Tensor | None = None,
    weights: Tensor | None = None,
) -> Tensor:
    """Mean squared way of features `(N, C)` to where they go from one sketch to another.

    The mean over axes and positions, which count by `weights`. Where they go is a constant to the
    gradient, as published; that of a sorted difference is the same.
    """
    found: Tensor = _Apart.apply(features, moved(now, goal), axes, weights)
    return found


class _Apart(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, features: Tensor, way: Way, axes: Tensor | None, weights: Tensor | None
    ) -> Tensor:
        ways, total = torch.empty_like(features), features.new_zeros(())
        first, wide = way.first.to(features), way.wide.to(features)
        count, bins = first.shape
        rows = torch.arange(count, device=features.device) * bins
        for some, values, counted in _projected(features, axes, weights):
            place = _bins(values).sub_(way.begin)
            number = place.long().clamp_(0, bins - 1)
            within, number = place.sub_(number), number.add_(rows)
            apart = values - torch.addcmul(first.take(number), wide.take(number), within)
            weighed = apart if counted is None else apart * counted[:, None]
            total += (apart * weighed).sum()
            ways[some] = weighed if axes is None else weighed @ axes.to(weighed).T
        positions = float(len(features)) if weights is None else float(weights.sum())
        over = max(positions, 1e-12) * count
        ctx.gradient = ways.mul_(2 / over)
        return total / over

    @staticmethod
    def backward(ctx: Any, slope: Tensor) -> tuple[Tensor | None, ...]:
        return ctx.gradient * slope, None, None, None
