"""Print files: TIFF and JPEG, written in one pass with bounded memory."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from stages.canvas import _vips
from stages.canvas.printed.quantise import quantised
from stages.canvas.streamed import streamed
from stages.errors import TilebrushError
from stages.sheet import NO_BORDER, WHITE, Margins
from stages.tiles import Size

_MM_PER_INCH = 25.4
_JPEG_MAX_SIDE = 65500


@dataclass(frozen=True)
class PrintFormat:
    """How print files are written: `bits` per channel is TIFF's; JPEG always has 8.

    `border` lies around the canvas, in px and of the `colour`, 8-bit sRGB.
    """

    dpi: float = 381.0
    bits: Literal[8, 16] = 8
    jpeg_quality: int = 95
    seed: int = 0
    border: Margins = NO_BORDER
    colour: tuple[int, int, int] = WHITE


def write_tiff(src: Path, dst: Path, fmt: PrintFormat) -> None:
    """Write a canvas as an sRGB TIFF in strips, deflate with horizontal prediction."""
    resolution = fmt.dpi / _MM_PER_INCH
    image = _sheet(src, fmt.bits, fmt)
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


def _sheet(src: Path, bits: int, fmt: PrintFormat) -> Any:
    """A canvas in whole numbers, with its border. That is of one colour, so it has no dither."""
    image, border = quantised(streamed(src), bits, fmt.seed), fmt.border
    if not border.any:
        return image
    step = 1 if bits == 8 else 257
    return image.embed(
        border.left,
        border.top,
        border.left + image.width + border.right,
        border.top + image.height + border.bottom,
        extend="background",
        background=[channel * step for channel in fmt.colour],
    )


def jpeg_possible(size: Size) -> bool:
    """Whether JPEG can hold an image of that size."""
    return max(size.width, size.height) <= _JPEG_MAX_SIDE


def write_jpeg(src: Path, dst: Path, fmt: PrintFormat) -> None:
    """Write a canvas as an sRGB JPEG without colour subsampling.

    Raises: `TilebrushError` if a side is longer than the format allows.
    """
    image = _sheet(src, 8, fmt)
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
