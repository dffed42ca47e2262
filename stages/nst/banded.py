"""A block of the encoder, there and back, in bands of rows.

A layer of a tile at full size takes 70 MB in bfloat16. Arrays of that size come as fresh pages from
the system each time and go through memory for every operation, which took longer than the
convolutions. Here a block (the convolutions between two poolings) works on bands of a few rows,
all operations on one band before the next, so that arrays are small and stay in the processor's
caches; only the pooled features are whole. Rows at a band's edges are computed twice on the way
there, and their gradients are added up on the way back.

Features are `(1, C, H, W)` with channels_last memory, of which rows are a view without a copy.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.nn.grad import conv2d_input

from stages.nst.network import Encoder, Step

# Bytes of a band of a block's widest layer.
BAND = 16 << 20
BAND_ELSEWHERE = 1 << 30  # a graphics card wants large arrays


@dataclass(frozen=True)
class Rows:
    """Rows of a layer, from `top` up to `bottom`."""

    top: int
    bottom: int

    def grown(self, by: int, height: int) -> Rows:
        """With `by` more rows above and below, as far as there are any."""
        return Rows(max(0, self.top - by), min(height, self.bottom + by))

    def of(self, features: Tensor, first: int = 0) -> Tensor:
        """These rows of features that begin with row `first`."""
        return features[..., self.top - first : self.bottom - first, :]


class Reader(Protocol):
    """Who takes what is wanted of every layer, and gives its gradient on the way back."""

    def take(self, step: Step, rows: Rows, features: Tensor) -> None:
        """Read features `(1, C, rows, W)` of a layer; every row is shown once."""

    def add(self, step: Step, rows: Rows, features: Tensor, gradient: Tensor) -> None:
        """Add to the gradient of those features what was read of them."""


@dataclass(frozen=True)
class _Kept:
    """A band's outputs after the block's first, with the rows that they cover."""

    outputs: tuple[tuple[Rows, Tensor], ...]


class Block:
    """The convolutions of one block, and what the way back needs of the way there."""

    def __init__(self, encoder: Encoder, steps: tuple[Step, ...], *, pooled: bool) -> None:
        self.encoder, self.steps, self.pooled = encoder, steps, pooled
        self.on_cpu = steps[0].weight.device.type == "cpu"
        self.input: Tensor | None = None
        self.kept: list[_Kept] = []
        # Rows that pooling needs beyond the band's own.
        self.beyond = 1 if pooled and encoder.architecture.pool == 4 else 0

    def _bands(self, height: int, width: int) -> Iterator[Rows]:
        widest = max(step.weight.shape[0] for step in self.steps)
        row = widest * width * self.steps[0].weight.element_size()
        each = max(16, (BAND if self.on_cpu else BAND_ELSEWHERE) // row // 2 * 2)
        count = -(-height // each)
        each = -(-height // count // 2) * 2
        for top in range(0, height, each):
            yield Rows(top, min(height, top + each))

    def forward(self, x: Tensor, reader: Reader, *, keep: bool) -> Tensor | None:
        """The block's output, pooled; None for the last block, which is only read.

        With `keep` it remembers what the way back needs: its input, and its outputs but the first
        of the image, which is as quickly computed again as it is fetched from memory.
        """
        height, width = x.shape[-2:]
        found: Tensor | None = None
        for band in self._bands(height, width):
            outputs = self._outputs(x, band, height)
            for step, (rows, y) in zip(self.steps, outputs, strict=True):
                reader.take(step, band, band.of(y, rows.top))
            if self.pooled:
                half = self._halved(*outputs[-1], band)
                if found is None:
                    shape = (1, half.shape[1], height // 2, width // 2)
                    found = torch.empty(
                        shape, dtype=half.dtype, device=x.device, memory_format=torch.channels_last
                    )
                Rows(band.top // 2, band.bottom // 2).of(found).copy_(half)
            if keep:
                again = 1 if self.steps[0].stride == 1 else 0
                self.kept.append(_Kept(tuple(outputs[again:])))
        if keep:
            self.input = x
        return found

    def _outputs(
        self, x: Tensor, band: Rows, height: int, most: int | None = None
    ) -> list[tuple[Rows, Tensor]]:
        """Outputs of the first `most` convolutions for a band, with rows to spare."""
        found, first = [], 0
        for number, step in enumerate(self.steps[:most], start=1):
            rows = band.grown(len(self.steps) - number + 2 * self.beyond, height)
            seen = rows.grown(1, height)
            y = F.relu_(F.conv2d(seen.of(x, first), step.weight, step.bias, padding=1))
            x, first = rows.of(y, seen.top), rows.top
            found.append((rows, x))
        return found

    def _halved(self, rows: Rows, y: Tensor, band: Rows) -> Tensor:
        """The pooled rows of a band; two rows to spare keep the zeros beyond the slice away."""
        spare = band.top - rows.top  # 0 or 2
        half = self.encoder.pooled(y)
        return half[..., spare // 2 : (spare + band.bottom - band.top) // 2, :]

    def backward(self, gradient: Tensor | None, reader: Reader) -> Tensor:
        """The gradient of the block's input from that of its output; it forgets what it kept."""
        assert self.input is not None
        x, self.input = self.input, None
        height, width = x.shape[-2:]
        found = torch.empty_like(x)
        done = 0
        for number, band in enumerate(self._bands(height, width)):
            outputs = list(self.kept[number].outputs)
            if len(outputs) < len(self.steps):
                outputs = self._outputs(x, band, height, 1) + outputs
            self.kept[number] = _Kept(())
            rows, part = self._through(gradient, outputs, band, height, reader)
            again, fresh = Rows(rows.top, min(done, rows.bottom)), Rows(done, rows.bottom)
            again.of(found).add_(again.of(part, rows.top))
            fresh.of(found).copy_(fresh.of(part, rows.top))
            done = rows.bottom
        self.kept.clear()
        return found

    def _through(
        self,
        gradient: Tensor | None,
        outputs: list[tuple[Rows, Tensor]],
        band: Rows,
        height: int,
        reader: Reader,
    ) -> tuple[Rows, Tensor]:
        """What one band's output adds to the gradient of the block's input, and to which rows."""
        first, y = outputs[-1]
        own = band.of(y, first.top)
        rows, g = band, torch.zeros_like(own) if gradient is None else self._doubled(gradient, band)
        for step, (first, y) in zip(self.steps[::-1], outputs[::-1], strict=True):
            reader.add(step, band, band.of(y, first.top), band.of(g, rows.top))
            torch.ops.aten.threshold_backward.grad_input(g, rows.of(y, first.top), 0, grad_input=g)
            wider = Rows(rows.top - 1, rows.bottom + 1)
            shape = (1, step.weight.shape[1], wider.bottom - wider.top, g.shape[-1])
            g = conv2d_input(shape, step.weight, g, padding=(0, 1))
            rows = wider.grown(0, height)
            g = rows.of(g, wider.top)
        return rows, g

    def _doubled(self, gradient: Tensor, band: Rows) -> Tensor:
        """The gradient of a band's output from that of the pooled features."""
        half = Rows(band.top // 2, band.bottom // 2)
        seen = half.grown(self.beyond, gradient.shape[-2])
        whole = self.encoder.unpooled(seen.of(gradient))
        return band.of(whole, 2 * seen.top)
