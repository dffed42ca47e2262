"""Palette first: the photo's colours moved to the paintings' before anything is painted.

An optimizer of styles hardly moves large tones: a bright photo in a dark painting stays bright,
paper under a drawing turns grey. So the photo gets the painting's colours first. The map is one
table, colour to colour, for the whole photo at every size: the same in every tile and level, with
no seams and no specks. It is found by entropic optimal transport of the colours in OKLab
(`transport`), with differences of lightness counting more than those of hue, and then bounded
(`lattice`): it takes nothing apart by more than `GAIN`, and whatever gets more red, green or blue
never gets darker for it, so highlights stay highlights.

F. Pitie et al., *Automated colour grading using colour distribution transfer* (2007), send the
colours by rotations instead, exactly; that tears gradients, which they mend in the picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stages.canvas.files import Pixels
from stages.canvas.palette import lattice, oklab
from stages.canvas.palette.transport import cloud, transport

# How much farther apart than they were colours may get, along red, green, blue and greys: at 3 a
# step of an 8-bit sky stays below what is seen, at 2 pale photos do not reach strong paintings.
GAIN = 3.0
LEAST_SPREAD = 4 / 255  # below this standard deviation a direction of colours counts as none
NODES = 25  # of the table along each axis; 183 kB
_LIGHTNESS = 2.0  # what a difference of OKLab's L counts beside one of a or b
_EPSILON = 0.0006  # colours nearer than its root, 0.024 of OKLab, are not told apart
_CELL = 0.02  # width of the cells that colours are gathered in, in the same units
_SOFT = 0.7  # nodes; Gaussian blur of the table, for the edges of what the photo has
_HELD = 20.0  # how much firmer nodes are held where the photo has as much as its mean node


@dataclass(frozen=True)
class Painting:
    """A painting's pixels `(H, W, 3)`, 0 to 1 sRGB, its weight among several, and its opacity.

    `opacity` `(H, W)` is 0 where nothing is painted and 1 where it is; None where all is.
    """

    pixels: NDArray[np.float32]
    weight: float = 1.0
    opacity: NDArray[np.float32] | None = None


@dataclass(frozen=True)
class Palette:
    """A map of colours: `table[i, j, k]` is what red i, green j, blue k of the nodes becomes.

    Float32 `(N, N, N, 3)`, display-referred sRGB, 0 to 1. Without a table all stay as they are.
    """

    table: NDArray[np.float32] | None = None

    def __call__(self, pixels: Pixels) -> Pixels:
        """Pixels `(..., 3)` with their colours moved, each by itself: any part of a canvas."""
        return pixels if self.table is None else lattice.read(self.table, pixels)


IDENTITY = Palette()


def fit(
    photo: Pixels,
    paintings: Sequence[Painting],
    strength: float = 1.0,
    where: NDArray[np.float32] | None = None,
) -> Palette:
    """The palette that moves a photo's colours to those of paintings, mixed by their weights.

    The photo is `(H, W, 3)`, 0 to 1 sRGB, as are the paintings; some 533x400 px tell enough. With
    `where` `(H, W)` its pixels count by that.
    `strength` is how far colours go on their way, from 0 (not at all: the very pixels) to 1. Every
    painting counts by its weight whatever its size. Nothing is drawn by lot.

    Raises: `ValueError` for a strength outside 0 to 1, and if nothing is painted or weighs.
    """
    if not 0 <= strength <= 1:
        raise ValueError(f"a palette's strength is 0 to 1, not {strength}")
    if strength == 0:
        return IDENTITY
    colours, shares = _mixed(paintings)
    onto = cloud(_positions(colours), shares, _CELL)
    centre = np.average(colours, axis=0, weights=shares)
    counted = np.ones(photo.size // 3)
    if where is not None:
        counted = where.ravel().astype(np.float64)
    source = cloud(_positions(photo), counted, _CELL)
    nodes = lattice.identity(NODES)
    there = transport(source, onto, _EPSILON)(_positions(nodes))
    table = np.clip(_colours(there), 0, 1).astype(np.float32).reshape(nodes.shape)
    table, held = lattice.softened(table, _SOFT), _HELD * _density(photo, where)
    table = lattice.bounded(table, GAIN, held, centre)
    # A photo of hardly more than one colour lies between nodes that bounds have moved: mean again.
    moved = lattice.read(table, photo).reshape(-1, 3)
    lack = centre - (
        moved.mean(0, dtype=np.float64) if where is None else np.average(moved, 0, weights=counted)
    )
    table = lattice.bounded(np.clip(table + lack, 0, 1).astype(np.float32), GAIN, held, centre)
    return Palette(nodes + np.float32(strength) * (table - nodes))


def directions(paintings: Sequence[Painting]) -> NDArray[np.float32]:
    """The projection `(3, 3)` of sRGB onto the directions in which the paintings' colours differ.

    Those are the principal axes along which their standard deviation is at least `LEAST_SPREAD`:
    all three for most paintings, the greys alone for a drawing in pencil or ink, one brown line for
    sepia, none for plain paper. An encoder hardly tells a tint from a tone; strokes that are held
    to these directions cannot leave the paint that there is.

    Raises: `ValueError` if nothing is painted or weighs.
    """
    colours, shares = _mixed(paintings)
    covariance = np.atleast_2d(np.cov(colours.T.astype(np.float64), aweights=shares, ddof=0))
    variances, axes = np.linalg.eigh(covariance)
    kept = axes[:, variances >= LEAST_SPREAD**2]
    return np.asarray(kept @ kept.T, np.float32)


def _positions(pixels: NDArray[Any]) -> NDArray[np.float64]:
    """sRGB `(..., 3)` as OKLab `(N, 3)` with the lightness stretched."""
    return oklab.of_srgb(pixels.reshape(-1, 3)) * (_LIGHTNESS, 1, 1)


def _colours(positions: NDArray[np.float64]) -> NDArray[np.float64]:
    """The sRGB of `_positions`."""
    return oklab.to_srgb(positions / (_LIGHTNESS, 1, 1))


def _mixed(paintings: Sequence[Painting]) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """The colours `(N, 3)` of all paintings and what each counts `(N,)`."""
    pixels, shares = [], []
    for painting in paintings:
        flat = painting.pixels.reshape(-1, 3)
        opacity = np.ones(len(flat)) if painting.opacity is None else painting.opacity.ravel()
        if painting.weight > 0 and opacity.sum() > 0:
            pixels.append(flat)
            shares.append(painting.weight * opacity.astype(np.float64) / opacity.sum())
    if not pixels:
        raise ValueError("no painting has a weight and anything painted on it")
    return np.concatenate(pixels), np.concatenate(shares)


def _density(photo: Pixels, where: NDArray[np.float32] | None) -> NDArray[np.float32]:
    """How many of the photo's pixels each node is nearest to, over the mean of nodes with any."""
    nearest = np.rint(np.clip(photo.reshape(-1, 3), 0, 1) * (NODES - 1)).astype(np.int64)
    number = (nearest[:, 0] * NODES + nearest[:, 1]) * NODES + nearest[:, 2]
    weights = None if where is None else where.ravel()
    count = np.bincount(number, weights, NODES**3).astype(np.float32)
    count /= count[count > 0].mean()
    return count.reshape(NODES, NODES, NODES, 1)
