"""How far a run is, from its files alone: read-only, from any terminal, while it works or not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pipeline import config, plan
from pipeline.plan import LevelPlan, Plan
from pipeline.records import Problem
from pipeline.results import LevelStatus, StatusResult
from pipeline.rundir import RunDir


def of(run: RunDir) -> StatusResult:
    """The state of a run."""
    manifest = run.manifest()
    planned = plan.make(config.from_record(manifest.settings))
    if run.cleaned():
        return StatusResult(
            str(run.root), "finished", str(planned.size), manifest.created, 1.0, 0.0, 0.0, ()
        )
    levels = (_display(run, planned), *(_level(run, level) for level in planned.levels))
    work = [sum(s.work for s in planned.display), *(level.work for level in planned.levels)]
    done = sum(row.done_share * part for row, part in zip(levels, work, strict=True)) / sum(work)
    finished = run.record(run.print_tiff()) is not None and run.print_tiff().is_file()
    seconds = _worked(run)
    left = seconds * (1 - done) / done if done and not finished else 0.0
    state = "finished" if finished else "working" if run.busy() else "stopped"
    return StatusResult(
        str(run.root),
        state,
        str(planned.size),
        manifest.created,
        1.0 if finished else round(done, 4),
        round(seconds, 1),
        round(left, 1),
        levels,
    )


def missing(run: RunDir) -> list[Problem]:
    """What a finished print must have a record of and has none; nothing is asked of others."""
    begun = (run.record_path(path).is_file() for path in (run.print_tiff(), run.print_jpeg()))
    if run.cleaned() or not any(begun):
        return []
    manifest = run.manifest()
    planned = plan.make(config.from_record(manifest.settings))
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


def _worked(run: RunDir) -> float:
    """Seconds of work in all finished outputs."""
    records = (run.record(output) for output in run.recorded())
    return sum(record.seconds for record in records if record is not None)


def _display(run: RunDir, planned: Plan) -> LevelStatus:
    done = run.record(run.display_canvas()) is not None
    return LevelStatus(0, str(planned.display[-1].size), "1/1", f"{int(done)}/1", float(done))


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
    )
