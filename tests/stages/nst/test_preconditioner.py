"""The brush: what it lays is smooth, centred, and the same everywhere."""

from __future__ import annotations

import pytest
import torch

from stages.nst import preconditioner as brush


def spot(size: int = 41) -> torch.Tensor:
    strokes = torch.zeros(1, 3, size, size)
    strokes[0, 1, size // 2, size // 2] = 1
    return strokes


def test_an_even_coat_stays_even_inside() -> None:
    coat = torch.full((1, 3, 44, 51), 0.5)
    total = brush.FINEST + sum(share for share, _ in brush.BLURS)
    torch.testing.assert_close(brush.laid(coat)[..., 9:-9, 9:-9], total * coat[..., 9:-9, 9:-9])


def test_the_way_back_is_the_transpose() -> None:
    """<K a, b> = <a, K b>, at the edges too; and that is what autograd is told."""
    a, b = torch.randn(2, 1, 3, 20, 33, generator=torch.Generator().manual_seed(0))
    a.requires_grad_(True)
    product = (brush.laid(a) * b).sum()
    (slope,) = torch.autograd.grad(product, a)
    torch.testing.assert_close(product, (a * brush.laid(b)).sum())
    torch.testing.assert_close(slope, brush.laid(b))


def test_graphics_cards_lay_the_same() -> None:
    """Their way, by torch's convolutions, runs on the processor too."""
    strokes = torch.randn(1, 3, 31, 52, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(brush._summed_anywhere(strokes), brush.laid(strokes))


def test_a_spot_becomes_round_and_stays_in_its_channel() -> None:
    laid = brush.laid(spot())
    assert torch.equal(laid[:, [0, 2]], torch.zeros(1, 2, 41, 41))
    one = laid[0, 1]
    torch.testing.assert_close(one, one.T)
    torch.testing.assert_close(one, one.flip(0))
    assert one.argmax() == 20 * 41 + 20
    assert float(one.min()) >= 0


@pytest.mark.parametrize("sigma", [0.7, 1.4, 2.8])
def test_blurs_are_as_wide_as_they_say(sigma: float) -> None:
    made = torch.from_numpy(brush.blurred(spot()[0, 1].numpy(), sigma))
    at = torch.arange(41.0) - 20
    assert float(made.sum()) == pytest.approx(1, rel=1e-4)
    assert float((made.sum(0) * at**2).sum()) ** 0.5 == pytest.approx(sigma, rel=0.05)


def test_broad_strokes_move_more_than_grain() -> None:
    """A gradient through the brush: equal waves come out the weaker the finer they are."""
    x = torch.arange(64.0)
    moved = []
    for period in (2, 4, 8, 32):
        wave = torch.cos(2 * torch.pi * x / period).expand(1, 3, 64, 64)
        moved.append(float(brush.laid(wave)[..., 24:40, 24:40].abs().max()))
    assert moved == sorted(moved)
    assert moved[-1] > 5 * moved[0]


def test_strokes_keep_to_the_hues_that_there_are() -> None:
    greys = torch.full((3, 3), 1 / 3)
    laid = brush.laid(spot(), greys)
    torch.testing.assert_close(laid, brush.laid(spot()).mean(1, keepdim=True).expand_as(laid))
    torch.testing.assert_close(brush.laid(spot(), torch.eye(3)), brush.laid(spot()))
    assert not brush.laid(spot(), torch.zeros(3, 3)).any()


def test_slopes_keep_to_the_hues_too() -> None:
    hues = torch.full((3, 3), 1 / 3)
    a, b = torch.randn(2, 1, 3, 12, 15, generator=torch.Generator().manual_seed(2))
    a.requires_grad_(True)
    (slope,) = torch.autograd.grad((brush.laid(a, hues) * b).sum(), a)
    torch.testing.assert_close(slope, brush.laid(b, hues))
