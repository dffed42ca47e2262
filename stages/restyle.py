"""Stage `restyle`: sweeps over the tiles of one level towards the painting's moments.

Every tile gets a residual target (stages.nst.moments), depends only on the canvas at the start of
the sweep, and can be computed in any order.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from safetensors.torch import load_file, save_file

from stages.canvas import files, resample
from stages.nst.moments import Moments, combined, weighted_mean
from stages.nst.optimize import Progress
from stages.nst.stylize import Restyled, Studio, Task
from stages.tiles import Grid, Rect, Size, Tile, grid

VERSION = "1"


@dataclass(frozen=True)
class StyleImages:
    """The prepared style images, their weights, and their size relative to the canvas."""

    paths: tuple[Path, ...]
    weights: tuple[float, ...]
    scale: float = 1.0


def style_size(style: Size, canvas: Size, scale: float) -> Size:
    """Size a style image is measured at: the canvas's area times scale^2, never enlarged."""
    factor = min(1.0, scale * math.sqrt(canvas.pixels / style.pixels))
    return Size(max(1, round(style.width * factor)), max(1, round(style.height * factor)))


def clipped(window: Rect, size: Size) -> Rect:
    """The part of a window that lies on the canvas."""
    right, bottom = min(window.right, size.width), min(window.bottom, size.height)
    return Rect(window.x, window.y, right - window.x, bottom - window.y)


def style_moments(studio: Studio, styles: StyleImages, canvas: Size, core: int = 512) -> Moments:
    """Moments of the style images at the size that fits a canvas, in windows of bounded memory."""
    parts = []
    for path, weight in zip(styles.paths, styles.weights, strict=True):
        size = style_size(files.size_of(path), canvas, styles.scale)
        image = resample.resized(files.read(path), size)
        tiles = _measuring_grid(studio, size, core).tiles
        found = []
        for tile in tiles:
            w = clipped(tile.window, size)
            window = image[w.y : w.bottom, w.x : w.right]
            found.append(studio.measure(window, tile.core.within(tile.window)))
        parts.append((weight, combined(found)))
    return weighted_mean(parts)


def _measuring_grid(studio: Studio, size: Size, core: int) -> Grid:
    unit = studio.design.stride()
    halo = -(-studio.design.halo() // unit) * unit
    return grid(size, core=core, overlap=0, halo=halo, align=unit)


def measure(
    studio: Studio, canvas: Path, tiles: Grid, report: Callable[[Tile], None] = lambda _: None
) -> Moments:
    """Moments of a canvas, tile by tile."""
    size = files.size_of(canvas)
    found = []
    for tile in tiles.tiles:
        window = files.read(canvas, clipped(tile.window, size))
        found.append(studio.measure(window, tile.core.within(tile.window)))
        report(tile)
    return combined(found)


@dataclass(frozen=True)
class TileJob:
    """All that one tile's restyling reads: files and the task's numbers."""

    canvas: Path
    photo: Path
    tile: Tile


def restyle_tile(
    studio: Studio,
    job: TileJob,
    make_task: Callable[[Rect, Rect], Task],
    report: Callable[[Progress], None] = lambda _: None,
) -> Restyled:
    """New pixels of one tile's write rectangle.

    `make_task` completes the task for core and write rectangles in px of the window.
    """
    window = clipped(job.tile.window, files.size_of(job.canvas))
    task = make_task(job.tile.core.within(window), job.tile.write.within(window))
    return studio.restyle(
        files.read(job.canvas, window), files.read(job.photo, window), task, report
    )


def save_moments(moments: Moments, path: Path) -> None:
    """Write moments as safetensors."""
    save_file({name: t.contiguous() for name, t in moments.to_tensors().items()}, path)


def load_moments(path: Path) -> Moments:
    """What `save_moments` wrote."""
    return Moments.from_tensors(load_file(path))


def checked_halo(studio_halo: int, unit: int, wanted: int) -> int:
    """Halo in px: `wanted`, or the encoder's reach when 0, rounded up to whole strides."""
    halo = wanted or studio_halo
    return -(-halo // unit) * unit


def whole(size: Size) -> Rect:
    """The rectangle of a whole canvas."""
    return Rect(0, 0, size.width, size.height)


__all__: Sequence[str] = (
    "VERSION", "StyleImages", "TileJob", "checked_halo", "clipped", "load_moments", "measure",
    "restyle_tile", "save_moments", "style_moments", "style_size", "whole",
)
