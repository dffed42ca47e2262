"""Stage `restyle`: sweeps over the tiles of one level towards the painting's moments.

Every tile gets a residual target (stages.nst.moments), depends only on the canvas at the start of
the sweep, and can be computed in any order.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from stages.canvas import files
from stages.measure import clipped
from stages.nst.moments import Moments, made_up
from stages.nst.optimize import Optimizer, Progress
from stages.nst.studio import Restyled, Studio, Task, Weights
from stages.tiles import Tile

VERSION = "4"

# Bounds of how many times the residual tiles aim at. With 1.7 or 2.5 at most, 3 sweeps of 10
# iterations reached less (docs/method.md).
_MOST, _LEAST = 2.0, 0.5


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
    reach: Mapping[str, float] | None = None


def reaches(style: Moments, canvases: Sequence[Moments]) -> dict[str, float]:
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
