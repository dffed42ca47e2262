"""Turning photographs upright: EXIF's eight orientations, in bounded memory."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from stages.canvas import _vips, files
from stages.canvas.files import Pixels
from stages.tiles import Rect, Size

_BAND_PIXELS = 1_000_000


def sideways(orientation: int) -> bool:
    """Whether rows of the file are columns of the upright image."""
    return orientation >= 5


def unturned(rect: Rect, size: Size, orientation: int) -> Rect:
    """Where a rectangle of the upright image of `size` lies in the file's rows and columns."""
    width, height = size.width, size.height
    if sideways(orientation):
        width, height = height, width
        rect = Rect(rect.y, rect.x, rect.height, rect.width)
    x = width - rect.right if orientation in (2, 3, 7, 8) else rect.x
    y = height - rect.bottom if orientation in (3, 4, 6, 7) else rect.y
    return Rect(x, y, rect.width, rect.height)


def write_upright(rgb: Any, dst: Path, orientation: int, size: Size) -> None:
    """Write a float libvips image of three or four bands as a canvas of `size`, turned upright.

    Rows of it below those that make up `size` are computed, and left out.
    Raises: the `OSError` of a full or failing disk; libvips' error for what it cannot decode.
    """
    if orientation == 1:
        with dst.open("w+b") as file:
            files.write_header(file, size, rgb.bands)
            file.flush()
            end = file.tell() + size.pixels * rgb.bands * 4
            _vips.into(file, rgb.rawsave_target)
            file.truncate(end)
        return
    # Turning needs all rows, so they go through a nameless file instead of memory.
    with tempfile.TemporaryFile(dir=dst.parent) as turned:
        _vips.into(turned, rgb.rawsave_target)
        turned.flush()
        stored = Size(size.height, size.width) if sideways(orientation) else size
        bands = _upright_bands(turned.raw, stored, orientation, size, rgb.bands)
        files.write_bands(dst, size, bands, rgb.bands)


def _upright_bands(
    file: Any, stored: Size, orientation: int, size: Size, channels: int
) -> Iterator[Pixels]:
    """Bands of rows of the upright image of `size` from a file of the stored rows."""
    step = max(1, _BAND_PIXELS // size.width)
    for top in range(0, size.height, step):
        band = Rect(0, top, size.width, min(step, size.height - top))
        # Read, not mapped: mapped pages would count as the program's own memory.
        pixels = files.read_rows(file, 0, stored, unturned(band, size, orientation), channels)
        yield _turned(pixels, orientation)


def _turned(pixels: Pixels, orientation: int) -> Pixels:
    """Stored pixels (h, w, channels) turned upright."""
    if orientation in (2, 3, 7, 8):
        pixels = pixels[:, ::-1]
    if orientation in (3, 4, 6, 7):
        pixels = pixels[::-1]
    return np.swapaxes(pixels, 0, 1) if sideways(orientation) else pixels
