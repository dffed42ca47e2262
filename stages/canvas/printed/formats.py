"""Print files: TIFF, JPEG, PNG and an archive, each written in one pass with bounded memory."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from stages.canvas import _vips
from stages.canvas.printed import metadata, profiles, tags
from stages.canvas.printed.metadata import Metadata
from stages.canvas.printed.quantise import quantised
from stages.canvas.streamed import streamed
from stages.errors import TilebrushError
from stages.sheet import NO_BORDER, WHITE, Margins
from stages.tiles import Size

_MM_PER_INCH = 25.4
JPEG_MOST_SIDE = 65500  # px; the format ends at 65,535, libjpeg a little before
_CLASSIC_BYTES = 3_900_000_000  # a TIFF that may get longer is a BigTIFF
_SHRUNK_TOO = 4 / 3  # what the levels of a pyramid add
_TILE = 256
_NOTHING = Metadata()

Did = Callable[[float], None]
"""Told how much of a file is written, 0 to 1."""


@dataclass(frozen=True)
class PrintFormat:
    """How print files are written: `bits` per channel is TIFF's; JPEG and PNG always have 8.

    `border` lies around the canvas, in px and of the `colour`, 8-bit sRGB. `profile` is a name or
    file as in `stages.canvas.printed.profiles`.
    """

    dpi: float = 381.0
    bits: Literal[8, 16] = 8
    jpeg_quality: int = 95
    seed: int = 0
    border: Margins = NO_BORDER
    colour: tuple[int, int, int] = WHITE
    profile: str = profiles.SRGB
    compression: Literal["lzw", "none", "deflate"] = "deflate"
    said: Metadata = _NOTHING


def write_tiff(src: Path, dst: Path, fmt: PrintFormat, did: Did | None = None) -> None:
    """Write a canvas as a flat TIFF in strips, without alpha."""
    image = _sheet(src, fmt.bits, fmt)
    plain = {"compression": fmt.compression}
    options = plain if fmt.compression == "none" else {**plain, "predictor": "horizontal"}
    _save_tiff(image, dst, fmt, _bytes(image, fmt.bits), did, options)


def write_archive(src: Path, dst: Path, fmt: PrintFormat, did: Did | None = None) -> None:
    """Write a canvas as a TIFF of 16 bits, in tiles, with smaller and smaller copies of itself."""
    image = _sheet(src, 16, fmt)
    options = {
        "compression": "deflate",
        "predictor": "horizontal",
        "level": 4,
        "tile": True,
        "tile_width": _TILE,
        "tile_height": _TILE,
        "pyramid": True,
    }
    _save_tiff(image, dst, fmt, _bytes(image, 16) * _SHRUNK_TOO, did, options)


def _bytes(image: Any, bits: int) -> float:
    return float(image.width * image.height * 3 * bits // 8)


def _save_tiff(
    image: Any, dst: Path, fmt: PrintFormat, most: float, did: Did | None, options: dict[str, Any]
) -> None:
    """Save a TIFF that takes at most so many bytes, with its tags."""
    resolution, said = fmt.dpi / _MM_PER_INCH, fmt.said
    image = image.copy()
    metadata.with_xmp(image, said)
    _vips.save(
        image,
        dst,
        "tiff",
        did=did,
        bigtiff=most > _CLASSIC_BYTES,
        xres=resolution,
        yres=resolution,
        resunit="inch",
        profile=profiles.source(fmt.profile),
        keep="icc|xmp",
        **options,
    )
    texts = {
        tags.DESCRIPTION: said.title,
        tags.SOFTWARE: said.tool,
        tags.ARTIST: said.artist,
        tags.COPYRIGHT: said.copyright,
    }
    tags.add_texts(dst, texts)


def _sheet(src: Path, bits: int, fmt: PrintFormat) -> Any:
    """A canvas in whole numbers, with its border. That is of one colour, so it has no dither."""
    exact = profiles.in_profile(streamed(src), fmt.profile)
    image, border = quantised(exact, bits, fmt.seed), fmt.border
    if not border.any:
        return image
    return image.embed(
        border.left,
        border.top,
        border.left + image.width + border.right,
        border.top + image.height + border.bottom,
        extend="background",
        background=profiles.colour_in(fmt.profile, fmt.colour, bits),
    )


def jpeg_possible(size: Size) -> bool:
    """Whether JPEG can hold an image of that size."""
    return max(size.width, size.height) <= JPEG_MOST_SIDE


def write_jpeg(src: Path, dst: Path, fmt: PrintFormat, did: Did | None = None) -> None:
    """Write a canvas as a JPEG without colour subsampling.

    Raises: `TilebrushError` if a side is longer than the format allows.
    """
    image = _sheet(src, 8, fmt)
    if not jpeg_possible(Size(image.width, image.height)):
        raise TilebrushError(
            f"{dst}: {image.width}x{image.height} px; JPEG ends at {JPEG_MOST_SIDE} px a side, "
            "use the TIFF"
        )
    # Optimised Huffman tables save a tenth of the file, but hold the whole image in memory.
    _vips.save(
        _resolved(image, fmt),
        dst,
        "jpeg",
        did=did,
        Q=fmt.jpeg_quality,
        head=_jfif(fmt.dpi),
        skip=2,
        subsample_mode="off",
        profile=profiles.source(fmt.profile),
        keep="icc|exif|xmp",
    )


def write_png(src: Path, dst: Path, fmt: PrintFormat, did: Did | None = None) -> None:
    """Write a canvas as a PNG of 8 bits."""
    _vips.save(
        _resolved(_sheet(src, 8, fmt), fmt),
        dst,
        "png",
        did=did,
        compression=4,
        filter="sub",
        profile=profiles.source(fmt.profile),
        keep="icc|exif|xmp",
    )


def _resolved(image: Any, fmt: PrintFormat) -> Any:
    """The image with its resolution, EXIF and XMP."""
    resolution = fmt.dpi / _MM_PER_INCH
    image = image.copy(xres=resolution, yres=resolution)
    metadata.with_exif(image, fmt.said, srgb=fmt.profile == profiles.SRGB)
    metadata.with_xmp(image, fmt.said)
    return image


def _jfif(dpi: float) -> bytes:
    """The first bytes of a JPEG file, with its resolution.

    libvips gives the resolution in EXIF only, which not every print lab's software reads.
    """
    whole = min(65535, max(1, round(dpi)))
    return b"\xff\xd8\xff\xe0" + struct.pack(
        ">H5sHBHHBB", 16, b"JFIF", 0x102, 1, whole, whole, 0, 0
    )
