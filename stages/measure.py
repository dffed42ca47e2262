"""Moments of canvases and paintings, window by window, in bounded memory."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import groupby, pairwise
from pathlib import Path

import numpy as np
from safetensors.torch import load_file, save_file

from stages import tasks
from stages.canvas import files, resample, strokes
from stages.canvas.zones.division import Member, Part, Zone, rows_at, zones_of
from stages.nst.moments import LayerMoments, Moments, combined, weighted_mean
from stages.nst.optimize import Optimizer
from stages.nst.studio import Studio
from stages.nst.windows.task import Pixels, Task, Weights
from stages.tiles import Grid, Rect, Size, Tile, grid


@dataclass(frozen=True)
class StyleImages:
    """The prepared style images, their weights, and their sizes relative to the canvas.

    Without `scales`, each is as large as the canvas. `parts` are what each has of the picture, if
    masks divide it.

    At the size that they are measured at they are `combed` along their strokes so many times
    (stages.canvas.strokes), and get a blur of `soften` px (sigma). `fit` is that of `style_size`,
    `kernel` how they are resampled.
    """

    paths: tuple[Path, ...]
    weights: tuple[float, ...]
    scales: tuple[float, ...] = ()
    soften: float = 0.0
    combed: int = 0
    fit: str = "area"
    kernel: resample.Kernel = "lanczos3"
    parts: tuple[Part, ...] = ()

    @property
    def zones(self) -> tuple[Zone, ...]:
        """The zones that the picture is divided into; none if it is not."""
        return zones_of(self.parts, self.weights)

    def seen(self, member: Member, size: Size) -> Pixels | None:
        """How much of a painting a member of a zone looks at, `(H, W)`; None for all of it."""
        opacity = resample.opacity_at(self.paths[member.painting], size)
        mask = self.parts[member.painting].on if self.parts else None
        found = None if opacity is None else opacity(0, size.height)
        if mask is None:
            return found
        rows = rows_at(mask, size, member.channel)
        own = resample.gathered(rows, size, files.size_of(mask).pixels)[..., 0]
        return own if found is None else own * found

    def on(self, painting: int, size: Size) -> files.Rows | None:
        """Any rows of the masks on a painting, `(rows, W, channels)`; None if it has none."""
        mask = self.parts[painting].on if self.parts else None
        return None if mask is None else rows_at(mask, size)

    def sizes(self, canvas: Size) -> list[Size]:
        """The sizes that they are measured at for a canvas, in px."""
        scales = self.scales or (1.0,) * len(self.paths)
        return [
            style_size(files.size_of(path), canvas, scale, self.fit)
            for path, scale in zip(self.paths, scales, strict=True)
        ]


def style_size(style: Size, canvas: Size, scale: float, fit: str = "area") -> Size:
    """Size a style image is measured at, for a canvas: by what `fit` says, times scale.

    "area" has the canvas's area, "longer" and "shorter" its side, "own" is as it is, and none is
    enlarged. "squeezed" has the canvas's width and height, whatever its own.
    """
    if fit == "squeezed":
        return Size(max(1, round(canvas.width * scale)), max(1, round(canvas.height * scale)))
    factor = min(1.0, scale * _relative(style, canvas, fit))
    return Size(max(1, round(style.width * factor)), max(1, round(style.height * factor)))


def _relative(style: Size, canvas: Size, fit: str) -> float:
    """How many times larger a canvas is than a style image."""
    if fit == "own":
        return 1.0
    if fit == "area":
        return math.sqrt(canvas.pixels / style.pixels)
    side = max if fit == "longer" else min
    return side(canvas.width, canvas.height) / side(style.width, style.height)


def clipped(window: Rect, size: Size) -> Rect:
    """The part of a window that lies on the canvas."""
    right, bottom = min(window.right, size.width), min(window.bottom, size.height)
    return Rect(window.x, window.y, right - window.x, bottom - window.y)


def style_moments(
    studio: Studio,
    styles: StyleImages,
    canvas: Size,
    core: int = 512,
    done: Callable[[Iterator[Callable[[], StyleTask]]], Iterable[tuple[int, Moments]]]
    | None = None,
) -> Moments:
    """Moments of the style images at the size that fits a canvas, in windows of bounded memory.

    Where the picture is divided, those of every zone's images. `done` does the windows' tasks and
    gives their results by number, in any order; without it they are done here.
    """

    def here(given: Iterator[Callable[[], StyleTask]]) -> Iterator[tuple[int, Moments]]:
        return ((number, make().measured(studio)) for number, make in enumerate(given))

    found = []
    for number, (path, size) in enumerate(zip(styles.paths, styles.sizes(canvas), strict=True)):
        rows = painted_rows(path, size, styles.soften, styles.combed, styles.kernel)
        tiles = _measuring_grid(studio, size, core).tiles
        opaque = resample.opacity_at(path, size)
        given = _style_windows(rows, opaque, size, tiles, styles.on(number, size))
        found.append(together((done or here)(given)))
    if not styles.zones:
        return weighted_mean(zip(styles.weights, found, strict=True))
    layers: dict[str, LayerMoments] = {}
    for number, zone in enumerate(styles.zones):
        members = ((member.weight, _looked_at(styles, found, member)) for member in zone.members)
        layers |= weighted_mean(members).named(number).layers
    return Moments(layers)


def _looked_at(styles: StyleImages, found: list[Moments], member: Member) -> Moments:
    """A painting's moments where a zone looks at it."""
    own = found[member.painting]
    return own if styles.parts[member.painting].on is None else own.of_zone(member.channel)


