"""What a budget decides: at the start of every level, the work left is fitted to the time left.

What is decided for a level is committed to the run before the level's first tile, and read from
there ever after: a resumed run computes the same, and the keys of outputs follow from it.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

from pipeline.config import load as config
from pipeline.config.schema import Settings
from pipeline.engine import table
from pipeline.engine.keys import Keys
from pipeline.engine.outputs import Brief, Division, Place
from pipeline.planning import estimate, fitting, levels
from pipeline.planning.estimate import Pace
from pipeline.planning.levels import Plan
from pipeline.run import usage
from pipeline.run.directory import RunDir
from pipeline.run.records import Manifest

_LEAST = 1e-6  # seconds: a budget that is used up still makes the print, as short as can be


def brief_of(run: RunDir, manifest: Manifest, settings: Settings | None = None) -> Brief:
    """All that decides a run, as it stands now: what was decided, above it what is foreseen.

    With other `settings` than the run's resolved ones, what would be.
    """
    settings = settings or config.from_record(manifest.resolved)
    brief = Brief(
        settings=settings,
        plan=levels.make(settings),
        inputs=manifest.inputs,
        weights=manifest.tools.get("encoder weights", ""),
        divisions=tuple(Division(*each) for each in manifest.divisions),
    )
    if settings.run.budget:
        for level in brief.plan.levels:
            found = _decided(run, brief, level.level) or ()
            brief = replace(brief, plan=levels.iterated(brief.plan, level.level, found))
    return brief


def fitted(settings: Settings, pace: Pace) -> Settings:
    """The settings of a new run, fitted to the whole of its budget by the pace of a trial."""
    return fitting.fit_budget(
        settings,
        config.parse_duration(settings.run.budget),
        lambda tried: sum(level_seconds(tried, pace)),
    )


def level_seconds(settings: Settings, pace: Pace) -> list[float]:
    """Seconds of display and of every level above it; the print files count to the last."""
    return estimate.level_seconds(table.level_work(_foreseen(settings)), pace)


def _foreseen(settings: Settings) -> Brief:
    return Brief(settings=settings, plan=levels.make(settings))


def decide(run: RunDir, manifest: Manifest, brief: Brief, number: int) -> tuple[int, ...]:
    """Iterations of level `number` and of all above it, settled now if they are not yet."""
    found = _decided(run, brief, number)
    return found if found is not None else _fit(run, manifest, brief, number)


def _path(run: RunDir, number: int) -> Path:
    return run.path(table.row("budget").file(Place(level=number)))


def _decided(run: RunDir, brief: Brief, number: int) -> tuple[int, ...] | None:
    record = run.record(_path(run, number))
    if record is not None:
        if record.key != Keys(brief).at("budget", Place(level=number)):
            return None
        return _iterations(record.extra, brief.plan, number)
    try:  # the record is damaged: what it says is in the file too
        said = json.loads(_path(run, number).read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None
    return _iterations(said, brief.plan, number) if isinstance(said, dict) else None


def _iterations(said: dict[str, Any], made: Plan, number: int) -> tuple[int, ...] | None:
    """Iterations of this level and of all above it."""
    found = said.get("iterations")
    if not isinstance(found, list) or len(found) != len(made.levels) - number + 1:
        return None
    if not all(isinstance(count, int) and count >= 0 for count in found):
        return None
    return tuple(found)


def _fit(run: RunDir, manifest: Manifest, brief: Brief, number: int) -> tuple[int, ...]:
    pace = tile_pace(run, brief, number) or manifest.pace or _display_pace(run, brief)
    left = config.parse_duration(brief.settings.run.budget) - usage.of(run).seconds

    def seconds(tried: Settings) -> float:
        return sum(level_seconds(tried, Pace(pace, pace))[number:])

    asked = config.level_iterations(config.apply_preset(config.from_record(manifest.asked)))
    own = config.with_level_iterations(brief.settings, asked)
    made = levels.make(fitting.fit_budget(own, max(left, _LEAST), seconds))
    return tuple(each.iterations for each in made.levels[number - 1 :])


def tile_pace(run: RunDir, brief: Brief, below: int) -> float | None:
    """Seconds per work of the tiles of the highest level under `below` that has any.

    The middle one of all tiles counts: the computer may have been stopped in one of them.
    """
    row = table.row("tile")
    for level in reversed(brief.plan.levels[: below - 1]):
        places = [
            Place(level=level.level, sweep=level.sweeps, row=tile.row, col=tile.col)
            for tile in level.grids[-1].tiles
        ]
        records = [(place, run.record(run.path(row.file(place)))) for place in places]
        paces = [
            record.seconds / row.work(brief, place)
            for place, record in records
            if record is not None and record.seconds > 0
        ]
        if paces:
            return median(paces)
    return None


def _display_pace(run: RunDir, brief: Brief) -> float:
    row = table.row("display canvas")
    record = run.record(run.path(row.file(Place())))
    return record.seconds / row.work(brief, Place()) if record else 0.0


def told(settings: Settings, before: Plan, after: Plan, number: int) -> str:
    """One line about the iterations that changed from level `number` on."""
    old = [level.iterations for level in before.levels[number - 1 :]]
    new = [level.iterations for level in after.levels[number - 1 :]]
    return f"{name(settings)}: from level {number} on {new} iterations per level instead of {old}"


def name(settings: Settings) -> str:
    """The budget as the user gave it."""
    run = settings.run
    return f"until {run.until}" if run.until else f"budget {run.budget}"
