"""Which optimizer, and how: what the settings of [optimizer] say."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Optimizer:
    """Which optimizer and how; the names are those of the settings.

    `history` (at most 10 of "lbfgs") and `step`, the step length, are L-BFGS's; `rate` is that of
    the others in colour units, of which white has `white`.
    """

    name: str = "lbfgs"
    history: int = 10
    rate: float = 0.02
    step: float = 1.0
    evaluations: int = 20
    schedule: str = "cosine"
    decay: float = 0.96
    decay_steps: int = 100
    beta1: float = 0.9
    beta2: float = 0.99
    epsilon: float = 1e-8
    epsilon_to: str = "corrected"
    white: float = 1.0
    brush: str = "strokes"
    keep: str = "best"
    average: float = 0.99
    clip: str = "end"

    @property
    def guarded(self) -> bool:
        """Whether it is Tilebrush's own: the best pixels are kept, and it begins anew from them."""
        own = ("cosine", "best", "end", "corrected", 1e-8)
        found = (self.schedule, self.keep, self.clip, self.epsilon_to, self.epsilon)
        return self.name == "lbfgs" or (self.name == "adam" and found == own)


@dataclass(frozen=True)
class Progress:
    """One evaluation of the loss."""

    iteration: int
    iterations: int
    loss: float
