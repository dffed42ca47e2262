"""What the commands do, from inputs to results."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline import __version__
from pipeline.commands import status as state
from pipeline.commands.display import display
from pipeline.commands.results import (
    CleanResult,
    PlanResult,
    PrintResult,
    ProblemRow,
    StatusResult,
    VerifyResult,
)
from pipeline.commands.stage import rerun
from pipeline.config import load as config
from pipeline.config.load import Settings
from pipeline.console.console import Console
from pipeline.engine import budget
from pipeline.engine.worker import Worker
from pipeline.host.energy import Meter, Used
from pipeline.planning import estimate
from pipeline.planning import levels as plan
from pipeline.planning.resolve import (
    check_inputs,
    inspect_inputs,
    open_studio,
    peak_memory,
    prepared_machine,
    print_box,
    resolve,
    with_deadline,
    within_memory,
)
from pipeline.run import atomic
from pipeline.run import usage as spent
from pipeline.run.directory import RunDir
from pipeline.run.records import Input, Manifest
from stages.errors import RunDiffers, TilebrushError
from stages.tiles import Size

__all__ = [
    "clean",
    "display",
    "plan_for",
    "print_run",
    "rerun",
    "resume",
    "status",
    "verify",
]

if TYPE_CHECKING:
    from stages.nst.studio import Studio

# ---- print


def print_run(
    photo: Path,
    styles: list[Path],
    run_dir: Path,
    settings: Settings,
    console: Console,
    force: bool = False,
) -> PrintResult:
    """Begin a print in a directory, or go on with the one that is there.

    Raises:
        RunDiffers: the run there has other settings or inputs; `force` starts it anew.
        InputImageError, UsageError, WeightsError, ResourceError, RunLocked, TilesFailed.
    """
    photo_size, style_sizes = inspect_inputs(photo, styles)
    if not RunDir.exists(run_dir):
        check_inputs(photo, styles)
    settings = with_deadline(settings, datetime.now())
    box = print_box(settings, photo_size, console.message)
    settings = resolve(settings, photo_size, len(styles), box)
    inputs = (
        Input.of("photo", photo),
        *(Input.of("style", style) for style in styles),
    )
    style_pixels = _style_pixels(style_sizes, settings)
    settings = within_memory(settings, style_pixels)
    if RunDir.exists(run_dir):
        run = RunDir.open(run_dir)
        differs = _differences(run.manifest(), settings, inputs)
        if not differs:
            return _work(run, console, None, settings)
        if not force:
            raise RunDiffers(
                f"{run_dir} holds a run with other inputs or settings ({'; '.join(differs[:3])}); "
                "name another folder, use tilebrush resume, or start anew with --force"
            )
        with run.locked():
            run.clear()
    atomic.require_space(run_dir, plan.make(settings).disk_bytes(style_pixels))
    fitted, studio, began = _within_budget(settings, console)
    manifest = Manifest(
        config.to_record(fitted), inputs, _tools(fitted, console.message), budget=began
    )
    return _work(RunDir.create(run_dir, manifest), console, studio)


def _differences(manifest: Manifest, settings: Settings, inputs: tuple[Input, ...]) -> list[str]:
    old = config.from_record(manifest.settings)
    # What a budget made of the iterations comes from a measured pace, never twice the same.
    old = budget.with_iterations(old, budget.Began.of(manifest, old).asked)
    if settings.run.until and settings.run.until == old.run.until:
        # What is left up to the same time is less at every start.
        run = settings.run.model_copy(update={"budget": old.run.budget})
        settings = settings.model_copy(update={"run": run})
    found = config.differences(old, settings)
    before = [(item.role, item.sha256) for item in manifest.inputs]
    after = [(item.role, item.sha256) for item in inputs]
    if before != after:
        names = ", ".join(item.name for item in manifest.inputs)
        found.insert(0, f"it was begun with {names}")
    return found


def _style_pixels(sizes: list[Size], settings: Settings) -> int:
    return sum(min(size.pixels, settings.style.max_pixels) for size in sizes)


def _within_budget(
    settings: Settings, console: Console
) -> tuple[Settings, Studio | None, dict[str, Any]]:
    """Settings of a new run whose iterations fit the budget, and what that was found with."""
    if not settings.run.budget:
        return settings, None, {}
    # Seconds, also outside the hours of run.only_between: who has begun it is still there to see.
    studio = open_studio(settings, console)
    pace = estimate.measure(studio, plan.make(settings))
    fitted = budget.begun(settings, pace)
    console.message(
        f"{budget.name(settings)}: {list(fitted.levels.iterations)} iterations per level "
        f"instead of {list(settings.levels.iterations)}"
    )
    return fitted, studio, budget.Began(settings.levels.iterations, pace.tiles).record()


def _tools(settings: Settings, note: Callable[[str], None]) -> dict[str, str]:
    """What the run is made with, for run.json; `note` is told of a download before it starts."""
    from importlib.metadata import version

    from stages import canvas
    from stages.nst import encoders, weights

    file = Path(settings.encoder.weights) if settings.encoder.weights else None
    return {
        "tilebrush": __version__,
        "torch": version("torch"),
        "libvips": canvas.LIBVIPS_VERSION,
        "encoder weights": weights.sha256(
            encoders.weights_path(settings.encoder.name, file, note=note)
        ),
    }


def resume(run_dir: Path, console: Console, habits: dict[str, object] | None = None) -> PrintResult:
    """Go on with a run, from now on with other `habits`, settings without effect on the picture.

    Raises:
        RunMissing, RunLocked, TilesFailed, ResourceError.
    """
    run = RunDir.open(run_dir)
    given = config.override(config.from_record(run.manifest().settings), habits or {})
    return _work(run, console, None, given)


def _keep_habits(run: RunDir, given: Settings) -> None:
    """Write down how the run is to be worked on from now on."""
    manifest = run.manifest()
    old = config.from_record(manifest.settings)
    habits = {name: getattr(given.run, name) for name in ("nice", "only_between", "disk_wait")}
    new = old.model_copy(update={"run": old.run.model_copy(update=habits), "energy": given.energy})
    if new != old:
        run.write_manifest(replace(manifest, settings=config.to_record(new)))


def _work(
    run: RunDir, console: Console, studio: Studio | None, given: Settings | None = None
) -> PrintResult:
    began = time.monotonic()
    with run.locked():
        if given is not None:
            _keep_habits(run, given)
        worker = Worker(run, console, studio)
        if not run.cleaned():
            pace = budget.tile_pace(run, worker.plan, len(worker.plan.levels) + 1)
            clock = worker.session.gate.clock_seconds
            with (
                prepared_machine(worker.settings),
                console.progress(worker.plan.work, run.root.name, pace, clock) as bar,
            ):
                worker.go(bar)
    return _printed(run, worker, time.monotonic() - began)


def _printed(run: RunDir, worker: Worker, seconds: float) -> PrintResult:
    jpeg, taken = run.print_jpeg(), spent.of(run)
    kwh, source, cost, grams = estimate.energy(worker.settings.energy, taken.seconds, taken.used)
    return PrintResult(
        str(run.root),
        str(run.print_tiff()),
        str(jpeg) if jpeg.is_file() else "",
        str(worker.plan.size),
        worker.tally.computed,
        worker.tally.found,
        round(seconds, 2),
        peak_memory(),
        round(taken.seconds, 1),
        round(kwh, 4),
        source,
        cost,
        round(grams, 1),
    )


# ---- plan


def plan_for(
    photo: Path, styles: list[Path], settings: Settings, console: Console, probe: bool = True
) -> PlanResult:
    """What a print would be and take on this machine; nothing is written.

    Raises:
        InputImageError, UsageError, WeightsError, ResourceError.
    """
    photo_size, style_sizes = inspect_inputs(photo, styles)
    check_inputs(photo, styles)
    settings = with_deadline(settings, datetime.now())
    box = print_box(settings, photo_size, console.message)
    settings = resolve(settings, photo_size, len(styles), box)
    style_pixels = _style_pixels(style_sizes, settings)
    settings = within_memory(settings, style_pixels)
    pace, used = None, Used()
    if probe or settings.run.budget:
        console.message("timing a few iterations on this machine")
        studio, meter = open_studio(settings, console), Meter()
        pace = estimate.measure(studio, plan.make(settings))
        used = meter.taken()
        settings = budget.begun(settings, pace) if settings.run.budget else settings
    return estimate.summary(settings, plan.make(settings), pace, style_pixels, used)


# ---- looking after runs


def status(run_dir: Path) -> StatusResult:
    """How far a run is, read-only.

    Raises:
        RunMissing.
    """
    return state.of(RunDir.open(run_dir))


def verify(run_dir: Path) -> VerifyResult:
    """Every recorded file against its record.

    Raises:
        RunMissing.
    """
    run = RunDir.open(run_dir)
    problems = (*run.verify(), *state.missing(run))
    rows = tuple(ProblemRow(p.path, p.found, p.needed) for p in problems)
    return VerifyResult(str(run_dir), sum(1 for _ in run.recorded()), rows)


def clean(run_dir: Path, console: Console) -> CleanResult:
    """Drop all but the print and the report of a finished run.

    Raises:
        RunMissing, RunLocked.
        TilebrushError: the print is not finished.
    """
    run = RunDir.open(run_dir)
    if not state.of(run).finished:
        raise TilebrushError(
            f"{run_dir} is not finished and cleaning would lose its work; "
            "run tilebrush resume first"
        )
    with run.locked():
        return CleanResult(str(run_dir), run.clean())
