"""`tilebrush plan`: what a print would be and take on this machine; nothing is written."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from pipeline.commands.results import LevelRow, PlanResult
from pipeline.config import units
from pipeline.config.load import Settings
from pipeline.config.papers import parse_crop
from pipeline.console.console import Console
from pipeline.engine import decisions, sharing, table
from pipeline.engine.outputs import Brief
from pipeline.host import hours
from pipeline.host.energy import Meter, Used
from pipeline.host.hours import Gate
from pipeline.planning import estimate, levels, masks, network, sheets
from pipeline.planning.estimate import Pace
from pipeline.planning.resolve import (
    check_inputs,
    inspect_inputs,
    open_studio,
    profile_inputs,
    resolve,
    style_pixels,
    tell_of_print,
    with_deadline,
    within_memory,
)
from pipeline.planning.sheets import print_box
from pipeline.run import atomic
from stages.tiles import Size


def plan_for(
    photo: Path,
    styles: list[Path],
    settings: Settings,
    console: Console,
    probe: bool = True,
    picture: Path | None = None,
    workers: int = 0,
) -> PlanResult:
    """What a print would be and take on this machine; nothing is written but a `picture` of it.

    With `workers` also what it would take on so many computers like this one.

    Raises:
        InputImageError, UsageError, WeightsError, ResourceError.
    """
    facts, style_facts = inspect_inputs(photo, styles)
    inputs = (*masks.inputs_of(settings, photo, styles), *profile_inputs(settings))
    check_inputs(photo, [*styles, *masks.files_of(settings, styles)])
    settings = with_deadline(settings, datetime.now())
    box = print_box(settings, facts.size, console.message)
    settings = resolve(settings, facts.size, len(styles), box)
    px = style_pixels([style.size for style in style_facts], settings)
    settings = within_memory(settings, px)
    if levels.make(settings).levels:
        network.check_levels(settings)
    tell_of_print(facts, style_facts, settings, console)
    network.tell(settings, console)
    if picture is not None:
        _show_crop(photo, settings, picture)
    pace, used = None, Used()
    if probe or settings.run.budget:
        console.message("timing a few iterations on this machine")
        studio, meter = open_studio(settings, console), Meter()
        pace = estimate.measure(studio, levels.make(settings))
        used = meter.taken()
        settings = decisions.fitted(settings, pace) if settings.run.budget else settings
    brief = Brief(settings, levels.make(settings), inputs)
    return summary(brief, pace, px, used, facts.size, workers)


def _show_crop(photo: Path, settings: Settings, picture: Path) -> None:
    """Draw what of the photo is printed."""
    from stages import canvas

    sheet, at = sheets.exact_sheet(settings), parse_crop(settings.print.crop)
    atomic.atomic_write(
        picture,
        lambda part: canvas.picture_crop(photo, part, sheet, at),
        "then run the command again",
    )


def summary(
    brief: Brief,
    pace: Pace | None,
    style_px: int,
    used: Used | None = None,
    photo: Size | None = None,
    workers: int = 0,
) -> PlanResult:
    """A plan and what it takes, for people; without a measured pace, nothing that needs one.

    `used` is what the timing itself drew, `photo` the photo's own size. `workers` are
    computers like this one that share the tiles.
    """
    settings, plan = brief.settings, brief.plan
    seconds = estimate.level_seconds(table.level_work(brief), pace) if pace else None
    total = sum(seconds) if seconds else None
    told = estimate.energy(settings.energy, total or 0.0, used)
    clock = Gate(hours.window(settings.run.only_between)).clock_seconds
    spread, shared = estimate.SPREAD, None
    if workers and pace:
        shared = round(sharing.split(brief, pace).seconds(workers), 1)
    return PlanResult(
        size=str(plan.size),
        sheet=_sheet(brief),
        cropped_share=round(sheets.cropped_share(photo, settings), 4) if photo else None,
        photo_px_per_cm=round(sheets.photo_per_cm(photo, settings), 1) if photo else None,
        encoder=settings.encoder.name,
        precision=settings.run.precision,
        levels=tuple(_rows(brief, seconds)),
        total_seconds=round(total, 1) if total else None,
        least_seconds=round(total * (1 - spread), 1) if total else None,
        most_seconds=round(total * (1 + spread), 1) if total else None,
        workers=workers or None,
        shared_seconds=shared,
        ready=units.ready(clock(total), datetime.now()) if total else "not timed",
        peak_memory_bytes=estimate.peak_memory(settings, plan, style_px),
        disk_bytes=table.disk_bytes(brief, style_px),
        energy_kwh=round(told.kwh, 4) if total else None,
        energy_from=told.source,
        cost=told.cost if total else "not timed",
        co2_grams=round(told.grams, 1) if total else None,
    )


def _sheet(brief: Brief) -> str:
    """The whole print in cm and px, and what the lab cuts off."""
    sheet, dpi = brief.sheet, brief.settings.print.dpi
    whole = f"{sheets.in_cm(sheet.size, dpi)} at {dpi:g} dpi, {sheet.size} px"
    if not sheet.bleed:
        return whole
    return f"{whole}, trimmed to {sheets.in_cm(sheet.trimmed, dpi)}"


def _rows(brief: Brief, seconds: list[float] | None) -> Iterator[LevelRow]:
    """Display and the levels above it; `seconds` as `level_seconds` gives them."""
    plan = brief.plan
    times: list[float | None]
    times = [None] * (len(plan.levels) + 1) if seconds is None else [round(s, 1) for s in seconds]
    size = str(plan.display[-1].size)
    iterations = brief.display_iterations
    yield LevelRow(
        level=0, size=size, tiles=1, window=size, sweeps=1, iterations=iterations, seconds=times[0]
    )
    for level, time in zip(plan.levels, times[1:], strict=True):
        yield LevelRow(
            level=level.level,
            size=str(level.size),
            tiles=len(level.grids[0].tiles),
            window=str(level.window),
            sweeps=level.sweeps,
            iterations=level.iterations,
            seconds=time,
        )
