"""Arrays, colours and noise that scene, brush and strokes share."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.floating[Any]]  # in fact float32, but for short-lived intermediates
Labels = npt.NDArray[np.uint8]
REFERENCE_LONG_SIDE = 2880  # sizes of strokes are in pixels of a canvas this long


def rgb(code: str) -> Array:
    """Return the colour of a hexadecimal code as RGB, 0 to 1."""
    return np.frombuffer(bytes.fromhex(code), np.uint8).astype(np.float32) / 255


def smoothstep(low: float, high: float, value: Array) -> Array:
    """Return 0 below ``low``, 1 above ``high`` and a smooth ramp between."""
    t = np.clip((value - low) / (high - low), 0, 1)
    return np.asarray(t * t * (3 - 2 * t), np.float32)


def smooth_noise(rng: np.random.Generator, shape: tuple[int, int], cells: float) -> Array:
    """Return noise of about unit variance with ``cells`` cells along the height."""
    rows = max(2, round(cells) + 1)
    cols = max(2, round(cells * shape[1] / shape[0]) + 1)
    grid = rng.standard_normal((rows, cols)).astype(np.float32)
    return np.asarray(cv2.resize(grid, shape[::-1], interpolation=cv2.INTER_CUBIC), np.float32)
