"""Minimise a loss as publications did: no guard against a loss that grows, the last pixels kept."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from stages.errors import TilebrushError
from stages.nst.optimizers import first_order, quasi_newton
from stages.nst.optimizers.averaging import Average
from stages.nst.optimizers.choice import Optimizer, Progress
from stages.nst.optimizers.first_order import Betas
from stages.nst.optimizers.rates import rate_at


def descend(
    start: Tensor,
    loss_of: Callable[[Tensor], Tensor],
    iterations: int,
    how: Optimizer,
    report: Callable[[Progress], None] = lambda _: None,
) -> Tensor:
    """What the optimizer arrives at from `start`. Only pixels can be clipped, not strokes.

    Raises:
        TilebrushError: the loss is no number any more.
    """
    run = _Run(start, loss_of, iterations, how, report)
    if how.name == "lbfgs-plain":
        quasi_newton.unsearched(run.x, run.evaluate, iterations, how.history, run.stepped)
    elif how.name == "lbfgs-search":
        each = min(how.evaluations, iterations)
        quasi_newton.searched(run.x, run.evaluate, iterations, each, run.stepped)
    else:
        _first_order(run, iterations, how)
    return run.kept()


def _first_order(run: _Run, iterations: int, how: Optimizer) -> None:
    rates = [
        rate_at(step, iterations, how.rate, how.schedule, how.decay, how.decay_steps)
        for step in range(iterations)
    ]
    betas = Betas(how.beta1, how.beta2, how.epsilon, how.epsilon_to)
    if how.name == "sgd":
        first_order.sgd(run.x, run.gradient, rates, run.stepped)
    elif how.name == "rmsprop":
        first_order.rmsprop(run.x, run.gradient, rates, betas, run.stepped)
    else:
        first_order.adam(run.x, run.gradient, rates, betas, run.stepped)


class _Run:
    """Evaluations of one descent, and what is kept of it."""

    def __init__(
        self,
        start: Tensor,
        loss_of: Callable[[Tensor], Tensor],
        iterations: int,
        how: Optimizer,
        report: Callable[[Progress], None],
    ) -> None:
        self.x, self.how, self.iterations = start.detach().clone(), how, iterations
        self._loss_of, self._report = loss_of, report
        self._clipped = how.clip == "steps" and how.brush == "pixels"
        self._done, self._best, self._best_loss = 0, self.x.clone(), math.inf
        self._average = Average(how.average)
        self._average.add(self.x)

    def evaluate(self, at: Tensor) -> tuple[float, Tensor]:
        """Loss and gradient."""
        with torch.enable_grad():
            pixels = at.detach().clone().requires_grad_(True)
            loss = self._loss_of(pixels)
            (gradient,) = torch.autograd.grad(loss, pixels)
        value = float(loss.detach())
        self._done += 1
        if not math.isfinite(value):
            raise TilebrushError(
                f"the loss is no number after {self._done} evaluations of {self.how.name}; its "
                "steps are too long for this picture: lower optimizer.rate or the weights"
            )
        if self._done <= self.iterations:  # a search may take a few more
            self._report(Progress(self._done, self.iterations, value))
        if self.how.keep == "best" and value < self._best_loss:
            self._best_loss = value
            self._best.copy_(at)
        return value, gradient

    def gradient(self, at: Tensor) -> Tensor:
        """The gradient alone."""
        return self.evaluate(at)[1]

    def stepped(self, x: Tensor) -> None:
        """Told of every step."""
        if self._clipped:
            x.clamp_(0, self.how.white)
        if self.how.keep == "average":
            self._average.add(x)

    def kept(self) -> Tensor:
        """What is handed back."""
        if self.how.keep == "average":
            return self._average.value()
        return self._best if self.how.keep == "best" else self.x
