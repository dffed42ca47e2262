"""Read from an image what the losses need: moments over one region, content features over another.

One autograd function over the whole encoder instead of one per operation. Its backward pass walks
the layers from deep to shallow with a single gradient, into which every layer's share is added
where it lies: no frames of zeros around regions, no float32 copies of whole features, no feature
kept longer than needed. How a block is worked through is in stages.nst.banded.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from stages.nst.banded import Block, Rows
from stages.nst.moments import LayerMoments, Moments, in_zone
from stages.nst.network import Encoder, Step
from stages.tiles import Rect

# Positions times channels that are cast to float32 at a time: 4 MB, which stays in the caches.
CHUNK = 1 << 20

NOWHERE = Rect(0, 0, 0, 0)


@dataclass(frozen=True)
class Wanted:
    """What to read: moments of the `style` layers over `core`, features of `content` over `write`.

    Regions are px of the image that the encoder is shown, left and top on whole cells. `weight`
    `(1, 1, H, W)` of the image's px is how much positions count; there is no way back through it.
    `zones` `(1, Z, H, W)` are the shares of zones in the image's px: moments are then those of
    every zone, named by `moments.in_zone`. `sketches` are the distributions of features that are
    taken beside moments, by the losses that want them (stages.nst.published.distributions).
    """

    style: tuple[str, ...]
    core: Rect
    content: tuple[str, ...] = ()
    write: Rect = NOWHERE
    weight: Tensor | None = None
    zones: Tensor | None = None
    sketches: tuple[str, ...] = ()

    def names(self, layer: str) -> tuple[str, ...]:
        """What a style layer's moments are called."""
        if self.zones is None:
            return (layer,)
        return tuple(in_zone(layer, zone) for zone in range(self.zones.shape[1]))

    def counted(self) -> Tensor | None:
        """How much px count for each of a layer's names, `(1, names, H, W)`; None for alike."""
        both = [part for part in (self.weight, self.zones) if part is not None]
        return None if not both else both[0] if len(both) == 1 else both[0] * both[1]

    def weights(self, stride: int) -> list[Tensor | None]:
        """Weights of a layer's positions within `core`, `(rows, columns)`; None for equal ones.

        One for each of its names: means of the px of a cell.
        """
        counted = self.counted()
        if counted is None:
            return [None]
        cells = F.avg_pool2d(counted, stride)
        everything = Rows(0, cells.shape[-2])
        part = _region(cells, self.core, stride, everything)[0]
        return [part[..., number] for number in range(part.shape[-1])]


@dataclass(frozen=True)
class Seen:
    """Features `(N, C)` of a layer in a region, and how much its positions count `(N,)`."""

    features: Tensor
    weights: Tensor | None = None


@dataclass(frozen=True)
class Reading:
    """Moments of the style layers; content features by layer, `(N, C)` in float32.

    Where distributions are taken, what they are taken of, by the moments' names.
    """

    moments: Moments
    content: dict[str, Tensor]
    seen: dict[str, Seen] = field(default_factory=dict)


def read(encoder: Encoder, image: Tensor, wanted: Wanted, *, bfloat16: bool = False) -> Reading:
    """Read an image `(1, 3, H, W)`, 0 to 1 sRGB; H and W are multiples of the deepest stride.

    Convolutions work in bfloat16 if told so; moments are always summed in float32.
    """
    found = _Read.apply(image, encoder, wanted, torch.bfloat16 if bfloat16 else torch.float32)
    layers: dict[str, LayerMoments] = {}
    for name in wanted.style:
        stride = encoder.architecture.layer(name).stride
        for own, weights in zip(wanted.names(name), wanted.weights(stride), strict=True):
            i, count = 2 * len(layers), _count(weights, wanted.core, stride)
            layers[own] = LayerMoments(count, found[i], found[i + 1])
    rest = found[2 * len(layers) :]
    return Reading(Moments(layers), dict(zip(wanted.content, rest, strict=True)))


def _count(weights: Tensor | None, core: Rect, stride: int) -> float:
    """How many positions of a layer lie within `core`, by their weights."""
    return float(_cells(core, stride)) if weights is None else float(weights.sum())


