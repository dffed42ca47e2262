"""The one table of outputs: every file of a run, in the order in which they are made.

To add a stage, add its row to `ROWS` of a module here and its function to the module of the same
name in `pipeline.engine.makers`: the worker makes it, `status`, `verify`, `stage`, `plan`, `resume`
and `clean` know it. The words are in `pipeline.engine.outputs`; docs/architecture.md shows all.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from pipeline.engine.outputs import Brief, Output, Place, Scope
from pipeline.engine.table import costs, displaying, finishing, painting, preparing, restyling

TABLE: tuple[Output, ...] = (
    *preparing.ROWS,
    *displaying.ROWS,
    *painting.ROWS,
    *restyling.ROWS,
    *finishing.ROWS,
)


def row(name: str) -> Output:
    """The row of an output."""
    return next(output for output in TABLE if output.name == name)


def stages() -> dict[str, bool]:
    """The names of all stages in order, and whether they have levels."""
    found: dict[str, bool] = {}
    for output in TABLE:
        levelled = output.scope in (Scope.LEVEL, Scope.SWEEP, Scope.TILE)
        found[output.stage] = found.get(output.stage, False) or levelled
    return found


def walk(brief: Brief) -> Iterator[tuple[Output, list[Place]]]:
    """Every output of a run with its places, in the order in which they are made.

    Level by level; within a level sweep by sweep.
    """
    for levelled, rows in groupby(TABLE, lambda output: stages()[output.stage]):
        group = list(rows)
        if not levelled:
            yield from _kept(brief, ((output, _places(brief, output)) for output in group))
            continue
        for level in brief.plan.levels:
            yield from _kept(brief, _of_level(brief, group, level.level))


def _places(brief: Brief, output: Output) -> list[Place]:
    if output.scope is Scope.STYLE:
        return [Place(style=i) for i in range(1, brief.style_count + 1)]
    return [Place()]


def _of_level(brief: Brief, rows: list[Output], level: int) -> Iterator[tuple[Output, list[Place]]]:
    at, sweeps = Place(level=level), brief.plan.levels[level - 1].sweeps
    for whole, some in groupby(rows, lambda output: output.scope is Scope.LEVEL):
        group = list(some)
        if whole:
            yield from ((output, [at]) for output in group)
            continue
        for sweep in range(1, sweeps + 1):
            for output in group:
                here = at.at(sweep=sweep)
                grid = brief.grid(here)
                tiles = [here.at(row=tile.row, col=tile.col) for tile in grid.tiles]
                yield output, tiles if output.scope is Scope.TILE else [here]


def _kept(
    brief: Brief, found: Iterator[tuple[Output, list[Place]]]
) -> Iterator[tuple[Output, list[Place]]]:
    for output, places in found:
        there = [place for place in places if output.there(brief, place)]
        if there:
            yield output, there


def level_work(brief: Brief) -> list[float]:
    """Megapixel-iterations of display and of every level; files of the print count to the last."""
    found = [0.0] * (len(brief.plan.levels) + 1)
    for output, places in walk(brief):
        for place in places:
            at = 0 if output.stage == "display" else place.level or len(found) - 1
            found[at] += output.work(brief, place)
    return found


def disk_bytes(brief: Brief, style_pixels: int) -> int:
    """Bytes that the finished run takes with its page; paintings have so many px in all."""
    shown = 2 * brief.plan.size.pixels + brief.plan.display[-1].size.pixels + style_pixels
    shown += sum(level.size.pixels for level in brief.plan.levels[:-1])
    return int(
        costs.PIXEL * style_pixels
        + costs.PAGE_PIXEL * shown
        + sum(
            output.bytes(brief, place)
            for output, places in walk(brief)
            for place in places
            if output.replaced_by(brief, place) is None
        )
    )
