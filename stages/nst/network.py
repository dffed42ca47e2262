"""Encoders: VGG-like stacks of 3x3 convolutions whose features define content and style."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from stages.errors import UsageError, WeightsError
from stages.nst.pooling import binomial, binomial_backward


@dataclass(frozen=True)
class Layer:
    """One layer that can be asked for.

    `stride` is px of the image per feature position; `radius` is how many px to each side of its
    own cell a feature sees, the halo that makes it forward-exact.
    """

    name: str
    channels: int
    stride: int
    radius: int


@dataclass(frozen=True)
class Architecture:
    """What an encoder is made of and how it is used.

    `blocks` has one tuple per block and one width per convolution. Between blocks features are
    pooled to half the size: over `pool` 2 px by their average, over 4 by the binomial filter.
    `style` maps layer
    names to their weights in the style loss.
    """

    name: str
    blocks: tuple[tuple[int, ...], ...]
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    style: tuple[tuple[str, float], ...]
    content: tuple[tuple[str, float], ...]
    # What style.weight 1 and style.content_weight 1 stand for, so that the numbers mean about the
    # same look for every encoder.
    style_gain: float = 1.0
    content_gain: float = 1.0
    pool: int = 2

    def layers(self) -> tuple[Layer, ...]:
        """All layers, shallow to deep, named as in the VGG paper: relu1_1, relu1_2, ..."""
        found, radius, stride = [], 0, 1
        for b, block in enumerate(self.blocks, start=1):
            if b > 1:
                # 2x2 pooling reaches no further: its cell is the four cells it joins
                radius += stride * (self.pool // 2 - 1)
                stride *= 2
            for c, width in enumerate(block, start=1):
                radius += stride
                found.append(Layer(f"relu{b}_{c}", width, stride, radius))
        return tuple(found)

    def layer(self, name: str) -> Layer:
        """The layer of that name.

        Raises:
            UsageError: when there is none.
        """
        for layer in self.layers():
            if layer.name == name:
                return layer
        names = ", ".join(layer.name for layer in self.layers())
        raise UsageError(f"encoder {self.name} has no layer {name!r}; it has {names}")

    def used(self) -> tuple[Layer, ...]:
        """The layers of style and content, shallow to deep."""
        names = {name for name, _ in (*self.style, *self.content)}
        for name in names:
            self.layer(name)
        return tuple(layer for layer in self.layers() if layer.name in names)

    def halo(self) -> int:
        """Px to read around a tile so that every used layer is forward-exact on it."""
        return max(layer.radius for layer in self.used())

    def stride(self) -> int:
        """The deepest used layer's stride, the unit that tiles are aligned to."""
        return max(layer.stride for layer in self.used())

    def work(self) -> float:
        """Multiply-adds per px up to the deepest used layer."""
        deepest, total, channels = self.used()[-1].name, 0.0, 3
        for layer in self.layers():
            total += 9 * channels * layer.channels / layer.stride**2
            channels = layer.channels
            if layer.name == deepest:
                break
        return total

    def activation_bytes(self, number: int = 4) -> float:
        """Bytes per px that one forward and backward pass holds, with numbers of so many bytes.

        All outputs but the first, which is not kept, their gradients and copies come to 1.75 times
        the outputs, and the image's own copies in float32 to 300 bytes, as measured
        (benchmarks/memory.py).
        """
        total, deepest = 300.0, self.used()[-1].name
        for place, layer in enumerate(self.layers()):
            total += number * 1.75 * layer.channels / layer.stride**2 if place else 0
            if layer.name == deepest:
                break
        return total

    def output_numbers(self) -> float:
        """Numbers per px in the outputs of all layers down to the deepest that is used."""
        total, deepest = 0.0, self.used()[-1].name
        for layer in self.layers():
            total += layer.channels / layer.stride**2
            if layer.name == deepest:
                break
        return total

    def parameter_bytes(self) -> int:
        """Bytes of all weights in float32."""
        total, channels = 0, 3
        for layer in self.layers():
            total += 4 * layer.channels * (9 * channels + 1)
            channels = layer.channels
        return total


@dataclass(frozen=True)
class Step:
    """One convolution at work, its weights in some precision."""

    name: str
    stride: int
    weight: Tensor
    bias: Tensor