def painted_rows(
    path: Path, size: Size, soften: float, combed: int, kernel: resample.Kernel = "lanczos3"
) -> files.Rows:
    """Rows of a style image as it is measured: at `size`, `combed` and softened."""
    rows = strokes.combed(resample.rows_at(path, size, kernel=kernel), size, combed)
    return resample.softened(rows, size.height, soften)


@dataclass(frozen=True)
class StyleTask(tasks.Task[Moments]):
    """The moments of one window of a painting, to be measured anywhere; see `measure_style`."""

    window: Pixels
    core: Rect
    opacity: Pixels | None = None
    zones: Pixels | None = None
    name = "a painting's moments"

    def measured(self, studio: Studio) -> Moments:
        """Moments over the core."""
        return studio.measure_style(self.window, self.core, self.opacity, self.zones)

    def run(self, tools: tasks.Tools) -> Moments:
        """Moments over the core."""
        found = self.measured(tools.studio)
        tools.step()
        return found


def _style_windows(
    rows: files.Rows,
    opaque: files.Rows | None,
    size: Size,
    tiles: Iterable[Tile],
    on: files.Rows | None,
) -> Iterator[Callable[[], StyleTask]]:
    """The work of measuring a style image; one row of tiles is held at a time, until all are made.

    Where it was cut out, positions count by their opacity, and wholly clear tiles do not. With
    masks `on` it, those of the channels of the masks.
    """
    for _, group in groupby(tiles, key=lambda tile: tile.row):
        row = list(group)
        across = clipped(row[0].window, size)
        seen = None if opaque is None else opaque(across.y, across.bottom)
        masks = None if on is None else on(across.y, across.bottom)
        band = lru_cache(1)(partial(rows, across.y, across.bottom))  # made again if it is lost
        for tile in row:
            w, core = clipped(tile.window, size), tile.core.within(tile.window)
            opacity = None if seen is None else seen[:, w.x : w.right]
            if opacity is None or opacity[core.y : core.bottom, core.x : core.right].any():
                zones = None if masks is None else masks[:, w.x : w.right]
                yield partial(_style_window, band, w, core, opacity, zones)


