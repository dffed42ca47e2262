"""Distributions of features: sketches add up, and bring one distribution to another as sorting."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from stages.nst.moments import LayerMoments, Moments
from stages.nst.terms import histogram, sketches, sliced

LOSSES = {"histogram": histogram.histogram_loss, "sliced": sliced.sliced_loss}
SKETCHES = {"histogram": histogram.sketch, "sliced": sliced.sketch}


def drawn(seed: int, count: int = 4000) -> Tensor:
    """Features `(N, 8)` of quite other sizes and forms from channel to channel."""
    x = torch.randn(count, 8, generator=torch.Generator().manual_seed(seed))
    x = x * torch.tensor([0.02, 0.1, 1, 3, 10, 100, 1, 1]) + seed
    x[:, 6] = x[:, 6].exp()
    return x


def moments(kind: str, x: Tensor) -> LayerMoments:
    flat = x.detach()
    gram, sketch = flat.T @ flat / len(flat), {kind: SKETCHES[kind](flat)}
    return LayerMoments(float(len(flat)), flat.mean(dim=0), gram, sketch)


def sorted_loss(x: Tensor, goal: Tensor) -> Tensor:
    """The published losses by sorting, for as many positions of each; relative as ours are."""
    order = goal.sort(dim=0).values
    apart = (x.sort(dim=0).values - order).square().mean()
    return apart / goal.square().mean()


@pytest.mark.parametrize("kind", LOSSES)
def test_losses_and_gradients_are_those_of_sorting(kind: str) -> None:
    x, goal = drawn(0).requires_grad_(True), 1.7 * drawn(1)
    axes = torch.eye(8) if kind == "histogram" else sliced.directions(8)
    wanted = sorted_loss(x @ axes, goal @ axes)
    value = LOSSES[kind](x, moments(kind, x), moments(kind, goal))
    assert float(value.detach()) == pytest.approx(float(wanted.detach()), rel=0.01)
    (ours,), (theirs,) = (torch.autograd.grad(loss, x) for loss in (value, wanted))
    assert float((ours - theirs).norm() / theirs.norm()) < 0.03


@pytest.mark.parametrize("kind", LOSSES)
def test_sketches_of_parts_are_that_of_the_whole(kind: str) -> None:
    x = drawn(2, 1000)
    parts = Moments({"relu1_1": moments(kind, x[:130])}) + Moments(
        {"relu1_1": moments(kind, x[130:])}
    )
    whole = moments(kind, x).sketches[kind]
    torch.testing.assert_close(parts.layers["relu1_1"].sketches[kind], whole, rtol=1e-5, atol=1e-7)
    torch.testing.assert_close(whole.sum(dim=1), torch.ones(len(whole)))


def test_positions_count_by_their_weights() -> None:
    x = drawn(3, 300)
    twice = torch.cat([x, x[:100]])
    weights = torch.ones(300)
    weights[:100] = 2
    assert torch.allclose(sketches.sketched(x, weights=weights), sketches.sketched(twice))
    nowhere = sketches.sketched(x, weights=torch.zeros(300))
    assert float(nowhere.abs().max()) == 0


def test_what_has_the_wanted_distribution_stays() -> None:
    x = drawn(4)
    same = sketches.sketched(x)
    way = sketches.apart(x, same, same)
    assert float(way) < 1e-6 * float(x.square().mean())


def test_nothing_that_is_computed_is_no_number() -> None:
    """Far values, dead channels, shares below zero as differences of sketches have them."""
    x = torch.cat([drawn(5, 200), torch.full((3, 8), 1e9), torch.zeros(7, 8)]).requires_grad_(True)
    now, goal = sketches.sketched(x.detach()), sketches.sketched(torch.zeros(5, 8))
    crooked = now - 0.5 * now.flip(1)
    loss = sketches.apart(x, crooked, goal)
    loss.backward()
    assert torch.isfinite(loss) and x.grad is not None and torch.isfinite(x.grad).all()


def test_directions_are_of_unit_length_and_leave_none_out() -> None:
    axes = sliced.directions(16)
    assert axes.shape == (16, 16 * sliced.TIMES)
    torch.testing.assert_close(axes.norm(dim=0), torch.ones(axes.shape[1]))
    torch.testing.assert_close(axes @ axes.T, sliced.TIMES * torch.eye(16), rtol=0, atol=1e-5)
    assert torch.equal(axes, sliced.directions(16))


@pytest.mark.parametrize("kind", LOSSES)
def test_each_pulls_the_distribution(kind: str) -> None:
    """A channel with the painting's mean and variance and another form gets its form."""
    goal = drawn(6, 2000)[:, 2:4]
    goal = torch.where(goal > goal.mean(dim=0), goal + 4, goal - 4)
    spread = torch.randn(2000, 2, generator=torch.Generator().manual_seed(7))
    x = (goal.mean(dim=0) + goal.std(dim=0) * spread).requires_grad_(True)
    wanted, first = moments(kind, goal), 0.0
    optimizer = torch.optim.Adam([x], 0.2)
    for _ in range(60):
        loss = LOSSES[kind](x, moments(kind, x), wanted)
        first = first or float(loss.detach())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        assert float(loss.detach()) < 1.01 * first
    assert float(sorted_loss(x.detach(), goal)) < 0.1 * float(
        sorted_loss(goal.mean(dim=0) + goal.std(dim=0) * spread, goal)
    )