def _cells(region: Rect, stride: int) -> int:
    columns = -(-region.right // stride) - region.x // stride
    rows = -(-region.bottom // stride) - region.y // stride
    return columns * rows


def chunks(part: Tensor) -> Iterator[slice]:
    """Rows of `(rows, columns, C)` in portions of about `CHUNK` numbers."""
    rows = max(1, CHUNK // (part.shape[1] * part.shape[2]))
    for top in range(0, part.shape[0], rows):
        yield slice(top, top + rows)


@contextmanager
def _bfloat16_products(on: bool) -> Iterator[None]:
    """Lets products of float32 matrices go by bfloat16, summed in float32, in half the time.

    Only for numbers that are bfloat16 already: nothing is lost then.
    """
    before = torch.get_float32_matmul_precision()
    if on:
        torch.set_float32_matmul_precision("medium")
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(before)


class _Sums:
    """Takes moments and content features of every layer, and gives their gradients back."""

    def __init__(self, encoder: Encoder, wanted: Wanted) -> None:
        self.encoder, self.wanted = encoder, wanted
        self.moments: dict[str, tuple[Tensor, Tensor]] = {}
        self.content: dict[str, Tensor] = {}
        self.weights = {
            name: wanted.weights(encoder.architecture.layer(name).stride) for name in wanted.style
        }
        self.slopes: dict[str, tuple[Tensor, Tensor]] = {}
        self.content_slopes: dict[str, Tensor] = {}
        self.centred = True  # means are not matched: the usual case

    def take(self, step: Step, rows: Rows, features: Tensor) -> None:
        """Add some rows of a layer to its sums; put them with its content features."""
        if step.name in self.wanted.style:
            part, first = _region(features, self.wanted.core, step.stride, rows)
            for name, weights in self._named(step.name):
                here = None if weights is None else weights[first : first + part.shape[0]]
                self._sum(name, part, here)
        if step.name in self.wanted.content:
            part, at = _region(features, self.wanted.write, step.stride, rows)
            if step.name not in self.content:
                count = _cells(self.wanted.write, step.stride)
                shape = (count // part.shape[1], *part.shape[1:])
                self.content[step.name] = part.new_empty(shape, dtype=torch.float32)
            self.content[step.name][at : at + part.shape[0]] = part

    def _named(self, layer: str) -> Iterator[tuple[str, Tensor | None]]:
        """The names of a style layer's moments and the weights of its positions for each."""
        return zip(self.wanted.names(layer), self.weights[layer], strict=True)

    def _sum(self, name: str, part: Tensor, weights: Tensor | None) -> None:
        """Add features `(rows, columns, C)` with their weights `(rows, columns)` to sums."""
        channels = part.shape[2]
        if name not in self.moments:
            total = part.new_zeros(channels, dtype=torch.float32)
            second = part.new_zeros(channels, channels, dtype=torch.float32)
            self.moments[name] = total, second
        total, second = self.moments[name]
        for some in chunks(part):
            weighted = flat = part[some].reshape(-1, channels).float()
            if weights is not None:
                of = weights[some]
                if not of.any():
                    continue
                weighted = flat * of.reshape(-1, 1)
            total += weighted.sum(dim=0)
            second.addmm_(weighted.T, flat)

    def found(self) -> tuple[Tensor, ...]:
        """Mean and second moments of every style layer, then every content feature `(N, C)`.

        Those of a zone that has no position are zero.
        """
        parts: list[Tensor] = []
        for layer in self.wanted.style:
            for name, weights in self._named(layer):
                total, second = self.moments[name]
                count = self._count(layer, weights) or 1.0
                parts += [total / count, second / count]
        return (*parts, *(self.content[name].flatten(0, 1) for name in self.wanted.content))

    def turn(self, slopes: tuple[Tensor, ...], dtype: torch.dtype) -> None:
        """Take the gradients of what was found, for the way back.

        d/df of <A, 1/N sum f f^T> + <b, 1/N sum f> is (A + A^T) f / N + b / N.
        """
        own = iter(slopes)
        for layer in self.wanted.style:
            for name, weights in self._named(layer):
                mean, second = next(own), next(own)
                count = self._count(layer, weights) or 1.0
                slope = ((second + second.T) / count).to(dtype)
                self.slopes[name] = slope, (mean / count).to(dtype)
                self.centred = self.centred and not bool(mean.any())
        for name, slope in zip(self.wanted.content, own, strict=True):
            self.content_slopes[name] = slope.view(self.content[name].shape)
        self.content.clear()

    def add(self, step: Step, rows: Rows, features: Tensor, gradient: Tensor) -> None:
        """Add to some rows of a layer's gradient what was read of them."""
        if step.name in self.wanted.style:
            part, first = _region(features, self.wanted.core, step.stride, rows)
            onto, _ = _region(gradient, self.wanted.core, step.stride, rows)
            for name, weights in self._named(step.name):
                here = None if weights is None else weights[first : first + part.shape[0]]
                self._spread(name, part, onto, here)
        if step.name in self.content_slopes:
            onto, at = _region(gradient, self.wanted.write, step.stride, rows)
            onto.add_(self.content_slopes[step.name][at : at + onto.shape[0]])

    def _spread(self, name: str, part: Tensor, onto: Tensor, weights: Tensor | None) -> None:
        """Add to a gradient `(rows, columns, C)` what sums of features there give back."""
        slope, offset = self.slopes[name]
        for some in chunks(part):
            flat = part[some].reshape(-1, part.shape[2])
            if weights is not None:
                of = weights[some].reshape(-1, 1).to(flat.dtype)
                if of.any():
                    # What a position counts is a factor of all that it gives back.
                    given = torch.addmm(offset, flat, slope).mul_(of)
                    onto[some].add_(given.view(onto[some].shape))
            elif onto[some].is_contiguous():  # a whole image: no array in between
                onto[some].view(flat.shape).addmm_(flat, slope)
                if not self.centred:
                    onto[some].add_(offset)
            else:
                onto[some].add_(torch.addmm(offset, flat, slope).view(onto[some].shape))

    def _count(self, layer: str, weights: Tensor | None) -> float:
        return _count(weights, self.wanted.core, self.encoder.architecture.layer(layer).stride)


def _region(features: Tensor, region: Rect, stride: int, rows: Rows) -> tuple[Tensor, int]:
    """The part of a region in some rows of a layer as a view `(rows, columns, C)`.

    And the number of the part's first row within the region.
    """
    left, top = region.x // stride, region.y // stride
    right, bottom = -(-region.right // stride), -(-region.bottom // stride)
    first, last = max(top, rows.top), min(bottom, rows.bottom)
    part = features[0].permute(1, 2, 0)
    return part[first - rows.top : max(first, last) - rows.top, left:right], first - top


def _blocks(encoder: Encoder, wanted: Wanted, dtype: torch.dtype) -> list[Block]:
    """The encoder's blocks down to the deepest layer that is wanted."""
    last = max(encoder.names.index(name) for name in (*wanted.style, *wanted.content))
    groups: list[list[Step]] = []
    for step in encoder.steps(dtype)[: last + 1]:
        if not groups or encoder.pools_before(step.name):
            groups.append([])
        groups[-1].append(step)
    return [
        Block(encoder, tuple(group), pooled=number < len(groups))
        for number, group in enumerate(groups, start=1)
    ]


class _Read(torch.autograd.Function):
    """Image to mean and second moments of every style layer, then every content feature."""

    @staticmethod
    def forward(
        ctx: Any, image: Tensor, encoder: Encoder, wanted: Wanted, dtype: torch.dtype
    ) -> tuple[Tensor, ...]:
        blocks, sums = _blocks(encoder, wanted, dtype), _Sums(encoder, wanted)
        x: Tensor | None = image.to(dtype).contiguous(memory_format=torch.channels_last)
        with _bfloat16_products(dtype == torch.bfloat16):
            for block in blocks:
                assert x is not None
                x = block.forward(x, sums, keep=ctx.needs_input_grad[0])
        ctx.blocks, ctx.sums, ctx.dtypes = blocks, sums, (image.dtype, dtype)
        return sums.found()

    @staticmethod
    def backward(ctx: Any, *slopes: Tensor) -> tuple[Tensor | None, ...]:
        own, dtype = ctx.dtypes
        ctx.sums.turn(slopes, dtype)
        gradient: Tensor | None = None
        for block in reversed(ctx.blocks):
            gradient = block.backward(gradient, ctx.sums)
        assert gradient is not None
        return gradient.to(own), None, None, None