def _style_window(
    band: Callable[[], Pixels],
    window: Rect,
    core: Rect,
    opacity: Pixels | None,
    zones: Pixels | None,
) -> StyleTask:
    pixels = np.ascontiguousarray(band()[:, window.x : window.right])
    return StyleTask(pixels, core, opacity, zones)


def _measuring_grid(studio: Studio, size: Size, core: int) -> Grid:
    unit = studio.design.stride()
    halo = -(-studio.design.halo() // unit) * unit
    return grid(size, core=core, overlap=0, halo=halo, align=unit)


@dataclass(frozen=True)
class WindowTask(tasks.Task[Moments]):
    """The moments of one tile of a canvas, to be measured anywhere; `core` is px of the window.

    With `zones` `(H, W, Z)` of the window those of every zone.
    """

    window: Pixels
    core: Rect
    label: str = ""
    zones: Pixels | None = None

    @property
    def name(self) -> str:
        """What it is, for people."""
        return self.label

    def run(self, tools: tasks.Tools) -> Moments:
        """Moments over the core."""
        found = tools.studio.measure(self.window, self.core, self.zones)
        tools.step()
        return found


def windows(
    canvas: Path, tiles: Grid, label: str = "", zones: Path | None = None
) -> Iterator[Callable[[], WindowTask]]:
    """The work of measuring a canvas, tile by tile, made ready when it is called for.

    `zones` is the file of the zones' shares of the canvas.
    """
    for tile in tiles.tiles:
        yield partial(_window, canvas, tile, f"{label} {tile.name}".strip(), zones)


def _window(canvas: Path, tile: Tile, label: str, zones: Path | None) -> WindowTask:
    window = clipped(tile.window, files.size_of(canvas))
    shares = None if zones is None else files.channels(zones, window)
    pixels = files.read(canvas, window)
    return WindowTask(pixels, tile.core.within(tile.window), label, shares)


def together(parts: Iterable[tuple[int, Moments]]) -> Moments:
    """Moments of numbered windows together, added up in the order of their numbers.

    They may come in any order: sums of floats depend on it.
    """
    waiting: dict[int, Moments] = {}
    total: Moments | None = None
    following = 0
    for number, part in parts:
        waiting[number] = part
        while following in waiting:
            one = waiting.pop(following)
            total = one if total is None else total + one
            following += 1
    assert total is not None and not waiting
    return total


def of_canvas(
    studio: Studio,
    canvas: Path,
    tiles: Grid,
    report: Callable[[Tile], None] = lambda _: None,
    zones: Path | None = None,
) -> Moments:
    """Moments of a canvas, tile by tile; with a file of `zones` those of every zone."""
    found = []
    for tile, ready in zip(tiles.tiles, windows(canvas, tiles, zones=zones), strict=True):
        task = ready()
        found.append(studio.measure(task.window, task.core, task.zones))
        report(tile)
    return combined(found)


def save_moments(moments: Moments, path: Path) -> None:
    """Write moments as safetensors."""
    save_file({name: t.contiguous() for name, t in moments.to_tensors().items()}, path)


def load_moments(path: Path) -> Moments:
    """What `save_moments` wrote."""
    return Moments.from_tensors(load_file(path))


def probe(studio: Studio, size: Size, iterations: int = 4) -> float:
    """Seconds per iteration of restyling a window of that size, the first one left out."""
    unit = studio.design.stride()
    width, height = -(-size.width // unit) * unit, -(-size.height // unit) * unit
    pixels = np.random.default_rng(0).random((height, width, 3), np.float32)
    everything = Rect(0, 0, width, height)
    style = studio.measure(pixels, everything)
    task = Task(
        everything, everything, style, None, 1.0, Weights(), iterations, Optimizer(name="lbfgs")
    )
    marks: list[float] = []
    studio.restyle(pixels * 0.5, pixels, task, lambda _: marks.append(time.perf_counter()))
    steps = sorted(b - a for a, b in pairwise(marks))
    return steps[len(steps) // 2]
