"""The table of a comparison as Markdown, CSV and JSON; a row for every picture."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import asdict

from pipeline.comparing.outcome import MEASURES, TIMES, Outcome, Row

# Columns after those of the axes: field, heading for people, what is shown of it.
_HEADINGS = {
    "rank": "rank",
    "seconds": "s",
    "iterations": "iterations",
    "peak_memory_bytes": "memory, MB",
    "energy_kwh": "kWh",
    "cost": "cost",
    "palette": "palette",
    "foreign_share": "foreign, %",
    "contrast_least": "contrast, least",
    "contrast_most": "contrast, most",
    "coherence": "coherence",
    "weave": "weave",
    "grain": "grain",
    "structure": "structure",
    "style_loss": "style loss",
    "content_loss": "content loss",
}
_SCALES = {"peak_memory_bytes": 1e-6, "foreign_share": 100.0}


def axes(rows: Sequence[Row]) -> list[str]:
    """The axes by their names."""
    return list(dict.fromkeys(name for row in rows for name in row.labels))


def headings(outcome: Outcome) -> list[str]:
    """Headings of the table for people."""
    told = [f"cost, {outcome.currency}" if h == "cost" else h for h in _HEADINGS.values()]
    return [*axes(outcome.rows), *told]


def cells(row: Row, names: Sequence[str]) -> list[str]:
    """A row of the table for people."""
    return [*(row.labels.get(name, "") for name in names), *(_shown(row, f) for f in _HEADINGS)]


def _shown(row: Row, name: str) -> str:
    value = getattr(row, name)
    if value is None:
        return ""
    if name == "peak_memory_bytes":
        return f"{value * _SCALES[name]:.0f}"
    return f"{value * _SCALES.get(name, 1):.3g}" if isinstance(value, float) else str(value)


def markdown(outcome: Outcome) -> str:
    """The table as Markdown."""
    names = axes(outcome.rows)
    lines = [headings(outcome), ["---"] * len(headings(outcome))]
    lines += [cells(row, names) for row in outcome.rows]
    return "".join(f"| {' | '.join(_escaped(c) for c in line)} |\n" for line in lines)


def _escaped(text: str) -> str:
    return text.replace("|", "\\|")


def as_csv(outcome: Outcome) -> str:
    """The table as CSV, numbers in the units that the JSON has."""
    names = axes(outcome.rows)
    numbers = ("rank", "iterations", *TIMES, *MEASURES)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*names, "picture", "size", *numbers])
    for row in outcome.rows:
        own = [getattr(row, name) for name in numbers]
        writer.writerow([*(row.labels.get(n, "") for n in names), row.picture, row.size, *own])
    return text.getvalue()


def as_json(outcome: Outcome) -> str:
    """Everything that was found as JSON."""
    return json.dumps(asdict(outcome), indent=1, allow_nan=False) + "\n"
