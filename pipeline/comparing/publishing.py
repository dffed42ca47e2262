"""What is made of the pictures of a comparison: page, sheet, chart and tables."""

from __future__ import annotations

import platform
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.comparing import charts, page, tables
from pipeline.comparing.outcome import Outcome
from pipeline.config import units
from pipeline.host import resources
from pipeline.run import scratch
from pipeline.run.comparison import CHART, PAGE, SHEET, TABLES, ComparisonDir
from pipeline.run.records import key_of

if TYPE_CHECKING:
    from stages.canvas.contact import Shown

_VERSION = "1"  # of all of them, raised when their bytes change


def publish(run: ComparisonDir, found: Outcome) -> None:
    """Write page, sheet, chart and tables, if they are not there."""
    title = f"Comparison {run.root.name}"
    inputs = _inputs(run)
    texts: dict[str, Callable[[], str]] = {
        PAGE: lambda: page.html(found, title, _machine(), inputs),
        TABLES[0]: lambda: tables.markdown(found),
        TABLES[1]: lambda: tables.as_csv(found),
        TABLES[2]: lambda: tables.as_json(found),
    }
    own = key_of(_VERSION, title, asdict(found))
    for name, text in texts.items():
        if not run.valid(name, own, check="hash"):
            made = text()
            run.commit(name, lambda out, made=made: _write(out, made), {"key": own})  # type: ignore[misc]
    if not run.valid(CHART, own, check="hash"):
        run.commit(CHART, lambda out: charts.write(found, out), {"key": own})
    if not run.valid(SHEET, own, check="hash"):
        from stages.canvas import contact

        with scratch.folder() as folder:
            rows = _sheet(run, found, inputs)
            run.commit(SHEET, lambda out: contact.write(rows, title, out, folder), {"key": own})


def _write(out: Path, text: str) -> None:
    out.write_text(text, encoding="utf-8")


def _inputs(run: ComparisonDir) -> dict[str, str]:
    """The small picture of every input by its name in the labels of cells."""
    return {
        cell.labels[axis]: run.shown(number)
        for cell in run.manifest().cells
        for axis, number in (("photo", cell.photo), ("style", cell.style))
    }


def _sheet(run: ComparisonDir, found: Outcome, inputs: dict[str, str]) -> list[list[Shown]]:
    """A row for every pair: photo, style, and the pictures."""
    from stages.canvas.contact import Shown

    rows = []
    for pair in dict.fromkeys(row.pair for row in found.rows):
        own = [row for row in found.rows if row.pair == pair]
        given = [Shown(run.path(inputs[name]), name) for name in pair]
        made = [
            Shown(
                run.path(row.picture),
                f"{row.variant}\n{units.duration(row.seconds)}, rank {row.rank:g}",
            )
            for row in own
        ]
        rows.append([*given, *made])
    return rows


def _machine() -> str:
    """This computer in a few words."""
    memory = units.amount(resources.memory().total)
    return f"{resources.cores()} cores ({platform.machine()}) with {memory} of memory"
