"""Canvas files: `.npy`, little-endian float32, C order, shape (height, width, 3).

Values are 0 to 1 in display-referred sRGB. A painting that was cut out has a fourth channel, its
opacity; its colours lie over white, and whoever does not ask for opacity sees those alone. Masks
have a channel for each part that they tell apart. A file
is checked whenever it is opened: type, order, shape and length must agree, so a half-written one is
never read as a picture.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from io import BufferedIOBase, RawIOBase
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from stages.canvas import _vips
from stages.errors import TilebrushError
from stages.tiles import Rect, Size

BYTES_PER_PIXEL = 12
MOST_CHANNELS = 16

Pixels = NDArray[np.float32]
Rows = Callable[[int, int], Pixels]
"""Gives the rows `top` to `bottom` of an image, (bottom - top, width, 3)."""


def size_of(path: Path) -> Size:
    """Width and height of a canvas file in px, from its header.

    Raises: `TilebrushError` if the file is no canvas, or is shorter or longer than it says.
    """
    return layout(path).size


def read(path: Path, rect: Rect | None = None) -> Pixels:
    """Pixels of a canvas, or of a rectangle inside it, as (height, width, 3).

    Raises: `TilebrushError` for a damaged file or a rectangle that leaves the canvas.
    """
    return np.ascontiguousarray(_read(path, rect)[..., :3])


def channels(path: Path, rect: Rect | None = None) -> Pixels:
    """All channels of a canvas, a mask or a rectangle inside it, (height, width, channels).

    Raises: `TilebrushError` for a damaged file or a rectangle that leaves the canvas.
    """
    return np.ascontiguousarray(_read(path, rect))


def opacity(path: Path, rect: Rect | None = None) -> Pixels | None:
    """Opacity of a canvas or a rectangle of it, (height, width), 0 to 1; None if it has none.

    Raises: `TilebrushError` for a damaged file or a rectangle that leaves the canvas.
    """
    if layout(path).channels != 4:
        return None
    return np.ascontiguousarray(_read(path, rect)[..., 3])


def _read(path: Path, rect: Rect | None) -> Pixels:
    """All channels of a canvas or of a rectangle inside it."""
    size, offset, channels = layout(path)
    rect = rect or Rect(0, 0, size.width, size.height)
    outside = rect.x < 0 or rect.y < 0 or rect.right > size.width or rect.bottom > size.height
    if outside or rect.width < 1 or rect.height < 1:
        raise TilebrushError(f"{path}: {rect} does not lie inside the canvas of {size} px")
    # Not mapped into memory: of a wide canvas whole rows would count as the program's own.
    with path.open("rb", buffering=0) as file:
        return read_rows(file, offset, size, rect, channels)


def read_rows(file: RawIOBase, offset: int, size: Size, rect: Rect, channels: int = 3) -> Pixels:
    """A rectangle of pixels that lie from `offset` on in an open file, (height, width, channels).

    Raises: `TilebrushError` if the file ends too early.
    """
    found = np.empty((rect.height, rect.width, channels), np.float32)
    for row, pixels in enumerate(found, start=rect.y):
        file.seek(offset + (row * size.width + rect.x) * channels * 4)
        if file.readinto(pixels.data.cast("B")) != pixels.nbytes:
            name = getattr(file, "name", "a file")
            raise TilebrushError(f"{name}: row {row} cannot be read whole; run it again")
    return found


def write(path: Path, array: NDArray[np.floating]) -> None:
    """Write an array (height, width, 3) as a canvas; the caller sees to a temporary name."""
    if array.ndim != 3 or array.shape[2] != 3:
        raise ValueError(f"a canvas is (height, width, 3); found {array.shape}")
    height, width, _ = array.shape
    write_bands(path, Size(width, height), [np.asarray(array, np.float32)])


def write_bands(path: Path, size: Size, bands: Iterable[Pixels], channels: int = 3) -> None:
    """Write a canvas from bands of rows, top to bottom, each (rows, width, channels).

    Raises: `ValueError` if the bands do not add up to `size`.
    """
    with path.open("wb") as file:
        write_header(file, size, channels)
        rows = 0
        for band in bands:
            if band.ndim != 3 or band.shape[1:] != (size.width, channels):
                raise ValueError(f"a band of a {size} canvas has the shape {band.shape}")
            rows += band.shape[0]
            file.write(np.ascontiguousarray(band, "<f4").data)
        if rows != size.height:
            raise ValueError(f"the bands of a {size} canvas have {rows} rows together")


def write_parts(path: Path, size: Size, parts: Iterable[tuple[Rect, Pixels]]) -> None:
    """Write a canvas from rectangles `(h, w, 3)` that cover it once, in any order.

    Raises: `ValueError` if they do not add up to `size`, or one has another size than it says.
    """
    missing = size.pixels
    with path.open("wb") as file:
        write_header(file, size)
        offset = file.tell()
        file.truncate(offset + size.pixels * BYTES_PER_PIXEL)
        for rect, pixels in parts:
            if pixels.shape != (rect.height, rect.width, 3):
                raise ValueError(f"{rect} of a canvas has the shape {pixels.shape}")
            for row, line in enumerate(np.ascontiguousarray(pixels, "<f4"), start=rect.y):
                file.seek(offset + (row * size.width + rect.x) * BYTES_PER_PIXEL)
                file.write(line.data)
            missing -= rect.pixels
    if missing:
        raise ValueError(f"the parts of a {size} canvas leave {missing} px of it out")


def write_header(file: BufferedIOBase, size: Size, channels: int = 3) -> None:
    """Write the header of a canvas of `size`; the rows follow it directly."""
    shape = (size.height, size.width, channels)
    header = {"descr": "<f4", "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, header)


def in_memory(pixels: Pixels) -> Any:
    """An array (height, width, 3) as a libvips image, not copied."""
    height, width, bands = pixels.shape
    return _vips.Image.new_from_memory(pixels.data, width, height, bands, "float")


def as_vips(path: Path) -> Any:
    """A canvas or tile as a libvips image, mapped from the file and not yet read."""
    size, offset, channels = layout(path)
    image = _vips.Image.rawload(
        bytes(path),
        size.width,
        size.height,
        channels,
        offset=offset,
        format="float",
        interpretation="srgb",
    )
    return image.extract_band(0, n=3) if channels > 3 else image


class Layout(NamedTuple):
    """Size of a canvas in px, the byte where its pixels start, and the floats of each pixel."""

    size: Size
    offset: int
    channels: int


def layout(path: Path) -> Layout:
    """How a canvas file lies, checked against the file's length.

    Raises: `TilebrushError` if they do not agree or the file is no canvas.
    """
    try:
        with path.open("rb") as file:
            if np.lib.format.read_magic(file) != (1, 0):
                raise ValueError("npy version is not 1.0")
            shape, fortran, dtype = np.lib.format.read_array_header_1_0(file)
            offset = file.tell()
            length = file.seek(0, 2)
    except FileNotFoundError:
        raise TilebrushError(f"{path}: the canvas file is missing") from None
    except ValueError as error:
        found = str(error).splitlines()[0]
        raise TilebrushError(f"{path}: not a canvas file ({found})") from None
    if (
        dtype != np.dtype("<f4")
        or fortran
        or len(shape) != 3
        or shape[2] > MOST_CHANNELS
        or 0 in shape
    ):
        raise TilebrushError(
            f"{path}: holds {dtype} of shape {shape}; a canvas is float32 (height, width, 3)"
        )
    size = Size(shape[1], shape[0])
    expected = offset + size.pixels * shape[2] * 4
    if length != expected:
        raise TilebrushError(f"{path}: {length} bytes; a canvas of {size} px has {expected}")
    return Layout(size, offset, shape[2])
