"""Canvases and arrays at another size, separable, antialiased, exactly aligned.

Output pixel X lies at (X + 0.5) * ratio - 0.5 of the input, to the full precision of a float:
libvips enlarges with positions rounded to 1/64 px and half an output pixel to one side, which would
pull the canvas and the photo apart from level to level. When shrinking, the kernel is widened by
the ratio, so nothing aliases. Beyond the edges the edge pixel is repeated.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from stages.canvas import files
from stages.canvas.files import Pixels, Rows
from stages.canvas.strokes import PLAIN, Strokes, drawn
from stages.tiles import Rect, Size

Kernel = Literal["lanczos3", "cubic", "nearest", "bilinear", "bicubic", "box"]

_BAND_BYTES = 12 << 20
_GATHERED = 1 << 21  # px of the source at a time
_SUPPORT = {"lanczos3": 3.0, "cubic": 2.0, "bicubic": 2.0, "bilinear": 1.0}
_PILLOWS = ("bilinear", "bicubic")
_BLURRED = 4  # OpenCV's Gaussians of floats reach so many sigmas


def resize(
    src: Path,
    dst: Path,
    size: Size,
    *,
    kernel: Kernel = "lanczos3",
    strokes: Strokes = PLAIN,
    then: Callable[[Pixels], Pixels] = lambda pixels: pixels,
) -> None:
    """Write the canvas `src` at another size, clipped to 0 to 1, in bounded memory.

    `lanczos3` keeps most detail; `cubic` (Catmull-Rom) rings less. `strokes` are drawn on the
    result; `then` is done to every pixel of it.
    """
    resampling = _of_file(src, size, kernel)
    bands = resampling.bands() if strokes.none else drawn(resampling.part, size, strokes)
    files.write_bands(dst, size, (then(band) for band in bands))


def shrunk(src: Path, size: Size, *, kernel: Kernel = "lanczos3") -> Pixels:
    """The pixels that `resize` writes, (height, width, 3); bands of the canvas are read."""
    return np.concatenate(list(_of_file(src, size, kernel).bands()))


def rows_at(src: Path, size: Size, *, kernel: Kernel = "lanczos3") -> Rows:
    """Any rows of what `resize` writes, computed when they are asked for.

    "nearest", "bilinear" and "bicubic" are Pillow's, "box" is torch7's, but in floats.
    """
    return _of_file(src, size, kernel).part


def rows_resized(rows: Rows, source: Size, size: Size, *, kernel: Kernel = "lanczos3") -> Rows:
    """Any rows of an image at another size, of which `rows(top, bottom)` gives those it has."""
    return _Resampling(source, size, rows, kernel).part


def part_at(src: Path, size: Size, part: Rect) -> Pixels:
    """A part of what `resize` writes, `(h, w, 3)`; no more of the canvas is read than it takes."""
    source = files.size_of(src)
    columns, across = _taps(source.width, size.width, "lanczos3")
    lines, down = _taps(source.height, size.height, "lanczos3")
    columns, across = columns[part.x : part.right], across[part.x : part.right]
    lines, down = lines[part.y : part.bottom], down[part.y : part.bottom]
    left, top = int(columns.min()), int(lines.min())
    seen = Rect(left, top, int(columns.max()) + 1 - left, int(lines.max()) + 1 - top)
    pixels = files.read(src, seen).reshape(seen.height, -1)
    found = _down(_across(pixels, columns - left, across), lines - top, down)
    return np.clip(found, 0.0, 1.0).reshape(part.height, part.width, 3)


def opacity_at(src: Path, size: Size) -> Rows | None:
    """Any rows, (rows, width), of a canvas's opacity at another size; None if it has none."""
    if files.opacity(src, Rect(0, 0, 1, 1)) is None:
        return None
    source = files.size_of(src)

    def rows(start: int, stop: int) -> Pixels:
        found = files.opacity(src, Rect(0, start, source.width, stop - start))
        assert found is not None
        return np.repeat(found[..., None], 3, axis=2)  # resampled as three equal channels

    resampling = _Resampling(source, size, rows, "lanczos3")
    return lambda top, bottom: resampling.part(top, bottom)[..., 0]


