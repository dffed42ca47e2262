"""Ways to restyle a level's tiles: what each reaches for its time, and where tiles have converged.

    python -m benchmarks.levels [--run RUN | --size 6000x4500] [--tiles 4] [--out FOLDER]

RUN is a finished run, which is only read; without one, a print of the samples is made first. Of the
last sweep of every level some tiles are restyled again, spread over the canvas. The first table is
of the last two levels: the run's own way, fewer and more iterations, Adam, and without the deepest
layers, whose halo is then not needed either. All are measured alike: style loss to the tile's
residual target over all layers and over the deepest alone, and content loss, each over that of the
start.

The second table says what stopping a tile early would save at every level: a tile counts as
converged when its loss has fallen by less than a share over the last iteration on average of five.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from benchmarks.common import INPUTS, print_table, result_of, save_json
from pipeline.console.console import Console
from pipeline.engine import table
from pipeline.engine.makers import restyling
from pipeline.engine.outputs import Job, Place
from pipeline.engine.worker import Worker
from pipeline.planning.levels import LevelPlan
from pipeline.run.directory import RunDir
from stages import restyle, tiles
from stages.computing import Device, Precision
from stages.measure import clipped
from stages.nst.losses import content_loss, style_loss
from stages.nst.moments import residual_target
from stages.nst.optimize import Optimizer
from stages.nst.studio import Studio
from stages.restyle import Look, TileJob
from stages.tiles import Rect, Tile

OVER = 5  # iterations over which a fall is averaged


@dataclass(frozen=True)
class Row:
    """One way at one level, means of its tiles; losses over those of the start."""

    level: int
    way: str
    seconds_a_tile: float
    style: float
    deepest: float
    content: float


@dataclass(frozen=True)
class Stop:
    """Stopping tiles of a level early: what is saved, and the loss then over that at the end."""

    level: int
    iterations: int
    fall_below: float
    saved: float
    loss_over_full: float


@dataclass(frozen=True)
class Way:
    """A change of how a tile is restyled: its look, and how many deep style layers are left out."""

    name: str
    look: Callable[[Look], Look] = lambda look: look
    without: int = 0


class Bench:
    """A run whose tiles are restyled in other ways."""

    def __init__(self, root: Path, console: Console) -> None:
        self.run = RunDir.open(root)
        self.worker = Worker(self.run, console)
        self.studio = self.worker.studio

    def asked(self, level: LevelPlan, tile: Tile) -> Job:
        """The job that the worker has for a tile of the last sweep."""
        place = Place(level=level.level, sweep=level.sweeps, row=tile.row, col=tile.col)
        return self.worker.job(table.row("tile"), place)

    def look(self, level: LevelPlan) -> Look:
        """What the tiles of a level's last sweep are restyled to."""
        return restyling.look(self.asked(level, level.grids[-1].tiles[0]))

    def tiles(self, level: LevelPlan, count: int) -> list[Tile]:
        """So many tiles of a level's last sweep, spread over the canvas."""
        found = level.grids[-1].tiles
        step = max(1, len(found) // count)
        return list(found[step // 2 :: step][:count])

    def job(self, level: LevelPlan, tile: Tile) -> TileJob:
        """What a tile of the last sweep reads."""
        return restyling.tile_job(self.asked(level, tile)).part(tile)

    def measured(self, level: LevelPlan, tile: Tile, pixels: np.ndarray | None) -> list[float]:
        """Style loss over all layers and over the deepest, and content loss, of a tile's pixels.

        Without pixels those of the start.
        """
        job, look = self.job(level, tile), self.look(level)
        area = clipped(tile.window, level.size)
        core, write = tile.core.within(area), tile.write.within(area)
        window, photo = job.canvas, job.photo
        start = self.studio.measure(window, core)
        if pixels is not None:
            window = window.copy()
            window[write.y : write.bottom, write.x : write.right] = pixels
        found = self.studio.measure(window, core)
        target = look.style
        if look.canvas is not None:
            target = residual_target(start, look.canvas, look.style, look.gains)
        weights = self.studio.style_weights
        deepest = {list(weights)[-1]: 1.0}
        style = [style_loss(found, target, look.style, some) for some in (weights, deepest)]
        return [*map(float, style), self._content(window, photo, look)]

    @torch.inference_mode()
    def _content(self, window: np.ndarray, photo: np.ndarray, look: Look) -> float:
        height, width = window.shape[:2]
        everything = Rect(0, 0, width, height)
        found, wanted = (self.studio.content(one, everything) for one in (window, photo))
        return sum(
            share * float(content_loss(found[name], wanted[name], look.content_energy))
            for name, share in self.studio.content_weights.items()
        )

    def row(self, level: LevelPlan, way: Way, tiles: Sequence[Tile]) -> Row:
        """Restyle tiles in a way and measure what came of it."""
        seconds, shares = [], []
        studio = _shallower(self.studio, way.without)
        look = way.look(self.look(level))
        for tile in tiles:
            began = time.perf_counter()
            asked = _narrowed(tile, _halo(studio)) if way.without else tile
            made = restyle.restyle_tile(studio, self.job(level, asked), look)
            seconds.append(time.perf_counter() - began)
            before, after = (
                self.measured(level, tile, None),
                self.measured(level, tile, made.pixels),
            )
            shares.append([a / b for a, b in zip(after, before, strict=True)])
        return Row(
            level.level, way.name, float(np.mean(seconds)), *np.mean(shares, axis=0).tolist()
        )

    def curves(self, level: LevelPlan, tiles: Sequence[Tile]) -> list[tuple[float, ...]]:
        """Losses of tiles, iteration by iteration, restyled as the run does."""
        look = self.look(level)
        return [restyle.restyle_tile(self.studio, self.job(level, t), look).losses for t in tiles]


def _shallower(studio: Studio, without: int) -> Studio:
    """A studio that leaves out the deepest style layers, and content deeper than their blocks."""
    found = Studio(
        studio.encoder,
        Precision.BFLOAT16 if studio.bfloat16 else Precision.FLOAT32,
        Device(studio.device.type),
    )
    kept = list(studio.style_weights)[: len(studio.style_weights) - without]
    found.style_weights = {name: studio.style_weights[name] for name in kept}
    inside = {
        name: share
        for name, share in studio.content_weights.items()
        if _block(name) <= _block(kept[-1])
    }
    total = sum(inside.values())
    found.content_weights = {name: share / total for name, share in inside.items()}
    return found


def _block(layer: str) -> int:
    return int(layer.removeprefix("relu").split("_")[0])


def _halo(studio: Studio) -> int:
    """What the deepest layer that a studio uses sees, in whole strides of the grid."""
    names = (*studio.style_weights, *studio.content_weights)
    radius = max(studio.design.layer(name).radius for name in names)
    return tiles.checked_halo(radius, studio.design.stride(), 0)


def _narrowed(tile: Tile, halo: int) -> Tile:
    """A tile that reads less around what it writes; its window stays within the old one."""
    old, write = tile.window, tile.write
    left, top = max(old.x, write.x - halo), max(old.y, write.y - halo)
    right, bottom = min(old.right, write.right + halo), min(old.bottom, write.bottom + halo)
    return replace(tile, window=Rect(left, top, right - left, bottom - top))


def _times(factor: float) -> Callable[[Look], Look]:
    return lambda look: replace(look, iterations=max(2, round(look.iterations * factor)))


def ways(studio: Studio) -> list[Way]:
    """What is compared."""

    def adam(look: Look) -> Look:
        return replace(look, optimizer=Optimizer("adam"))

    found = [
        Way("as the run does"),
        Way("half the iterations", _times(0.5)),
        Way("1.5 times the iterations", _times(1.5)),
        Way("Adam", adam),
    ]
    for count, name in ((1, "the deepest layer"), (2, "the deepest two")):
        if len(studio.style_weights) > count and _shallower(studio, count).content_weights:
            found += [
                Way(f"without {name}", without=count),
                Way(f"without {name}, 1.5 times", _times(1.5), without=count),
            ]
    return found


def stops(level: LevelPlan, curves: Sequence[tuple[float, ...]]) -> Iterator[Stop]:
    """What a limit to the fall per iteration would save."""
    for limit in (0.002, 0.005, 0.01, 0.02):
        saved, over = [], []
        for curve in curves:
            least = np.minimum.accumulate(curve)
            falls = 1 - (least[OVER:] / least[:-OVER]) ** (1 / OVER)
            slow = np.flatnonzero(falls < limit)
            end = int(slow[0]) + OVER if slow.size else len(least) - 1
            saved.append(1 - (end + 1) / len(least))
            over.append(least[end] / least[-1])
        yield Stop(level.level, level.iterations, limit, np.mean(saved), np.mean(over))  # type: ignore[arg-type]


def tables(root: Path, count: int) -> tuple[list[Row], list[Stop]]:
    """Both tables, of so many tiles of every level."""
    bench = Bench(root, Console(quiet=True))
    levels = bench.worker.brief.plan.levels
    rows = []
    for level in levels[-2:]:
        bench.row(level, Way("to warm up", _times(0.0)), bench.tiles(level, 1))
        for way in ways(bench.studio):
            rows.append(bench.row(level, way, bench.tiles(level, count)))
            print(rows[-1], file=sys.stderr, flush=True)
    found = [
        stop
        for level in levels
        for stop in stops(level, bench.curves(level, bench.tiles(level, count)))
    ]
    return rows, found


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--run", type=Path, help="a finished run")
    parser.add_argument("--size", default="6000x4500", help="px, of the print without --run")
    parser.add_argument("--tiles", type=int, default=4, help="of every level")
    parser.add_argument("--out", type=Path, help="folder for the result as JSON")
    args = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        root = args.run or Path(folder) / "run"
        if not args.run:
            result_of("print", *INPUTS, "--run", str(root), "--size", args.size)
        rows, found = tables(root, args.tiles)
    print_table("Ways to restyle tiles", rows)
    save_json(args.out, "levels", rows)
    print_table("Stopping early", found)
    save_json(args.out, "levels-stops", found)
    return 0


if __name__ == "__main__":
    sys.exit(main())
