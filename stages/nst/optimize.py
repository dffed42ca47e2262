"""Minimise a loss over pixels: Tilebrush's own L-BFGS and Adam; others are in nst.optimizers."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from stages.nst import lbfgs
from stages.nst.optimizers.choice import Optimizer, Progress
from stages.nst.optimizers.descent import descend

__all__ = ["Optimizer", "Progress", "minimise"]


def minimise(
    start: Tensor,
    loss_of: Callable[[Tensor], Tensor],
    iterations: int,
    optimizer: Optimizer,
    report: Callable[[Progress], None] = lambda _: None,
) -> Tensor:
    """The best pixels seen within `iterations` evaluations, beginning at `start`.

    A loss that is not finite or has grown tenfold (L-BFGS runs without a line search, one
    evaluation an iteration) makes the search start again from the best pixels. Optimizers of
    published methods have no such guard.
    """
    if not optimizer.guarded:
        return descend(start, loss_of, iterations, optimizer, report)
    best, best_loss, done = start.detach().clone(), math.inf, 0

    def evaluate(pixels: Tensor) -> float:
        nonlocal best, best_loss, done
        with torch.enable_grad():
            loss = loss_of(pixels)
            (gradient,) = torch.autograd.grad(loss, pixels)
        value = float(loss.detach())
        done += 1
        report(Progress(done, iterations, value))
        if not math.isfinite(value) or value > 10 * best_loss:
            raise ArithmeticError(f"loss {value}")
        if value < best_loss:
            best_loss = value
            best.copy_(pixels.detach())
        pixels.grad = gradient.contiguous()  # L-BFGS flattens it as a view
        return value

    while done < iterations:
        pixels = best.clone().requires_grad_(True)
        try:
            if optimizer.name == "adam":
                _adam(pixels, evaluate, iterations - done, optimizer)
            else:
                _lbfgs(pixels, evaluate, iterations - done, optimizer)
        except ArithmeticError:
            if not math.isfinite(best_loss):
                raise
            continue
        break
    return best


def _lbfgs(
    pixels: Tensor, evaluate: Callable[[Tensor], float], iterations: int, optimizer: Optimizer
) -> None:
    def gradient_at(x: Tensor) -> Tensor:
        pixels.data.copy_(x)
        evaluate(pixels)
        assert pixels.grad is not None
        return pixels.grad

    history = min(optimizer.history, 10)
    lbfgs.search(pixels.detach(), gradient_at, iterations, history, optimizer.step)


def _adam(
    pixels: Tensor, evaluate: Callable[[Tensor], float], iterations: int, optimizer: Optimizer
) -> None:
    # beta1 0.9, beta2 0.99: gradients of this loss change size fast in the first iterations
    search = torch.optim.Adam([pixels], lr=optimizer.rate, betas=(0.9, 0.99))
    for step in range(iterations):
        for group in search.param_groups:  # half a cosine down: the last steps settle
            group["lr"] = optimizer.rate * 0.5 * (1 + math.cos(math.pi * step / iterations))
        evaluate(pixels)
        search.step()
