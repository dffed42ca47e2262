"""What is told of a print that was worked on."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pipeline.commands.results import PrintResult
from pipeline.engine.state import State
from pipeline.engine.worker import Worker
from pipeline.planning import estimate
from pipeline.planning.resolve import peak_memory
from pipeline.report.files import FOLDER, PAGE
from pipeline.run import usage
from pipeline.run.directory import RunDir


def told_of(run: RunDir, worker: Worker, seconds: float) -> PrintResult:
    """The result of a print, finished or stopped after a level."""
    taken, settings = usage.of(run), worker.brief.settings
    energy = estimate.energy(settings.energy, taken.machine_seconds, taken.used)
    state, page = State(run), run.root / FOLDER / PAGE
    files = {
        output.name: state.path(output, place)
        for output, place in state.products()
        if state.path(output, place).is_file()
    }
    named = {name: str(path) for name, path in files.items()}
    return PrintResult(
        run=str(run.root),
        tiff=named.get("TIFF", ""),
        jpeg=named.get("JPEG", ""),
        png=named.get("PNG", ""),
        archive=named.get("archive", ""),
        soft_proof=named.get("soft proof", ""),
        size=str(worker.brief.sheet.size),
        outside_profile_share=_outside(run, files, ("TIFF", "JPEG", "PNG", "archive")),
        outside_proof_share=_outside(run, files, ("soft proof",)),
        tiles_computed=worker.tally.computed,
        tiles_found=worker.tally.found,
        took_seconds=round(seconds, 2),
        peak_memory_bytes=peak_memory(),
        worked_seconds=round(taken.seconds, 1),
        energy_kwh=round(energy.kwh, 4),
        energy_from=energy.source,
        cost=energy.cost,
        co2_grams=round(energy.grams, 1),
        stopped_after="" if state.finished() else state.stopped_after(),
        page=str(page) if page.is_file() else "",
    )


def _outside(run: RunDir, files: Mapping[str, Path], names: tuple[str, ...]) -> float | None:
    """How much of the print a profile cannot hold, by the records of files made with it."""
    for name in names:
        record = run.record(files[name]) if name in files else None
        found = record.extra.get("outside_share") if record is not None else None
        if isinstance(found, float):
            return found
    return None
