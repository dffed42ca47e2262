"""Crops of a print that is not made: where they lie, and what of a level they need."""

from __future__ import annotations

import math
import shutil
from collections.abc import Iterable, Sequence
from itertools import combinations
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from stages.canvas import export, feathering, files, resample
from stages.canvas.files import Pixels
from stages.canvas.luminance import luminance
from stages.tiles import Grid, Rect, Size, Tile

_SEEN = 600  # px, longer side of the photo where its detail is measured
_WHITE, _BLACK = (255, 255, 255), (0, 0, 0)
_OVERVIEW = 1200  # px, longer side of the picture that shows where crops lie


def around(size: Size, crop: Size, x: float, y: float) -> Rect:
    """A crop of a canvas with its middle at `x`, `y` px, or as near to it as there is room."""
    width, height = min(crop.width, size.width), min(crop.height, size.height)
    left = min(max(0, round(x - width / 2)), size.width - width)
    top = min(max(0, round(y - height / 2)), size.height - height)
    return Rect(left, top, width, height)


def chosen(photo: Path, size: Size, crop: Size, count: int) -> list[tuple[Rect, str]]:
    """Up to `count` crops of a canvas of `size` that do not overlap, and why each.

    By turns where a prepared photo has most detail and least (the mean of its gradient of light
    and dark); of three and more one is the middle.
    """
    middle = around(size, crop, size.width / 2, size.height / 2)
    found = [(middle, "the middle")] if count > 2 else []
    taken = len(found)
    detail, places = _detail(photo), _places(size, crop)
    scale = detail.shape[1] / size.width
    values = [_mean(detail, place, scale) for place in places]
    order = sorted(range(len(places)), key=lambda number: values[number])
    while len(found) < count:
        most = (len(found) - taken) % 2 == 0
        free = (
            places[number]
            for number in (reversed(order) if most else order)
            if not any(places[number].overlap(other) for other, _ in found)
        )
        place = next(free, None)
        if place is None:
            break
        found.append((place, "most detail" if most else "least detail"))
    return found or [(middle, "the middle")]


def _detail(photo: Path) -> NDArray[np.float32]:
    own = files.size_of(photo)
    scale = min(1.0, _SEEN / max(own.width, own.height))
    small = Size(max(1, round(own.width * scale)), max(1, round(own.height * scale)))
    grey = np.asarray(luminance(resample.shrunk(photo, small)), np.float32)
    across, down = (cv2.Sobel(grey, cv2.CV_32F, x, 1 - x) for x in (1, 0))
    return np.asarray(np.hypot(across, down), np.float32)


