"""Learning rates over the steps: constant, falling exponentially, or half a cosine down."""

from __future__ import annotations

import math


def rate_at(
    step: int, steps: int, rate: float, schedule: str, decay: float, decay_steps: int
) -> float:
    """The rate of a step, counted from 0, of `steps`.

    "exponential" is rate decay^(step / decay_steps), in one smooth curve, as Keras'
    ExponentialDecay without its staircase.
    """
    if schedule == "exponential":
        return float(rate * decay ** (step / decay_steps))
    if schedule == "cosine":
        return rate * 0.5 * (1 + math.cos(math.pi * step / steps))
    return rate
