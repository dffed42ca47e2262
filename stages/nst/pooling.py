"""Pooling by the binomial filter: half the size without folding fine detail into coarse features.

Zhang, *Making Convolutional Networks Shift-Invariant Again* (2019), section 3: blur, then take
every second. Squares of 2x2 or 4x4 px let a part of what is finer than the new grid through, or
are blind to waves that lie on the old one; what an encoder folds or does not see comes out of the
optimizer as a weave of lines along the axes. The binomial filter 1 3 3 1 has neither fault.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

_TAPS = (0.125, 0.375, 0.375, 0.125)


def binomial(x: Tensor) -> Tensor:
    """`(N, C, H, W)` features at half the height and width, which are even; zeros lie beyond."""
    found: Tensor = _Binomial.apply(x)
    return found


def binomial_backward(gradient: Tensor) -> Tensor:
    """The gradient of the features from that of the pooled ones.

    The transpose of the filter puts a quarter of a neighbour to three quarters of the own cell, so
    a linear interpolation between neighbours does it; torch's transposed convolution of single
    channels takes twice to ten times as long.
    """
    padded = F.pad(gradient * 0.25, (1, 1, 1, 1))
    own = padded[..., 1:-1, :]
    n, c, h, w = gradient.shape
    found = torch.empty(
        (n, c, 2 * h, 2 * w),
        dtype=gradient.dtype,
        device=gradient.device,
        memory_format=torch.channels_last,
    )
    for row, beside in enumerate((padded[..., :-2, :], padded[..., 2:, :])):
        line = torch.lerp(own, beside, 0.25)
        inner = line[..., 1:-1]
        torch.lerp(inner, line[..., :-2], 0.25, out=found[..., row::2, 0::2])
        torch.lerp(inner, line[..., 2:], 0.25, out=found[..., row::2, 1::2])
    return found


class _Binomial(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        taps = torch.tensor(_TAPS, dtype=x.dtype, device=x.device)
        kernel = torch.outer(taps, taps)[None, None].expand(x.shape[1], 1, 4, 4)
        kernel = kernel.contiguous(memory_format=torch.channels_last)
        return F.conv2d(x, kernel, stride=2, padding=1, groups=x.shape[1])

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        return binomial_backward(gradient)
