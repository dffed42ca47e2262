"""A run at work: its stages in order, each output made by `Maker` if it is not there."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from pipeline.console.console import Bar
from pipeline.engine import budget
from pipeline.engine.keys import Lineage
from pipeline.engine.maker import Maker, ignored, unchanged
from pipeline.planning.levels import MEASURE_WORK, LevelPlan
from pipeline.run import usage as spent
from stages.errors import Interrupted, TilebrushError, TilesFailed
from stages.tiles import Tile

if TYPE_CHECKING:
    from stages.display import Displayed
    from stages.nst.studio import Restyled
    from stages.restyle import Look

# Freed memory is handed back after so many tiles: gaps between what is kept grow from tile to tile,
# and the pages that come back cost a second or less.
TILES_TO_TIDY = 8


class Worker(Maker):
    """Makes the outputs of one run in order; the caller holds the run's lock."""

    def go(self, bar: Bar) -> None:
        """Make everything that is not there yet.

        Raises:
            TilesFailed: some tiles failed twice; all others are made, the print is not.
        """
        self.session.bar = bar
        self.prepare()
        self.display()
        for number in range(1, len(self.plan.levels) + 1):
            level = self.settled(number)
            self.upsample(level)
            self.restyle(level)
            if self.tally.failed:
                names = ", ".join(self.tally.failed[:5])
                raise TilesFailed(
                    f"{len(self.tally.failed)} tiles failed twice ({names}); the print is not "
                    "written; see run.log, then run tilebrush resume"
                )
        self.finish()

    def settled(self, number: int) -> LevelPlan:
        """A level with its iterations, which a budget decides before its first output is made."""
        before = self.plan
        self.plan = budget.decide(self.run, self.manifest, self.settings, before, number)
        if self.plan != before:
            self.keys = Lineage(self.manifest, self.settings, self.plan)
            self.console.message(budget.told(self.settings, before, self.plan, number))
            if self.session.bar is not None:
                self.session.bar.expect(self.plan.work)
        return self.plan.levels[number - 1]

    # ---- the stages

    def prepare(self) -> None:
        """Inputs to canvases."""
        from stages import prepare

        self.session.stage("prepare")
        photo = self.manifest.of_role("photo")[0]
        self.ensure(
            self.run.photo(),
            self.keys.photo,
            lambda out: ignored(prepare.photo(unchanged(photo), out, self.plan.size)),
        )
        for index, item in enumerate(self.manifest.of_role("style"), start=1):
            self.ensure(
                self.run.style(index),
                self.keys.style(index),
                lambda out, item=item: ignored(  # type: ignore[misc]
                    prepare.style(unchanged(item), out, self.settings.style.max_pixels)
                ),
            )
        self.files(self.plan.size.pixels)

    def display(self) -> None:
        """Level 0."""
        from stages import display

        self.session.stage("display")
        canvas, energy = self.run.display_canvas(), self.run.content_energy()
        energy_key = self.keys.energy
        if self.run.valid(canvas, self.keys.display, check="hash") and self.run.valid(
            energy, energy_key, check="hash"
        ):
            self.did(sum(scale.work for scale in self.plan.display), made=False)
            return
        self.session.enter()
        began = time.monotonic()
        result = self.displayed(lambda work: self.did(work, made=True))
        seconds = time.monotonic() - began
        text = json.dumps(result.content_energy)
        self.commit(energy, lambda out: ignored(out.write_text(text)), {"key": energy_key})
        self.commit(
            canvas,
            lambda out: display.save(result, out),
            {
                "key": self.keys.display,
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
            self.style_images(self.settings.display),
            tuple(display.Scale(s.size, s.iterations) for s in self.plan.display),
            self.loss_weights(self.settings.style.content_weight),
            self.optimizer(),
            self.tooth(),
            lambda scale, _: did(scale.size.pixels / 1e6),
        )

    def upsample(self, level: LevelPlan) -> None:
        """The canvas and the photo at a level's size."""
        from stages import upsample

        number = level.level
        self.session.stage(f"upsample@{number}")
        source = self.canvas_of(number - 1)
        strokes = self.strokes()
        self.ensure(
            self.run.level_canvas(number),
            self.keys.upsampled(level),
            lambda out: upsample.enlarge(source, out, level.size, strokes),
        )
        self.ensure(
            self.run.level_photo(number),
            self.keys.upsampled_photo(level),
            lambda out: upsample.content(self.run.photo(), out, level.size),
        )
        self.files(level.size.pixels)

    def restyle(self, level: LevelPlan) -> None:
        """All sweeps of a level."""
        from stages import measure

        number = level.level
        self.ensure(
            self.run.style_moments(number),
            self.keys.style_moments(level),
            lambda out: measure.save_moments(
                measure.style_moments(
                    self.studio, self.style_images(self.settings.levels), level.size
                ),
                out,
            ),
        )
        for sweep in range(1, level.sweeps + 1):
            self.sweep(level, sweep)
            if self.tally.failed:
                return

    def sweep(self, level: LevelPlan, sweep: int) -> None:
        """One sweep: moments, tiles, blend. Tiles of all but the last sweep are dropped again."""
        from stages import canvas
        from stages.nst.device import give_memory_back

        number, grid = level.level, level.grids[sweep - 1]
        self.session.stage(f"restyle@{number} sweep {sweep}/{level.sweeps}")
        key, result = self.keys.sweep(level, sweep), self.sweep_result(level, sweep)
        last = sweep == level.sweeps
        self.moments(level, sweep)  # even of a finished sweep: they may be damaged
        if not last and self.run.valid(result, key, check="hash"):
            self.tally.found += len(grid.tiles)
            self.did(level.tile_work(grid) * len(grid.tiles), made=False)
            self.files(level.size.pixels)
            self.run.drop_tiles(number, sweep)  # a kill may have left some
            return
        give_memory_back()  # of enlarging and measuring
        for place, tile in enumerate(grid.tiles, start=1):
            self.tile(level, sweep, tile)
            if place % TILES_TO_TIDY == 0 or place == len(grid.tiles):
                give_memory_back()
        if self.tally.failed:
            return
        places = [self.run.tile(number, sweep, tile.row, tile.col) for tile in grid.tiles]
        self.ensure(
            result,
            key,
            lambda out: canvas.blend(
                grid, lambda tile: self.run.tile(number, sweep, tile.row, tile.col), out
            ),
            lambda: {} if last else spent.noted_dropped(self.run, places),
        )
        self.files(level.size.pixels)
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
            self.keys.moments(level, sweep),
            lambda out: measure.save_moments(
                measure.of_canvas(self.studio, source, grid, lambda _: self.did(work, made=True)),
                out,
            ),
        )
        if not made:
            self.did(work * len(grid.tiles), made=False)

    def tile(self, level: LevelPlan, sweep: int, tile: Tile) -> None:
        """One tile, tried twice."""
        from stages import canvas

        path = self.run.tile(level.level, sweep, tile.row, tile.col)
        key = self.keys.tile(level, sweep, tile)
        work = level.tile_work(level.grids[sweep - 1])
        note = f"tile {tile.name}"
        if self.run.valid(path, key, check="hash"):
            self.tally.found += 1
            self.did(work, made=False, note=note)
            return
        self.session.enter()
        began = time.monotonic()
        result = self._tried_twice(level, sweep, tile)
        if result is None:
            self.tally.failed.append(f"restyle@{level.level} {tile.name}")
            self.did(work, made=True, note=note)
            return
        self.commit(
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
                    lambda work: self.did(work, made=True, note=f"tile {tile.name}"),
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
        from stages import restyle

        work = level.tile_work(level.grids[sweep - 1]) / level.iterations
        source, photo = self.sweep_source(level, sweep), self.run.level_photo(level.level)
        return restyle.restyle_tile(
            self.studio,
            restyle.TileJob(source, photo, tile),
            self.look(level, sweep),
            lambda _: did(work),
        )

    def look(self, level: LevelPlan, sweep: int) -> Look:
        """What all tiles of a sweep are restyled to, as the run has it."""
        from stages import measure, restyle

        number = level.level
        style = measure.load_moments(self.run.style_moments(number))
        many = len(level.grids[sweep - 1].tiles) > 1  # a single tile is the canvas
        begun = range(1, sweep + 1) if many else ()
        canvases = [measure.load_moments(self.run.moments(number, one)) for one in begun]
        return restyle.Look(
            style=style,
            canvas=canvases[-1] if many else None,
            content_energy=float(json.loads(self.run.content_energy().read_text())),
            weights=self.loss_weights(level.content_weight),
            iterations=level.iterations,
            optimizer=self.optimizer(),
            reach=restyle.reaches(style, canvases),
        )

    def finish(self) -> None:
        """The print files."""
        from stages import finish

        self.session.stage("finish")
        fmt = self.print_format()
        last = len(self.plan.levels)
        source = self.canvas_of(last)
        key = self.keys.finish(fmt)
        self.ensure(self.run.print_tiff(), key, lambda out: finish.run(source, out, None, fmt))
        if finish.jpeg_possible(self.plan.size):
            self.ensure(self.run.print_jpeg(), key, lambda out: finish.run(source, None, out, fmt))
        self.files(self.plan.size.pixels)


def _ends(curve: tuple[float, ...]) -> dict[str, float]:
    """First, last and least loss of a curve, rounded: what the report shows."""
    return {
        "first": float(f"{curve[0]:.5g}"),
        "last": float(f"{curve[-1]:.5g}"),
        "least": float(f"{min(curve):.5g}"),
    }
