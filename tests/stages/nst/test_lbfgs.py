"""L-BFGS from a table of products: the textbook's direction, and as far down as torch's."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from stages.nst import lbfgs

LENGTH = 40


def textbook(pairs: list[tuple[Tensor, Tensor]], gradient: Tensor) -> Tensor:
    """Nocedal's two loops, pairs from old to new."""
    q, first = gradient.clone(), []
    for step, difference in reversed(pairs):
        first.append(float(step @ q / (step @ difference)))
        q -= first[-1] * difference
    newest_step, newest = pairs[-1]
    q *= newest_step @ newest / (newest @ newest)
    for (step, difference), alpha in zip(pairs, reversed(first), strict=True):
        q += step * (alpha - float(difference @ q / (step @ difference)))
    return -q


@pytest.mark.parametrize("count", [1, 3, 4, 11])
def test_the_direction_is_that_of_the_two_loops(count: int) -> None:
    generator = torch.Generator().manual_seed(count)
    curvature = torch.rand(LENGTH, generator=generator) + 0.5
    memory = lbfgs.Memory(4, LENGTH, torch.device("cpu"))
    gradient, pairs = torch.randn(LENGTH, generator=generator), []
    for _ in range(count):
        step = torch.randn(LENGTH, generator=generator)
        pairs.append((step, curvature * step))
        gradient = gradient + pairs[-1][1]
        memory.learn(*pairs[-1], gradient)
    torch.testing.assert_close(
        memory.direction(gradient), textbook(pairs[-4:], gradient), rtol=1e-3, atol=1e-4
    )


def test_a_pair_of_no_curvature_is_not_learned() -> None:
    memory = lbfgs.Memory(3, LENGTH, torch.device("cpu"))
    step, gradient = torch.randn(LENGTH), torch.randn(LENGTH)
    memory.learn(step, -step, gradient)
    memory.learn(step, torch.zeros(LENGTH), gradient)
    assert memory.count == 0
    memory.learn(step, 2 * step, gradient)
    memory.learn(step, -step, gradient - step)  # goes on from the gradient all the same
    found = memory.direction(gradient - step)
    torch.testing.assert_close(
        found, textbook([(step, 2 * step)], gradient - step), rtol=1e-3, atol=1e-4
    )


def valley(x: Tensor) -> tuple[float, Tensor]:
    """A mean of squares, as the losses are, some directions a hundred times as steep."""
    steep = torch.logspace(0, 2, x.numel()).view(x.shape)
    return float((steep * x.square()).mean()), 2 * steep * x / x.numel()


def test_goes_as_far_down_as_torch_with_as_many_evaluations() -> None:
    start, values = torch.linspace(-1, 1, 300), []

    def evaluate(x: Tensor) -> Tensor:
        value, gradient = valley(x)
        values.append(value)
        return gradient

    lbfgs.search(start, evaluate, 30, 10)
    assert len(values) == 30

    theirs, x = [], start.clone().requires_grad_(True)

    def closure() -> float:
        value, x.grad = valley(x.detach())
        theirs.append(value)
        return value

    torch.optim.LBFGS([x], max_iter=30, max_eval=30, history_size=10).step(closure)
    assert min(values) < 2 * min(theirs)
    assert min(values) < 1e-3 * values[0]
