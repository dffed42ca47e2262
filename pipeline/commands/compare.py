"""`tilebrush compare`: a matrix of display pictures as one run that can be resumed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from pipeline.commands.results import CompareResult, CompareStatus, ProblemRow, VerifyResult
from pipeline.comparing import beginning, matrix, outcome, publishing
from pipeline.comparing.beginning import Begun
from pipeline.comparing.forecast import Forecast, disk_bytes, forecast
from pipeline.comparing.making import Maker
from pipeline.comparing.matrix import Axes
from pipeline.config import load as config
from pipeline.config import units
from pipeline.config.load import Settings
from pipeline.console.console import Console
from pipeline.engine.executors.asked import Cluster, at_work
from pipeline.host.work_clock import worked
from pipeline.planning import estimate
from pipeline.planning.resolve import prepared_machine
from pipeline.run import atomic
from pipeline.run.comparison import PAGE, SHEET, TABLES, Comparison, ComparisonDir
from pipeline.run.directory import RunDir
from pipeline.run.records import Input
from stages.errors import RunDiffers, UsageError


def compare(
    axes: Axes,
    run_dir: Path,
    bases: Mapping[str, Settings],
    console: Console,
    force: bool = False,
    cluster: Cluster | None = None,
) -> CompareResult:
    """Begin a comparison in a directory, or go on with the one that is there.

    `bases` are the settings by the recipe that they are laid on, one where none is compared.

    Raises:
        RunDiffers: the comparison there is of other inputs or settings; `force` begins anew, with
            those of its pictures that are the same.
        InputImageError, UsageError, WeightsError, ResourceError, RunLocked.
    """
    if RunDir.exists(run_dir):
        raise UsageError(f"{run_dir} holds a print; name another folder for the comparison")
    if ComparisonDir.exists(run_dir):
        run = ComparisonDir.open(run_dir)
        differs = _differences(run.manifest(), axes, bases)
        if not differs:
            return _work(run, console, cluster, lambda name, _: bases[name])
        if not force:
            raise RunDiffers(
                f"{run_dir} holds another comparison ({'; '.join(differs[:3])}); name another "
                "folder, use tilebrush resume, or begin anew with --force: pictures that are the "
                "same are kept"
            )
    begun = beginning.begun(axes, bases, console)
    if not console.quiet:
        _tell(_forecast(begun, console), console)
    atomic.require_space(run_dir, disk_bytes(begun.briefs()))
    if not ComparisonDir.exists(run_dir):
        return _work(ComparisonDir.create(run_dir, begun.comparison), console, cluster)
    return _anew(ComparisonDir(run_dir.resolve()), begun.comparison, console, cluster)


def plan(axes: Axes, bases: Mapping[str, Settings], console: Console) -> Forecast:
    """What a comparison will take; nothing is written.

    Raises:
        InputImageError, UsageError, WeightsError.
    """
    return _forecast(beginning.begun(axes, bases, console), console)


def resume(
    run_dir: Path, console: Console, habits: dict[str, object], cluster: Cluster | None = None
) -> CompareResult:
    """Go on with a comparison, from now on with other `habits`.

    Raises:
        RunMissing, RunLocked, ResourceError.
    """
    run = ComparisonDir.open(run_dir)
    return _work(run, console, cluster, lambda _, asked: config.override(asked, habits))


def _forecast(begun: Begun, console: Console) -> Forecast:
    console.message("timing a few iterations on this machine")
    sizes = [style.size for style in begun.styles]
    return forecast(begun.briefs(), begun.photos, sizes, console)


def _tell(found: Forecast, console: Console) -> None:
    seconds, kwh = found.total_seconds, found.energy_kwh
    console.message(
        f"{found.headline}; about {units.duration(seconds)}, "
        f"{units.amount(found.peak_memory_bytes)} of memory, {kwh:.2g} kWh "
        f"({found.energy_from}), {found.cost}"
    )


def _differences(comparison: Comparison, axes: Axes, bases: Mapping[str, Settings]) -> list[str]:
    """What is asked for otherwise than when the comparison began."""
    found = [
        difference
        for name in comparison.asked.keys() & bases.keys()
        for difference in config.differences(
            config.from_record(comparison.asked[name]), bases[name]
        )
    ]
    asked = axes.record()
    for name in asked | comparison.axes:
        old, new = comparison.axes.get(name, ()), asked.get(name, ())
        if old != new:
            found.append(f"{name}: {', '.join(old) or 'one'} -> {', '.join(new) or 'one'}")
    paths = [("photo", path) for path in axes.photos] + [("style", path) for path in axes.styles]
    given = [(role, Input.of(role, path).sha256) for role, path in paths]
    before = [item for item in comparison.inputs if item.role in matrix.PAIR]
    if [(item.role, item.sha256) for item in before] != given:
        found.insert(0, f"it is of {', '.join(item.name for item in before)}")
    return found


def _anew(
    run: ComparisonDir, comparison: Comparison, console: Console, cluster: Cluster | None
) -> CompareResult:
    """Begin in the place of another comparison; pictures that are the same stay."""
    with run.locked():
        kept = {run.path(cell.picture) for cell in comparison.cells}
        kept |= {run.path(cell.measures) for cell in comparison.cells}
        run.write_manifest(comparison)
        run.drop(path for path in list(run.recorded()) if path not in kept)
    return _work(run, console, cluster)


def _work(
    run: ComparisonDir,
    console: Console,
    cluster: Cluster | None,
    habits: Callable[[str, Settings], Settings] = lambda _, asked: asked,
) -> CompareResult:
    began = worked()
    with run.locked():
        _renew(run, habits)
        maker = Maker(run, console)
        settings = maker.comparison.habits
        clock = maker.session.gate.clock_seconds
        if all(run.done(cell) for cell in maker.comparison.cells):
            cluster = None  # hardly anything is to be done
        with (
            prepared_machine(settings),
            at_work(cluster, run, console) as maker.executor,
            console.progress(maker.work, run.root.name, None, clock) as bar,
        ):
            maker.go(bar)
        found = outcome.found(run)
        publishing.publish(run, found)
    return CompareResult(
        run=str(run.root),
        page=str(run.path(PAGE)),
        sheet=str(run.path(SHEET)),
        tables=tuple(str(run.path(name)) for name in TABLES),
        pictures=len(found.rows),
        pictures_made=maker.tally.made,
        best_by_numbers=found.variants[0].variant,
        took_seconds=round(worked() - began, 2),
        worked_seconds=found.seconds,
        peak_memory_bytes=found.peak_memory_bytes,
        energy_kwh=found.energy_kwh,
        energy_from=found.energy_from,
        cost=found.cost,
        co2_grams=found.co2_grams,
    )


def _renew(run: ComparisonDir, habits: Callable[[str, Settings], Settings]) -> None:
    """Write down other habits, by recipe, and what pictures are made from in this version."""
    before = run.manifest()
    asked = {
        name: config.to_record(habits(name, config.from_record(record)))
        for name, record in before.asked.items()
    }
    cells = tuple(replace(cell, key=matrix.key(cell, before.inputs)) for cell in before.cells)
    after = replace(before, asked=asked, cells=cells)
    if after != before:
        run.write_manifest(after)


# ---- looking at one


def status(run_dir: Path) -> CompareStatus:
    """How far a comparison is, read-only.

    Raises:
        RunMissing.
    """
    run = ComparisonDir.open(run_dir)
    comparison = run.manifest()
    done = sum(run.done(cell) for cell in comparison.cells)
    whole = done == len(comparison.cells) and all(run.intact(path) for path in run.products())
    taken, settings = outcome.spent(run), comparison.habits
    share = done / len(comparison.cells)
    told = estimate.energy(settings.energy, taken.machine_seconds, taken.used)
    return CompareStatus(
        run=str(run.root),
        state="finished" if whole else "working" if run.busy() else "stopped",
        created=comparison.created,
        pictures=f"{done}/{len(comparison.cells)}",
        done_share=round(share, 4),
        worked_seconds=round(taken.seconds, 1),
        left_seconds=round(taken.seconds * (1 - share) / share, 1) if share else 0.0,
        energy_kwh=round(told.kwh, 5),
        energy_from=told.source,
        cost=told.cost,
    )


def verify(run_dir: Path) -> VerifyResult:
    """Every recorded file of a comparison against its record.

    Raises:
        RunMissing.
    """
    run = ComparisonDir.open(run_dir)
    recorded = list(run.recorded())
    problems = [*run.manifest_problems(), *(p for path in recorded for p in run.problem(path))]
    return VerifyResult(
        run=str(run_dir),
        files=len(recorded),
        problems=tuple(ProblemRow(file=p.path, found=p.found, needed=p.needed) for p in problems),
    )
