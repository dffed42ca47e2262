"""How near a picture comes to a painting's colours and contrast, in numbers.

Pictures are float32 `(H, W, 3)`, display-referred sRGB from 0 to 1.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from stages.canvas.looks.texture import Grey, Pixels, size_of
from stages.canvas.resample import resized
from stages.tiles import Size

WIDTH = 533  # px, that pictures are looked at
BANDS = (1.0, 2.0, 4.0, 8.0, 16.0)  # px
FOREIGN = 8.0  # CIELAB units: from here on two colours side by side are plainly not the same
_DIRECTIONS, _QUANTILES = 64, 2000
_CELL = 2.0  # CIELAB units, of the cells in which a painting's colours are remembered


def at_width(pixels: Pixels) -> Pixels:
    """A picture `(H, W, 3)` shrunk to 533 px of width; smaller ones stay as they are."""
    size = size_of(pixels)
    if size.width <= WIDTH:
        return pixels
    return resized(pixels, Size(WIDTH, round(size.height * WIDTH / size.width)))


def cielab(pixels: Pixels) -> NDArray[np.float32]:
    """CIELAB (D65) `(N, 3)` of display-referred sRGB: L from 0 to 100."""
    picture = np.ascontiguousarray(pixels.reshape(-1, 1, 3), np.float32)
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2LAB), np.float32).reshape(-1, 3)


def distance(one: Pixels, other: Pixels) -> float:
    """Sliced Wasserstein-1 distance of the colours of two pictures, in CIELAB units.

    N. Bonneel et al., *Sliced and Radon Wasserstein Barycenters of Measures* (2015): the mean over
    64 directions of the distance of the colours' projections, by their quantiles.
    """
    axes = _axes()
    a, b = (_quantiles(cielab(picture) @ axes) for picture in (one, other))
    return float(np.abs(a - b).mean())


def _quantiles(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """2000 quantiles of every column: sorting float32 takes a tenth of numpy's own quantiles."""
    shares = (np.arange(_QUANTILES) + 0.5) / _QUANTILES
    return np.asarray(np.sort(values, axis=0)[(shares * len(values)).astype(np.int64)])


def _axes() -> NDArray[np.float32]:
    """Directions `(3, 64)` spread evenly over half a sphere, on a spiral of golden angles.

    As many drawn by lot make the ratio of two distances uncertain by a fifth.
    """
    number = np.arange(_DIRECTIONS)
    up = (number + 0.5) / _DIRECTIONS
    turn, out = number * np.pi * (3 - 5**0.5), np.sqrt(1 - up**2)
    return np.stack([out * np.cos(turn), out * np.sin(turn), up]).astype(np.float32)


def palette_distance(image: Pixels, photo: Pixels, painting: Pixels) -> float:
    """Distance of the picture's colours to the painting's over that of the photo's.

    0: the painting's colours in its shares; 1: as far from them as the photo.

    Raises: `ValueError` if the photo has the painting's colours already.
    """
    whole = distance(photo, painting)
    if whole < 1e-3:
        raise ValueError("the photo has the painting's colours already; nothing to compare with")
    return distance(image, painting) / whole


def contrast(grey: Grey, scale: float) -> float:
    """Standard deviation of luminance in one band: Gaussian blurs of `scale` and half of it apart.

    The band of 1 px is what a blur of 1 px takes away.
    """
    coarse = cv2.GaussianBlur(grey, (0, 0), scale, borderType=cv2.BORDER_REFLECT)
    fine = grey if scale <= 1 else cv2.GaussianBlur(grey, (0, 0), scale / 2)
    return float((np.asarray(fine) - np.asarray(coarse)).std())


def foreign(image: Pixels, painting: Pixels) -> float:
    """Per cent of pixels whose colour is `FOREIGN` or more from all of the painting's.

    The painting's colours are remembered in cells of 2 CIELAB units: exact to about one.
    """
    cells = np.unique(np.round(cielab(painting) / _CELL).astype(np.int32), axis=0)
    seen, count = np.unique(
        np.round(cielab(image) / _CELL).astype(np.int32), axis=0, return_counts=True
    )
    known = cells.astype(np.float32)
    far = 0
    for start in range(0, len(seen), 512):
        some = seen[start : start + 512].astype(np.float32)
        apart = (some**2).sum(1)[:, None] + (known**2).sum(1)[None] - 2 * some @ known.T
        far += int(count[start : start + 512][apart.min(axis=1) >= (FOREIGN / _CELL) ** 2].sum())
    return 100 * far / int(count.sum())


def spread(pixels: Pixels) -> float:
    """Mean over pixels of the largest channel less the smallest, of 255: 0 for greys."""
    return float(np.ptp(pixels, axis=2).mean()) * 255
