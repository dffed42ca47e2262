"""Stage `restyle`: sweeps over the tiles of one level towards the painting's moments.

Every tile gets a residual target (stages.nst.moments), depends only on the canvas at the start of
the sweep, and can be computed in any order.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from stages.canvas import feathering, files
from stages.canvas.luminance import relit
from stages.canvas.places import keys
from stages.measure import clipped
from stages.nst.moments import Moments, made_up
from stages.nst.optimize import Optimizer, Progress
from stages.nst.published.method import Method
from stages.nst.studio import Studio
from stages.nst.windows import task as windows
from stages.nst.windows.task import Pixels, Restyled, Weights
from stages.tasks import Shared, Task, Tools
from stages.tiles import Rect, Size, Tile, parted

# Bounds of how many times the residual tiles aim at. With 1.7 or 2.5 at most, 3 sweeps of 10
# iterations reached less (docs/method.md).
_MOST, _LEAST = 2.0, 0.5


@dataclass(frozen=True)
class TileJob:
    """What one tile's restyling reads: canvas and photo in the tile's window, `(H, W, 3)`.

    `zones` `(H, W, Z)` are the zones' shares there, where masks divide the canvas.
    """

    canvas: Pixels
    photo: Pixels
    tile: Tile
    name: str = ""
    zones: Pixels | None = None

    @staticmethod
    def read(
        canvas: Path, photo: Path, tile: Tile, name: str = "", zones: Path | None = None
    ) -> TileJob:
        """The job of a tile, from the files of canvas, photo and zones' shares."""
        window = clipped(tile.window, files.size_of(canvas))
        shares = None if zones is None else files.channels(zones, window)
        return TileJob(files.read(canvas, window), files.read(photo, window), tile, name, shares)

    @property
    def window(self) -> Rect:
        """The part of the tile's window that lies on the canvas."""
        height, width, _ = self.canvas.shape
        return Rect(self.tile.window.x, self.tile.window.y, width, height)

    def part(self, tile: Tile) -> TileJob:
        """The job of a smaller tile that lies in the window."""
        window = self.window
        cut = clipped(tile.window.within(window), Size(window.width, window.height))
        rows, columns = slice(cut.y, cut.bottom), slice(cut.x, cut.right)
        canvas, photo = (np.ascontiguousarray(a[rows, columns]) for a in (self.canvas, self.photo))
        zones = None if self.zones is None else np.ascontiguousarray(self.zones[rows, columns])
        return TileJob(canvas, photo, tile, self.name, zones)


@dataclass(frozen=True)
class Look:
    """What all tiles of a sweep are restyled to; `canvas` is None when one tile is the canvas.

    With `lightness` alone hues stay those of the paint that is joined; and with `hold` that share
    of its light and dark broader than about `hold_blur` px, as when it was painted.
    """

    style: Moments
    canvas: Moments | None
    content_energy: float
    weights: Weights
    iterations: int
    optimizer: Optimizer
    gains: Mapping[str, float] | None = None
    hues: NDArray[np.float32] | None = None
    method: Method | None = None
    lightness: bool = False
    hold: float = 0.0
    hold_blur: float = 1.0


@dataclass(frozen=True)
class TileTask(Task[Restyled]):
    """The restyling of one tile, to be done anywhere; see `restyle_tile`."""

    job: TileJob
    look: Shared[Look]
    parts: int = 1
    halo: int = 0
    align: int = 16

    @property
    def name(self) -> str:
        """The tile's."""
        return self.job.name

    @property
    def steps(self) -> int:  # type: ignore[override]
        """Its iterations."""
        return self.look.value.iterations

    def shared(self) -> tuple[Shared[Look], ...]:
        """What its sweep is restyled to."""
        return (self.look,)

    def run(self, tools: Tools) -> Restyled:
        """New pixels of the tile's write rectangle."""
        return restyle_tile(
            tools.studio,
            self.job,
            self.look.value,
            lambda _: tools.step(),
            parts=self.parts,
            halo=self.halo,
            align=self.align,
        )


def gains(style: Moments, canvases: Sequence[Moments]) -> dict[str, float]:
    """How many times the residual the tiles of a sweep aim at, by layer.

    `canvases` are the moments at the start of every sweep up to this one. In the first, tiles aim
    at the residual itself. They do not get there: iterations are few, content holds back, and
    blending averages. What share of its aim a sweep made up, the next sweep's moments tell, and it
    aims as much farther.
    """
    found = dict.fromkeys(style.layers, 1.0)
    for before, after in pairwise(canvases):
        for name, share in made_up(before, after, style).items():
            found[name] = min(_MOST, max(_LEAST, found[name] / max(share, 1e-6)))
    return found


def restyle_tile(
    studio: Studio,
    job: TileJob,
    look: Look,
    report: Callable[[Progress], None] = lambda _: None,
    *,
    parts: int = 1,
    halo: int = 0,
    align: int = 16,
) -> Restyled:
    """New pixels of one tile's write rectangle.

    In several `parts` less memory is needed and more time: each has a halo of its own, and where
    they meet they are blended as tiles are. `halo` and `align` (px) are those of the tile's grid.
    """
    if parts == 1:
        return _restyled(studio, job, look, report)
    grid = parted(job.tile.window, parts, halo=halo, align=align)
    write = job.tile.write.within(job.tile.window)
    pixels = np.zeros((write.height, write.width, 3), np.float32)
    curves = []
    for part in grid.tiles:
        inner = part.write.overlap(write)
        if inner is None:  # of the tile's halo
            continue
        core = part.core.overlap(job.tile.core.within(job.tile.window)) or inner
        own = Tile(
            part.row,
            part.col,
            core=_moved(core, job.tile.window),
            write=_moved(inner, job.tile.window),
            window=_moved(part.window, job.tile.window),
        )
        found = _restyled(studio, job.part(own), look, report)
        across, down = feathering.weights(grid, part)
        cut = inner.within(part.write)
        weight = np.outer(down[cut.y : cut.bottom], across[cut.x : cut.right])[..., None]
        at = inner.within(write)
        pixels[at.y : at.bottom, at.x : at.right] += weight * found.pixels
        curves.append(found.losses)
    return Restyled(pixels, tuple(sum(each) / len(each) for each in zip(*curves, strict=False)))


def _moved(inner: Rect, outer: Rect) -> Rect:
    """A rectangle of a window as one of the canvas."""
    return Rect(inner.x + outer.x, inner.y + outer.y, inner.width, inner.height)


def _restyled(
    studio: Studio, job: TileJob, look: Look, report: Callable[[Progress], None]
) -> Restyled:
    window = job.window
    task = windows.Task(
        core=job.tile.core.within(window),
        write=job.tile.write.within(window),
        style=look.style,
        canvas=look.canvas,
        content_energy=look.content_energy,
        weights=look.weights,
        iterations=look.iterations,
        optimizer=look.optimizer,
        gain=look.gains,
        hues=look.hues,
        method=look.method,
        zones=job.zones,
    )
    found = studio.restyle(job.canvas, job.photo, task, report)
    if not look.lightness:
        return found
    write = task.write
    laid = job.canvas[write.y : write.bottom, write.x : write.right]
    # Tiles blend where they end: what is mirrored there weighs little.
    broad = partial(keys.broad, blur=look.hold_blur, share=look.hold) if look.hold else None
    return replace(found, pixels=relit(laid, found.pixels, broad))
