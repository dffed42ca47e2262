"""`tilebrush print` and `tilebrush resume`: begin a print, or go on with one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.commands.beginning import begun
from pipeline.commands.results import PrintResult
from pipeline.commands.telling import told_of
from pipeline.config import load as config
from pipeline.config.load import Settings
from pipeline.console.console import Console
from pipeline.engine import decisions
from pipeline.engine.executors.asked import Cluster, at_work
from pipeline.engine.state import State
from pipeline.engine.worker import Worker
from pipeline.host.work_clock import worked
from pipeline.planning import levels, masks
from pipeline.planning.resolve import (
    check_inputs,
    inspect_inputs,
    prepared_machine,
    profile_inputs,
)
from pipeline.report.reporter import drop, reporting
from pipeline.run import atomic
from pipeline.run.directory import RunDir
from pipeline.run.records import Input, Manifest
from stages.errors import InputImageError, RunDiffers, TilebrushError, UsageError

if TYPE_CHECKING:
    from pipeline.planning.levels import Plan
    from stages.nst.studio import Studio


# What `resume` may change: how a run is worked on, never its picture.
_HABITS = ("nice", "only_between", "disk_wait")


def print_run(
    photo: Path,
    styles: list[Path],
    run_dir: Path,
    settings: Settings,
    console: Console,
    force: bool = False,
    cluster: Cluster | None = None,
    until: int | None = None,
) -> PrintResult:
    """Begin a print in a directory, or go on with the one that is there.

    With `until` it stops after that level, 0 for the display; a later call goes on.

    Raises:
        RunDiffers: the run there has other settings or inputs; `force` starts it anew.
        InputImageError, UsageError, WeightsError, ResourceError, RunLocked, TilesFailed.
    """
    facts = inspect_inputs(photo, styles)
    inputs = (*masks.inputs_of(settings, photo, styles), *profile_inputs(settings))
    there = RunDir.exists(run_dir)
    if there and not (force and _unreadable(run_dir)):
        run = RunDir.open(run_dir)
        differs = _differences(run.manifest(), settings, inputs)
        if not differs and not (force and _beyond_mending(run)):
            return _work(run, console, None, settings, cluster, until)
        if not force:
            raise RunDiffers(
                f"{run_dir} holds a run with other inputs or settings ({'; '.join(differs[:3])}); "
                "name another folder, use tilebrush resume, or start anew with --force"
            )
    if there:
        # Everything that can go wrong before work begins does so before anything is given up.
        check_inputs(photo, [*styles, *masks.files_of(settings, styles)])
    manifest, studio = begun(settings, facts, inputs, run_dir, console)
    _check_level(until, levels.make(config.from_record(manifest.resolved)))
    if not there:
        return _new(run_dir, manifest, console, studio, cluster, until)
    return _anew(RunDir(run_dir.resolve()), manifest, console, studio, cluster, until)


def _check_level(until: int | None, plan: Plan) -> None:
    """Make sure that there is a level to stop after.

    Raises:
        UsageError: there is none.
    """
    if until is not None and until > len(plan.levels):
        raise UsageError(
            f"--until-level is {until}; this print has levels 0 (the display) to {len(plan.levels)}"
        )


def _new(
    run_dir: Path,
    manifest: Manifest,
    console: Console,
    studio: Studio | None,
    cluster: Cluster | None,
    until: int | None,
) -> PrintResult:
    """A new run at work. Preparing decodes its inputs: of damaged ones no run is left behind."""
    new = not run_dir.exists()
    run = RunDir.create(run_dir, manifest)
    try:
        return _work(run, console, studio, None, cluster, until)
    except InputImageError:
        with run.locked():
            run.drop(list(run.recorded()))
            run.drop_manifest()
            drop(run)
        if new:
            atomic.remove_tree(run.root)
        raise


def _unreadable(run_dir: Path) -> bool:
    """Whether a run is of another version or damaged: it can be begun anew and nothing else."""
    try:
        RunDir.open(run_dir)
    except TilebrushError:
        return True
    return False


def _beyond_mending(run: RunDir) -> bool:
    """Whether the print is damaged and what it was made of was cleaned away."""
    return bool(State(run).lost())


def _anew(
    run: RunDir,
    manifest: Manifest,
    console: Console,
    studio: Studio | None,
    cluster: Cluster | None,
    until: int | None,
) -> PrintResult:
    """Begin a run in the place of another, whose print files stay until the new ones are written.

    The new run.json comes first: from then on the old outputs have other keys and count for
    nothing, wherever this is interrupted.
    """
    with run.locked():
        run.write_manifest(manifest)
        outputs = [path for path in run.recorded() if run.record(path) is not None]
        kept = [path for path in outputs if path.parent == run.root]
        for path in kept:
            run.drop_record(path)
        freed = run.drop(path for path in outputs if path not in kept)
        names = ", ".join(path.name for path in kept if path.is_file())
        stays = f"; {names} stays until the new one is written" if names else ""
        console.message(
            f"starting anew: {len(outputs) - len(kept)} outputs of the old run "
            f"({freed / 1e9:.2f} GB) were dropped{stays}"
        )
    return _work(run, console, studio, None, cluster, until)


def _differences(manifest: Manifest, settings: Settings, inputs: tuple[Input, ...]) -> list[str]:
    """What is asked for otherwise than when the run began."""
    found = config.differences(config.from_record(manifest.asked), settings)
    before = [(item.role, item.sha256) for item in manifest.inputs]
    after = [(item.role, item.sha256) for item in inputs]
    if before != after:
        names = ", ".join(item.name for item in manifest.inputs)
        found.insert(0, f"it was begun with {names}")
    return found


def resume(
    run_dir: Path,
    console: Console,
    habits: dict[str, object] | None = None,
    cluster: Cluster | None = None,
    until: int | None = None,
) -> PrintResult:
    """Go on with a run, from now on with other `habits`, settings without effect on the picture.

    Raises:
        RunMissing, RunLocked, TilesFailed, ResourceError.
        TilebrushError: the print is gone or damaged, and what it was made of was cleaned away.
    """
    run = RunDir.open(run_dir)
    given = config.override(config.from_record(run.manifest().asked), habits or {})
    return _work(run, console, None, given, cluster, until)


def _keep_habits(run: RunDir, given: Settings) -> None:
    """Write down how the run is to be worked on from now on."""
    manifest = run.manifest()

    def kept(record: dict[str, object]) -> dict[str, object]:
        old = config.from_record(record)
        habits = {name: getattr(given.run, name) for name in _HABITS}
        run_settings = old.run.model_copy(update=habits)
        return config.to_record(
            old.model_copy(update={"run": run_settings, "energy": given.energy})
        )

    new = replace(manifest, asked=kept(manifest.asked), resolved=kept(manifest.resolved))
    if new != manifest:
        run.write_manifest(new)


def _work(
    run: RunDir,
    console: Console,
    studio: Studio | None,
    given: Settings | None = None,
    cluster: Cluster | None = None,
    until: int | None = None,
) -> PrintResult:
    began = worked()
    with run.locked():
        if given is not None:
            _keep_habits(run, given)
        state = State(run)
        worker = Worker(run, console, studio)
        _check_level(until, worker.brief.plan)
        worker.until = until
        if state.cleaned():
            state.check_lost()
        else:
            pace = decisions.tile_pace(run, worker.brief, len(worker.brief.plan.levels) + 1)
            clock = worker.session.gate.clock_seconds
            if state.finished():
                cluster = None  # hardly anything is to be done
            with (
                prepared_machine(worker.brief.settings),
                at_work(cluster, run, console, pace or worker.manifest.pace) as worker.executor,
                console.progress(worker.work, run.root.name, pace, clock) as bar,
                reporting(run, worker.session, console.warn),
            ):
                worker.go(bar)
    return told_of(run, worker, worked() - began)
