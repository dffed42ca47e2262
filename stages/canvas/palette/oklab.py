"""Colours as OKLab, in which equal distances look about equally far apart.

B. Ottosson, *A perceptual color space for image processing* (2020), with its published matrices.
Unlike in CIELAB, a blue that gets lighter stays blue, so means of colours keep their hue.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Colours = NDArray[np.float64]

_TO_CONES = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)
_FROM_CONES, _FROM_LAB = np.linalg.inv(_TO_CONES), np.linalg.inv(_TO_LAB)


def linear(srgb: NDArray[Any]) -> Colours:
    """Linear light of display-referred sRGB, both 0 to 1."""
    low = srgb <= 0.04045
    return np.where(low, srgb / 12.92, ((np.maximum(srgb, 0.0) + 0.055) / 1.055) ** 2.4)


def displayed(light: Colours) -> Colours:
    """Display-referred sRGB of linear light; negative light gives negative numbers."""
    bright = 1.055 * np.maximum(light, 0.0) ** (1 / 2.4) - 0.055
    return np.where(light <= 0.0031308, 12.92 * light, bright)


def of_srgb(srgb: NDArray[Any]) -> Colours:
    """OKLab `(..., 3)` of sRGB `(..., 3)`, 0 to 1: L from 0 to 1, a and b about -0.3 to 0.3."""
    return np.asarray(np.cbrt(linear(srgb) @ _TO_CONES.T) @ _TO_LAB.T)


def to_srgb(lab: Colours) -> Colours:
    """sRGB `(..., 3)` of OKLab, outside 0 to 1 where no screen shows the colour."""
    return displayed((lab @ _FROM_LAB.T) ** 3 @ _FROM_CONES.T)
