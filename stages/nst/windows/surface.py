"""What an optimizer moves: the pixels of a region, by strokes of a brush or one by one."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from stages.nst import preconditioner as brush
from stages.nst.windows.task import Task
from stages.tiles import Rect


class _Brushed:
    """Pixels that are moved by strokes of the brush on what was there."""

    def __init__(
        self, start: Tensor, hues: NDArray[np.float32] | None, zones: Tensor | None
    ) -> None:
        self.start, self.variable, self.zones = start, torch.zeros_like(start), zones
        self.hues = None if hues is None else torch.from_numpy(hues).to(start)

    def pixels(self, variable: Tensor) -> Tensor:
        return self.start + brush.laid(variable, self.hues, self.zones)


class _Bare:
    """Pixels that are moved one by one, in units of which white has `white`."""

    def __init__(self, start: Tensor, white: float) -> None:
        self.white, self.variable = white, start * white

    def pixels(self, variable: Tensor) -> Tensor:
        return variable / self.white


def surface_of(start: Tensor, task: Task, zones: Tensor | None) -> _Brushed | _Bare:
    """What is moved of a region that starts as `start` `(1, 3, H, W)`."""
    if task.optimizer.brush == "pixels":
        return _Bare(start, task.optimizer.white)
    return _Brushed(start, task.hues, zones)


class Put(torch.autograd.Function):
    """A framed window with new pixels in one region; the same memory every time."""

    @staticmethod
    def forward(ctx: Any, pixels: Tensor, framed: Tensor, region: Rect) -> Tensor:
        """The window, its pixels replaced."""
        ctx.region = region
        found = framed.detach()
        part(found, region).copy_(pixels)
        return found

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:
        """The gradient of the region's pixels."""
        return part(gradient, ctx.region), None, None


def part(framed: Tensor, region: Rect) -> Tensor:
    """A region of a framed window; the same memory."""
    return framed[..., region.y : region.bottom, region.x : region.right]
