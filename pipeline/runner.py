"""What the commands do, from inputs to results."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline import __version__, atomic, config, estimate, machine, plan, state
from pipeline.config import Settings
from pipeline.console import Console
from pipeline.records import Input, Manifest
from pipeline.rerun import rerun
from pipeline.results import (
    CleanResult,
    DisplayResult,
    PlanResult,
    PrintResult,
    ProblemRow,
    StatusResult,
    VerifyResult,
)
from pipeline.rundir import RunDir
from pipeline.work import Worker
from stages import tiles
from stages.errors import RunDiffers, TilebrushError, UsageError
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
    from stages.measure import StyleImages
    from stages.nst.stylize import Studio

# Of all memory, the part that a print may use when the settings name no limit: the artist's other
# programs need the rest.
_MEMORY_SHARE = 0.8


def peak_memory() -> int:
    """The most memory this process has used so far, in bytes."""
    try:
        import resource
    except ImportError:  # Windows
        import psutil

        info = psutil.Process().memory_info()  # type: ignore[no-untyped-call]
        return int(getattr(info, "peak_wset", 0))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


@contextmanager
def prepared_machine(settings: Settings) -> Iterator[None]:
    """Lower this process's priority as the settings ask."""
    if settings.run.nice and hasattr(os, "nice"):
        os.nice(settings.run.nice)
    yield


def inspect_inputs(photo: Path, styles: list[Path]) -> tuple[Size, list[Size]]:
    """Sizes of photo and styles from their headers, upright.

    Raises:
        InputImageError: one of them is missing or cannot be used.
        UsageError: no style image.
    """
    from stages import canvas

    if not styles:
        raise UsageError("no style image; name at least one painting after the photo")
    return canvas.inspect(photo).size, [canvas.inspect(style).size for style in styles]


def resolve(settings: Settings, photo: Size, style_count: int, box: Size) -> Settings:
    """Settings with everything decided: exact size, preset, precision, threads, weights' place.

    A resumed run computes with exactly these, wherever it is resumed from.
    """
    from stages.nst.machine import resolve_precision, use_threads

    config.style_weights(settings, style_count)  # as many weights as styles, or a clear error
    settings = config.apply_preset(settings)
    size = tiles.fitted(photo, box, settings.print.fit)
    precision = resolve_precision(settings.run.precision)
    threads = use_threads(settings.run.threads or machine.cores())
    weights = str(Path(settings.encoder.weights).absolute()) if settings.encoder.weights else ""
    return settings.model_copy(
        update={
            "print": settings.print.model_copy(
                update={"size": str(size), "paper": "", "fit": "cover"}
            ),
            "run": settings.run.model_copy(update={"precision": precision, "threads": threads}),
            "encoder": settings.encoder.model_copy(update={"weights": weights}),
        }
    )


def open_studio(settings: Settings, console: Console) -> Studio:
    """The encoder that resolved settings name."""
    from stages.nst import machine as nst_machine

    s = settings
    return nst_machine.open_studio(
        s.encoder.name, s.encoder.weights, s.run.precision, s.run.threads, console.message
    )


# ---- display


def display(
    photo: Path, styles: list[Path], out: Path, settings: Settings, console: Console
) -> DisplayResult:
    """Stylize at display size and write one image file.

    Raises:
        InputImageError, UsageError, WeightsError, ResourceError.
    """
    from stages import canvas
    from stages import display as stage
    from stages.nst.optimize import Optimizer
    from stages.nst.stylize import Weights

    began = time.monotonic()
    photo_size, _ = inspect_inputs(photo, styles)
    canvas.check_suffix(out)
    settings = resolve(settings, photo_size, len(styles), config.parse_size(settings.display.size))
    size = config.print_size(settings)
    path = stage.scales(size, settings.display.start, settings.display.iterations)
    look = settings.style
    work = sum(scale.size.pixels * scale.iterations for scale in path) / 1e6
    with (
        prepared_machine(settings),
        tempfile.TemporaryDirectory(prefix="tilebrush-") as folder,
        console.progress(work, "display") as bar,
    ):
        bar.stage("prepare")
        images = _prepare(photo, styles, Path(folder), size, settings)
        studio = open_studio(settings, console)
        bar.stage("display")
        result = stage.from_files(
            studio,
            Path(folder) / "photo.npy",
            images,
            path,
            Weights(
                look.weight, look.content_weight, look.smooth_weight, look.statistics == "gram+std"
            ),
            Optimizer(
                settings.optimizer.name,
                settings.optimizer.history,
                settings.optimizer.adam_rate,
                settings.optimizer.rate,
            ),
            lambda scale, _: bar.advance(scale.size.pixels / 1e6, str(scale.size)),
        )
        finished = Path(folder) / "display.npy"
        stage.save(result, finished)
        atomic.atomic_write(out, lambda part: canvas.write_image(finished, part, settings.run.seed))
    return DisplayResult(
        str(out),
        str(size),
        settings.encoder.name,
        sum(scale.iterations for scale in path),
        round(time.monotonic() - began, 2),
        peak_memory(),
    )


