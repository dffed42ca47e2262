"""Pictures for people to look at: small, 8 bits, without dither."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from stages.canvas import _vips, files
from stages.canvas.files import Pixels
from stages.canvas.streamed import streamed
from stages.errors import TilebrushError, UsageError


def preview(src: Path | Pixels, dst: Path, max_side: int = 1600) -> None:
    """Write an 8-bit PNG or JPEG (by suffix) of a canvas, shrunk to at most `max_side` px."""
    _for_people(image(src), dst, max_side)


def difference(a: Path, b: Path, dst: Path, gain: float = 4.0, max_side: int = 1600) -> None:
    """Write |a - b| times `gain` of two canvases of one size as an 8-bit PNG or JPEG.

    Raises: `TilebrushError` if the sizes differ.
    """
    first, second = files.size_of(a), files.size_of(b)
    if first != second:
        raise TilebrushError(f"{a} is {first} px and {b} is {second}; sizes must be the same")
    apart = (streamed(a) - streamed(b)).abs() * gain
    _for_people(apart, dst, max_side)


def image(src: Path | Pixels) -> Any:
    """A canvas file or an array (height, width, 3) as a libvips image."""
    if isinstance(src, Path):
        return streamed(src)
    pixels = np.ascontiguousarray(src, np.float32)
    height, width, bands = pixels.shape
    image = _vips.Image.new_from_memory(pixels.data, width, height, bands, "float")
    return image.copy(interpretation="srgb")


def _for_people(image: Any, dst: Path, max_side: int) -> None:
    """Shrink and save by suffix."""
    scale = max_side / max(image.width, image.height)
    image = eight_bits(image)
    small = image.resize(scale) if scale < 1.0 else image
    suffix = dst.suffix.lower()
    if suffix in (".jpg", ".jpeg"):
        _vips.save(small, dst, "jpeg", Q=90, subsample_mode="off", keep="none")
    elif suffix == ".png":
        _vips.save(small, dst, "png", compression=6, keep="none")
    else:
        raise UsageError(f"{dst}: pictures are written as .png or .jpg; choose such a name")


def eight_bits(image: Any) -> Any:
    """Rounded to 8 bits, without dither."""
    return (image.clamp() * 255.0).rint().cast("uchar").copy(interpretation="srgb")
