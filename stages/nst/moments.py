"""Moments: the style of an image as numbers that add up tile by tile.

Per layer the mean of the features and their second moments (Gram matrix / number of positions),
Gatys et al. (2016), equation 3, divided by the number of positions M_l instead of entering the
loss as 4 N_l^2 M_l^2: so divided, moments of a canvas are the area-weighted mean of its tiles'.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor

from stages.nst.network import Architecture
from stages.tiles import Rect

_SKETCH = "sketch."


def in_zone(name: str, zone: int) -> str:
    """A layer's name in a zone.

    Where a canvas is divided among paintings by masks, every layer has moments for each zone: means
    over its positions weighted by the zone's share there (Gatys et al., *Controlling Perceptual
    Factors in Neural Style Transfer*, 2017, section 4; they weigh features before the product).
    Weighted sums add up over tiles as plain ones do, so all that holds for layers holds for these.
    """
    return f"{name}#{zone}"


@dataclass(frozen=True)
class LayerMoments:
    """Moments of one layer over `count` positions: `mean` `(C,)`, Gram matrix `gram` `(C, C)`.

    `sketches` are distributions, where a loss wants them (stages.nst.terms.sketches), by its name.
    """

    count: float
    mean: Tensor
    gram: Tensor
    sketches: Mapping[str, Tensor] = field(default_factory=dict)

    def __add__(self, other: LayerMoments) -> LayerMoments:
        """Moments of two disjoint regions together."""
        if not self.count or not other.count:  # a zone that does not reach into one of them
            return self if self.count else other
        count = self.count + other.count
        a, b = self.count / count, other.count / count
        return LayerMoments(
            count,
            a * self.mean + b * other.mean,
            a * self.gram + b * other.gram,
            {name: a * one + b * other.sketches[name] for name, one in self.sketches.items()},
        )

    def each(self, change: Callable[[Tensor], Tensor]) -> LayerMoments:
        """The same with all numbers changed."""
        sketches = {name: change(one) for name, one in self.sketches.items()}
        return LayerMoments(self.count, change(self.mean), change(self.gram), sketches)

    def shifted(self, onto: LayerMoments, of: LayerMoments, gain: float) -> LayerMoments:
        """These moments plus `gain` times the residual `onto - of`."""
        return LayerMoments(
            self.count,
            self.mean + gain * (onto.mean - of.mean),
            self.gram + gain * (onto.gram - of.gram),
            {
                name: one + gain * (onto.sketches[name] - of.sketches[name])
                for name, one in self.sketches.items()
            },
        )

    def std(self) -> Tensor:
        """Standard deviation of every channel, `(C,)`."""
        return (self.gram.diagonal() - self.mean**2).clamp(min=1e-8).sqrt()


@dataclass(frozen=True)
class Moments:
    """The moments of an image or of a part of one, by layer name."""

    layers: Mapping[str, LayerMoments]

    def __add__(self, other: Moments) -> Moments:
        """Moments of two disjoint regions together."""
        return Moments({name: one + other.layers[name] for name, one in self.layers.items()})

    def named(self, zone: int) -> Moments:
        """The moments of one zone: they are layers of their own."""
        return Moments({in_zone(name, zone): one for name, one in self.layers.items()})

    def of_zone(self, zone: int) -> Moments:
        """One zone's moments, by plain layer name; what `named` named."""
        end = in_zone("", zone)
        return Moments(
            {n.removesuffix(end): one for n, one in self.layers.items() if n.endswith(end)}
        )

    def counted(self, times: float) -> Moments:
        """The same moments, taken for those of so many times the positions."""
        return Moments({n: replace(m, count=m.count * times) for n, m in self.layers.items()})

    def detached(self) -> Moments:
        """The same numbers, cut from the graph that computed them."""
        return Moments({n: m.each(Tensor.detach) for n, m in self.layers.items()})

    def to(self, device: torch.device) -> Moments:
        """The same numbers on a device."""
        return Moments({n: m.each(lambda one: one.to(device)) for n, m in self.layers.items()})

    def to_tensors(self) -> dict[str, Tensor]:
        """A flat table for storage; `from_tensors` reads it."""
        table = {}
        for name, one in self.layers.items():
            table[f"{name}.count"] = torch.tensor(one.count, dtype=torch.float64)
            table[f"{name}.mean"], table[f"{name}.gram"] = one.mean, one.gram
            for kind, sketch in one.sketches.items():
                table[f"{name}.{_SKETCH}{kind}"] = sketch
        return table

    @staticmethod
    def from_tensors(table: Mapping[str, Tensor]) -> Moments:
        """What `to_tensors` wrote."""
        names = [key.removesuffix(".count") for key in table if key.endswith(".count")]
        found = {}
        for n in names:
            begin = f"{n}.{_SKETCH}"
            own = {k.removeprefix(begin): t for k, t in table.items() if k.startswith(begin)}
            count = float(table[f"{n}.count"])
            found[n] = LayerMoments(count, table[f"{n}.mean"], table[f"{n}.gram"], own)
        return Moments(found)


