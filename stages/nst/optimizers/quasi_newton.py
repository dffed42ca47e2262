"""L-BFGS as publications ran it: torch's without a line search, and scipy's with one, restarted.

Both want pixels in the network's own units, 0 to 255: their first steps are not free of scale.
stages.nst.lbfgs is Tilebrush's own.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

Evaluate = Callable[[Tensor], tuple[float, Tensor]]


def unsearched(
    x: Tensor, evaluate: Evaluate, evaluations: int, history: int, after: Callable[[Tensor], None]
) -> None:
    """torch.optim.LBFGS at its full step, one evaluation and one update each; `x` is changed.

    torch7's is the same. Calls of `step` with `max_iter` 20 again and again, as published, go on
    where they were: one long call does the same. It never ends early: the published tolerances are
    those of losses a thousand times larger than a tile's share.
    """
    variable = x.detach().requires_grad_(True)
    search = torch.optim.LBFGS(
        [variable],
        max_iter=evaluations,
        max_eval=evaluations + 1,
        history_size=history,
        tolerance_grad=0.0,
        tolerance_change=0.0,
    )

    def closure() -> float:
        value, gradient = evaluate(variable.detach())
        variable.grad = gradient.contiguous()
        return value

    search.step(closure)
    with torch.no_grad():
        x.copy_(variable)
    after(x)


def searched(
    x: Tensor,
    evaluate: Evaluate,
    evaluations: int,
    each: int,
    after: Callable[[Tensor], None],
) -> None:
    """scipy's L-BFGS-B without bounds, begun anew after `each` evaluations; `x` is changed.

    As `fmin_l_bfgs_b(maxfun=each)` in Chollet's loop: a limit that is looked at after an iteration,
    so that each round takes one evaluation more.
    """
    import numpy as np
    from scipy.optimize import fmin_l_bfgs_b  # type: ignore[attr-defined, unused-ignore]

    def function(flat: np.ndarray[tuple[int], np.dtype[np.float64]]) -> tuple[float, object]:
        at = torch.from_numpy(flat).to(x).view(x.shape)
        value, gradient = evaluate(at)
        return value, gradient.detach().cpu().double().flatten().numpy()

    flat = x.detach().cpu().double().flatten().numpy()
    for _ in range(-(-evaluations // each)):
        flat, _, _ = fmin_l_bfgs_b(function, flat, maxfun=each)
        x.copy_(torch.from_numpy(flat).to(x).view(x.shape))
        after(x)
