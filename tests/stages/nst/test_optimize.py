"""Optimizers: both go down, none hands out anything but the best, NaN is got over."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from stages.nst.optimize import Optimizer, Progress, minimise

GOAL = torch.linspace(0.1, 0.9, 48).reshape(1, 3, 4, 4)
BOTH = pytest.mark.parametrize("name", ["lbfgs", "adam"])
SCALE = torch.logspace(0, 2, 48).reshape(1, 3, 4, 4)


def bowl(pixels: Tensor) -> Tensor:
    """A long valley: some directions are a hundred times as steep as others."""
    return (SCALE * (pixels - GOAL).square()).mean()


class Seen:
    """A loss function that remembers what it was asked, and fails when told to."""

    def __init__(self, loss: Callable[[Tensor], Tensor], fails: dict[int, float]) -> None:
        self.loss, self.fails = loss, fails
        self.asked: list[Tensor] = []
        self.values: list[float] = []

    def __call__(self, pixels: Tensor) -> Tensor:
        self.asked.append(pixels.detach().clone())
        loss = self.loss(pixels) * self.fails.get(len(self.asked), 1.0)
        self.values.append(float(loss.detach()))
        return loss


@BOTH
def test_the_loss_goes_down(name: str) -> None:
    start = torch.full_like(GOAL, 0.5)
    found = minimise(start, bowl, 40, Optimizer(name, rate=0.05))
    assert bowl(found) < 0.1 * bowl(start)
    assert torch.equal(start, torch.full_like(GOAL, 0.5))  # the caller's pixels stay


@BOTH
@pytest.mark.parametrize("fails", [{}, {7: math.nan}, {4: math.inf, 9: 1e6}, {2: math.nan}])
def test_the_best_pixels_are_returned(name: str, fails: dict[int, float]) -> None:
    seen = Seen(bowl, fails)
    notes: list[Progress] = []
    start = torch.full_like(GOAL, 0.5)
    found = minimise(start, seen, 20, Optimizer(name, rate=0.05), notes.append)
    finite = [value for value in seen.values if math.isfinite(value)]
    best = seen.values.index(min(finite))
    assert torch.equal(found, seen.asked[best])
    assert float(bowl(found)) < float(bowl(start))
    assert torch.isfinite(found).all()
    assert [note.iteration for note in notes] == list(range(1, 21))
    assert {note.iterations for note in notes} == {20}
    assert [note.loss for note in notes] == pytest.approx(seen.values, nan_ok=True)


@BOTH
def test_after_nan_the_search_starts_again_from_the_best(name: str) -> None:
    seen = Seen(bowl, {6: math.nan})
    minimise(torch.full_like(GOAL, 0.5), seen, 12, Optimizer(name, rate=0.05))
    best = seen.values[:5].index(min(seen.values[:5]))
    assert torch.equal(seen.asked[6], seen.asked[best])
    assert min(seen.values[6:]) < min(seen.values[:5])


@BOTH
def test_a_loss_that_is_nan_at_once_is_an_error(name: str) -> None:
    with pytest.raises(ArithmeticError):
        minimise(GOAL, lambda pixels: bowl(pixels) * math.nan, 10, Optimizer(name))


@BOTH
def test_a_loss_that_goes_on_failing_ends_all_the_same(name: str) -> None:
    seen = Seen(bowl, dict.fromkeys(range(2, 100), math.nan))
    start = torch.full_like(GOAL, 0.5)
    assert torch.equal(minimise(start, seen, 15, Optimizer(name)), start)
    assert len(seen.asked) == 15


def test_a_start_that_is_best_stays() -> None:
    assert torch.equal(minimise(GOAL, bowl, 10, Optimizer()), GOAL)


@pytest.mark.parametrize(
    ("small", "large"),
    [(Optimizer("lbfgs", step=0.1), Optimizer("lbfgs", step=1.0)),
     (Optimizer("adam", rate=0.001), Optimizer("adam", rate=0.1))],
)  # fmt: skip
def test_the_step_length_counts(small: Optimizer, large: Optimizer) -> None:
    moved = []
    for optimizer in (small, large):
        seen = Seen(bowl, {})
        minimise(torch.full_like(GOAL, 0.5), seen, 2, optimizer)
        moved.append(float((seen.asked[1] - seen.asked[0]).norm()))
    assert 0 < moved[0] < 0.2 * moved[1]


def test_the_same_start_gives_the_same_bits() -> None:
    one, other = (minimise(GOAL * 0.5, bowl, 15, Optimizer()) for _ in range(2))
    assert torch.equal(one, other)
