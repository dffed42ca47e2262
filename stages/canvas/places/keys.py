"""Keys: what a place of a canvas or a painting looks like from a little farther off, as numbers.

Keys are taken of soft pixels in opponent colours (light, red against blue, green against both), of
which a key has 5x5 samples some px apart, the outer ones weighing less, turned to the directions in
which the painting differs most (its principal components). Features of an encoder were tried for
this as well: they tell textures apart, but not where in a texture a place lies, and pixels that
were found by them do not fit together (docs/method.md).

An enlarged canvas is softer than the painting, and an optimizer leaves it flatter; what is nearest
to it would be the painting's flattest places. So the canvas's bands are scaled to the painting's
contrast before its keys are taken (`levelled`); the factors are those of the whole canvas, so that
windows agree.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from stages.canvas.files import Pixels
from stages.tiles import Rect

Planes = NDArray[np.float32]
Numbers = NDArray[np.float32]
Whole = NDArray[np.int64]
Indices = NDArray[np.signedinteger[Any]]

# Light, red against blue, green against both. Chroma counts more than its share of the variance:
# the eye finds a wrong colour sooner than a wrong edge.
_OPPONENT = np.array([[1, 1, 1], [2.25, 0, -2.25], [-1.125, 2.25, -1.125]], np.float32)
_TAPS = 2  # samples to each side of the middle
_SIGMA = 1.5  # of the samples' weights, in samples
_BANDS = (3.0, 6.0, 12.0)  # px, blurs between which the bands lie that are scaled
_TRUNCATED = 3  # Gaussians reach so many sigmas
BAND_REACH = round(_TRUNCATED * _BANDS[-1])  # px around a pixel that decide about its bands
DIMENSIONS = 32
TIMES = 2  # rounds in which broad forms are gathered


def reach(blur: float, apart: int) -> int:
    """Px around a place that decide about its key."""
    return _TAPS * apart + _radius(blur) + BAND_REACH


def _radius(sigma: float) -> int:
    return round(_TRUNCATED * sigma)


def blurred(planes: Planes, sigma: float) -> Planes:
    """Gaussian blur; what is mirrored lies beyond the edges."""
    side = 2 * _radius(sigma) + 1
    border = cv2.BORDER_REFLECT
    return np.asarray(cv2.GaussianBlur(planes, (side, side), sigma, borderType=border))


def broad(image: Planes, blur: float, share: float = 1.0) -> Planes:
    """A share of what an image has of forms of `blur` px (sigma) and more.

    As back-projection in `TIMES` rounds gathers it: twice a Gaussian keeps more of what is broad
    and less of what is fine than a wider one.
    """
    left = image
    for _ in range(TIMES):
        left = left - np.float32(share) * blurred(left, blur)
    return np.asarray(image - left)


def opponent(pixels: Pixels, blur: float) -> Planes:
    """Soft opponent planes `(H, W, 3)` of pixels `(H, W, 3)`, blurred by `blur` px."""
    return blurred(np.asarray(cv2.transform(pixels, _OPPONENT)), blur)


def bands(planes: Planes) -> tuple[list[Planes], Planes]:
    """Differences of ever broader blurs, fine to broad, and what is left."""
    found, before = [], planes
    for sigma in _BANDS:
        broader = blurred(planes, sigma)
        found.append(before - broader)
        before = broader
    return found, before


@dataclass(frozen=True)
class Spread:
    """Sums of squares of the light's bands over some pixels; adds up window by window."""

    count: float
    energy: tuple[float, ...]

    def __add__(self, other: Spread) -> Spread:
        """The spread of two disjoint regions together."""
        both = zip(self.energy, other.energy, strict=True)
        return Spread(self.count + other.count, tuple(a + b for a, b in both))

    def deviation(self) -> Numbers:
        """Standard deviation of every band."""
        return np.asarray(np.sqrt(np.array(self.energy) / max(self.count, 1.0)), np.float32)


def spread(found: list[Planes], core: Rect, weights: Numbers | None = None) -> Spread:
    """Spread of the `bands` of a window over its `core`, px of the window.

    With `weights` `(H, W)` of the window its pixels count by these.
    """
    rows, columns = slice(core.y, core.bottom), slice(core.x, core.right)
    if weights is not None:
        own = weights[rows, columns]
        sums = (float((own * np.square(band[rows, columns, 0])).sum()) for band in found)
        return Spread(float(own.sum(dtype=np.float64)), tuple(sums))
    energy = (np.square(band[rows, columns, 0], dtype=np.float64).sum() for band in found)
    return Spread(float(core.pixels), tuple(float(part) for part in energy))


