"""prepare: the inputs as canvases, turned upright, in sRGB, no larger than needed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from stages import canvas
from stages.canvas import Credits, Facts
from stages.sheet import CENTRE
from stages.tiles import Size, centre_crop

MOST_ENLARGED = 10  # times; a photo that is smaller still is told of
LEAST_STYLE = 256  # px; a painting with a shorter side is told of


@dataclass(frozen=True)
class Prepared:
    """The canvases of the inputs and their sizes in px."""

    photo: Path
    photo_size: Size
    styles: tuple[Path, ...]
    style_sizes: tuple[Size, ...]


def notes(photo: Facts, styles: Sequence[Facts], size: Size) -> list[str]:
    """Lines to tell before a picture of `size` is made: how files are read, what is too small."""
    found = [note for facts in (photo, *styles) for note in facts.notes]
    crop = centre_crop(photo.size, size)
    times = size.width / crop.width
    if times > MOST_ENLARGED:
        found.append(
            f"{photo.path}: {photo.size} px, enlarged {times:.3g} times to {size}; little but "
            f"blots will be seen of it; a photo of {size.width // 10} px across or more is needed"
        )
    found += [
        f"{style.path}: {style.size} px; a painting under {LEAST_STYLE} px a side shows few of "
        "its strokes; use a larger picture of it"
        for style in styles
        if min(style.width, style.height) < LEAST_STYLE
    ]
    return found


def photo(src: Path, dst: Path, size: Size, at: tuple[float, float] = CENTRE) -> Size:
    """Write the photo as a canvas with the aspect of `size`, shrunk to it if larger.

    Where it is cropped, the point `at` (shares of width and height) is kept in the middle.
    """
    return canvas.prepare_photo(src, dst, size, at)


def mask(src: Path, dst: Path, size: Size, at: tuple[float, float] = CENTRE) -> Size:
    """Write a mask of the photo as a canvas of one channel, cropped and shrunk as the photo is."""
    return canvas.prepare_mask(src, dst, size, at)


def style_mask(src: Path, dst: Path, max_pixels: int) -> Size:
    """Write a mask of a painting as a canvas of one channel of at most `max_pixels`."""
    return canvas.prepare_style_mask(src, dst, max_pixels)


def photo_map(
    src: Path, painting: Path, dst: Path, size: Size, at: tuple[float, float] = CENTRE
) -> Size:
    """Write a map of the photo as masks, a channel for each label it has with a painting's."""
    return canvas.prepare_map(src, painting, dst, size, at)


def style_map(src: Path, photo: Path, dst: Path, max_pixels: int) -> Size:
    """Write a map of a painting as masks, a channel for each label of the photo's."""
    return canvas.prepare_style_map(src, photo, dst, max_pixels)


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


def credits(src: Path, *, camera: bool) -> Credits:
    """Whose the photo is; with `camera` also what that wrote, the place among it."""
    return canvas.credits(src, camera=camera)