def _prepare(
    photo: Path, styles: list[Path], folder: Path, size: Size, settings: Settings
) -> StyleImages:
    from stages import prepare
    from stages.measure import StyleImages

    made = prepare.run(photo, styles, folder, size, settings.style.max_pixels)
    weights = config.style_weights(settings, len(styles))
    return StyleImages(made.styles, weights, settings.style.scale)


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
    settings = resolve(settings, photo_size, len(styles), config.print_size(settings))
    inputs = (
        Input.of("photo", photo),
        *(Input.of("style", style) for style in styles),
    )
    style_pixels = _style_pixels(style_sizes, settings)
    settings, studio = _within_limits(settings, style_pixels, console)
    if RunDir.exists(run_dir):
        run = RunDir.open(run_dir)
        differs = _differences(run.manifest(), settings, inputs)
        if not differs:
            return _work(run, console, studio)
        if not force:
            raise RunDiffers(
                f"{run_dir} holds a run with other inputs or settings ({'; '.join(differs[:3])}); "
                "name another folder, use tilebrush resume, or start anew with --force"
            )
        with run.locked():
            run.clear()
    planned = plan.make(settings)
    atomic.require_space(run_dir, planned.disk_bytes(style_pixels))
    manifest = Manifest(config.to_record(settings), inputs, _tools(settings))
    return _work(RunDir.create(run_dir, manifest), console, studio)


def _differences(manifest: Manifest, settings: Settings, inputs: tuple[Input, ...]) -> list[str]:
    old = config.from_record(manifest.settings)
    if settings.run.budget and settings.run.budget == old.run.budget:
        # The iterations of a budget come from a measured pace, which is never twice the same.
        levels = settings.levels.model_copy(update={"iterations": old.levels.iterations})
        settings = settings.model_copy(update={"levels": levels})
    found = config.differences(old, settings)
    before = [(item.role, item.sha256) for item in manifest.inputs]
    after = [(item.role, item.sha256) for item in inputs]
    if before != after:
        names = ", ".join(item.name for item in manifest.inputs)
        found.insert(0, f"it was begun with {names}")
    return found


def _style_pixels(sizes: list[Size], settings: Settings) -> int:
    return sum(min(size.pixels, settings.style.max_pixels) for size in sizes)


def _memory_limit(settings: Settings) -> int:
    if settings.run.memory:
        return config.parse_memory(settings.run.memory)
    return int(machine.memory().total * _MEMORY_SHARE)


def _within_limits(
    settings: Settings, style_pixels: int, console: Console
) -> tuple[Settings, Studio | None]:
    """Settings whose tiles fit the memory and whose iterations fit the budget."""
    limit = _memory_limit(settings)
    planned = plan.make(settings)
    settings = estimate.check_memory(settings, planned, style_pixels, limit)
    if not settings.run.budget:
        return settings, None
    studio = open_studio(settings, console)
    pace = estimate.measure(studio, plan.make(settings))
    budget = config.parse_duration(settings.run.budget)
    fitted = plan.fit_budget(
        settings, budget, lambda s: sum(estimate.level_seconds(plan.make(s), pace))
    )
    console.message(
        f"budget {settings.run.budget}: {list(fitted.levels.iterations)} iterations per level "
        f"instead of {list(settings.levels.iterations)}"
    )
    return fitted, studio


def _tools(settings: Settings) -> dict[str, str]:
    """What the run is made with, for run.json."""
    from importlib.metadata import version

    from stages import canvas
    from stages.nst import encoders, weights

    file = Path(settings.encoder.weights) if settings.encoder.weights else None
    return {
        "tilebrush": __version__,
        "torch": version("torch"),
        "libvips": canvas.LIBVIPS_VERSION,
        "encoder weights": weights.sha256(encoders.weights_path(settings.encoder.name, file)),
    }


def resume(run_dir: Path, console: Console) -> PrintResult:
    """Go on with a run.

    Raises:
        RunMissing, RunLocked, TilesFailed, ResourceError.
    """
    return _work(RunDir.open(run_dir), console, None)


def _work(run: RunDir, console: Console, studio: Studio | None) -> PrintResult:
    began = time.monotonic()
    with run.locked():
        worker = Worker(run, console, studio)
        if not run.cleaned():
            with (
                prepared_machine(worker.settings),
                console.progress(worker.plan.work, run.root.name) as bar,
            ):
                worker.go(bar)
    jpeg = run.print_jpeg()
    return PrintResult(
        str(run.root),
        str(run.print_tiff()),
        str(jpeg) if jpeg.is_file() else "",
        str(worker.plan.size),
        worker.tally.computed,
        worker.tally.found,
        round(time.monotonic() - began, 2),
        peak_memory(),
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
    settings = resolve(settings, photo_size, len(styles), config.print_size(settings))
    style_pixels = _style_pixels(style_sizes, settings)
    settings, studio = _within_limits(settings, style_pixels, console)
    planned = plan.make(settings)
    pace = None
    if probe:
        console.message("timing a few iterations on this machine")
        pace = estimate.measure(studio or open_studio(settings, console), planned)
    return estimate.summary(settings, planned, pace, style_pixels)


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
