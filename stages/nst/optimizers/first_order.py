"""Gradient descent, Adam and RMSprop, as the libraries have them that publications used.

Keras' SGD without momentum; Adam (Kingma and Ba, 2015) in two forms: torch adds epsilon to the
corrected root ("corrected"), TensorFlow 1, Keras and torch7 to the root as it is ("plain", section
2 of the paper); torch's RMSprop, uncentred.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

Gradient = Callable[[Tensor], Tensor]
After = Callable[[Tensor], None]


@dataclass(frozen=True)
class Betas:
    """How slowly Adam forgets, and what keeps its roots from zero."""

    first: float = 0.9
    second: float = 0.999
    epsilon: float = 1e-8
    form: str = "corrected"


def sgd(x: Tensor, gradient_at: Gradient, rates: list[float], after: After) -> None:
    """Steps against the gradient, one for each rate; `x` is changed, and `after` told of it."""
    for rate in rates:
        x.sub_(gradient_at(x), alpha=rate)
        after(x)


def adam(x: Tensor, gradient_at: Gradient, rates: list[float], betas: Betas, after: After) -> None:
    """Steps of Adam, one for each rate."""
    mean, square = torch.zeros_like(x), torch.zeros_like(x)
    for step, rate in enumerate(rates, start=1):
        gradient = gradient_at(x)
        mean.mul_(betas.first).add_(gradient, alpha=1 - betas.first)
        square.mul_(betas.second).addcmul_(gradient, gradient, value=1 - betas.second)
        corrected = 1 - betas.second**step
        length = rate / (1 - betas.first**step)
        if betas.form == "plain":
            root, length = square.sqrt(), length * math.sqrt(corrected)
        else:
            root = (square / corrected).sqrt()
        x.addcdiv_(mean, root.add_(betas.epsilon), value=-length)
        after(x)


def rmsprop(
    x: Tensor, gradient_at: Gradient, rates: list[float], betas: Betas, after: After
) -> None:
    """Steps of RMSprop, one for each rate; squares are forgotten by `betas.second`."""
    square = torch.zeros_like(x)
    for rate in rates:
        gradient = gradient_at(x)
        square.mul_(betas.second).addcmul_(gradient, gradient, value=1 - betas.second)
        x.addcdiv_(gradient, square.sqrt().add_(betas.epsilon), value=-rate)
        after(x)