def _places(size: Size, crop: Size) -> list[Rect]:
    """Crops a quarter of their side apart."""
    wide, high = min(crop.width, size.width), min(crop.height, size.height)
    xs = sorted({*range(0, size.width - wide + 1, max(1, wide // 4)), size.width - wide})
    ys = sorted({*range(0, size.height - high + 1, max(1, high // 4)), size.height - high})
    return [Rect(x, y, wide, high) for y in ys for x in xs]


def _mean(detail: NDArray[np.float32], place: Rect, scale: float) -> float:
    left, top = int(place.x * scale), int(place.y * scale)
    right, bottom = max(left + 1, int(place.right * scale)), max(top + 1, int(place.bottom * scale))
    return float(detail[top:bottom, left:right].mean())


def needed(crop: Rect, size: Size, level: Size, margin: int) -> Rect:
    """What of a level a crop of a canvas of `size` stands on, with `margin` px around it."""
    x, y = level.width / size.width, level.height / size.height
    left, top = max(0, int(crop.x * x) - margin), max(0, int(crop.y * y) - margin)
    right = min(level.width, math.ceil(crop.right * x) + margin)
    bottom = min(level.height, math.ceil(crop.bottom * y) + margin)
    return Rect(left, top, right - left, bottom - top)


def windowed(size: Size, parts: Iterable[Rect], *, halo: int, align: int, most: int) -> Grid:
    """Parts of a canvas of `size` as tiles of their own, each with its halo.

    Cores are widened to whole strides of `align` px; two become one where that is less to compute
    and no more than `most` px.
    """
    cores = [_aligned(part, size, align, 0) for part in parts]

    def joined() -> tuple[Rect, Rect] | None:
        for a, b in combinations(cores, 2):
            alone, both = (
                sum(_aligned(core, size, align, halo).pixels for core in some)
                for some in ((a, b), (_around(a, b),))
            )
            if both <= min(alone, most):
                return a, b
        return None

    while (pair := joined()) is not None:
        cores = [core for core in cores if core not in pair] + [_around(*pair)]
    tiles = tuple(
        Tile(0, number, core, core, _aligned(core, size, align, halo, beyond=True))
        for number, core in enumerate(cores)
    )
    return Grid(size, 0, len(tiles), 1, tiles)


def _aligned(part: Rect, size: Size, align: int, halo: int, *, beyond: bool = False) -> Rect:
    """A part with its halo in whole strides; a window may reach `beyond` the canvas for them."""
    spans = []
    for start, stop, length in (
        (part.x, part.right, size.width),
        (part.y, part.bottom, size.height),
    ):
        most = -(-length // align) * align if beyond else length
        first = max(0, start - halo) // align * align
        spans.append((first, min(most, -(-(stop + halo) // align) * align)))
    (left, right), (top, bottom) = spans
    return Rect(left, top, right - left, bottom - top)


def _around(a: Rect, b: Rect) -> Rect:
    left, top = min(a.x, b.x), min(a.y, b.y)
    return Rect(left, top, max(a.right, b.right) - left, max(a.bottom, b.bottom) - top)


def laid(canvas: Path, dst: Path, grid: Grid, tiles: Iterable[tuple[Tile, Path]]) -> None:
    """Write a copy of a canvas with some tiles of a grid, each a file, blended into it."""
    shutil.copyfile(canvas, dst)
    pixels = np.lib.format.open_memmap(dst, mode="r+")
    for tile, path in tiles:
        own, (across, down) = tile.write, feathering.weights(grid, tile)
        weight = np.outer(down, across)[..., None]
        apart = files.read(path) - files.read(canvas, own)
        pixels[own.y : own.bottom, own.x : own.right] += weight * apart
    pixels.flush()


def pasted(canvas: Path, dst: Path, parts: Iterable[tuple[Rect, Pixels]]) -> None:
    """Write a copy of a canvas with parts of it replaced."""
    shutil.copyfile(canvas, dst)
    pixels = np.lib.format.open_memmap(dst, mode="r+")
    for rect, part in parts:
        pixels[rect.y : rect.bottom, rect.x : rect.right] = part
    pixels.flush()


def cut(canvas: Path, dst: Path, crop: Rect) -> None:
    """Write a part of a canvas as a canvas."""
    files.write(dst, files.read(canvas, crop))


def overview(canvas: Path, size: Size, crops: Sequence[Rect], dst: Path) -> None:
    """Write a small PNG of a canvas, with numbered frames where crops of `size` px lie."""
    own = files.size_of(canvas)
    scale = min(1.0, _OVERVIEW / max(own.width, own.height))
    small = Size(max(1, round(own.width * scale)), max(1, round(own.height * scale)))
    pixels = np.rint(resample.shrunk(canvas, small) * 255).astype(np.uint8)
    x, y = small.width / size.width, small.height / size.height
    weight = max(1, small.width // 300)
    for number, crop in enumerate(crops, start=1):
        corners = (
            (int(crop.x * x), int(crop.y * y)),
            (int(crop.right * x) - 1, int(crop.bottom * y) - 1),
        )
        for colour, width in ((_BLACK, 3 * weight), (_WHITE, weight)):
            cv2.rectangle(pixels, *corners, colour, width)
            at = corners[0][0] + 4 * weight, corners[0][1] + 12 * weight
            cv2.putText(
                pixels, str(number), at, cv2.FONT_HERSHEY_SIMPLEX, weight / 3, colour, width
            )
    export.preview(np.asarray(pixels / 255, np.float32), dst, _OVERVIEW)
