"""What a new print is begun with: settings made exact, room on the disk, a fit to its budget."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline import __version__
from pipeline.config import load as config
from pipeline.config.load import Settings
from pipeline.console.console import Console
from pipeline.engine import decisions, table
from pipeline.engine.outputs import Brief
from pipeline.planning import estimate, levels, network
from pipeline.planning.resolve import (
    open_studio,
    resolve,
    style_pixels,
    tell_of_print,
    weights_of,
    with_deadline,
    within_memory,
)
from pipeline.planning.sheets import print_box
from pipeline.run import atomic
from pipeline.run.directory import RunDir
from pipeline.run.records import Input, Manifest

if TYPE_CHECKING:
    from stages.canvas import Facts
    from stages.nst.studio import Studio


def begun(
    settings: Settings,
    facts: tuple[Facts, list[Facts]],
    inputs: tuple[Input, ...],
    run_dir: Path,
    console: Console,
) -> tuple[Manifest, Studio | None]:
    """What a new run is begun with; the studio, if a budget's trial needed it."""
    photo, styles = facts
    exact = with_deadline(settings, datetime.now())
    box = print_box(exact, photo.size, console.message)
    exact = resolve(exact, photo.size, len(styles), box)
    px = style_pixels([style.size for style in styles], exact)
    exact = within_memory(exact, px)
    tools = _tools(exact, console)
    if levels.make(exact).levels:
        network.check_levels(exact)
    needed = table.disk_bytes(Brief(exact, levels.make(exact), inputs), px)
    atomic.require_space(run_dir, needed - _given_up(run_dir))
    tell_of_print(photo, styles, exact, console)
    network.tell(exact, console)
    fitted, studio, pace = _within_budget(exact, console)
    manifest = Manifest(
        asked=config.to_record(settings),
        resolved=config.to_record(fitted),
        inputs=inputs,
        tools=tools,
        pace=pace,
    )
    return manifest, studio


def _given_up(run_dir: Path) -> int:
    """Bytes of a run that is begun anew, which are dropped before new ones are written."""
    if not RunDir.exists(run_dir):
        return 0
    run = RunDir(run_dir.resolve())
    return sum(
        path.stat().st_size for path in run.recorded() if path.is_file() and path.parent != run.root
    )


def _within_budget(settings: Settings, console: Console) -> tuple[Settings, Studio | None, float]:
    """Settings of a new run whose iterations fit the budget, and the pace that was found."""
    if not settings.run.budget:
        return settings, None, 0.0
    # Seconds, also outside the hours of run.only_between: who has begun it is still there to see.
    studio = open_studio(settings, console)
    pace = estimate.measure(studio, levels.make(settings))
    fitted = decisions.fitted(settings, pace)
    console.message(
        f"{decisions.name(settings)}: {list(config.level_iterations(fitted))} iterations per level "
        f"instead of {list(config.level_iterations(settings))}"
    )
    return fitted, studio, pace.tiles


def _tools(settings: Settings, console: Console) -> dict[str, str]:
    """What the run is made with, for run.json."""
    from importlib.metadata import version

    from stages import canvas

    return {
        "tilebrush": __version__,
        "torch": version("torch"),
        "libvips": canvas.LIBVIPS_VERSION,
        "encoder weights": weights_of(settings, console),
    }
