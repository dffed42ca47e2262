"""What the page of a run shows, found in the run's files and records; reads only."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pipeline.config import load as config
from pipeline.config.fields import literals
from pipeline.config.schema import Settings
from pipeline.engine import decisions, table
from pipeline.engine.outputs import Brief, Output, Place, Ref
from pipeline.engine.state import State
from pipeline.planning import estimate
from pipeline.planning.levels import LevelPlan
from pipeline.report import files
from pipeline.report.facts import (
    Facts,
    LevelFacts,
    Now,
    Picture,
    Setting,
    SweepFacts,
    TileFacts,
)
from pipeline.run import usage, workers
from pipeline.run.records import Record, now
from pipeline.run.workers import WorkerRow
from stages.tiles import Tile

_SHORT = 12  # characters of a hash that tell one picture from another


@dataclass(frozen=True)
class Wanted:
    """A picture of the page, and the canvas that it is made of."""

    picture: Picture
    source: Path


def facts(state: State, word: str, at: Now, peak_memory: int, style_pixels: int) -> Facts:
    """All that the page shows; `word` is the run's state in one word."""
    brief, settings = state.brief, state.brief.settings
    taken = usage.of(state.run)
    told = estimate.energy(settings.energy, taken.seconds, taken.used)
    return Facts(
        name=state.run.root.name,
        run=str(state.run.root),
        state=word,
        now=at,
        written=now(),
        created=state.manifest.created,
        tilebrush=state.manifest.tilebrush,
        title=title(brief),
        width=brief.plan.size.width,
        height=brief.plan.size.height,
        dpi=settings.print.dpi,
        worked_seconds=round(taken.seconds, 1),
        budget=settings.run.until or settings.run.budget,
        kwh=round(told.kwh, 4),
        energy_from=told.source,
        cost=told.cost,
        grams=round(told.grams, 1),
        peak_memory_bytes=peak_memory,
        planned_memory_bytes=estimate.peak_memory(settings, brief.plan, style_pixels),
        disk_bytes=_taken(state),
        planned_disk_bytes=table.disk_bytes(brief, style_pixels),
        piece=_piece()[0],
        overlap=_piece()[1],
        pictures=tuple(each.picture for each in wanted(state)),
        levels=tuple(_levels(state)),
        settings=tuple(_settings(settings)),
        files=tuple(
            output.file(place, brief)
            for output, place in state.products()
            if state.path(output, place).is_file()
        ),
        workers=tuple(_worker(settings, row) for row in workers.read(state.run.root)),
    )


def _worker(settings: Settings, row: WorkerRow) -> WorkerRow:
    """A worker with all its energy, where its computer tells none too."""
    return replace(row, joules=round(estimate.of_worker(settings.energy, row).kwh * 3.6e6, 1))


def _taken(state: State) -> int:
    """Bytes of what was made, the page's pictures among it."""
    shown = (state.run.root / files.FOLDER / files.PICTURES).rglob("*")
    paths = (*state.run.recorded(), *shown)
    return sum(path.stat().st_size for path in paths if path.is_file())


def title(brief: Brief) -> str:
    """What people call the print: which photo in the manner of which paintings."""
    photo, *styles = (item.name for item in (*brief.of_role("photo"), *brief.of_role("style")))
    joined = " and ".join(filter(None, (", ".join(styles[:-1]), styles[-1])))
    return f"{photo} in the manner of {joined}"


def _piece() -> tuple[int, int]:
    from stages import canvas

    return canvas.PIECE, canvas.PIECE_OVERLAP


# ---- pictures


def wanted(state: State) -> list[Wanted]:
    """The pictures that there can be by now, in the order in which the page names them."""
    brief = state.brief
    styles = brief.of_role("style")
    asked = [("photo", "Photo", "photo", -1, Ref("photo"))]
    for number, style in enumerate(styles, start=1):
        title = "Painting" if len(styles) == 1 else f"Painting {number}, {style.name}"
        asked.append((f"style-{number}", title, "style", -1, Ref("style", Place(style=number))))
    last = len(brief.plan.levels)
    for level in range(last + 1):
        ref = Ref(brief.result(level), Place(level=level))
        asked.append((f"level-{level}", level_name(level, last), "level", level, ref))
    found = []
    for name, title, kind, level, ref in asked:
        source = state.path(table.row(ref.name), ref.place)
        record = state.run.record(source)
        if record is not None and state.done(ref) and source.is_file():
            picture = _picture(name, title, kind, level, source, record)
            found.append(Wanted(picture, source))
    return found


def level_name(level: int, last: int) -> str:
    """What people call a level."""
    if level == last:
        return "Print"
    return f"Level {level}" if level else "Display"


def _picture(name: str, title: str, kind: str, level: int, source: Path, record: Record) -> Picture:
    from stages import canvas

    pyramid = canvas.pyramid_of(canvas.size_of(source))
    return Picture(
        id=name,
        title=title,
        kind=kind,
        level=level,
        width=pyramid.size.width,
        height=pyramid.size.height,
        folder=f"{name}-{record.sha256[:_SHORT]}",
        top=pyramid.top,
    )