class Encoder(nn.Module):
    """The network, cut at the deepest used layer, its weights frozen.

    Average pooling as in Gatys et al., *Image Style Transfer Using CNNs* (2016), section 2.2;
    convolutions pad with zeros, which needs no copies; who asks for features gives the image a
    frame of its own reflection (stages.nst.studio), so that zeros lie outside what is seen.
    """

    def __init__(self, architecture: Architecture, weights: Mapping[str, Tensor]) -> None:
        super().__init__()
        self.architecture = architecture
        self.fingerprint = ""
        self._steps: dict[torch.dtype, tuple[Step, ...]] = {}
        self.convolutions = nn.ModuleList()
        channels = 3
        deepest = architecture.used()[-1].name
        self.names: list[str] = []
        for layer in architecture.layers():
            conv = nn.Conv2d(channels, layer.channels, 3, padding=1)
            self._fill(conv, layer.name, weights)
            self.convolutions.append(conv)
            self.names.append(layer.name)
            channels = layer.channels
            if layer.name == deepest:
                break
        self._fold_normalisation()
        self.requires_grad_(False)
        self.eval()
        for built in self.convolutions:
            assert isinstance(built, nn.Conv2d)
            built.weight.data = built.weight.data.contiguous(memory_format=torch.channels_last)

    def __getstate__(self) -> dict[str, Any]:
        # What was converted to other precisions is converted again where it is needed.
        return {**self.__dict__, "_steps": {}}

    def _fill(self, conv: nn.Conv2d, name: str, weights: Mapping[str, Tensor]) -> None:
        for part, target in (("weight", conv.weight), ("bias", conv.bias)):
            value = weights.get(f"{name}.{part}")
            found = "nothing" if value is None else "x".join(map(str, value.shape))
            assert target is not None
            wanted = "x".join(map(str, target.shape))
            if value is None or value.shape != target.shape:
                raise WeightsError(
                    f"weights of {self.architecture.name}: {name}.{part} should be {wanted}, "
                    f"found {found}; use the file that belongs to this encoder"
                )
            if not torch.isfinite(value).all():
                raise WeightsError(
                    f"weights of {self.architecture.name}: {name}.{part} holds NaN or infinity; "
                    "the file is damaged, get it again"
                )
            target.data.copy_(value)

    def _fold_normalisation(self) -> None:
        """Put (x - mean) / std into the first convolution: one pass over the image less."""
        first = self.convolutions[0]
        assert isinstance(first, nn.Conv2d) and first.bias is not None
        mean = torch.tensor(self.architecture.mean).view(1, 3, 1, 1)
        std = torch.tensor(self.architecture.std).view(1, 3, 1, 1)
        first.weight.data /= std
        first.bias.data -= (first.weight.data * mean).sum(dim=(1, 2, 3))

    def forward(self, image: Tensor, layers: Iterable[str]) -> dict[str, Tensor]:
        """Features of the named layers for an image `(1, 3, H, W)`, 0 to 1 sRGB.

        H and W must be multiples of the deepest used stride.
        """
        wanted = set(layers)
        missing = wanted.difference(self.names)
        if missing:
            raise UsageError(f"layer {sorted(missing)[0]} is deeper than this encoder was cut")
        features: dict[str, Tensor] = {}
        x = image.contiguous(memory_format=torch.channels_last)
        for name, conv in zip(self.names, self.convolutions, strict=True):
            x = F.relu_(conv(self.pooled(x) if self.pools_before(name) else x))
            if name in wanted:
                features[name] = x
                if len(features) == len(wanted):
                    break
        return features

    def steps(self, dtype: torch.dtype) -> tuple[Step, ...]:
        """All convolutions with their weights in a precision, converted once."""
        if dtype not in self._steps:
            found = []
            with torch.inference_mode(False), torch.no_grad():  # gradients are to go through them
                for name, conv in zip(self.names, self.convolutions, strict=True):
                    assert isinstance(conv, nn.Conv2d) and conv.bias is not None
                    stride = self.architecture.layer(name).stride
                    found.append(Step(name, stride, conv.weight.to(dtype), conv.bias.to(dtype)))
            self._steps[dtype] = tuple(found)
        return self._steps[dtype]

    def pools_before(self, name: str) -> bool:
        """Whether a layer is the first of a block other than the first."""
        return name.endswith("_1") and name != "relu1_1"

    def pooled(self, x: Tensor) -> Tensor:
        """Features at half the height and width."""
        return F.avg_pool2d(x, 2) if self.architecture.pool == 2 else binomial(x)

    def unpooled(self, gradient: Tensor) -> Tensor:
        """The gradient of features from that of the pooled ones."""
        if self.architecture.pool == 4:
            return binomial_backward(gradient)
        return F.interpolate(gradient * 0.25, scale_factor=2, mode="nearest")
