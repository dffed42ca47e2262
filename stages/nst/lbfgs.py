"""L-BFGS without a line search: one evaluation of loss and gradient an iteration.

Nocedal, *Updating Quasi-Newton Matrices with Limited Storage* (1980), in the form of Chen, Wang,
Zhou, *Large-scale L-BFGS using MapReduce* (2014): all inner products of the kept steps and
differences are held in one small table, so that an iteration reads them twice (for the new products
and for the direction) instead of five times. It departs from torch.optim.LBFGS, which it was
measured against (docs/performance.md), in that and in the first step.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

# The first step is the gradient times FIRST times the number of values: the losses are means over
# pixels, so that curvature times that number is nearly the same at all sizes (1.4e-4 to 1e-3 of
# inverse curvature seen from 266x200 to 1064x800). At most LONGEST, root mean square in 0 to 1
# sRGB. torch.optim.LBFGS steps by 1 / |gradient|_1, too little to see: a wasted evaluation of few.
FIRST = 2.5e-4
LONGEST = 0.02

# Shortest curvature, relative to the lengths of step and difference, that is learned from.
_LEAST = 1e-8


class Memory:
    """The last steps and differences of gradients, and from them the way to go."""

    def __init__(self, history: int, length: int, device: torch.device) -> None:
        """For `history` pairs of vectors of `length` numbers on a device."""
        self.history, self.count, self.next = history, 0, 0
        self._pairs = torch.zeros(2 * history, length, device=device)
        self._along = torch.zeros(2 * history, dtype=torch.float64)
        self._products = torch.zeros(2 * history, 2 * history, dtype=torch.float64)

    def learn(self, step: Tensor, difference: Tensor, gradient: Tensor) -> None:
        """Keep a step and the difference of the gradients at its ends, in place of the oldest.

        `gradient` is the one at the step's end.
        """
        m = self.history
        row, other = self.next, self.next + m
        steps, differences = self._pairs[row], self._pairs[other]
        keep = self._worth(step, difference)
        if keep:
            steps.copy_(step)
            differences.copy_(difference)
        changed = (self._pairs @ difference).cpu().double()  # not all devices have float64
        # What lies along the gradient goes on from the last one; it does so for as many steps as a
        # pair is kept, so that errors do not grow.
        self._along += changed
        if not keep:
            return
        self._along[row], self._along[other] = float(step @ gradient), float(difference @ gradient)
        for at, column in ((row, (self._pairs @ step).cpu().double()), (other, changed)):
            self._products[at, :] = column
            self._products[:, at] = column
        self.next = (self.next + 1) % m
        self.count = min(self.count + 1, m)

    @staticmethod
    def _worth(step: Tensor, difference: Tensor) -> bool:
        """Whether the curvature along a step is clear enough to be learned from."""
        curvature, size = float(step @ difference), float(difference @ difference)
        return curvature > float(_LEAST * size**0.5 * float(step @ step) ** 0.5)

    def direction(self, gradient: Tensor) -> Tensor:
        """Minus the inverse Hessian, as far as it is known, times the last gradient learned."""
        along = self._along
        m, p = self.history, self._products
        order = [(self.next - 1 - k) % m for k in range(self.count)]  # newest first
        weights = torch.zeros(2 * m, dtype=torch.float64)  # of steps, then differences
        first = {}
        for i in order:
            first[i] = float(along[i] + p[i] @ weights) / float(p[i, i + m])
            weights[i + m] -= first[i]
        newest = order[0]
        share = float(p[newest, newest + m] / p[newest + m, newest + m])
        weights *= share
        for i in reversed(order):
            second = float(share * along[i + m] + p[i + m] @ weights) / float(p[i, i + m])
            weights[i] += first[i] - second
        found = weights.float().to(gradient.device) @ self._pairs
        return found.add_(gradient, alpha=share).neg_()


def search(
    start: Tensor,
    evaluate: Callable[[Tensor], Tensor],
    iterations: int,
    history: int,
    rate: float = 1.0,
) -> None:
    """Evaluate `iterations` times, each time further down, from `start`.

    `evaluate` gives the gradient at what it is given, which it must not keep. `rate` is the part
    of each step that is taken.
    """
    x = start.flatten().clone()
    memory = Memory(min(history, max(1, iterations - 1)), x.numel(), x.device)
    gradient = evaluate(x.view(start.shape)).flatten()
    step = gradient * (-rate * _first(gradient))
    for _ in range(iterations - 1):
        x.add_(step)
        new = evaluate(x.view(start.shape)).flatten()
        memory.learn(step, new - gradient, new)
        gradient = new
        step = memory.direction(gradient) if memory.count else gradient * -_first(gradient)
        step.mul_(rate)


def _first(gradient: Tensor) -> float:
    """What to multiply the gradient with as long as nothing is known of the curvature."""
    spread = float(gradient.square().mean().sqrt())
    return min(FIRST * gradient.numel(), LONGEST / max(spread, 1e-30))
