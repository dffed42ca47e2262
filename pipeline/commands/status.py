"""How far a run is, from its files alone: read-only, from any terminal, while it works or not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from pipeline.commands.results import LevelStatus, StatusResult
from pipeline.config import load as config
from pipeline.config import units
from pipeline.config.schema import Settings
from pipeline.engine import budget
from pipeline.host import hours
from pipeline.host.hours import Gate
from pipeline.planning import estimate
from pipeline.planning.levels import LevelPlan, Plan
from pipeline.run import usage as spent
from pipeline.run.directory import RunDir
from pipeline.run.records import Problem


def of(run: RunDir) -> StatusResult:
    """The state of a run."""
    manifest = run.manifest()
    settings = config.from_record(manifest.settings)
    planned = budget.planned(run, settings)
    if run.cleaned():
        return _cleaned(run, str(planned.size), manifest.created)
    levels = (_display(run, planned), *(_level(run, level) for level in planned.levels))
    work = [sum(s.work for s in planned.display), *(level.work for level in planned.levels)]
    done = sum(row.done_share * part for row, part in zip(levels, work, strict=True)) / sum(work)
    finished = run.record(run.print_tiff()) is not None and run.print_tiff().is_file()
    taken = spent.of(run)
    seconds = taken.seconds
    left = seconds * (1 - done) / done if done and not finished else 0.0
    state = "finished" if finished else "working" if run.busy() else "stopped"
    ready, waiting = _when(settings, left) if state == "working" else ("", "")
    kwh, source, cost, grams = estimate.energy(settings.energy, seconds, taken.used)
    return StatusResult(
        str(run.root),
        state,
        str(planned.size),
        manifest.created,
        1.0 if finished else round(done, 4),
        round(seconds, 1),
        round(left, 1),
        ready,
        waiting,
        round(kwh, 4),
        source,
        cost,
        round(grams, 1),
        levels,
    )


def _cleaned(run: RunDir, size: str, created: str) -> StatusResult:
    """The state of a run of which only the print is left."""
    name, state = str(run.root), "finished"
    return StatusResult(name, state, size, created, 1.0, 0.0, 0.0, "", "", None, "", "", None, ())


def _when(settings: Settings, left: float) -> tuple[str, str]:
    """When a run at work is ready, and until when it waits for its hours, if it does."""
    gate = Gate(hours.window(settings.run.only_between))
    opens = gate.closed_until()
    ready = units.ready(gate.clock_seconds(left), datetime.now()) if left else ""
    return ready, f"{opens:%a %H:%M}" if opens is not None else ""


def missing(run: RunDir) -> list[Problem]:
    """What a finished print must have a record of and has none; nothing is asked of others."""
    begun = (run.record_path(path).is_file() for path in (run.print_tiff(), run.print_jpeg()))
    if run.cleaned() or not any(begun):
        return []
    manifest = run.manifest()
    planned = budget.planned(run, config.from_record(manifest.settings))
    styles = sum(item.role == "style" for item in manifest.inputs)
    return [
        Problem(run.name(run.record_path(path)), "no file", "a record of its making")
        for path in _outputs(run, planned, styles)
        if not run.record_path(path).is_file()
    ]


def _outputs(run: RunDir, planned: Plan, styles: int) -> Iterator[Path]:
    """Every output that a finished print keeps; the JPEG only if there is one."""
    yield from (run.photo(), *(run.style(i) for i in range(1, styles + 1)))
    yield from (run.display_canvas(), run.content_energy())
    for level in planned.levels:
        number, last = level.level, level.sweeps
        yield from (run.level_canvas(number), run.level_photo(number), run.style_moments(number))
        for sweep, grid in enumerate(level.grids, start=1):
            if len(grid.tiles) > 1:
                yield run.moments(number, sweep)
            if sweep < last:
                yield run.sweep_canvas(number, sweep)
        yield from (run.tile(number, last, tile.row, tile.col) for tile in level.grids[-1].tiles)
        yield run.restyled(number)
    yield run.print_tiff()
    if run.print_jpeg().is_file():
        yield run.print_jpeg()


def _display(run: RunDir, planned: Plan) -> LevelStatus:
    done = run.record(run.display_canvas()) is not None
    iterations = sum(scale.iterations for scale in planned.display)
    return LevelStatus(
        0, str(planned.display[-1].size), "1/1", f"{int(done)}/1", float(done), iterations
    )


def _level(run: RunDir, level: LevelPlan) -> LevelStatus:
    tiles = len(level.grids[-1].tiles)
    finished = run.record(run.restyled(level.level)) is not None
    sweep = 1
    while sweep < level.sweeps and run.record(run.sweep_canvas(level.level, sweep)) is not None:
        sweep += 1
    grid = level.grids[sweep - 1]
    done = sum(
        run.record(run.tile(level.level, sweep, tile.row, tile.col)) is not None
        for tile in grid.tiles
    )
    share = 1.0 if finished else (sweep - 1 + done / len(grid.tiles)) / level.sweeps
    return LevelStatus(
        level.level,
        str(level.size),
        f"{level.sweeps if finished else sweep}/{level.sweeps}",
        f"{tiles if finished else done}/{tiles if finished else len(grid.tiles)}",
        round(share, 4),
        level.iterations,
    )