# ---- levels and tiles


def _levels(state: State) -> Iterator[LevelFacts]:
    brief, last = state.brief, len(state.brief.plan.levels)
    asked = config.apply_preset(config.from_record(state.manifest.asked))
    iterations, shares = config.level_iterations(asked), state.shares()
    work = table.level_work(brief)
    spent = _seconds(state)
    display = brief.plan.display
    record = state.run.record(state.path(table.row("display canvas"), Place()))
    curves = _curves(record.extra.get("curves")) if record is not None else ()
    counted = brief.display_iterations
    yield LevelFacts(
        level=0,
        name=level_name(0, last),
        width=display[-1].size.width,
        height=display[-1].size.height,
        asked=counted,
        iterations=counted,
        done_share=float(state.done(Ref("display canvas"))),
        share=work[0] / sum(work),
        foreseen_seconds=None,
        seconds=spent.get(0, 0.0),
        curves=curves,
        steps=(*(scale.iterations for scale in display), brief.joining),
        sweeps=(),
        again=_again(state, "display"),
    )
    for level in brief.plan.levels:
        number = level.level
        sweeps = tuple(_sweeps(state, level)) if brief.restyled(number) else ()
        done, total = shares.get(number, (0.0, 1.0))
        stage = table.row(brief.result(number)).stage
        pace = decisions.tile_pace(state.run, brief, number) or state.manifest.pace or None
        yield LevelFacts(
            level=number,
            name=level_name(number, last),
            width=level.size.width,
            height=level.size.height,
            asked=iterations[min(number, len(iterations)) - 1],
            iterations=level.iterations,
            done_share=round(done / total, 4) if total else 0.0,
            share=work[number] / sum(work),
            foreseen_seconds=round(pace * total, 1) if pace else None,
            seconds=round(spent.get(number, 0.0), 1),
            curves=tuple(_mean([tile.curve for tile in sweep.tiles]) for sweep in sweeps),
            steps=(level.iterations,) * len(sweeps),
            sweeps=sweeps,
            again=_again(state, f"{'restyle' if stage == 'blend' else stage}@{number}"),
        )


def _seconds(state: State) -> dict[int, float]:
    """Seconds of work by level; 0 has what belongs to no level above display."""
    found: dict[int, float] = {}
    for output, place in state.outputs():
        record = state.run.record(state.path(output, place))
        if record is not None:
            dropped = record.extra.get("dropped")
            more = dropped.get("seconds", 0.0) if isinstance(dropped, dict) else 0.0
            found[place.level] = found.get(place.level, 0.0) + record.seconds + more
    return found


def _sweeps(state: State, level: LevelPlan) -> Iterator[SweepFacts]:
    row = table.row("tile")
    for number, grid in enumerate(level.grids, start=1):
        at = Place(level=level.level, sweep=number)
        after = row.replaced_by(state.brief, at)
        kept = state.run.record(state.path(table.row(after.name), after.place)) if after else None
        yield SweepFacts(
            sweep=number,
            last=number == level.sweeps,
            tiles=tuple(
                _tile(state, row, at.at(row=tile.row, col=tile.col), tile, kept)
                for tile in grid.tiles
            ),
        )


def _tile(state: State, row: Output, place: Place, tile: Tile, kept: Record | None) -> TileFacts:
    path = state.path(row, place)
    known = state.done(Ref(row.name, place))
    record = state.run.record(path) if known else None
    noted: dict[str, Any] = usage.served(kept, state.run.name(path)) if known else {}
    if record is not None:
        noted = {"seconds": record.seconds, **record.extra}
    losses = noted.get("losses")
    losses = losses if isinstance(losses, dict) else {}
    return TileFacts(
        row=tile.row,
        col=tile.col,
        x=tile.core.x,
        y=tile.core.y,
        width=tile.core.width,
        height=tile.core.height,
        seconds=_number(noted.get("seconds")),
        first=_number(losses.get("first")),
        last=_number(losses.get("last")),
        curve=_curve(noted.get("curve")),
    )


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def _curve(value: object) -> tuple[float, ...]:
    numbers = value if isinstance(value, list) else []
    return tuple(float(each) for each in numbers if isinstance(each, int | float))


def _curves(value: object) -> tuple[tuple[float, ...], ...]:
    return tuple(_curve(each) for each in value) if isinstance(value, list) else ()


def _mean(curves: Sequence[tuple[float, ...]]) -> tuple[float, ...]:
    """The mean of those curves that there are; all of a sweep have as many points."""
    there = [curve for curve in curves if curve]
    return tuple(float(f"{sum(each) / len(there):.5g}") for each in zip(*there, strict=False))


def _again(state: State, stage: str) -> str:
    return f"tilebrush stage {shlex.quote(str(state.run.root))} {stage}"


# ---- settings


def _settings(settings: Settings) -> Iterator[Setting]:
    defaults = literals(Settings())
    for key, value in literals(settings).items():
        yield Setting(key=key, value=value, default=defaults[key], changed=value != defaults[key])
