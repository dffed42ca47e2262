"""Recolouring: a picture's colours brought to those of another, by one map for all of its pixels.

A map is made of the colours of both as a whole, so that any part of a canvas, however it is cut, is
recoloured the same. Gatys et al., *Preserving Color in Neural Artistic Style Transfer* (2016), do
so to the painting before anything is stylized. Four ways:

- `histogram`: the distribution of red, green and blue, each by itself (their section 4.1; Gonzalez
  and Woods);
- `mkl`: mean and covariance of all three, by the linear map that moves colours least (F. Pitie and
  A. Kokaram, *The linear Monge-Kantorovitch linear colour mapping for example-based colour
  transfer*, 2007);
- `luma`: mean and spread of luma and both chroma channels of ITU-R BT.601, each by itself;
- `oklab`: the same in OKLab (after E. Reinhard et al., *Color Transfer between Images*, 2001, who
  use an earlier space of that kind).

Departure: where a picture has hardly any spread, it is taken for `LEAST` of it. What is to become
colourful from grey would else be its noise.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from stages.canvas.files import Pixels
from stages.canvas.palette import oklab

How = Literal["luma", "histogram", "mkl", "oklab"]
Array = NDArray[np.float64]

LEAST = 4 / 255  # standard deviation; in OKLab about the same
LUMA = np.array([0.299, 0.587, 0.114])  # ITU-R BT.601, as in JPEG and in the known programs
_TO_CHROMA = np.array(
    [LUMA, (np.array([0, 0, 1]) - LUMA) / 1.772, (np.array([1, 0, 0]) - LUMA) / 1.402]
)
_BINS = 4096  # of a channel's histogram
_PIXELS = 1 << 16  # recoloured at a time, so that what is between stays small


@dataclass(frozen=True)
class Colours:
    """Some pixels `(N, 3)` of a picture, 0 to 1 sRGB, and what each counts `(N,)`; None: alike."""

    pixels: NDArray[np.float32]
    weights: NDArray[np.float32] | None = None

    @property
    def shares(self) -> Array:
        """What each counts; they add up to one.

        Raises: `ValueError` if none counts anything.
        """
        count = len(self.pixels)
        weights = np.ones(count) if self.weights is None else self.weights.astype(np.float64)
        if not weights.sum() > 0:
            raise ValueError("no pixel counts anything")
        return np.asarray(weights / weights.sum())


@dataclass(frozen=True)
class Recolouring:
    """A map of colours: affine (`matrix` `(3, 3)`, `offset` `(3,)`), in OKLab if `in_oklab`.

    Or by `curves` `(bins, 3)`: what red, green and blue of 0 to 1 become.
    """

    matrix: Array
    offset: Array
    in_oklab: bool = False
    curves: Array | None = None

    def __call__(self, pixels: Pixels) -> Pixels:
        """Pixels `(..., 3)`, 0 to 1 sRGB, recoloured; what leaves 0 to 1 is cut off."""
        flat = np.ascontiguousarray(pixels, np.float32).reshape(-1, 3)
        found = np.empty_like(flat)
        for start in range(0, len(flat), _PIXELS):
            some = slice(start, start + _PIXELS)
            found[some] = self._of(flat[some])
        return np.clip(found, 0.0, 1.0, out=found).reshape(pixels.shape)

    def _of(self, flat: NDArray[np.float32]) -> Array:
        if self.curves is not None:
            knots = np.linspace(0, 1, len(self.curves))
            channels = zip(flat.T, self.curves.T, strict=True)
            return np.stack([np.interp(own, knots, curve) for own, curve in channels], 1)
        own = oklab.of_srgb(flat) if self.in_oklab else flat.astype(np.float64)
        moved = own @ self.matrix.T + self.offset
        return oklab.to_srgb(moved) if self.in_oklab else moved


def fit(source: Colours, onto: Colours, how: How) -> Recolouring:
    """The map that brings the colours of `source` to those of `onto`.

    Raises: `ValueError` if no pixel of one of them counts anything.
    """
    if how == "histogram":
        return Recolouring(np.eye(3), np.zeros(3), curves=_curves(source, onto))
    in_oklab = how == "oklab"
    a, b = (_seen(each, in_oklab) for each in (source, onto))
    (mean, spread), (there, wanted) = (
        _moments(pixels, each.shares) for pixels, each in ((a, source), (b, onto))
    )
    if how == "mkl":
        matrix = _monge_kantorovich(spread, wanted)
    else:
        axes = np.eye(3) if in_oklab else _TO_CHROMA
        own, goal = (np.sqrt(np.diag(axes @ each @ axes.T)) for each in (spread, wanted))
        matrix = np.linalg.inv(axes) @ np.diag(goal / np.maximum(own, LEAST)) @ axes
    return Recolouring(matrix, there - matrix @ mean, in_oklab)


def _seen(colours: Colours, in_oklab: bool) -> Array:
    return oklab.of_srgb(colours.pixels) if in_oklab else colours.pixels.astype(np.float64)


def _moments(pixels: Array, shares: Array) -> tuple[Array, Array]:
    """Mean `(3,)` and covariance `(3, 3)`."""
    mean = shares @ pixels
    apart = pixels - mean
    return mean, (apart * shares[:, None]).T @ apart


def _monge_kantorovich(source: Array, onto: Array) -> Array:
    """S^(-1/2) (S^(1/2) T S^(1/2))^(1/2) S^(-1/2): from covariance S to T, and symmetric."""
    values, axes = np.linalg.eigh(source)
    spread = np.sqrt(np.maximum(values, LEAST**2))
    root, inverse = (axes * spread) @ axes.T, (axes / spread) @ axes.T
    return np.asarray(inverse @ _root(root @ onto @ root) @ inverse)


def _root(matrix: Array) -> Array:
    values, axes = np.linalg.eigh(matrix)
    return np.asarray((axes * np.sqrt(np.maximum(values, 0))) @ axes.T)


def _curves(source: Colours, onto: Colours) -> Array:
    """For each channel what its values become, at `_BINS` values from 0 to 1."""
    found = []
    knots = np.linspace(0, 1, _BINS)
    for channel in range(3):
        mine, theirs = (_histogram(each, channel) for each in (source, onto))
        # Only where there is something: a flat stretch of a sum has no inverse.
        own, goal = (np.flatnonzero(each) for each in (mine, theirs))
        below, wanted = (np.cumsum(each) for each in (mine, theirs))
        values = np.interp(below[own], wanted[goal], knots[goal])
        found.append(np.interp(knots, knots[own], values))
    return np.stack(found, 1)


def _histogram(colours: Colours, channel: int) -> Array:
    """Which share of the pixels each value of a channel has."""
    values = np.clip(colours.pixels[:, channel], 0, 1)
    bins = np.rint(values * (_BINS - 1)).astype(np.int64)
    return np.asarray(np.bincount(bins, colours.shares, _BINS))
