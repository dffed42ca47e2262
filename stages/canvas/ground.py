"""Tooth: the slight roughness of the ground that an image is painted on.

A start that is smooth or enlarged has nothing in its finest detail, and where it has a level
gradient, as in skies, nothing that differs from column to column either. The optimizer then builds
strokes from what little there is: lines along rows and columns, a weave. Fine grey noise gives
strokes of every direction something to begin with; the optimizer paints over it.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from stages.canvas.files import Pixels
from stages.tiles import Size

_SIGMA = 0.7  # px: noise of single pixels would stay as grain where few iterations follow
_RADIUS = 2  # px on either side that the blur looks at


@dataclass(frozen=True)
class Tooth:
    """Standard deviation of the noise, 0 to 1 being black to white, and what it is drawn from."""

    amount: float = 0.0
    seed: int = 0


def roughened(pixels: Pixels, tooth: Tooth) -> Pixels:
    """A whole image (height, width, 3) with tooth, clipped to 0 to 1."""
    if not tooth.amount:
        return pixels
    height, width, _ = pixels.shape
    ground = noise(tooth.seed, Size(width, height), 0, height)
    rough = pixels + np.float32(tooth.amount) * ground[..., None]
    return np.clip(rough, 0.0, 1.0, out=rough)


def noise(seed: int, size: Size, top: int, bottom: int) -> NDArray[np.float32]:
    """Rows of Gaussian noise blurred by 0.7 px, of variance one, (bottom - top, width).

    A row is the same whatever rows are asked for with it.
    """
    # Seeds are no negative numbers: row 0 of the image is drawn from number _RADIUS.
    drawn = [
        np.random.default_rng((seed, size.width, size.height, row)).standard_normal(
            size.width + 2 * _RADIUS, np.float32
        )
        for row in range(top, bottom + 2 * _RADIUS)
    ]
    kernel = np.asarray(cv2.getGaussianKernel(2 * _RADIUS + 1, _SIGMA, cv2.CV_32F))
    kernel = kernel / np.sqrt(np.sum(kernel**2))
    blurred = cv2.sepFilter2D(np.stack(drawn), cv2.CV_32F, kernel, kernel)
    return np.asarray(blurred[_RADIUS:-_RADIUS, _RADIUS:-_RADIUS], dtype=np.float32)
