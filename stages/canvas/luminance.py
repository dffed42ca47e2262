"""Luminance: how light a colour is, by Rec. 709's weights on display-referred sRGB."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

WEIGHTS = np.array([0.2126, 0.7152, 0.0722], np.float32)


def luminance(pixels: NDArray[np.float32]) -> NDArray[np.float32]:
    """Of `(..., 3)` sRGB, 0 to 1, as `(...)`."""
    return np.asarray(pixels @ WEIGHTS, np.float32)
