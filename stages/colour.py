"""Stage `colour`: the photo's colours kept, in the paintings before or in the print after.

What a map of colours is made of is seen at display size, the whole of it, so that it is the same
for every part of a canvas.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from stages.canvas import files, resample
from stages.canvas.files import Pixels
from stages.canvas.palette import keeping, recolouring
from stages.canvas.palette.recolouring import Colours, How, Recolouring
from stages.measure import style_size
from stages.tiles import Rect, Size

_BAND = 1 << 20  # px at a time


def recoloured(
    style: Path, photo: Path, dst: Path, size: Size, how: How, mask: Path | None
) -> None:
    """Write a prepared painting in the photo's colours, its opacity as it is.

    `size` is what the photo is seen at; of a `mask` on it, its colours count by that.

    Raises: `TilebrushError` if one of the files is damaged.
    """
    whole, channels = files.size_of(style), files.layout(style).channels
    moved = _map(style, photo, size, how, mask)

    def bands() -> Iterator[Pixels]:
        for band in _bands(whole):
            pixels = moved(files.read(style, band))
            opacity = files.opacity(style, band)
            yield pixels if opacity is None else np.dstack([pixels, opacity])

    files.write_bands(dst, whole, bands(), channels)


def run(canvas: Path, photo: Path, dst: Path, size: Size, how: How, mask: Path | None) -> None:
    """Write a canvas in the colours of a prepared photo, where a prepared mask is white."""
    whole = files.size_of(canvas)
    coloured = resample.rows_at(photo, whole)
    there = None if mask is None else resample.grey_at(mask, whole)
    way: Callable[[Pixels, Rect], Pixels]
    if how == "luma" or how == "oklab":
        kept = how

        def way(pixels: Pixels, band: Rect) -> Pixels:
            return keeping.kept(pixels, coloured(band.y, band.bottom), kept)
    else:
        moved = _map(canvas, photo, size, how, mask)

        def way(pixels: Pixels, band: Rect) -> Pixels:
            return moved(pixels)

    def bands() -> Iterator[Pixels]:
        for band in _bands(whole):
            pixels = files.read(canvas, band)
            found = way(pixels, band)
            if there is not None:
                found = pixels + there(band.y, band.bottom)[..., None] * (found - pixels)
            yield found

    files.write_bands(dst, whole, bands())


def _bands(size: Size) -> Iterator[Rect]:
    step = max(1, _BAND // size.width)
    for top in range(0, size.height, step):
        yield Rect(0, top, size.width, min(step, size.height - top))


def _map(source: Path, photo: Path, size: Size, how: How, mask: Path | None) -> Recolouring:
    """From the colours of a painting or print to those of the photo, seen at `size`."""
    here = style_size(files.size_of(source), size, 1.0)
    opacity = resample.opacity_at(source, here)
    weights = None
    if mask is not None:
        grey, seen = resample.grey_at(mask, size), files.size_of(mask).pixels
        weights = resample.gathered(grey, size, seen)
    if weights is not None and not weights.any():
        weights = None  # nothing is white: no colour counts more than another
    return recolouring.fit(
        _colours(resample.shrunk(source, here), opacity and opacity(0, here.height)),
        _colours(resample.shrunk(photo, size), weights),
        how,
    )


def _colours(pixels: Pixels, weights: Pixels | None) -> Colours:
    return Colours(pixels.reshape(-1, 3), None if weights is None else weights.ravel())
