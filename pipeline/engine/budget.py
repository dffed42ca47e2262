"""The budget of a run: at the start of every level, the work left is fitted to the time left.

What is decided for a level is committed to the run before the level's first tile, and read from
there ever after: a resumed run computes the same, and the keys of outputs follow from it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from pipeline.config import load as config
from pipeline.config.schema import Settings
from pipeline.planning import estimate
from pipeline.planning import levels as plan
from pipeline.planning.estimate import Pace
from pipeline.planning.levels import LevelPlan, Plan
from pipeline.run import usage as spent
from pipeline.run.directory import RunDir
from pipeline.run.records import Manifest, key_of

_LEAST = 1e-6  # seconds: a budget that is used up still makes the print, as short as can be


@dataclass(frozen=True)
class Began:
    """What a budget began with: iterations asked for, and seconds per work of the first trial."""

    asked: tuple[int, ...]
    tiles: float = 0.0

    def record(self) -> dict[str, Any]:
        """As plain values, for run.json."""
        return {"asked": list(self.asked), "tiles": self.tiles}

    @classmethod
    def of(cls, manifest: Manifest, settings: Settings) -> Began:
        """What `record` wrote; a run that has none began with its settings."""
        try:
            asked = tuple(int(count) for count in manifest.budget["asked"])
            return cls(asked, float(manifest.budget["tiles"])) if asked else _unknown(settings)
        except (KeyError, TypeError, ValueError):
            return _unknown(settings)


def _unknown(settings: Settings) -> Began:
    return Began(settings.levels.iterations)


def with_iterations(settings: Settings, iterations: tuple[int, ...]) -> Settings:
    """The settings with other iterations of the levels above display."""
    levels = settings.levels.model_copy(update={"iterations": iterations})
    return settings.model_copy(update={"levels": levels})


def begun(settings: Settings, pace: Pace) -> Settings:
    """The settings of a new run, fitted to the whole of its budget by the pace of a trial."""
    return plan.fit_budget(
        settings,
        config.parse_duration(settings.run.budget),
        lambda tried: sum(estimate.level_seconds(plan.make(tried), pace)),
    )


def planned(run: RunDir, settings: Settings) -> Plan:
    """The plan of a run as it stands now: what was decided, above it what was last foreseen."""
    made = plan.make(settings)
    if settings.run.budget:
        for level in made.levels:
            made = plan.iterated(made, level.level, _decided(run, settings, made, level) or ())
    return made


def decide(run: RunDir, manifest: Manifest, settings: Settings, made: Plan, number: int) -> Plan:
    """The plan with the iterations of level `number` settled, and those above foreseen anew.

    The caller holds the run's lock.
    """
    if not settings.run.budget:
        return made
    level = made.levels[number - 1]
    path, key = run.budget(number), _key(settings, made, level)
    found = _decided(run, settings, made, level)
    if found is None:
        found = _fitted(run, manifest, settings, made, level)
    if not run.valid(path, key, check="hash"):
        # Output and record both say it: if one is damaged, the other is left.
        said = {"key": key, "iterations": found}
        text = json.dumps(said) + "\n"
        run.commit(path, lambda out: _write(out, text), said)
    return planned(run, settings)


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="ascii")


def _key(settings: Settings, made: Plan, level: LevelPlan) -> str:
    asked = (settings.run.budget, settings.levels)
    return key_of("budget", level.level, made.size, level.size, asked)


def _decided(
    run: RunDir, settings: Settings, made: Plan, level: LevelPlan
) -> tuple[int, ...] | None:
    path, key = run.budget(level.level), _key(settings, made, level)
    record = run.record(path)
    if record is not None and record.key == key:
        found = _iterations(record.extra, made, level)
        if found is not None:
            return found
    try:
        said = json.loads(path.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None
    if not isinstance(said, dict) or said.get("key") != key:
        return None
    return _iterations(said, made, level)


def _iterations(said: dict[str, Any], made: Plan, level: LevelPlan) -> tuple[int, ...] | None:
    """Iterations of this level and of all above it."""
    found = said.get("iterations")
    if not isinstance(found, list) or len(found) != len(made.levels) - level.level + 1:
        return None
    if not all(isinstance(count, int) and count > 0 for count in found):
        return None
    return tuple(found)


def _fitted(
    run: RunDir, manifest: Manifest, settings: Settings, made: Plan, level: LevelPlan
) -> tuple[int, ...]:
    began = Began.of(manifest, settings)
    pace = tile_pace(run, made, level.level) or began.tiles or _display_pace(run, made)
    left = config.parse_duration(settings.run.budget) - spent.of(run).seconds

    def seconds(tried: Settings) -> float:
        return sum(estimate.level_seconds(plan.make(tried), Pace(pace, pace))[level.level :])

    asked = with_iterations(settings, began.asked)
    fitted = plan.make(plan.fit_budget(asked, max(left, _LEAST), seconds))
    return tuple(each.iterations for each in fitted.levels[level.level - 1 :])


def tile_pace(run: RunDir, made: Plan, below: int) -> float | None:
    """Seconds per work of the tiles of the highest level under `below` that has any.

    The middle one of all tiles counts: the computer may have been stopped in one of them.
    """
    for level in reversed(made.levels[: below - 1]):
        grid, number = level.grids[-1], level.level
        records = [
            run.record(run.tile(number, level.sweeps, tile.row, tile.col)) for tile in grid.tiles
        ]
        took = [record.seconds for record in records if record is not None and record.seconds > 0]
        if took:
            return median(took) / level.tile_work(grid)
    return None


def _display_pace(run: RunDir, made: Plan) -> float:
    record = run.record(run.display_canvas())
    return record.seconds / sum(scale.work for scale in made.display) if record else 0.0


def told(settings: Settings, before: Plan, after: Plan, number: int) -> str:
    """One line about the iterations that changed from level `number` on."""
    old = [level.iterations for level in before.levels[number - 1 :]]
    new = [level.iterations for level in after.levels[number - 1 :]]
    return f"{name(settings)}: from level {number} on {new} iterations per level instead of {old}"


def name(settings: Settings) -> str:
    """The budget as the user gave it."""
    run = settings.run
    return f"until {run.until}" if run.until else f"budget {run.budget}"
