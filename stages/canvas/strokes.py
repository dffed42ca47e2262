"""Strokes: drawn anew on an enlarged canvas, and combed where a painting is measured.

A canvas that was enlarged is soft, and a few iterations at a large level fill it with what is
nearest to hand: dots and worms. Here it gets what a brush leaves, before the level begins:

- crisp edges, by the coherence-enhancing shock filter (J. Weickert, *Coherence-Enhancing Shock
  Filters*, 2003): pixels on the inner side of a stroke's edge take the stroke's colour, those on
  the outer side its neighbour's, across the direction that the structure tensor finds. Dilation
  and erosion are those of 3x3 px, half mixed in, instead of a differential equation's small steps;
- bristles, by line integral convolution (Cabral and Leedom, *Imaging Vector Fields Using Line
  Integral Convolution*, 1993): fine noise smeared along the same direction. Line integrals are
  taken by means of three samples, 1, 3 and 9 px apart, which is 27 px of the line.

The optimizer paints over both. For it not to paint dots, the painting is combed: the same line
integral of the painting itself leaves nothing that is not drawn out along a stroke.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from stages.canvas import luminance
from stages.canvas.files import Pixels, Rows
from stages.canvas.ground import noise
from stages.tiles import Size

Plane = NDArray[np.float32]

_BEFORE = 1.5  # px, blur before the gradients: what is finer has no direction worth following
_AROUND = 6.0  # px, blur of the structure tensor: about the width of a stroke
_FINEST, _DAB = 1.0, 3.0  # px, the same for paint at display size, whose strokes are as fine
_STEP = 1.5  # px, to either side
_GIVEN, _MOST = 2, 2.5  # how often fine contrast is given back, and most of it in all
_EDGE = 3.0  # px, blur before the curvature whose sign says on which side of an edge a pixel lies
_MIXED = 0.5  # how much of a dilated or eroded pixel is taken in one pass
_STEPS = (1.0, 3.0, 9.0)  # px
_SOFT = np.array([0.25, 0.5, 0.25], np.float32)
_SPREAD = 6.2 / 27  # standard deviation of the means, where lines run not along rows or columns
_TRUNCATED = 3  # Gaussians reach so many sigmas
_ROWS, _COLUMNS = 512, 1024  # px of the parts that are worked on at a time
# Bands are as wide as the canvas: of a large one fewer rows, so that memory stays the same.
_BAND_PIXELS, _LEAST_ROWS = 2_000_000, 16


def _radius(sigma: float) -> int:
    return round(_TRUNCATED * sigma)


_DIRECTION_MARGIN = _radius(_BEFORE) + 1 + _radius(_AROUND)


@dataclass(frozen=True)
class Strokes:
    """What strokes get: passes of the shock filter, and bristles as a share of white."""

    crisp: int = 0
    bristles: float = 0.0
    seed: int = 0

    @property
    def none(self) -> bool:
        """Whether nothing is to be drawn; the seed alone draws nothing."""
        return not self.crisp and not self.bristles

    @property
    def margin(self) -> int:
        """Px around a part that decide about its pixels."""
        shock = _radius(_EDGE) + 2
        smear = sum(int(step) + 1 for step in _STEPS)
        return _DIRECTION_MARGIN + self.crisp * shock + smear


PLAIN = Strokes()


def drawn(rows: Rows, size: Size, strokes: Strokes) -> Iterator[Pixels]:
    """Bands of rows of a canvas of `size` with its strokes drawn; `rows(top, bottom)` gives it."""
    margin = strokes.margin
    step = max(_LEAST_ROWS, min(_ROWS, _BAND_PIXELS // size.width))
    for top in range(0, size.height, step):
        bottom = min(top + step, size.height)
        first, last = max(0, top - margin), min(size.height, bottom + margin)
        band = rows(first, last)
        ground = noise(strokes.seed, size, first, last) if strokes.bristles else None
        out = np.empty((bottom - top, size.width, 3), np.float32)
        for columns, around, inside in _spans(size.width, _COLUMNS, margin):
            part = with_strokes(
                np.ascontiguousarray(band[:, around]),
                None if ground is None else np.ascontiguousarray(ground[:, around]),
                strokes,
            )
            out[:, columns] = part[top - first : bottom - first, inside]
        yield out


def with_strokes(pixels: Pixels, ground: Plane | None, strokes: Strokes) -> Pixels:
    """Pixels `(H, W, 3)` with crisp strokes, and bristles made of the noise `ground` `(H, W)`."""
    cos, sin = direction(_grey(pixels), _BEFORE, _AROUND)
    for _ in range(strokes.crisp):
        pixels = _shocked(pixels, cos, sin)
    if ground is not None:
        lines = smeared(ground, cos, sin)
        pixels = pixels + np.float32(strokes.bristles) * lines[..., None]
    return np.clip(pixels, 0.0, 1.0)


def combed(rows: Rows, size: Size, times: int) -> Rows:
    """A painting of `size` blurred along its strokes alone, over 3, 9 or 27 px for 1 to 3 times.

    What runs across strokes (cracks, the weave of the cloth, dots, a scan's grain) goes, edges of
    strokes stay. Only bands of it are held; rows are best asked for from top to bottom.
    """
    if not times:
        return rows

    @lru_cache(maxsize=2)
    def band(number: int) -> Pixels:
        return _combed_band(rows, size, times, number * _ROWS)

    def part(top: int, bottom: int) -> Pixels:
        numbers = range(top // _ROWS, -(-bottom // _ROWS))
        parts = [band(n)[max(0, top - n * _ROWS) : bottom - n * _ROWS] for n in numbers]
        return np.concatenate(parts)

    return part


def _combed_band(rows: Rows, size: Size, times: int, top: int) -> Pixels:
    """The band of `_ROWS` rows from `top` on, combed."""
    margin = _DIRECTION_MARGIN + sum(int(step) + 1 for step in _STEPS[:times])
    bottom = min(top + _ROWS, size.height)
    first, last = max(0, top - margin), min(size.height, bottom + margin)
    image = rows(first, last)
    out = np.empty((bottom - top, size.width, 3), np.float32)
    for columns, around, inside in _spans(size.width, _COLUMNS, margin):
        part = np.ascontiguousarray(image[:, around])
        across = direction(_grey(part), _BEFORE, _AROUND)
        found = _along(part, *across, _STEPS[:times])
        out[:, columns] = found[top - first : bottom - first, inside]
    return out


def joined(pixels: Pixels, share: float) -> Pixels:
    """Paint `(H, W, 3)`, 0 to 1 sRGB, its dabs drawn out along the strokes that they lie in.

    Dabs end where the next begins, across the stroke as often as along it. The mean over 4 px along
    it is taken, `share` (0 to 1) of it, and the contrast of 1 px that this cost is given back.
    Lightness alone changes: hues stay the painting's.
    """
    if share <= 0:
        return pixels
    grey = _grey(pixels)
    along = _along(grey, *direction(grey, _FINEST, _DAB), (_STEP,))
    drawn = grey + np.float32(share) * (along - grey)
    wanted, given = float(_fine(grey).std()), 1.0
    for _ in range(_GIVEN):  # what is added has broader parts, too
        fine = _fine(drawn)
        gain = min(max(wanted / max(float(fine.std()), 1e-6), 1.0), _MOST / given)
        drawn, given = drawn + np.float32(gain - 1) * fine, given * gain
    return luminance.lit(pixels, drawn)


def _fine(plane: Plane) -> Plane:
    return np.asarray(plane - _blurred(plane, _FINEST), np.float32)


def direction(grey: Plane, before: float, around: float) -> tuple[Plane, Plane]:
    """Cosine and sine of the direction along which `(H, W)` changes most: across the strokes.

    After a blur of `before` px, and over `around` px.
    """
    smooth = _blurred(grey, before)
    across, down = (cv2.Sobel(smooth, cv2.CV_32F, x, 1 - x) for x in (1, 0))
    xx, yy, xy = (_blurred(p, around) for p in (across * across, down * down, across * down))
    angle = 0.5 * np.arctan2(2 * xy, xx - yy)
    return np.cos(angle), np.sin(angle)


def smeared(ground: Plane, cos: Plane, sin: Plane) -> Plane:
    """Noise smeared along the strokes, which run at right angles to `(cos, sin)`; variance one."""
    ground = np.asarray(cv2.sepFilter2D(ground, cv2.CV_32F, _SOFT, _SOFT))
    return _along(ground, cos, sin, _STEPS) / np.float32(_SPREAD)


def _along(image: Pixels, cos: Plane, sin: Plane, steps: tuple[float, ...]) -> Pixels:
    """Means along the strokes: at every step of a pixel and those so many px to both sides."""
    height, width = cos.shape
    x = np.arange(width, dtype=np.float32)[None]
    y = np.arange(height, dtype=np.float32)[:, None]
    for step in steps:
        right, down = np.float32(step) * -sin, np.float32(step) * cos
        there, back = (
            cv2.remap(
                image, x + s * right, y + s * down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT
            )
            for s in (1, -1)
        )
        image = (image + there + back) / np.float32(3)
    return image


def _spans(length: int, step: int, margin: int) -> Iterator[tuple[slice, slice, slice]]:
    """Parts of an axis, the same with what lies around them, and where they lie within that."""
    for start in range(0, length, step):
        stop = min(start + step, length)
        first, last = max(0, start - margin), min(length, stop + margin)
        yield slice(start, stop), slice(first, last), slice(start - first, stop - first)


def _shocked(pixels: Pixels, cos: Plane, sin: Plane) -> Pixels:
    """One pass of the shock filter."""
    smooth = _blurred(_grey(pixels), _EDGE)
    xx, xy, yy = (
        cv2.Sobel(smooth, cv2.CV_32F, *order, ksize=5) for order in ((2, 0), (1, 1), (0, 2))
    )
    bump = cos * cos * xx + 2 * cos * sin * xy + sin * sin * yy < 0
    square = np.ones((3, 3), np.uint8)
    found = np.where(bump[..., None], cv2.dilate(pixels, square), cv2.erode(pixels, square))
    return np.asarray(cv2.addWeighted(pixels, 1 - _MIXED, found, _MIXED, 0.0))


def _grey(pixels: Pixels) -> Plane:
    return np.asarray(cv2.transform(pixels, luminance.WEIGHTS[None]))


def _blurred(plane: Plane, sigma: float) -> Plane:
    side = 2 * _radius(sigma) + 1
    return np.asarray(cv2.GaussianBlur(plane, (side, side), sigma, borderType=cv2.BORDER_REFLECT))
