"""Read a network of any form: moments over one region, content features over another.

As `stages.nst.features.read`, which only knows Tilebrush's own form, but by torch's own autograd:
slower and with more memory, and true to what is published, odd sizes and borders included.
"""

from __future__ import annotations

from dataclasses import replace

import torch
import torch.nn.functional as F
from torch import Tensor

from stages.nst.features import Reading, Seen, Wanted
from stages.nst.moments import LayerMoments, Moments
from stages.nst.network import Encoder
from stages.nst.published import distributions
from stages.nst.published.form import Form, convolved, pooled
from stages.tiles import Rect


def features(
    encoder: Encoder, image: Tensor, names: set[str], form: Form, dtype: torch.dtype
) -> dict[str, Tensor]:
    """Features `(1, C, h, w)` in float32 of an image `(1, 3, H, W)`, 0 to 1 sRGB, of any size.

    What lies beyond the image is zero after the mean is taken off, as published: the mean is out of
    the first bias again, into which the encoder folds it.
    """
    found: dict[str, Tensor] = {}
    mean = torch.tensor(encoder.architecture.mean, device=image.device).view(1, 3, 1, 1)
    x = (image - mean).to(dtype).contiguous(memory_format=torch.channels_last)
    for number, step in enumerate(encoder.steps(dtype)):
        bias = step.bias
        if number == 0:
            own = (step.weight.float() * mean).sum(dim=(1, 2, 3))
            bias = (step.bias.float() + own).to(dtype)
        elif encoder.pools_before(step.name):
            x = pooled(x, form) if form.pooling != "own" else encoder.pooled(_even(x))
        x = convolved(x, step.weight, bias, form, first=number == 0)
        if step.name in names:
            found[step.name] = form.gain(step.name) * x.float()
            if len(found) == len(names):
                break
    return found


def _even(x: Tensor) -> Tensor:
    """Features without an odd last row or column."""
    return x[..., : x.shape[-2] // 2 * 2, : x.shape[-1] // 2 * 2]


def part(feature: Tensor, region: Rect, stride: int) -> Tensor:
    """The features whose cells start in a region of the image, `(rows, columns, C)`."""
    left, top = region.x // stride, region.y // stride
    right, bottom = -(-region.right // stride), -(-region.bottom // stride)
    return feature[0].permute(1, 2, 0)[top:bottom, left:right]


def read(
    encoder: Encoder, form: Form, image: Tensor, wanted: Wanted, *, bfloat16: bool = False
) -> Reading:
    """Read an image `(1, 3, H, W)`, 0 to 1 sRGB; regions are px of it, left and top on whole cells.

    Convolutions work in bfloat16 if told so.
    """
    design, dtype = encoder.architecture, torch.bfloat16 if bfloat16 else torch.float32
    found = features(encoder, image, {*wanted.style, *wanted.content}, form, dtype)
    layers: dict[str, LayerMoments] = {}
    seen: dict[str, Seen] = {}
    for name in wanted.style:
        stride = design.layer(name).stride
        each = moments_of(found[name], wanted, stride)
        layers |= dict(zip(wanted.names(name), each, strict=True))
        if wanted.sketches:
            seen |= dict(zip(wanted.names(name), _seen(found[name], wanted, stride), strict=True))
    for name, own in seen.items():
        layers[name] = replace(layers[name], sketches=distributions.sketches(own, wanted.sketches))
    content = {
        name: part(found[name], wanted.write, design.layer(name).stride).flatten(0, 1)
        for name in wanted.content
    }
    return Reading(Moments(layers), content, seen)


def _seen(feature: Tensor, wanted: Wanted, stride: int) -> list[Seen]:
    """Features of one layer over the region that is wanted, for each of the layer's names."""
    flat, weights = part(feature, wanted.core, stride).flatten(0, 1), _counted(feature, wanted)
    if weights is None:
        return [Seen(flat)]
    return [Seen(flat, own[:, 0]) for own in _columns(weights, wanted.core, stride)]


def _counted(feature: Tensor, wanted: Wanted) -> Tensor | None:
    """How much the positions of a layer count for each of its names, `(1, names, h, w)`."""
    counted = wanted.counted()
    if counted is None:
        return None
    return F.adaptive_avg_pool2d(counted, (feature.shape[-2], feature.shape[-1]))


def _columns(weights: Tensor, region: Rect, stride: int) -> tuple[Tensor, ...]:
    """The weights of a region's positions, `(N, 1)` for each name."""
    return tuple(one[:, None] for one in part(weights, region, stride).flatten(0, 1).unbind(dim=1))


def moments_of(feature: Tensor, wanted: Wanted, stride: int) -> list[LayerMoments]:
    """Moments of one layer over the region that is wanted, positions counted by their weights.

    One for each of the layer's names; those of a zone that has no position are zero.
    """
    here = part(feature, wanted.core, stride)
    flat = here.flatten(0, 1)
    weights = _counted(feature, wanted)
    if weights is None:
        return [LayerMoments(float(len(flat)), flat.mean(dim=0), flat.T @ flat / len(flat))]
    found = []
    for weight in _columns(weights, wanted.core, stride):
        count, weighted = weight.sum(), flat * weight
        over = count.clamp(min=1e-12)
        found.append(
            LayerMoments(float(count), weighted.sum(dim=0) / over, weighted.T @ flat / over)
        )
    return found
