"""Binomial pooling: the filter written out, its transpose, and what it does to waves."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from stages.nst.pooling import binomial, binomial_backward


def plainly(x: torch.Tensor) -> torch.Tensor:
    taps = torch.tensor([1.0, 3, 3, 1]) / 8
    kernel = torch.outer(taps, taps).expand(x.shape[1], 1, 4, 4)
    return F.conv2d(x, kernel, stride=2, padding=1, groups=x.shape[1])


@pytest.mark.parametrize("shape", [(1, 3, 8, 8), (2, 5, 6, 14), (1, 1, 2, 2)])
def test_it_is_the_filter_written_out_and_so_is_its_gradient(shape: tuple[int, ...]) -> None:
    x = torch.randn(shape, requires_grad=True)
    ours, wanted = binomial(x), plainly(x)
    torch.testing.assert_close(ours, wanted)
    slope = torch.randn_like(wanted)
    pair = [torch.autograd.grad(y, x, slope)[0] for y in (ours, wanted)]
    torch.testing.assert_close(*pair)
    torch.testing.assert_close(binomial_backward(slope), pair[1])


def test_low_precision_stays_low_and_close() -> None:
    x = torch.rand(1, 4, 16, 16)
    found = binomial(x.bfloat16())
    assert found.dtype == torch.bfloat16
    torch.testing.assert_close(found.float(), plainly(x), rtol=0.03, atol=0.01)
    slope = torch.rand(1, 4, 8, 8)
    back = binomial_backward(slope.bfloat16())
    assert back.dtype == torch.bfloat16
    torch.testing.assert_close(back.float(), binomial_backward(slope), rtol=0.03, atol=0.01)


def test_an_even_field_stays_even_and_waves_too_fine_vanish() -> None:
    assert torch.allclose(binomial(torch.ones(1, 1, 16, 16))[..., 1:-1, 1:-1], torch.ones(()))
    x = torch.arange(64.0)
    left = []
    for period in (16, 8, 4, 8 / 3, 2):
        wave = torch.cos(2 * torch.pi * x / period + 0.3).expand(1, 1, 64, 64)
        left.append(float(binomial(wave)[..., 4:-4, 4:-4].abs().max()))
    assert left == sorted(left, reverse=True)
    assert left[0] > 0.9 and left[3] < 0.1 and left[4] < 1e-5