def gains(
    canvas: Spread, painting: Spread, beyond: float = 1.0, most: float = 2.0
) -> tuple[float, ...]:
    """By what the canvas's bands are to be multiplied to be `beyond` times the painting's.

    Within 1 / `most` and `most`: what is that flat is so for other reasons than softness.
    """
    ratio = beyond * painting.deviation() / np.maximum(canvas.deviation(), 1e-6)
    return tuple(float(gain) for gain in np.clip(ratio, 1 / most, most))


def levelled(planes: Planes, factors: Sequence[float]) -> Planes:
    """Opponent planes with their bands multiplied."""
    parts, found = bands(planes)
    for band, factor in zip(parts, factors, strict=True):
        found = found + np.float32(factor) * band
    return found


def levelled_by_zone(planes: Planes, factors: Sequence[Sequence[float]], shares: Numbers) -> Planes:
    """Opponent planes `(H, W, 3)` with their bands multiplied by those factors of the zones that
    have the pixel, `shares` `(H, W, Z)`; what is no zone's stays."""
    parts, found = bands(planes)
    rest = 1 - shares.sum(axis=-1)
    for number, band in enumerate(parts):
        own = np.array([factor[number] for factor in factors], np.float32)
        found = found + (rest + shares @ own)[..., None] * band
    return found


def samples(planes: Planes, y: Whole, x: Whole, apart: int) -> Numbers:
    """The samples `(N, 75)` around places `(N,)`, `apart` px from one another.

    Beyond the edges the edge pixel is repeated.
    """
    height, width, _ = planes.shape
    steps = np.arange(-_TAPS, _TAPS + 1)
    rows = np.clip(y[:, None] + apart * steps, 0, height - 1)
    columns = np.clip(x[:, None] + apart * steps, 0, width - 1)
    weights = np.exp(-(steps[:, None] ** 2 + steps**2) / (4 * _SIGMA**2)).astype(np.float32)
    found = grids(planes, rows, columns).astype(np.float32)
    found *= weights[..., None]
    return np.asarray(found.reshape(len(y), -1))


def grids(image: NDArray[Any], rows: Indices, columns: Indices) -> NDArray[Any]:
    """Pixels `(N, R, C, 3)` of an image `(H, W, 3)` at rows `(N, R)` and columns `(N, C)`.

    `image[rows, columns]` finds every pixel by two indices; in one flat list it takes half as long.
    A painting's copies are views of it, turned: their pixels are found in the one that they share.
    """
    down, right = image.strides[:2]
    upright = image[:: 1 if down >= 0 else -1, :: 1 if right >= 0 else -1]
    swapped = abs(down) < abs(right)
    upright = upright.transpose(1, 0, 2) if swapped else upright
    if not upright.flags.c_contiguous:
        return np.asarray(image[rows[:, :, None], columns[:, None, :]])
    height, width = image.shape[:2]
    y = rows if down >= 0 else height - 1 - rows
    x = columns if right >= 0 else width - 1 - columns
    steps = (1, height) if swapped else (width, 1)
    index = (steps[0] * y.astype(np.int64))[:, :, None] + (steps[1] * x)[:, None, :]
    return np.asarray(upright.reshape(-1, image.shape[2]).take(index, axis=0))


@dataclass(frozen=True)
class Projection:
    """From samples `(N, 75)` to keys `(N, D)`, whose variance in the painting sums to one."""

    mean: Numbers
    axes: Numbers

    def __call__(self, found: Numbers) -> Numbers:
        """Keys of samples."""
        return np.asarray((found - self.mean) @ self.axes, np.float32)


def fitted(found: Numbers, dimensions: int = DIMENSIONS) -> Projection:
    """The principal components of a painting's samples `(N, 75)`."""
    mean = found.mean(axis=0)
    apart = (found - mean).astype(np.float64)
    values, axes = np.linalg.eigh(apart.T @ apart / len(found))
    axes = axes[:, ::-1][:, :dimensions]
    # Eigenvectors come with either sign: fixed here, so that the same painting gives the same keys.
    axes = axes * np.sign(axes[np.abs(axes).argmax(axis=0), np.arange(axes.shape[1])])
    scale = 1 / np.sqrt(max(float(values.sum()), 1e-12))
    return Projection(mean, (axes * scale).astype(np.float32))
