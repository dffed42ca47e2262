"""The average of an optimizer's steps: the later ones count more.

An exponential moving average without its bias towards zero, as crowsonkb's style-transfer-pytorch
has it (Kingma and Ba, *Adam*, 2015, section 3): noise of single steps averages out.
"""

from __future__ import annotations

from torch import Tensor


class Average:
    """Of all that was added, each `decay` times less than the next."""

    def __init__(self, decay: float) -> None:
        self.decay, self._left = decay, 1.0
        self._sum: Tensor | None = None

    def add(self, x: Tensor) -> None:
        """Count one more."""
        total = x * (1 - self.decay)
        self._sum = total if self._sum is None else self._sum * self.decay + total
        self._left *= self.decay

    def value(self) -> Tensor:
        """The average of what was added, of which there is some."""
        assert self._sum is not None
        return self._sum / (1 - self._left)
