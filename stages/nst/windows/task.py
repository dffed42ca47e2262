"""What a window is restyled to, and what comes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from stages.nst.moments import Moments
from stages.nst.optimize import Optimizer
from stages.nst.published.method import Method
from stages.tiles import Rect

Pixels = NDArray[np.float32]


@dataclass(frozen=True)
class Weights:
    """Weights of the terms of the loss; `style` and `content` count in units of the encoder's."""

    style: float = 1.0
    content: float = 1.0
    smooth: float = 1.0
    with_std: bool = False


@dataclass(frozen=True)
class Task:
    """What a window is restyled to.

    `core` (where moments are measured) and `write` (what may change) are px of the window. The
    window's pixels outside `write` are read only. `canvas` has the moments of the whole canvas at
    the start of the sweep; without it the window itself is made to match `style`, which is right
    for a window that is the whole canvas. `gain` is how many times the residual it aims at, by
    layer; without it once. `hues` `(3, 3)` is what strokes are multiplied with before they are laid
    (stages.canvas.palette.directions): where a painting has no colour, neither have they. With a
    `method` the losses are those of that one; some look at `paintings` of the window's scale.
    `zones` `(H, W, Z)` are the shares that zones have of the window's pixels; they add up to one at
    most. `style` and `canvas` are then the moments of zones, and `hues` `(Z, 3, 3)`. Where no zone
    is, only content and smoothness act.
    """

    core: Rect
    write: Rect
    style: Moments
    canvas: Moments | None
    content_energy: float
    weights: Weights
    iterations: int
    optimizer: Optimizer = field(default_factory=Optimizer)
    gain: Mapping[str, float] | None = None
    hues: NDArray[np.float32] | None = None
    method: Method | None = None
    zones: Pixels | None = None
    paintings: tuple[Pixels, ...] = ()


@dataclass(frozen=True)
class Restyled:
    """New pixels of a `write` rectangle, `(h, w, 3)`, and the loss at every evaluation."""

    pixels: Pixels
    losses: tuple[float, ...]
