"""Keeping: a print's lightness with the photo's colours, pixel by pixel.

Gatys et al. (2016) call it luminance-only transfer. `luma` takes Y' of the print and both chroma
channels of the photo, ITU-R BT.601, as the known programs do; `oklab` takes L of the print and a, b
of the photo in OKLab, where a colour looks as strong when it gets lighter.

Departure: the known programs cut off what no screen shows, which changes the colours that were to
be kept. Here the lightness gives way: it goes from the photo's towards the print's as far as the
photo's colour can be shown.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from stages.canvas.files import Pixels
from stages.canvas.palette import oklab
from stages.canvas.palette.recolouring import LUMA

Kept = Literal["luma", "oklab"]

_HALVINGS = 12  # of how far the lightness goes: to 1/4096 of its way
_CLOSE = 1e-4  # beyond 0 to 1 that counts as nothing: rounding of the photo itself
_PIXELS = 1 << 16  # at a time, so that what is between stays small


def kept(print_: Pixels, photo: Pixels, how: Kept) -> Pixels:
    """The pixels `(..., 3)` of a print in the colours of the photo's at the same places.

    All are 0 to 1 sRGB.
    """
    lit, coloured = print_.reshape(-1, 3), photo.reshape(-1, 3)
    found = np.empty(lit.shape, np.float32)
    for start in range(0, len(lit), _PIXELS):
        some = slice(start, start + _PIXELS)
        way = with_luma if how == "luma" else _with_lightness
        found[some] = way(lit[some], coloured[some])
    return np.clip(found, 0.0, 1.0, out=found).reshape(print_.shape)


def with_luma(
    print_: NDArray[np.float32], photo: NDArray[np.float32], *, within: bool = True
) -> NDArray[np.float64]:
    """Y' of the print `(N, 3)` and chroma of the photo `(N, 3)`; `within` what can be shown.

    R' - Y', G' - Y' and B' - Y' are the chroma in other units: what is added to any Y'.
    """
    wanted = print_ @ LUMA
    chroma = photo - (photo @ LUMA)[:, None]
    if within:
        wanted = np.clip(wanted, -chroma.min(axis=1), 1 - chroma.max(axis=1))
    return np.asarray(chroma + wanted[:, None])


def _with_lightness(print_: NDArray[np.float32], photo: NDArray[np.float32]) -> NDArray[np.float64]:
    """L of the print `(N, 3)` and a, b of the photo `(N, 3)` in OKLab, within what can be shown."""
    goal, own = oklab.of_srgb(print_)[:, 0], oklab.of_srgb(photo)
    found = _at(own, goal)
    beyond = np.flatnonzero(~_shown(found))
    if len(beyond):
        start, end, some = own[beyond, 0], goal[beyond], own[beyond]
        low, high = np.zeros(len(beyond)), np.ones(len(beyond))
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            inside = _shown(_at(some, start + middle * (end - start)))
            low, high = np.where(inside, middle, low), np.where(inside, high, middle)
        found[beyond] = _at(some, start + low * (end - start))
    return found


def _at(lab: NDArray[np.float64], light: NDArray[np.float64]) -> NDArray[np.float64]:
    return oklab.to_srgb(np.column_stack([light, lab[:, 1:]]))


def _shown(rgb: NDArray[np.float64]) -> NDArray[np.bool_]:
    return np.asarray(((rgb >= -_CLOSE) & (rgb <= 1 + _CLOSE)).all(axis=1))
