"""How the outputs of `restyle` and `blend` are made: sweeps over the tiles of a level."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from pipeline.engine.makers import curves, given
from pipeline.engine.outputs import Job, Made

if TYPE_CHECKING:
    from stages.nst.windows.task import Restyled
    from stages.restyle import Look, TileJob, TileTask


def budget(job: Job) -> Made:
    """The iterations of this level and those above, as the budget's rest allows."""
    assert job.decided is not None
    iterations = list(job.decided(job.place.level))
    # Output and record both say it: if one is damaged, the other is left.
    text = json.dumps({"iterations": iterations}) + "\n"
    return Made(lambda out: out.write_text(text, encoding="ascii"), {"iterations": iterations})


def style_moments(job: Job) -> Made:
    """The paintings' moments at a level's size."""
    from stages import measure

    # Paint is joined by the painting as it is: nothing is to be kept out of it.
    images = given.style_images(job, "" if job.brief.painted else "levels")
    size = job.brief.level(job.place).size
    found = measure.style_moments(job.studio, images, size, done=job.results)
    return Made(lambda out: measure.save_moments(found, out))


def moments(job: Job) -> Made:
    """The canvas's moments at the start of a sweep."""
    from pipeline.engine.table.costs import MEASURE_WORK
    from stages import measure

    grid = job.brief.grid(job.place)
    work = grid.tiles[0].window.pixels * MEASURE_WORK / 1e6
    label, shares = f"moments@{job.place.level}", given.zones_file(job)
    tasks = measure.windows(given.sweep_source(job), grid, label, shares)
    found = measure.together(job.results(tasks, work))
    return Made(lambda out: measure.save_moments(found, out))


def tile(job: Job) -> Made:
    """One tile of a sweep, in parts where memory was short."""
    ((_, result),) = job.results(
        [lambda: tile_task(job)], job.brief.tile(job.place).window.pixels / 1e6
    )
    return tile_made(result)


def tile_task(job: Job) -> TileTask:
    """The work of a tile."""
    from stages.restyle import TileTask
    from stages.tasks import Shared

    return TileTask(
        tile_job(job),
        job.once("look", lambda: Shared(look(job))),
        parts=job.brief.parts(job.place),
        align=job.brief.plan.alignment,
        halo=job.brief.plan.halo,
    )


def tile_made(result: Restyled) -> Made:
    """What a tile's result makes."""
    from stages import canvas

    notes = {"losses": curves.ends(result.losses), "curve": curves.thinned(result.losses)}
    return Made(lambda out: canvas.write(out, result.pixels), notes, result.losses)


def tile_job(job: Job) -> TileJob:
    """What a tile's restyling reads."""
    from stages.restyle import TileJob

    photo, at = job.path("level photo", sweep=0, row=0, col=0), job.place
    name = f"restyle@{at.level} sweep {at.sweep} tile {at.row},{at.col}"
    return TileJob.read(
        given.sweep_source(job), photo, job.brief.tile(at), name, given.zones_file(job)
    )


def look(job: Job) -> Look:
    """What all tiles of a sweep are restyled to."""
    from pipeline.planning import network
    from stages import measure, restyle

    network.check_levels(job.brief.settings)
    level, (hold, blur) = job.brief.level(job.place), given.hold(job)
    painting = measure.load_moments(job.path("style moments", sweep=0, row=0, col=0))
    many = not job.brief.alone(job.place)
    begun = range(1, job.place.sweep + 1) if many else ()
    canvases = [measure.load_moments(job.path("moments", sweep=one, row=0, col=0)) for one in begun]
    return restyle.Look(
        style=painting,
        canvas=canvases[-1] if many else None,
        content_energy=given.energy(job),
        weights=given.weights(job, level.content_weight),
        iterations=level.iterations,
        optimizer=given.optimizer(job),
        gains=restyle.gains(painting, canvases),
        hues=given.toning(job).hues,
        method=given.method(job),
        lightness=job.brief.painted,
        hold=hold,
        hold_blur=blur,
    )


def blended(job: Job) -> Made:
    """The tiles of a sweep as one canvas."""
    from stages import blend

    grid, sweep = job.brief.grid(job.place), job.place.sweep
    return Made(
        lambda out: blend.run(
            grid, lambda one: job.path("tile", sweep=sweep, row=one.row, col=one.col), out
        )
    )


def level_blended(job: Job) -> Made:
    """The tiles of a level's last sweep as the canvas that the level hands on."""
    from stages import blend

    level = job.brief.level(job.place)
    grid, sweep = level.grids[-1], level.sweeps
    return Made(
        lambda out: blend.run(
            grid, lambda one: job.path("tile", sweep=sweep, row=one.row, col=one.col), out
        )
    )
