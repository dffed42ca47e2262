"""Photographs and paintings in, canvases out.

Whatever the file holds (any orientation, colour profile, CMYK, grey, 16 bit, float, palette,
transparency) becomes float32 sRGB, a band at a time. A file is decoded once and to its end, on its
way to the canvas; one that is cut short or damaged is refused, and what was written is no canvas.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

from stages.canvas.inputs.colour import extra_band, is_float, opacity, to_srgb
from stages.canvas.inputs.header import Picture, decoding, usable
from stages.canvas.inputs.labels import Colours, colours_of, labelled, shared
from stages.canvas.inputs.opening import opened
from stages.canvas.inputs.turning import sideways, unturned, write_upright
from stages.errors import InputImageError
from stages.sheet import CENTRE, focused_crop
from stages.tiles import Rect, Size

_ROWS = 4  # at a time, out of libvips


def check(path: Path) -> None:
    """Decode the whole file, where nothing is made of it; the `prepare_` functions do so too.

    Raises: `InputImageError` if it is missing, no image, too small or too large, or any pixel
    cannot be decoded or used.
    """
    image = usable(path).image
    with decoding(path):
        if is_float(image):
            _check_numbers(path)
        else:
            image.avg()


def prepare_photo(path: Path, dst: Path, size: Size, at: tuple[float, float] = CENTRE) -> Size:
    """Write a photograph as a canvas of the aspect of `size`; returns the canvas's size.

    Turned upright, converted to sRGB, cropped around the point `at` (shares of width and height,
    see `stages.sheet.focused_crop`), and shrunk to `size` if it is larger; a smaller one keeps its
    own resolution.
    Raises: `InputImageError` if any pixel of the file cannot be decoded.
    """
    picture = usable(path)
    crop = focused_crop(picture.facts.size, size, at)
    larger = crop.width >= size.width and crop.height >= size.height
    return _convert(picture, dst, crop, size if larger else Size(crop.width, crop.height))


def prepare_style(path: Path, dst: Path, max_pixels: int) -> Size:
    """Write a painting as a canvas of its own aspect and at most `max_pixels`; returns its size.

    The canvas of one that is transparent anywhere has its opacity as a fourth channel.
    Raises: `InputImageError` if any pixel cannot be decoded, or all of it is transparent.
    """
    picture = usable(path)
    whole, target = _shrunk(picture.facts.size, max_pixels)
    return _convert(picture, dst, whole, target, cut_out=_cut_out(picture))


def prepare_mask(path: Path, dst: Path, size: Size, at: tuple[float, float] = CENTRE) -> Size:
    """Write a mask of a photograph as a canvas of one channel; returns the canvas's size.

    As `prepare_photo`; grey counts, of colours their mean, white is one.
    Raises: `InputImageError` if any pixel of the file cannot be decoded.
    """
    picture = usable(path)
    crop = focused_crop(picture.facts.size, size, at)
    larger = crop.width >= size.width and crop.height >= size.height
    target = size if larger else Size(crop.width, crop.height)
    return _convert(picture, dst, crop, target, then=_grey(path))


def prepare_style_mask(path: Path, dst: Path, max_pixels: int) -> Size:
    """Write a mask of a painting as a canvas of one channel of at most `max_pixels`.

    Raises: `InputImageError` if any pixel of the file cannot be decoded.
    """
    picture = usable(path)
    whole, target = _shrunk(picture.facts.size, max_pixels)
    return _convert(picture, dst, whole, target, then=_grey(path))


def prepare_map(
    path: Path, other: Path, dst: Path, size: Size, at: tuple[float, float] = CENTRE
) -> Size:
    """Write a map of a photograph as a canvas of a channel for each of its labels.

    `other` is the painting's map. Cropped and shrunk as `prepare_photo` does.
    Raises: `InputImageError` if one cannot be decoded, or the maps do not go together.
    """
    picture = usable(path)
    crop = focused_crop(picture.facts.size, size, at)
    larger = crop.width >= size.width and crop.height >= size.height
    target = size if larger else Size(crop.width, crop.height)
    own, _ = _labels(path, other)
    count = len(own)
    return _convert(picture, dst, crop, target, then=lambda srgb: labelled(srgb, own, count))


def prepare_style_map(path: Path, other: Path, dst: Path, max_pixels: int) -> Size:
    """Write a map of a painting as a canvas of a channel for each label of the photo's, `other`.

    Raises: `InputImageError` if one cannot be decoded, or the maps do not go together.
    """
    picture = usable(path)
    whole, target = _shrunk(picture.facts.size, max_pixels)
    photo, own = _labels(other, path)
    count = len(photo)
    return _convert(picture, dst, whole, target, then=lambda srgb: labelled(srgb, own, count))


def count_labels(path: Path) -> int:
    """How many labels a map has.

    Raises: `InputImageError` if it cannot be decoded.
    """
    picture = usable(path)
    with decoding(path):
        return len(colours_of(to_srgb(picture.image, path, picture.meaning)))


def _labels(photo: Path, painting: Path) -> tuple[Colours, Colours]:
    """The colours of the labels of a pair of maps, in the photo's and in the painting's."""
    found = []
    for path in (photo, painting):
        picture = usable(path)
        with decoding(path):
            found.append(colours_of(to_srgb(picture.image, path, picture.meaning)))
    return shared(found[0], found[1], (photo, painting))


def _grey(path: Path) -> Callable[[Any], Any]:
    """What makes a mask of an image.

    Raises: `InputImageError` if it is black everywhere.
    """
    picture = usable(path)
    with decoding(path):
        if to_srgb(picture.image, path, picture.meaning).max() <= 0:
            raise InputImageError(
                f"{path}: black everywhere, so nothing is in this mask; white is what it takes"
            )
    return lambda srgb: srgb.bandmean()


def _shrunk(own: Size, max_pixels: int) -> tuple[Rect, Size]:
    """The whole of an image, and its size within so many px."""
    shrink = min(1.0, math.sqrt(max_pixels / own.pixels))
    target = Size(max(1, int(own.width * shrink)), max(1, int(own.height * shrink)))
    return Rect(0, 0, own.width, own.height), target


def _cut_out(picture: Picture) -> bool:
    """Whether a painting is transparent anywhere.

    Raises: `InputImageError` if it is everywhere.
    """
    path = picture.path
    if opacity(picture.image, picture.meaning) is None:
        return False
    with decoding(path):
        band = extra_band(opened(path).image)
        least, most = band.stats().crop(0, 1, 2, 1).numpy()[0]  # of the only band
    if most <= 0:
        raise InputImageError(
            f"{path}: wholly transparent; save it without transparency or name another painting"
        )
    return bool(least < 1)


def _convert(
    picture: Picture,
    dst: Path,
    crop: Rect,
    target: Size,
    *,
    cut_out: bool = False,
    then: Callable[[Any], Any] = lambda srgb: srgb,
) -> Size:
    """Write a rectangle of the upright image at the size `target`; returns that.

    With its opacity if it is `cut_out`; what is `then` made of sRGB comes before resizing.
    """
    path, image, facts = picture.path, picture.image, picture.facts
    with decoding(path):
        if is_float(image):
            _check_numbers(path)
        whole = to_srgb(image, path, picture.meaning)
        if cut_out:
            whole = whole.bandjoin(opacity(image, picture.meaning).cast("float"))
        whole = then(whole)
        part = unturned(crop, facts.size, facts.orientation)
        rgb = whole.crop(part.x, part.y, part.width, part.height)
        turned = sideways(facts.orientation)
        stored = Size(target.height, target.width) if turned else target
        if stored != Size(part.width, part.height):
            rgb = rgb.resize(stored.width / part.width, vscale=stored.height / part.height)
        write_upright(_to_the_end(whole, rgb.clamp()), dst, facts.orientation, target)
    return target


def _to_the_end(whole: Any, rgb: Any) -> Any:
    """An image made of part of a file, and a row below it that takes the file's last pixel.

    So the file is decoded to its end in the same pass: it may be cut short where nothing is
    needed of it. In sequence, for no row of a file can be had after a later one.
    """
    last = whole.crop(0, whole.height - 1, 1, 1).embed(0, 0, rgb.width, 1, extend="copy")
    return rgb.join(last, "vertical").sequential(tile_height=_ROWS)


def _check_numbers(path: Path) -> None:
    """Floating-point values must be numbers of the usual range; decodes the whole file."""
    image = opened(path).image
    if ((image - image) == 0).min() == 0:
        raise InputImageError(f"{path}: holds values that are no numbers (NaN or infinity)")
    average = opened(path).image.avg()
    if image.interpretation != "lab" and average > 4.0:
        raise InputImageError(
            f"{path}: floating-point values average {average:.3g}; they must lie between 0 and 1"
        )
