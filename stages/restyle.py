"""Stage `restyle`: sweeps over the tiles of one level towards the painting's moments.

Every tile gets a residual target (stages.nst.moments), depends only on the canvas at the start of
the sweep, and can be computed in any order.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from stages.canvas import files
from stages.measure import clipped
from stages.nst.moments import Moments
from stages.nst.optimize import Optimizer, Progress
from stages.nst.stylize import Restyled, Studio, Task, Weights
from stages.tiles import Tile

VERSION = "4"

# After its first sweep a canvas lacks what its tiles did not reach in their iterations, and would
# not reach again: they aim half as far again. In one of 3 sweeps of 10 iterations it made up for
# the tiles (docs/performance.md); in the first sweep of large tiles it overshoots.
_LATER_REACH = 1.5


@dataclass(frozen=True)
class TileJob:
    """What one tile's restyling reads."""

    canvas: Path
    photo: Path
    tile: Tile


@dataclass(frozen=True)
class Look:
    """What all tiles of a sweep are restyled to; `canvas` is None when one tile is the canvas."""

    style: Moments
    canvas: Moments | None
    content_energy: float
    weights: Weights
    iterations: int
    optimizer: Optimizer
    reach: float = 1.0


def reach(sweep: int) -> float:
    """How far beyond the residual the tiles of a sweep aim; the first sweep is number 1."""
    return 1.0 if sweep == 1 else _LATER_REACH


def restyle_tile(
    studio: Studio,
    job: TileJob,
    look: Look,
    report: Callable[[Progress], None] = lambda _: None,
) -> Restyled:
    """New pixels of one tile's write rectangle."""
    window = clipped(job.tile.window, files.size_of(job.canvas))
    task = Task(
        core=job.tile.core.within(window),
        write=job.tile.write.within(window),
        style=look.style,
        canvas=look.canvas,
        content_energy=look.content_energy,
        weights=look.weights,
        iterations=look.iterations,
        optimizer=look.optimizer,
        reach=look.reach,
    )
    return studio.restyle(
        files.read(job.canvas, window), files.read(job.photo, window), task, report
    )
