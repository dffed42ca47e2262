"""Rows of the table: what `restyle` and `blend` make, sweep by sweep."""

from __future__ import annotations

from pipeline.engine.makers import looks
from pipeline.engine.makers import restyling as makers
from pipeline.engine.outputs import Apart, Brief, Output, Place, Ref, Scope
from pipeline.engine.outputs.groups import COMPUTED, LOSS, OPTIMIZER, PAINTINGS
from pipeline.engine.table import costs, sources


def _of_tile(brief: Brief, place: Place) -> list[Ref]:
    level = Place(level=place.level)
    found = [
        sources.sweep_source(brief, place),
        Ref("level photo", level),
        Ref("style moments", level),
    ]
    found += [Ref("content energy"), Ref("palette"), *sources.zones(brief, place)]
    if _many(brief, place):
        found += [Ref("moments", level.at(sweep=s)) for s in range(1, place.sweep + 1)]
    return found


def _tiles(brief: Brief, place: Place) -> list[Ref]:
    sweep = place.sweep or brief.level(place).sweeps
    grid = brief.level(place).grids[sweep - 1]
    at = Place(level=place.level, sweep=sweep)
    return [Ref("tile", at.at(row=tile.row, col=tile.col)) for tile in grid.tiles]


def _many(brief: Brief, place: Place) -> bool:
    """A single tile is the canvas and needs no moments of it."""
    return brief.restyled(place.level) and not brief.alone(place)


def _not_last(brief: Brief, place: Place) -> bool:
    return brief.restyled(place.level) and place.sweep < brief.level(place).sweeps


def _in_next(brief: Brief, place: Place) -> Ref | None:
    """Tiles of all but a level's last sweep have served when their canvas is blended."""
    if not _not_last(brief, place):
        return None
    return Ref("sweep canvas", Place(level=place.level, sweep=place.sweep))


ROWS: tuple[Output, ...] = (
    Output(
        name="budget",
        stage="restyle",
        scope=Scope.LEVEL,
        pattern="restyle-{level}/budget.txt",
        version="1",
        make=makers.budget,
        settings=("run.budget", "levels.iterations", "paint.iterations"),
        facts=lambda brief, at: (brief.plan.size, brief.level(at).size),
        there=lambda brief, _: bool(brief.settings.run.budget),
        measured=True,
    ),
    Output(
        name="style moments",
        stage="restyle",
        scope=Scope.LEVEL,
        pattern="restyle-{level}/style.safetensors",
        version="1",
        make=makers.style_moments,
        inputs=lambda brief, _: [*sources.paintings(brief), *sources.masks(brief)],
        settings=(*COMPUTED, *PAINTINGS, "levels.soften", "levels.comb"),
        facts=sources.sketched(
            sources.whose(lambda brief, at: (brief.level(at).size, brief.painted))
        ),
        there=sources.restyled,
        measured=True,
    ),
    Output(
        name="moments",
        stage="restyle",
        scope=Scope.SWEEP,
        pattern="restyle-{level}/sweep-{sweep}/moments.safetensors",
        version="1",
        make=makers.moments,
        inputs=lambda brief, at: [sources.sweep_source(brief, at), *sources.zones(brief, at)],
        settings=COMPUTED,
        facts=sources.sketched(lambda brief, at: brief.grid(at)),
        there=_many,
        work=lambda brief, at: (
            len(brief.grid(at).tiles)
            * brief.grid(at).tiles[0].window.pixels
            * costs.MEASURE_WORK
            / 1e6
        ),
        paced=True,
        measured=True,
    ),
    Output(
        name="tile",
        stage="restyle",
        scope=Scope.TILE,
        pattern="restyle-{level}/sweep-{sweep}/tile-{row}-{col}.npy",
        version="4",
        make=makers.tile,
        inputs=_of_tile,
        settings=(*COMPUTED, *LOSS, *OPTIMIZER, "paint.hold"),
        facts=lambda brief, at: (
            *(brief.level(at).iterations, brief.level(at).content_weight),
            *(brief.tile(at), brief.plan.alignment, brief.parts(at)),
            *(("lightness",) if brief.painted else ()),
            *((sources.held(brief, at),) if brief.held(at.level) else ()),
        ),
        there=sources.restyled,
        work=costs.window_work,
        bytes=lambda brief, at: brief.tile(at).write.pixels * costs.PIXEL,
        before=lambda brief, at: sources.sweep_source(brief, at),
        looks={"targets.png": looks.targets},
        replaced_by=_in_next,
        paced=True,
        tries=2,
        divisible=True,
        apart=Apart(
            makers.tile_task,
            makers.tile_made,
            lambda brief, at: brief.tile(at).window.pixels / 1e6,
        ),
    ),
    Output(
        name="sweep canvas",
        stage="blend",
        scope=Scope.SWEEP,
        pattern="restyle-{level}/sweep-{sweep}/canvas.npy",
        version="1",
        make=makers.blended,
        inputs=_tiles,
        facts=lambda brief, at: brief.grid(at),
        there=_not_last,
        work=costs.level_file,
        bytes=costs.level_bytes,
        before=lambda brief, at: sources.sweep_source(brief, at),
    ),
    Output(
        name="level canvas",
        stage="blend",
        scope=Scope.LEVEL,
        pattern="restyle-{level}/canvas.npy",
        version="1",
        make=makers.level_blended,
        inputs=_tiles,
        facts=lambda brief, at: brief.level(at).grids[-1],
        there=sources.restyled,
        work=costs.level_file,
        bytes=costs.level_bytes,
        before=lambda brief, at: sources.sweep_source(brief, at.at(sweep=brief.level(at).sweeps)),
    ),
)
