"""`tilebrush status`: how far a run is, read-only, from any terminal, while it works or not."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

from pipeline.commands.results import CompareStatus, LevelStatus, StatusResult, WorkerStatus
from pipeline.config import units
from pipeline.config.schema import Settings
from pipeline.engine.outputs import Place, Ref
from pipeline.engine.state import State
from pipeline.host import hours
from pipeline.host.hours import Gate
from pipeline.planning import estimate
from pipeline.planning.levels import LevelPlan
from pipeline.run import usage, workers
from pipeline.run.comparison import ComparisonDir
from pipeline.run.directory import RunDir


def status(run_dir: Path) -> StatusResult | CompareStatus:
    """How far a run is, of a print or a comparison, read-only.

    Raises:
        RunMissing.
    """
    if ComparisonDir.exists(run_dir):
        from pipeline.commands import compare

        found = compare.status(run_dir)
        if found.state != "working":
            return found
        habits = ComparisonDir.open(run_dir).manifest().habits
        return replace(found, workers=_workers(run_dir, habits))
    return of(RunDir.open(run_dir))


def of(run: RunDir) -> StatusResult:
    """The state of a run."""
    state = State(run)
    shares = state.shares()
    total = sum(every for _, every in shares.values())
    done = sum(own for own, _ in shares.values()) / total
    word = _word(state)
    cleaned = state.cleaned()
    taken = usage.of(run)
    working = word == "working"
    left = taken.seconds * (1 - done) / done if done and word in ("working", "stopped") else 0.0
    settings = state.brief.settings
    ready, waiting = _when(settings, left) if working else ("", "")
    told = estimate.energy(settings.energy, taken.machine_seconds, taken.used)
    plan = state.brief.plan
    rows = (_display(state), *(_level(state, level) for level in plan.levels))
    return StatusResult(
        run=str(run.root),
        state=word,
        stopped_after=state.stopped_after() if word == "stopped" else "",
        size=str(plan.size),
        created=state.manifest.created,
        done_share=1.0 if word == "finished" else round(done, 4),
        worked_seconds=0.0 if cleaned else round(taken.seconds, 1),
        left_seconds=round(left, 1),
        ready=ready,
        waiting_until=waiting,
        energy_kwh=None if cleaned else round(told.kwh, 4),
        energy_from="" if cleaned else told.source,
        cost="" if cleaned else told.cost,
        co2_grams=None if cleaned else round(told.grams, 1),
        levels=() if cleaned else rows,
        workers=_workers(run.root, settings) if working else (),
    )


def _workers(root: Path, settings: Settings) -> tuple[WorkerStatus, ...]:
    """Who works on it, if a cluster does."""
    return tuple(
        WorkerStatus(
            worker=row.name,
            computer=row.host,
            state=row.state,
            does=row.doing,
            tiles=row.done,
            pace=round(row.pace, 3),
            busy_seconds=row.seconds,
            energy_kwh=round(estimate.of_worker(settings.energy, row).kwh, 6),
        )
        for row in workers.read(root)
    )


def _word(state: State) -> str:
    """One word: finished, working, stopped, or damaged: a print file is gone for good."""
    whole = all(state.run.intact(state.path(*each)) for each in state.products())
    if state.finished() and whole:
        return "finished"
    if state.run.busy():
        return "working"
    return "damaged" if state.cleaned() else "stopped"


def _when(settings: Settings, left: float) -> tuple[str, str]:
    """When a run at work is ready, and until when it waits for its hours, if it does."""
    gate = Gate(hours.window(settings.run.only_between))
    opens = gate.closed_until()
    ready = units.ready(gate.clock_seconds(left), datetime.now()) if left else ""
    return ready, f"{opens:%a %H:%M}" if opens is not None else ""


def _display(state: State) -> LevelStatus:
    done = state.done(Ref("display canvas"))
    plan = state.brief.plan
    return LevelStatus(
        level=0,
        size=str(plan.display[-1].size),
        sweep="1/1",
        tiles=f"{int(done)}/1",
        done_share=float(done),
        iterations=state.brief.display_iterations,
    )


def _level(state: State, level: LevelPlan) -> LevelStatus:
    at = Place(level=level.level)
    finished = state.done(Ref(state.brief.result(level.level), at))
    if not state.brief.restyled(level.level):  # painted in one go
        sweep, sweeps, done, count = 0, 0, int(finished), 1
    else:
        sweep, sweeps = 1, level.sweeps
        while sweep < sweeps and state.done(Ref("sweep canvas", at.at(sweep=sweep))):
            sweep += 1
        sweep = sweeps if finished else sweep
        tiles, here = level.grids[sweep - 1].tiles, at.at(sweep=sweep)
        count = len(tiles)
        done = sum(state.done(Ref("tile", here.at(row=t.row, col=t.col))) for t in tiles)
    share = 1.0 if finished else (max(0, sweep - 1) + done / count) / max(1, sweeps)
    return LevelStatus(
        level=level.level,
        size=str(level.size),
        sweep=f"{sweep}/{sweeps}",
        tiles=f"{count if finished else done}/{count}",
        done_share=round(share, 4),
        iterations=level.iterations,
    )
