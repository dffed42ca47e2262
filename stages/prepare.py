"""prepare: the inputs as canvases, turned upright, in sRGB, no larger than needed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from stages import canvas
from stages.tiles import Size


@dataclass(frozen=True)
class Prepared:
    """The canvases of the inputs and their sizes in px."""

    photo: Path
    photo_size: Size
    styles: tuple[Path, ...]
    style_sizes: tuple[Size, ...]


def photo(src: Path, dst: Path, size: Size) -> Size:
    """Write the photo as a canvas with the aspect of `size`, shrunk to it if larger."""
    return canvas.prepare_photo(src, dst, size)


def style(src: Path, dst: Path, max_pixels: int) -> Size:
    """Write a painting as a canvas of at most `max_pixels`."""
    return canvas.prepare_style(src, dst, max_pixels)


def run(
    photo_path: Path, styles: Sequence[Path], out: Path, size: Size, max_style_pixels: int
) -> Prepared:
    """Write `photo.npy`, `style-1.npy`, `style-2.npy`, ... into the directory `out`.

    Raises: `InputImageError` for the first input that cannot be used.
    """
    photo_canvas = out / "photo.npy"
    photo_size = photo(photo_path, photo_canvas, size)
    style_canvases = tuple(out / f"style-{i}.npy" for i in range(1, len(styles) + 1))
    sizes = tuple(
        style(src, dst, max_style_pixels) for src, dst in zip(styles, style_canvases, strict=True)
    )
    return Prepared(photo_canvas, photo_size, style_canvases, sizes)