def gathered(rows: Rows, size: Size, source: int) -> Pixels:
    """All rows of an image of `size`, asked for few at a time: it is made of `source` px."""
    step = max(1, min(size.height, _GATHERED * size.height // max(1, source)))
    tops = range(0, size.height, step)
    return np.concatenate([rows(top, min(top + step, size.height)) for top in tops])


def grey_at(src: Path, size: Size) -> Rows:
    """Any rows, (rows, width), of a mask of one channel at another size."""
    source = files.size_of(src)

    def rows(start: int, stop: int) -> Pixels:
        found = files.channels(src, Rect(0, start, source.width, stop - start))
        return np.repeat(found[..., :1], 3, axis=2)  # resampled as three equal channels

    resampling = _Resampling(source, size, rows, "lanczos3")
    return lambda top, bottom: resampling.part(top, bottom)[..., 0]


def resized(array: Pixels, size: Size, *, kernel: Kernel = "lanczos3") -> Pixels:
    """An array (height, width, 3) at another size, clipped to 0 to 1."""
    height, width, _ = array.shape
    source = Size(width, height)
    resampling = _Resampling(source, size, lambda start, stop: array[start:stop], kernel)
    return np.concatenate(list(resampling.bands()))


def softened(rows: Rows, height: int, sigma: float) -> Rows:
    """Rows of an image of `height` px under a Gaussian blur of `sigma` px; 0 leaves them."""
    if not sigma:
        return rows
    margin = math.ceil(_BLURRED * sigma) + 1

    def part(top: int, bottom: int) -> Pixels:
        first, last = max(0, top - margin), min(height, bottom + margin)
        blurred = np.asarray(cv2.GaussianBlur(rows(first, last), (0, 0), sigma), np.float32)
        return blurred[top - first : bottom - first]

    return part


def _of_file(src: Path, size: Size, kernel: Kernel) -> _Resampling:
    """A canvas file at another size."""
    source = files.size_of(src)

    def rows(start: int, stop: int) -> Pixels:
        return files.read(src, Rect(0, start, source.width, stop - start))

    return _Resampling(source, size, rows, kernel)


class _Resampling:
    """An image of another size, any rows of it; `rows(start, stop)` gives rows of the source."""

    def __init__(self, source: Size, size: Size, rows: Rows, kernel: Kernel) -> None:
        self.source, self.size, self.rows = source, size, rows
        self.columns = _taps(source.width, size.width, kernel)
        self.lines = _taps(source.height, size.height, kernel)

    def bands(self) -> Iterator[Pixels]:
        """All rows, in bands that stay within `_BAND_BYTES`, and so do their source rows."""
        row_bytes = max(self.source.width, self.size.width) * files.BYTES_PER_PIXEL
        most = _BAND_BYTES // row_bytes
        source_rows = max(1, most - self.lines[0].shape[1])
        # Of a photo much smaller than the canvas few rows make many.
        step = max(1, min(most, source_rows * self.size.height // self.source.height))
        for top in range(0, self.size.height, step):
            yield self.part(top, min(top + step, self.size.height))

    def part(self, top: int, bottom: int) -> Pixels:
        """Rows `top` to `bottom`."""
        lines, weights = self.lines[0][top:bottom], self.lines[1][top:bottom]
        first, last = int(lines.min()), int(lines.max()) + 1
        band = self.rows(first, last).reshape(last - first, -1)
        # The smaller pass last when shrinking, first when enlarging.
        enlarging = self.size.width > self.source.width
        if enlarging:
            band = _across(band, *self.columns)
        band = _down(band, lines - first, weights)
        if not enlarging:
            band = _across(band, *self.columns)
        np.clip(band, 0.0, 1.0, out=band)
        return band.reshape(bottom - top, self.size.width, 3)


def _across(flat: Pixels, columns: NDArray[np.intp], weights: Pixels) -> Pixels:
    """Resample every row: (rows, width * 3) to (rows, new width * 3)."""
    if weights.shape[1] == 1 and len(columns) * 3 == flat.shape[1]:
        return np.array(flat)
    channels = np.arange(3)
    total = np.zeros((flat.shape[0], 3 * columns.shape[0]), np.float32)
    part = np.empty_like(total)
    for tap in range(columns.shape[1]):
        index = (columns[:, tap, None] * 3 + channels).ravel()
        np.take(flat, index, axis=1, out=part, mode="clip")
        part *= np.repeat(weights[:, tap], 3)
        total += part
    return total


def _down(wide: Pixels, lines: NDArray[np.intp], weights: Pixels) -> Pixels:
    """Resample every column: (rows, n) to (new rows, n)."""
    out = np.zeros((lines.shape[0], wide.shape[1]), np.float32)
    part = np.empty(wide.shape[1], np.float32)
    for row in range(lines.shape[0]):
        for line, weight in zip(lines[row], weights[row], strict=True):
            np.multiply(wide[line], weight, out=part)
            out[row] += part
    return out


def _taps(length: int, new_length: int, kernel: Kernel) -> tuple[NDArray[np.intp], Pixels]:
    """Source indices and weights of every output element along one axis, both (new_length, taps).

    Weights of one element sum to one.
    """
    if length == new_length:
        return np.arange(length)[:, None], np.ones((length, 1), np.float32)
    if kernel == "nearest":
        at = np.floor((np.arange(new_length) + 0.5) * (length / new_length)).astype(np.intp)
        return at[:, None], np.ones((new_length, 1), np.float32)
    if kernel == "box":
        return _box(length, new_length)
    ratio = length / new_length
    stretch = max(1.0, ratio)
    support = _SUPPORT[kernel] * stretch
    centre = (np.arange(new_length) + 0.5) * ratio - 0.5
    first = np.floor(centre - support).astype(np.intp) + 1
    index = first[:, None] + np.arange(int(np.ceil(2 * support)))
    distance = (index - centre[:, None]) / stretch
    weights = _SHAPES[kernel](distance)
    if kernel in _PILLOWS:  # nothing lies beyond its edges
        weights[(index < 0) | (index >= length)] = 0.0
    weights /= weights.sum(axis=1, keepdims=True)
    return np.clip(index, 0, length - 1), weights.astype(np.float32)


def _lanczos3(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """The sinc function under a window of three lobes."""
    return np.where(np.abs(x) < 3.0, np.sinc(x) * np.sinc(x / 3.0), 0.0)


def _cubic(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """The Catmull-Rom spline."""
    x = np.abs(x)
    inner = (1.5 * x - 2.5) * x * x + 1.0
    outer = ((-0.5 * x + 2.5) * x - 4.0) * x + 2.0
    return np.where(x < 1.0, inner, np.where(x < 2.0, outer, 0.0))


def _triangle(x: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.maximum(0.0, 1.0 - np.abs(x))


_SHAPES = {"lanczos3": _lanczos3, "cubic": _cubic, "bicubic": _cubic, "bilinear": _triangle}


def _box(length: int, new_length: int) -> tuple[NDArray[np.intp], Pixels]:
    """As torch7's image.scale: shrunk by the mean of what is covered, enlarged corner to corner."""
    if new_length > length:
        at = np.arange(new_length) * ((length - 1) / max(1, new_length - 1))
        first = np.minimum(np.floor(at).astype(np.intp), max(0, length - 2))
        share = (at - first)[:, None]
        index = np.minimum(first[:, None] + np.arange(2), length - 1)
        return index, np.concatenate([1 - share, share], axis=1).astype(np.float32)
    edges = np.arange(new_length + 1) * (length / new_length)
    index = np.floor(edges[:-1]).astype(np.intp)[:, None] + np.arange(int(length / new_length) + 2)
    low, high = np.maximum(index, edges[:-1, None]), np.minimum(index + 1, edges[1:, None])
    covered = np.maximum(0.0, high - low)
    covered /= covered.sum(axis=1, keepdims=True)
    return np.minimum(index, length - 1), covered.astype(np.float32)
