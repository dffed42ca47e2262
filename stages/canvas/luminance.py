"""Luminance: how light a colour is, by Rec. 709's weights on display-referred sRGB."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

WEIGHTS = np.array([0.2126, 0.7152, 0.0722], np.float32)


def luminance(pixels: NDArray[np.float32]) -> NDArray[np.float32]:
    """Of `(..., 3)` sRGB, 0 to 1, as `(...)`."""
    return np.asarray(pixels @ WEIGHTS, np.float32)


def relit(
    painted: NDArray[np.float32],
    joined: NDArray[np.float32],
    broad: Callable[[NDArray[np.float32]], NDArray[np.float32]] | None = None,
) -> NDArray[np.float32]:
    """Paint `(H, W, 3)`, 0 to 1 sRGB, as light as it is when joined, in its own hues.

    The optimizer joins dabs to strokes, but where it moves colours it makes some that the painting
    does not have. What is `broad` of how much lighter it gets, `(H, W)`, is left out.
    """
    lighter = luminance(joined) - luminance(painted)
    if broad is not None:
        lighter = lighter - broad(lighter)
    return _lighter(painted, lighter)


def lit(pixels: NDArray[np.float32], light: NDArray[np.float32]) -> NDArray[np.float32]:
    """Pixels `(H, W, 3)`, 0 to 1 sRGB, of a luminance `(H, W)`; all channels move alike."""
    return _lighter(pixels, light - luminance(pixels))


def _lighter(pixels: NDArray[np.float32], by: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(np.clip(pixels + by[..., None], 0.0, 1.0), np.float32)
