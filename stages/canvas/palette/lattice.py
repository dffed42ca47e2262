"""A colour map as a lattice of colours over the sRGB cube: bounded, and read between its nodes.

Tables are `(N, N, N, 3)`: what the colour (r, g, b) = (i, j, k) / (N - 1) becomes, 0 to 1.
Between the nodes they are read tetrahedrally (J. Kasson et al., *Performing color space conversions
with three-dimensional linear interpolation*, 1995): each cell is six tetrahedra around its grey
diagonal, in each of which the map is linear along paths of the cell's edges. What holds for edges
then holds for all colours: a luminance that falls along no edge falls nowhere as r, g or b rise.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from stages.canvas import luminance

Table = NDArray[np.float32]
Nodes = tuple[Any, ...]

_GREY = 3  # number of the grey diagonal among the directions; 0 to 2 are r, g and b
_PASSES = 40
_PIXELS = 1 << 16  # read at a time, so that what is between stays in the processor's caches


def identity(nodes: int) -> Table:
    """The table that leaves every colour as it is."""
    axis = np.linspace(0, 1, nodes, dtype=np.float32)
    return np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), -1)


def softened(table: Table, sigma: float) -> Table:
    """The table after a Gaussian blur of so many nodes; straight ramps stay as they are."""
    reach = max(1, round(3 * sigma))
    taps = np.asarray(cv2.getGaussianKernel(2 * reach + 1, sigma, cv2.CV_32F)).ravel()
    for axis in range(3):
        line = np.moveaxis(table, axis, 0)
        before = 2 * line[:1] - line[1 : reach + 1][::-1]
        after = 2 * line[-1:] - line[-reach - 1 : -1][::-1]
        longer = np.concatenate([before, line, after])
        parts = [tap * longer[i : i + len(line)] for i, tap in enumerate(taps)]
        table = np.moveaxis(np.sum(parts, axis=0), 0, axis)
    return np.clip(table, 0, 1)


def gain(table: Table) -> float:
    """How much farther than before two colours get apart at most, along r, g, b and greys."""
    steps = [
        float(np.linalg.norm(table[b] - table[a], axis=-1).max()) / _length(table, direction)
        for direction in range(4)
        for a, b in _edges(len(table), direction)
    ]
    return max(steps)


def least_rise(table: Table) -> float:
    """The least change of luminance along an edge towards more r, g or b."""
    light = table @ luminance.WEIGHTS
    return min(float(np.diff(light, axis=axis).min()) for axis in range(3))


def bounded(table: Table, limit: float, held: Table, centre: NDArray[Any]) -> Table:
    """The table with its gain at most `limit` and a luminance that falls along no edge.

    Edge by edge: ends too far apart are moved together, ends in the wrong order get the luminance
    between, until nothing is left to mend (projection onto the constraints in turn, as in M. Müller
    et al., *Position Based Dynamics*, 2007). Nodes move the less the more of `held` `(N, N, N, 1)`,
    the photo's share there, they have. What some passes leave is mended by lifting luminances to
    the highest below, and by drawing everything towards the colour `centre`, which keeps the order.
    """
    table, ease = table.copy(), np.float32(1) / (1 + held)
    for _ in range(_PASSES):
        for direction in range(4):
            for edge in _edges(len(table), direction):
                _drawn_together(table, ease, edge, limit * _length(table, direction))
        for direction in range(_GREY):
            for edge in _edges(len(table), direction):
                _put_in_order(table, ease, edge)
    light = table @ luminance.WEIGHTS
    for axis in range(3):
        light = np.maximum.accumulate(light, axis)
    table = _lit(table, light)
    middle = centre.astype(np.float32)
    return middle + (table - middle) * np.float32(limit / max(gain(table), limit))


def _length(table: Table, direction: int) -> float:
    """How far apart the ends of an edge are, in sRGB."""
    return float(3**0.5 if direction == _GREY else 1) / (len(table) - 1)


def _edges(nodes: int, direction: int) -> Iterator[tuple[Nodes, Nodes]]:
    """Both ends of all edges in a direction, in two sets that share no node within themselves."""
    for first in (0, 1):
        lower, upper = slice(first, nodes - 1, 2), slice(first + 1, nodes, 2)
        if direction == _GREY:
            yield (lower, slice(-1), slice(-1)), (upper, slice(1, None), slice(1, None))
        else:
            before = (slice(None),) * direction
            yield (*before, lower), (*before, upper)


def _drawn_together(table: Table, ease: Table, edge: tuple[Nodes, Nodes], most: float) -> None:
    a, b = edge
    apart = table[b] - table[a]
    length = np.sqrt((apart**2).sum(axis=-1, keepdims=True))
    apart *= np.maximum(0, 1 - most / np.maximum(length, 1e-9))
    share = ease[a] / (ease[a] + ease[b])
    table[a] += share * apart
    table[b] -= (1 - share) * apart


def _put_in_order(table: Table, ease: Table, edge: tuple[Nodes, Nodes]) -> None:
    a, b = edge
    low, high = table[a] @ luminance.WEIGHTS, table[b] @ luminance.WEIGHTS
    share = (ease[a] / (ease[a] + ease[b]))[..., 0]
    meeting = low + share * (high - low)
    wrong = low > high
    if wrong.any():
        table[a] = _lit(table[a], np.where(wrong, meeting, low))
        table[b] = _lit(table[b], np.where(wrong, meeting, high))


def _lit(colours: Table, light: Table) -> Table:
    """Colours brought to a luminance with white or black, which keeps greys grey."""
    own = colours @ luminance.WEIGHTS
    white = np.clip((light - own) / np.maximum(1 - own, 1e-6), 0, 1)[..., None]
    black = np.clip(light / np.maximum(own, 1e-6), 0, 1)[..., None]
    return np.asarray((colours + white * (1 - colours)) * black)


def read(table: Table, pixels: NDArray[np.float32]) -> NDArray[np.float32]:
    """What pixels `(..., 3)` become; those outside 0 to 1 count as at its ends."""
    flat = np.ascontiguousarray(pixels, np.float32).reshape(-1, 3)
    padded = np.zeros((table.size // 3, 4), np.float32)  # a row of 16 bytes is read at once
    padded[:, :3] = table.reshape(-1, 3)
    out = np.empty_like(flat)
    for start in range(0, len(flat), _PIXELS):
        some = slice(start, start + _PIXELS)
        out[some] = _between(padded, len(table), flat[some])
    return out.reshape(pixels.shape)


def _between(nodes: Table, side: int, colours: Table) -> Table:
    """Tetrahedral interpolation of colours `(n, 3)` among nodes `(side^3, 4)`."""
    place = np.clip(colours, 0, 1).T * np.float32(side - 1)
    cell = np.minimum(place.astype(np.int32), side - 2)
    r, g, b = place - cell
    at = (cell[0] * side + cell[1]) * side + cell[2]
    steps = (side * side, side, 1)
    # The path from the cell's darkest node to its brightest: along the largest fraction first.
    first = np.where((r >= g) & (r >= b), steps[0], np.where(g >= b, steps[1], steps[2]))
    last = np.where((b < r) & (b <= g), steps[2], np.where(g < r, steps[1], steps[0]))
    largest, smallest = np.maximum(np.maximum(r, g), b), np.minimum(np.minimum(r, g), b)
    middle = r + g + b - largest - smallest
    total = sum(steps)
    found = (1 - largest)[:, None] * nodes.take(at, 0)
    found += (largest - middle)[:, None] * nodes.take(at + first, 0)
    found += (middle - smallest)[:, None] * nodes.take(at + total - last, 0)
    found += smallest[:, None] * nodes.take(at + total, 0)
    return np.asarray(found[:, :3])