def combined(parts: Iterable[Moments]) -> Moments:
    """Moments of disjoint regions together, weighted by their areas."""
    iterator = iter(parts)
    total = next(iterator)
    for part in iterator:
        total = total + part
    return total


def weighted_mean(parts: Iterable[tuple[float, Moments]]) -> Moments:
    """Mean of several images' moments with weights, whatever their sizes."""
    scaled = []
    for weight, moments in parts:
        scaled.append(Moments({n: replace(m, count=weight) for n, m in moments.layers.items()}))
    return combined(scaled)


def residual_target(
    tile: Moments, canvas: Moments, style: Moments, gain: Mapping[str, float] | None = None
) -> Moments:
    """The target of one tile, G*_t = G_t + gain (G_style - G_canvas); `gain` by layer, or 1.

    If every tile of a sweep reaches its target and `gain` is 1, the canvas has exactly the style's
    moments, since the tiles' area-weighted mean is the canvas (docs/method.md).
    """
    far = gain or {}
    return Moments(
        {
            name: one.shifted(style.layers[name], canvas.layers[name], far.get(name, 1.0))
            for name, one in tile.layers.items()
        }
    )


def made_up(before: Moments, after: Moments, style: Moments) -> dict[str, float]:
    """What share of the residual `style - before` a sweep made up, by layer: 1 is all of it.

    The part of the change of the second moments that lies along their residual.
    """
    found = {}
    for name, wanted in style.layers.items():
        was = before.layers[name].gram
        residual, change = wanted.gram - was, after.layers[name].gram - was
        size = float(residual.square().sum())
        found[name] = float((residual * change).sum()) / size if size else 1.0
    return found


def positions(feature: Tensor, region: Rect, stride: int) -> Tensor:
    """The features whose cells start in a region of the window, `(N, C)`.

    `region` is px of the window; its left and top are multiples of `stride`. A last cell that the
    canvas' edge cuts counts whole, as it does when the whole canvas is measured. Positions come
    first because that is how channels_last memory lies: the whole feature is then a view, and its
    gradient needs neither a copy nor a frame of zeros.
    """
    left, top = region.x // stride, region.y // stride
    right, bottom = -(-region.right // stride), -(-region.bottom // stride)
    by_row = feature[0].permute(1, 2, 0)
    if (left, top, bottom, right) != (0, 0, *by_row.shape[:2]):
        by_row = by_row[top:bottom, left:right]
    return by_row.reshape(-1, feature.shape[1])


def of_features(features: Mapping[str, Tensor], design: Architecture, region: Rect) -> Moments:
    """Moments of one region of a window, from features `(1, C, H/stride, W/stride)`.

    Grams are accumulated in float32 whatever the features' precision.
    """
    found = {}
    for name, feature in features.items():
        flat = positions(feature, region, design.layer(name).stride).float()
        count = flat.shape[0]
        found[name] = LayerMoments(float(count), flat.mean(dim=0), flat.T @ flat / count)
    return Moments(found)
