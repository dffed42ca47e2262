"""Print files, and pictures for people to look at.

A canvas is quantised once, at the very end, with triangular dither of one step: without it a
smooth sky of 8 bits shows bands when it is printed large. The noise is a square repeated over the
canvas, made from the seed, so the same canvas gives the same bytes whatever the order of work.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from stages.canvas import _vips, files
from stages.canvas.files import Pixels
from stages.canvas.streamed import streamed
from stages.errors import TilebrushError, UsageError
from stages.tiles import Size

_NOISE_SIDE = 512
_MM_PER_INCH = 25.4
_JPEG_MAX_SIDE = 65500


@dataclass(frozen=True)
class PrintFormat:
    """How print files are written: `bits` per channel is TIFF's; JPEG always has 8."""

    dpi: float = 381.0
    bits: Literal[8, 16] = 8
    jpeg_quality: int = 95
    seed: int = 0


def write_tiff(src: Path, dst: Path, fmt: PrintFormat) -> None:
    """Write a canvas as an sRGB TIFF in strips, deflate with horizontal prediction."""
    resolution = fmt.dpi / _MM_PER_INCH
    image = quantised(streamed(src), fmt.bits, fmt.seed)
    _vips.save(
        image,
        dst,
        "tiff",
        compression="deflate",
        predictor="horizontal",
        bigtiff=image.width * image.height * 3 * fmt.bits // 8 > 3_900_000_000,
        xres=resolution,
        yres=resolution,
        resunit="inch",
        profile="srgb",
        keep="icc",
    )


def jpeg_possible(size: Size) -> bool:
    """Whether JPEG can hold an image of that size."""
    return max(size.width, size.height) <= _JPEG_MAX_SIDE


def write_jpeg(src: Path, dst: Path, fmt: PrintFormat) -> None:
    """Write a canvas as an sRGB JPEG without colour subsampling.

    Raises: `TilebrushError` if a side is longer than the format allows.
    """
    image = quantised(streamed(src), 8, fmt.seed)
    if max(image.width, image.height) > _JPEG_MAX_SIDE:
        raise TilebrushError(
            f"{dst}: {image.width}x{image.height} px; JPEG ends at {_JPEG_MAX_SIDE} px a side, "
            "use the TIFF"
        )
    resolution = fmt.dpi / _MM_PER_INCH
    # Optimised Huffman tables save a tenth of the file, but hold the whole image in memory.
    image = image.copy(xres=resolution, yres=resolution)
    _vips.set_text(image, "exif-ifd2-ColorSpace", "1")  # sRGB; libvips writes "uncalibrated"
    _vips.save(
        image,
        dst,
        "jpeg",
        Q=fmt.jpeg_quality,
        head=_jfif(fmt.dpi),
        skip=2,
        subsample_mode="off",
        profile="srgb",
        keep="icc|exif",
    )


def _jfif(dpi: float) -> bytes:
    """The first bytes of a JPEG file, with its resolution.

    libvips gives the resolution in EXIF only, which not every print lab's software reads.
    """
    whole = min(65535, max(1, round(dpi)))
    return b"\xff\xd8\xff\xe0" + struct.pack(
        ">H5sHBHHBB", 16, b"JFIF", 0x102, 1, whole, whole, 0, 0
    )


def preview(src: Path | Pixels, dst: Path, max_side: int = 1600) -> None:
    """Write an 8-bit PNG or JPEG (by suffix) of a canvas, shrunk to at most `max_side` px."""
    _for_people(_image(src), dst, max_side)


def difference(a: Path, b: Path, dst: Path, gain: float = 4.0, max_side: int = 1600) -> None:
    """Write |a - b| times `gain` of two canvases of one size as an 8-bit PNG or JPEG.

    Raises: `TilebrushError` if the sizes differ.
    """
    first, second = files.size_of(a), files.size_of(b)
    if first != second:
        raise TilebrushError(f"{a} is {first} px and {b} is {second}; sizes must be the same")
    apart = (streamed(a) - streamed(b)).abs() * gain
    _for_people(apart, dst, max_side)


def _image(src: Path | Pixels) -> Any:
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
    image = _eight_bits(image)
    small = image.resize(scale) if scale < 1.0 else image
    suffix = dst.suffix.lower()
    if suffix in (".jpg", ".jpeg"):
        _vips.save(small, dst, "jpeg", Q=90, subsample_mode="off", keep="none")
    elif suffix == ".png":
        _vips.save(small, dst, "png", compression=6, keep="none")
    else:
        raise UsageError(f"{dst}: pictures are written as .png or .jpg; choose such a name")


def _eight_bits(image: Any) -> Any:
    """Rounded to 8 bits, without dither."""
    return (image.clamp() * 255.0).rint().cast("uchar").copy(interpretation="srgb")


def quantised(image: Any, bits: int, seed: int) -> Any:
    """Dithered and rounded to 8 or 16 bits."""
    top = 255.0 if bits == 8 else 65535.0
    side = _NOISE_SIDE
    generator = np.random.default_rng(seed)
    shape = (side, side, 3)
    noise = generator.random(shape, np.float32) - generator.random(shape, np.float32)
    square = _vips.Image.new_from_memory(noise.data, side, side, 3, "float")
    noisy = square.replicate(-(-image.width // side), -(-image.height // side))
    noisy = noisy.crop(0, 0, image.width, image.height)
    stepped = (image.clamp() * top + noisy).rint()
    kind, space = ("uchar", "srgb") if bits == 8 else ("ushort", "rgb16")
    return stepped.cast(kind).copy(interpretation=space)
