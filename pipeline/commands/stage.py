"""`tilebrush stage`: one stage of a run again, into a folder of its own, to look at what it does.

The run is only read. Beside the floats there are pictures for people: before, after, difference.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from pipeline.commands.results import StageResult
from pipeline.config import load as config
from pipeline.console.console import Console
from pipeline.engine import budget
from pipeline.engine.maker import unchanged
from pipeline.engine.worker import Worker
from pipeline.planning.levels import LevelPlan
from pipeline.run import atomic
from pipeline.run.directory import RunDir
from stages import canvas
from stages.errors import TilebrushError, UsageError
from stages.tiles import Tile

STAGES = ("prepare", "display", "upsample", "restyle", "blend", "finish")
_LEVELLED = ("upsample", "restyle", "blend")


def rerun(
    run_dir: Path,
    stage: str,
    level: int | None,
    tile: tuple[int, int] | None,
    overrides: dict[str, str],
    into: Path | None,
    console: Console,
) -> StageResult:
    """Run one stage again with the run's inputs and perhaps other settings.

    Without `into`, the folder is `RUN-stage` beside the run.

    Raises:
        UsageError: no such stage, level or tile, or an unknown setting.
        RunMissing: no run there.
        TilebrushError: the stage's inputs are not made yet.
    """
    began = time.monotonic()
    run = RunDir.open(run_dir)
    worker = _Again(run, overrides, console)
    chosen = worker.level(stage, level)
    if tile is not None and stage != "restyle":
        raise UsageError(f"--tile goes with restyle@LEVEL, not with {stage}")
    name = stage if chosen is None else f"{stage}@{chosen.level}"
    name += f"-tile-{tile[0]}-{tile[1]}" if tile else ""
    folder = into or run.root.with_name(f"{run.root.name}-{name.replace('@', '-')}")
    _check_folder(folder, run)
    work: dict[str, Callable[[Path], list[float]]] = {
        "prepare": worker.prepare_again,
        "display": worker.display_again,
        "finish": worker.finish_again,
    }
    if chosen is not None and stage == "upsample":
        losses = worker.upsample_again(chosen, folder)
    elif chosen is not None and stage == "blend":
        losses = worker.blend_again(chosen, folder)
    elif chosen is not None and tile is not None:
        losses = worker.tile_again(chosen, tile, folder)
    elif chosen is not None:
        losses = worker.level_again(chosen, folder)
    else:
        losses = work[stage](folder)
    files = tuple(sorted(path.name for path in folder.iterdir()))
    first, last = (losses[0], losses[-1]) if losses else (0.0, 0.0)
    return StageResult(name, str(folder), files, first, last, round(time.monotonic() - began, 2))


def _check_folder(folder: Path, run: RunDir) -> None:
    if folder.resolve() == run.root.resolve() or run.root.resolve() in folder.resolve().parents:
        raise UsageError(f"{folder} is inside the run; name a folder outside with --into")
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file; name a new folder with --into")
    with atomic.explained(folder / "after.npy"):
        folder.mkdir(parents=True, exist_ok=True)


class _Again:
    """The stages of a run, written into another folder."""

    def __init__(self, run: RunDir, overrides: dict[str, str], console: Console) -> None:
        self.run, self.console = run, console
        self.worker = Worker(run, console)
        if overrides:
            settings = config.override(self.worker.settings, overrides)
            self.worker.settings = config.apply_preset(settings)
            self.worker.plan = budget.planned(run, self.worker.settings)

    def level(self, stage: str, number: int | None) -> LevelPlan | None:
        """The level that a stage's name asks for."""
        levels = self.worker.plan.levels
        if stage not in STAGES:
            raise UsageError(f"unknown stage {stage!r}; there are {', '.join(STAGES)}")
        if stage not in _LEVELLED:
            if number not in (None, 0):
                raise UsageError(f"{stage} has no levels; name it without @{number}")
            return None
        if number is None or not 1 <= number <= len(levels):
            found = "no level" if number is None else f"level {number}"
            raise UsageError(
                f"{found} given for {stage}; this run has levels 1 to {len(levels)}: "
                f"{stage}@{len(levels)}"
            )
        return levels[number - 1]

    def _need(self, *paths: Path) -> None:
        for path in paths:
            if not path.is_file():
                raise TilebrushError(
                    f"{self.run.name(path)} is not in the run yet (or was cleaned away); "
                    "run tilebrush resume first"
                )

    def prepare_again(self, folder: Path) -> list[float]:
        """Inputs to canvases, with a picture of each."""
        from stages import prepare

        inputs = self.worker.manifest.inputs
        photo = next(item for item in inputs if item.role == "photo")
        styles = [unchanged(item) for item in inputs if item.role == "style"]
        pixels = self.worker.settings.style.max_pixels
        made = prepare.run(unchanged(photo), styles, folder, self.worker.plan.size, pixels)
        for path in (made.photo, *made.styles):
            canvas.preview(path, path.with_suffix(".png"))
        return []

    def display_again(self, folder: Path) -> list[float]:
        """Level 0."""
        from stages import display

        self._need(self.run.photo(), *self.worker.style_images(self.worker.settings.display).paths)
        with self.console.progress(
            sum(scale.work for scale in self.worker.plan.display), "display"
        ) as bar:
            result = self.worker.displayed(lambda work: bar.advance(work))
        display.save(result, folder / "after.npy")
        size = canvas.size_of(folder / "after.npy")
        canvas.resize(self.run.photo(), folder / "before.npy", size)
        _pictures(folder)
        return [loss for curve in result.losses for loss in curve]

    def upsample_again(self, level: LevelPlan, folder: Path) -> list[float]:
        """The canvas and the photo at a level's size."""
        from stages import upsample

        source = self.worker.canvas_of(level.level - 1)
        self._need(source, self.run.photo())
        upsample.run(
            source,
            self.run.photo(),
            folder / "canvas.npy",
            folder / "photo.npy",
            level.size,
            self.worker.strokes(),
        )
        for name in ("canvas", "photo"):
            canvas.preview(folder / f"{name}.npy", folder / f"{name}.png")
        return []

    def tile_again(self, level: LevelPlan, where: tuple[int, int], folder: Path) -> list[float]:
        """One tile of a level's last sweep."""
        grid = level.grids[-1]
        tile = next((t for t in grid.tiles if (t.row, t.col) == where), None)
        if tile is None:
            raise UsageError(
                f"no tile {where[0]},{where[1]}; rows are 0 to {grid.rows - 1} and "
                f"columns 0 to {grid.columns - 1}"
            )
        source = self.worker.sweep_source(level, level.sweeps)
        self._need_level(level, source)
        with self.console.progress(level.tile_work(grid), f"tile {tile.name}") as bar:
            result = self.worker.restyled_tile(level, level.sweeps, tile, bar.advance)
        canvas.write(folder / "before.npy", canvas.read(source, tile.write))
        canvas.write(folder / "after.npy", result.pixels)
        _pictures(folder)
        return list(result.losses)

    def _need_level(self, level: LevelPlan, source: Path) -> None:
        number = level.level
        need = [source, self.run.level_photo(number), self.run.style_moments(number)]
        need.append(self.run.content_energy())
        if len(level.grids[-1].tiles) > 1:
            need += [self.run.moments(number, sweep) for sweep in range(1, level.sweeps + 1)]
        self._need(*need)

    def level_again(self, level: LevelPlan, folder: Path) -> list[float]:
        """All tiles of a level's last sweep, blended."""
        grid, losses = level.grids[-1], []
        source = self.worker.sweep_source(level, level.sweeps)
        self._need_level(level, source)

        def place(tile: Tile) -> Path:
            return folder / f"tile-{tile.row}-{tile.col}.npy"

        total = level.tile_work(grid) * len(grid.tiles)
        with self.console.progress(total, f"restyle@{level.level}") as bar:
            for tile in grid.tiles:
                result = self.worker.restyled_tile(level, level.sweeps, tile, bar.advance)
                canvas.write(place(tile), result.pixels)
                losses += [result.losses[0], result.losses[-1]]
        canvas.blend(grid, place, folder / "after.npy")
        canvas.resize(source, folder / "before.npy", level.size)
        _pictures(folder)
        return losses

    def blend_again(self, level: LevelPlan, folder: Path) -> list[float]:
        """The tiles of a level's last sweep, as the run has them, into one canvas."""
        number, grid = level.level, level.grids[-1]
        source = self.worker.sweep_source(level, level.sweeps)

        def place(tile: Tile) -> Path:
            return self.run.tile(number, level.sweeps, tile.row, tile.col)

        self._need(source, *(place(tile) for tile in grid.tiles))
        canvas.blend(grid, place, folder / "after.npy")
        canvas.resize(source, folder / "before.npy", level.size)
        _pictures(folder)
        return []

    def finish_again(self, folder: Path) -> list[float]:
        """The print files."""
        from stages import finish

        source = self.worker.canvas_of(len(self.worker.plan.levels))
        self._need(source)
        fmt = self.worker.print_format()
        jpeg = folder / "print.jpg" if finish.jpeg_possible(self.worker.plan.size) else None
        finish.run(source, folder / "print.tif", jpeg, fmt)
        return []


def _pictures(folder: Path) -> None:
    """8-bit pictures of before, after and four times their difference, at full size."""
    size = canvas.size_of(folder / "after.npy")
    side = min(max(size.width, size.height), 4096)
    for name in ("before", "after"):
        canvas.preview(folder / f"{name}.npy", folder / f"{name}.png", side)
    canvas.difference(
        folder / "before.npy", folder / "after.npy", folder / "difference.png", 4.0, side
    )
