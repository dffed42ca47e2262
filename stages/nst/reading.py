"""Read from an image what the losses need: moments over one region, content features over another.

One autograd function over the whole encoder instead of one per operation. Its backward pass walks
the layers from deep to shallow with a single gradient, into which every layer's share is added
where it lies: no frames of zeros around regions, no float32 copies of whole features, no feature
kept longer than needed. On the first layers, which are mere memory traffic, this is twice as fast.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.grad import conv2d_input

from stages.nst.encoder import Encoder
from stages.nst.moments import LayerMoments, Moments, positions
from stages.tiles import Rect

# Positions times channels that are cast to float32 at a time: 1 MB, which stays in a core's cache.
CHUNK = 1 << 18

NOWHERE = Rect(0, 0, 0, 0)


@dataclass(frozen=True)
class Wanted:
    """What to read: moments of the `style` layers over `core`, features of `content` over `write`.

    Regions are px of the image that the encoder is shown, left and top on whole cells.
    """

    style: tuple[str, ...]
    core: Rect
    content: tuple[str, ...] = ()
    write: Rect = NOWHERE


@dataclass(frozen=True)
class Reading:
    """Moments of the style layers; content features by layer, `(N, C)` in float32."""

    moments: Moments
    content: dict[str, Tensor]


def read(encoder: Encoder, image: Tensor, wanted: Wanted, *, bfloat16: bool = False) -> Reading:
    """Read an image `(1, 3, H, W)`, 0 to 1 sRGB; H and W are multiples of the deepest stride.

    Convolutions work in bfloat16 if told so; moments are always summed in float32.
    """
    found = _Read.apply(image, encoder, wanted, torch.bfloat16 if bfloat16 else torch.float32)
    layers = {}
    for i, name in enumerate(wanted.style):
        count = _cells(wanted.core, encoder.architecture.layer(name).stride)
        layers[name] = LayerMoments(float(count), found[2 * i], found[2 * i + 1])
    rest = found[2 * len(wanted.style) :]
    return Reading(Moments(layers), dict(zip(wanted.content, rest, strict=True)))


def _cells(region: Rect, stride: int) -> int:
    columns = -(-region.right // stride) - region.x // stride
    rows = -(-region.bottom // stride) - region.y // stride
    return columns * rows


def region_of(feature: Tensor, region: Rect, stride: int) -> Tensor:
    """A region of a feature `(1, C, h, w)` as a view `(rows, columns, C)`."""
    left, top = region.x // stride, region.y // stride
    right, bottom = -(-region.right // stride), -(-region.bottom // stride)
    return feature[0].permute(1, 2, 0)[top:bottom, left:right]


def chunks(part: Tensor) -> Iterator[slice]:
    """Rows of `(rows, columns, C)` in portions of about `CHUNK` numbers."""
    rows = max(1, CHUNK // (part.shape[1] * part.shape[2]))
    for top in range(0, part.shape[0], rows):
        yield slice(top, top + rows)


def _moments(part: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and second moments of `(rows, columns, C)`, summed in float32."""
    channels, count = part.shape[2], part.shape[0] * part.shape[1]
    total = part.new_zeros(channels, dtype=torch.float32)
    second = part.new_zeros(channels, channels, dtype=torch.float32)
    for rows in chunks(part):
        flat = part[rows].reshape(-1, channels).float()
        total += flat.sum(dim=0)
        second.addmm_(flat.T, flat)
    return total / count, second / count


def _add_moments(part: Tensor, onto: Tensor, mean: Tensor, second: Tensor) -> None:
    """Add to `onto` the gradient of a region's features, from that of their moments.

    d/df of <A, 1/N sum f f^T> + <b, 1/N sum f> is (A + A^T) f / N + b / N.
    """
    channels, count = part.shape[2], part.shape[0] * part.shape[1]
    slope = ((second + second.T) / count).to(part.dtype)
    offset = (mean / count).to(part.dtype)
    for rows in chunks(part):
        flat = part[rows].reshape(-1, channels)
        onto[rows].add_(torch.addmm(offset, flat, slope).view(-1, part.shape[1], channels))


class _Read(torch.autograd.Function):
    """Image to mean and second moments of every style layer, then every content feature."""

    @staticmethod
    def forward(
        ctx: Any, image: Tensor, encoder: Encoder, wanted: Wanted, dtype: torch.dtype
    ) -> tuple[Tensor, ...]:
        last = max(encoder.names.index(name) for name in (*wanted.style, *wanted.content))
        found: dict[str, tuple[Tensor, ...]] = {}
        content: dict[str, Tensor] = {}
        steps = []
        x = image.to(dtype).contiguous(memory_format=torch.channels_last)
        for name, layer in list(zip(encoder.names, encoder.convolutions, strict=True))[: last + 1]:
            assert isinstance(layer, nn.Conv2d) and layer.bias is not None
            stride = encoder.architecture.layer(name).stride
            inside = encoder.pooled(x) if encoder.pools_before(name) else x
            weight, bias = layer.weight.to(dtype), layer.bias.to(dtype)
            y = F.relu_(F.conv2d(inside, weight, bias, padding=1))
            if name in wanted.style:
                found[name] = _moments(region_of(y, wanted.core, stride))
            if name in wanted.content:
                content[name] = positions(y, wanted.write, stride).float().clone()
            if ctx.needs_input_grad[0]:
                steps.append((name, stride, x, inside.shape, weight, y))
            x = y
        ctx.steps, ctx.encoder, ctx.wanted, ctx.image = steps, encoder, wanted, image.dtype
        moments = [part for name in wanted.style for part in found[name]]
        return (*moments, *(content[name] for name in wanted.content))

    @staticmethod
    def backward(ctx: Any, *slopes: Tensor) -> tuple[Tensor | None, ...]:
        wanted, encoder = ctx.wanted, ctx.encoder
        of_content = dict(zip(wanted.content, slopes[2 * len(wanted.style) :], strict=True))
        gradient: Tensor | None = None
        while ctx.steps:
            name, stride, x, inner, weight, y = ctx.steps.pop()
            if gradient is None:
                gradient = torch.zeros_like(y)
            if name in wanted.style:
                i = 2 * wanted.style.index(name)
                part, onto = (region_of(t, wanted.core, stride) for t in (y, gradient))
                _add_moments(part, onto, slopes[i], slopes[i + 1])
            if name in of_content:
                part = region_of(gradient, wanted.write, stride)
                part.add_(of_content[name].view(part.shape).to(part.dtype))
            gradient = torch.ops.aten.threshold_backward(gradient, y, 0)
            gradient = conv2d_input(inner, weight, gradient, padding=1)
            if encoder.pools_before(name):
                gradient = encoder.unpooled(gradient, x)
        assert gradient is not None
        return gradient.to(ctx.image), None, None, None
