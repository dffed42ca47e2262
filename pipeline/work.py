"""A run at work: every output is made if it is not there, whole, and made from the same things.

Resuming, repeating and mending are this one mechanism: each output has a key, the hash of all that
decides its bytes, and `Worker.ensure` makes what has no valid record with that key.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline import config, plan
from pipeline.console import Bar, Console
from pipeline.plan import FILE_WORK, MEASURE_WORK, LevelPlan
from pipeline.records import Input, Manifest, key_of
from pipeline.rundir import RunDir
from stages.errors import InputImageError, Interrupted, RunDiffers, TilebrushError, TilesFailed
from stages.tiles import Grid, Tile

if TYPE_CHECKING:
    from stages.canvas import PrintFormat
    from stages.display import Displayed
    from stages.measure import StyleImages
    from stages.nst.stylize import Restyled, Studio


@dataclass
class Tally:
    """What a worker did: tiles made, tiles found finished, tiles that failed twice."""

    computed: int = 0
    found: int = 0
    failed: list[str] = field(default_factory=list)


class Worker:
    """Makes the outputs of one run in order; the caller holds the run's lock."""

    def __init__(self, run: RunDir, console: Console, studio: Studio | None = None) -> None:
        self.run, self.console = run, console
        self.manifest: Manifest = run.manifest()
        self.settings = config.from_record(self.manifest.settings)
        self.plan = plan.make(self.settings)
        if len(self._inputs("photo")) != 1 or not self._inputs("style"):
            raise TilebrushError(f"{run.root} names no photo or no style; start a new run")
        self.tally = Tally()
        self._given = studio
        self._studio: Studio | None = None
        self._bar: Bar | None = None

    # ---- what is needed only when something is computed

    @property
    def studio(self) -> Studio:
        """The encoder, loaded when it is first needed.

        Raises:
            RunDiffers: its weights are not those that the run began with.
        """
        if self._studio is None:
            from stages.nst.machine import open_studio

            s = self.settings
            self._studio = self._given or open_studio(
                s.encoder.name, s.encoder.weights, s.run.precision, s.run.threads
            )
            found, wanted = self._studio.encoder.fingerprint, self._encoder_key
            if found != wanted:
                raise RunDiffers(
                    f"{self.run.root} was begun with encoder weights {wanted[:12]}, now there are "
                    f"{found[:12]}; give the same weights, or start a new run"
                )
        return self._studio

    @property
    def _encoder_key(self) -> str:
        return self.manifest.tools.get("encoder weights", "")

    def _inputs(self, role: str) -> list[Input]:
        return [item for item in self.manifest.inputs if item.role == role]

    # ---- the one mechanism

    def ensure(self, path: Path, key: str, make: Callable[[Path], None]) -> bool:
        """Make an output unless it is there; returns whether it was made.

        `make` writes to the path it is given.
        """
        if self.run.valid(path, key, check="hash"):
            return False
        self.run.commit(path, make, {"key": key})
        return True

    def go(self, bar: Bar) -> None:
        """Make everything that is not there yet.

        Raises:
            TilesFailed: some tiles failed twice; all others are made, the print is not.
        """
        self._bar = bar
        self.prepare()
        self.display()
        for level in self.plan.levels:
            self.upsample(level)
            self.restyle(level)
            if self.tally.failed:
                names = ", ".join(self.tally.failed[:5])
                raise TilesFailed(
                    f"{len(self.tally.failed)} tiles failed twice ({names}); the print is not "
                    "written; see run.log, then run tilebrush resume"
                )
        self.finish()

    def _did(self, work: float, *, made: bool, note: str = "") -> None:
        if self._bar is not None:
            (self._bar.advance if made else self._bar.skip)(work, note)

    def _stage(self, name: str) -> None:
        if self._bar is not None:
            self._bar.stage(name)

    # ---- keys: what decides the bytes of each output

    @cached_property
    def photo_key(self) -> str:
        """Key of the prepared photo."""
        from stages import prepare

        return key_of("prepare", prepare.VERSION, self._inputs("photo")[0].sha256, self.plan.size)

    def style_key(self, index: int) -> str:
        """Key of a prepared style image; the first has index 1."""
        from stages import prepare

        item = self._inputs("style")[index - 1]
        return key_of("style", prepare.VERSION, item.sha256, self.settings.style.max_pixels)

    @cached_property
    def _styles_key(self) -> str:
        count = len(self._inputs("style"))
        weights = config.style_weights(self.settings, count)
        keys = [self.style_key(i) for i in range(1, count + 1)]
        return key_of(keys, weights, self.settings.style.scale)

    @cached_property
    def _computing_key(self) -> str:
        """Everything that all computed stages share."""
        s = self.settings
        style = s.style.model_dump(exclude={"weights", "content_weight", "max_pixels", "scale"})
        run = (s.run.precision, s.run.threads, s.run.seed)
        return key_of(s.encoder.name, self._encoder_key, style, s.optimizer, run)

    @cached_property
    def display_key(self) -> str:
        """Key of the display canvas."""
        from stages import display

        parts = (self.photo_key, self._styles_key, self._computing_key, self.plan.display)
        return key_of("display", display.VERSION, parts, self.settings.style.content_weight)

    def level_key(self, level: int) -> str:
        """Key of the canvas that a level hands on."""
        return self.display_key if level == 0 else self.sweep_key(self.plan.levels[level - 1], None)

    def upsample_key(self, level: LevelPlan, source: str) -> str:
        """Key of a canvas or photo at a level's size."""
        from stages import upsample

        return key_of("upsample", upsample.VERSION, source, level.size)

    def sweep_key(self, level: LevelPlan, sweep: int | None) -> str:
        """Key of the canvas after a sweep (None: after the last)."""
        from stages import restyle

        key = self.upsample_key(level, self.level_key(level.level - 1))
        numbers = (level.iterations, level.content_weight, self.plan.halo, self.plan.alignment)
        common = (restyle.VERSION, self._styles_key, self._computing_key, self.photo_key, numbers)
        for grid in level.grids[: level.sweeps if sweep is None else sweep]:
            key = key_of("restyle", common, key, grid)
        return key

    # ---- the stages

    def prepare(self) -> None:
        """Inputs to canvases."""
        from stages import prepare

        self._stage("prepare")
        photo = self._inputs("photo")[0]
        made = self.ensure(
            self.run.photo(),
            self.photo_key,
            lambda out: _ignore(prepare.photo(unchanged(photo), out, self.plan.size)),
        )
        for index, item in enumerate(self._inputs("style"), start=1):
            self.ensure(
                self.run.style(index),
                self.style_key(index),
                lambda out, item=item: _ignore(  # type: ignore[misc]
                    prepare.style(unchanged(item), out, self.settings.style.max_pixels)
                ),
            )
        self._did(self.plan.size.pixels * FILE_WORK / 1e6, made=made)

    def style_images(self) -> StyleImages:
        """The prepared style images with their weights."""
        from stages.measure import StyleImages

        count = len(self._inputs("style"))
        paths = tuple(self.run.style(i) for i in range(1, count + 1))
        weights = config.style_weights(self.settings, count)
        return StyleImages(paths, weights, self.settings.style.scale)

    def display(self) -> None:
        """Level 0."""
        from stages import display

        self._stage("display")
        canvas, energy = self.run.display_canvas(), self.run.content_energy()
        energy_key = key_of(self.display_key, "energy")
        if self.run.valid(canvas, self.display_key, check="hash") and self.run.valid(
            energy, energy_key, check="hash"
        ):
            self._did(sum(scale.work for scale in self.plan.display), made=False)
            return
        began = time.monotonic()
        result = self.displayed(lambda work: self._did(work, made=True))
        seconds = time.monotonic() - began
        text = json.dumps(result.content_energy)
        self.run.commit(energy, lambda out: _ignore(out.write_text(text)), {"key": energy_key})
        self.run.commit(
            canvas,
            lambda out: display.save(result, out),
            {
                "key": self.display_key,
                "seconds": seconds,
                "losses": [_ends(curve) for curve in result.losses],
            },
        )

    def displayed(self, did: Callable[[float], None]) -> Displayed:
        """The display image, computed now; `did` is told of megapixel-iterations."""
        from stages import display

        return display.from_files(
            self.studio,
            self.run.photo(),
            self.style_images(),
            tuple(display.Scale(s.size, s.iterations) for s in self.plan.display),
            self.loss_weights(self.settings.style.content_weight),
            self.optimizer(),
            lambda scale, _: did(scale.size.pixels / 1e6),
        )

    def upsample(self, level: LevelPlan) -> None:
        """The canvas and the photo at a level's size."""
        from stages import upsample

        number = level.level
        self._stage(f"upsample@{number}")
        source = self.canvas_of(number - 1)
        made = self.ensure(
            self.run.level_canvas(number),
            self.upsample_key(level, self.level_key(number - 1)),
            lambda out: upsample.enlarge(source, out, level.size),
        )
        self.ensure(
            self.run.level_photo(number),
            self.upsample_key(level, self.photo_key),
            lambda out: upsample.content(self.run.photo(), out, level.size),
        )
        self._did(level.size.pixels * FILE_WORK / 1e6, made=made)

    def canvas_of(self, level: int) -> Path:
        """The canvas that a level hands on."""
        return self.run.display_canvas() if level == 0 else self.run.restyled(level)

    def sweep_source(self, level: LevelPlan, sweep: int) -> Path:
        """The canvas at the start of a sweep."""
        if sweep == 1:
            return self.run.level_canvas(level.level)
        return self.run.sweep_canvas(level.level, sweep - 1)

    def sweep_result(self, level: LevelPlan, sweep: int) -> Path:
        """The canvas after a sweep."""
        last = sweep == level.sweeps
        return self.run.restyled(level.level) if last else self.run.sweep_canvas(level.level, sweep)

    def restyle(self, level: LevelPlan) -> None:
        """All sweeps of a level."""
        from stages import measure

        number = level.level
        self.ensure(
            self.run.style_moments(number),
            key_of(self._styles_key, self._computing_key, level.size, self.plan.halo),
            lambda out: measure.save_moments(
                measure.style_moments(self.studio, self.style_images(), level.size), out
            ),
        )
        for sweep in range(1, level.sweeps + 1):
            self.sweep(level, sweep)
            if self.tally.failed:
                return

    def sweep(self, level: LevelPlan, sweep: int) -> None:
        """One sweep: moments, tiles, blend. Tiles of all but the last sweep are dropped again."""
        from stages import canvas

        number, grid = level.level, level.grids[sweep - 1]
        self._stage(f"restyle@{number} sweep {sweep}/{level.sweeps}")
        key, result = self.sweep_key(level, sweep), self.sweep_result(level, sweep)
        last = sweep == level.sweeps
        self.moments(level, sweep)  # even of a finished sweep: they may be damaged
        files = level.size.pixels * FILE_WORK / 1e6
        if not last and self.run.valid(result, key, check="hash"):
            self.tally.found += len(grid.tiles)
            self._did(level.tile_work(grid) * len(grid.tiles) + files, made=False)
            self.run.drop_tiles(number, sweep)  # a kill may have left some
            return
        for tile in grid.tiles:
            self.tile(level, sweep, tile)
        if self.tally.failed:
            return
        made = self.ensure(
            result,
            key,
            lambda out: canvas.blend(
                grid, lambda tile: self.run.tile(number, sweep, tile.row, tile.col), out
            ),
        )
        self._did(files, made=made)
        if not last:
            self.run.drop_tiles(number, sweep)

    def moments(self, level: LevelPlan, sweep: int) -> None:
        """Moments of the canvas at the start of a sweep; a single tile needs none."""
        from stages import measure

        grid = level.grids[sweep - 1]
        if len(grid.tiles) == 1:
            return
        source = self.sweep_source(level, sweep)
        work = grid.tiles[0].window.pixels * MEASURE_WORK / 1e6
        made = self.ensure(
            self.run.moments(level.level, sweep),
            key_of(self.sweep_key(level, sweep), "moments"),
            lambda out: measure.save_moments(
                measure.of_canvas(self.studio, source, grid, lambda _: self._did(work, made=True)),
                out,
            ),
        )
        if not made:
            self._did(work * len(grid.tiles), made=False)

    def tile_key(self, level: LevelPlan, sweep: int, tile: Tile) -> str:
        """Key of one tile."""
        return key_of(self.sweep_key(level, sweep), "tile", tile.row, tile.col)

    def tile(self, level: LevelPlan, sweep: int, tile: Tile) -> None:
        """One tile, tried twice."""
        from stages import canvas

        path = self.run.tile(level.level, sweep, tile.row, tile.col)
        key = self.tile_key(level, sweep, tile)
        work = level.tile_work(level.grids[sweep - 1])
        note = f"tile {tile.name}"
        if self.run.valid(path, key, check="hash"):
            self.tally.found += 1
            self._did(work, made=False, note=note)
            return
        began = time.monotonic()
        result = self._tried_twice(level, sweep, tile)
        if result is None:
            self.tally.failed.append(f"restyle@{level.level} {tile.name}")
            self._did(work, made=True, note=note)
            return
        self.run.commit(
            path,
            lambda out: canvas.write(out, result.pixels),
            {"key": key, "seconds": time.monotonic() - began, "losses": _ends(result.losses)},
        )
        self.tally.computed += 1

    def _tried_twice(self, level: LevelPlan, sweep: int, tile: Tile) -> Restyled | None:
        for attempt in (1, 2):
            try:
                return self.restyled_tile(
                    level,
                    sweep,
                    tile,
                    lambda work: self._did(work, made=True, note=f"tile {tile.name}"),
                )
            except (TilebrushError, Interrupted, KeyboardInterrupt, MemoryError):
                raise
            except (ArithmeticError, RuntimeError) as error:
                if "not enough memory" in str(error):  # as torch says it; no fault of the tile
                    raise
                self.run.log(
                    f"restyle@{level.level} sweep {sweep} tile {tile.name}, attempt {attempt}: "
                    f"{type(error).__name__}: {error}"
                )
        return None

    def restyled_tile(
        self, level: LevelPlan, sweep: int, tile: Tile, did: Callable[[float], None]
    ) -> Restyled:
        """The pixels of one tile, computed now; `did` is told of megapixel-iterations."""
        from stages import measure, restyle

        number = level.level
        grid: Grid = level.grids[sweep - 1]
        work = level.tile_work(grid) / level.iterations
        look = restyle.Look(
            style=measure.load_moments(self.run.style_moments(number)),
            canvas=measure.load_moments(self.run.moments(number, sweep))
            if len(grid.tiles) > 1
            else None,
            content_energy=float(json.loads(self.run.content_energy().read_text())),
            weights=self.loss_weights(level.content_weight),
            iterations=level.iterations,
            optimizer=self.optimizer(),
        )
        return restyle.restyle_tile(
            self.studio,
            restyle.TileJob(self.sweep_source(level, sweep), self.run.level_photo(number), tile),
            look,
            lambda _: did(work),
        )

    def finish(self) -> None:
        """The print files."""
        from stages import finish

        self._stage("finish")
        fmt = self.print_format()
        last = len(self.plan.levels)
        source = self.canvas_of(last)
        key = key_of("finish", finish.VERSION, self.level_key(last), fmt)
        made = self.ensure(
            self.run.print_tiff(), key, lambda out: finish.run(source, out, None, fmt)
        )
        if finish.jpeg_possible(self.plan.size):
            self.ensure(self.run.print_jpeg(), key, lambda out: finish.run(source, None, out, fmt))
        self._did(self.plan.size.pixels * FILE_WORK / 1e6, made=made)

    def print_format(self) -> PrintFormat:
        """How the print files are written."""
        from stages.canvas import PrintFormat

        s = self.settings
        return PrintFormat(s.print.dpi, s.print.bits, s.print.jpeg_quality, s.run.seed)

    # ---- settings as the neural core takes them

    def loss_weights(self, content: float) -> Any:
        """Loss weights of one level."""
        from stages.nst.stylize import Weights

        style = self.settings.style
        return Weights(style.weight, content, style.smooth_weight, style.statistics == "gram+std")

    def optimizer(self) -> Any:
        """The optimizer."""
        from stages.nst.optimize import Optimizer

        o = self.settings.optimizer
        return Optimizer(o.name, o.history, o.adam_rate, o.rate)


def unchanged(item: Input) -> Path:
    """The file of an input, as it was when the run began.

    Raises:
        InputImageError: it is gone or has changed.
    """
    if not Path(item.path).is_file():
        raise InputImageError(
            f"{item.path}: the {item.role} of this run is gone; put it back, then resume"
        )
    if Input.of(item.role, Path(item.path)).sha256 != item.sha256:
        raise RunDiffers(
            f"{item.path} has changed since the run began; put the old {item.role} back, "
            "or start a new run"
        )
    return Path(item.path)


def _ends(curve: tuple[float, ...]) -> dict[str, float]:
    """First, last and least loss of a curve, rounded: what the report shows."""
    return {
        "first": float(f"{curve[0]:.5g}"),
        "last": float(f"{curve[-1]:.5g}"),
        "least": float(f"{min(curve):.5g}"),
    }


def _ignore(_: object) -> None:
    return None
