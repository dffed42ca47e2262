"""What a comparison found: a row for every picture, what all took, and the best by numbers."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

from pipeline.comparing import matrix
from pipeline.config import load as config
from pipeline.planning import estimate, levels
from pipeline.run import usage
from pipeline.run.comparison import Cell, ComparisonDir
from stages.errors import TilebrushError
from stages.verdict import Verdict

if TYPE_CHECKING:
    from pipeline.run.records import Record


@dataclass(frozen=True, kw_only=True)
class Row(Verdict):
    """One picture: what it has of each axis, what it took, what it looks like, its rank.

    The measures are those of `stages.judge`. `variant` says how it was stylized, by the axes that
    have several values. `rank` is its mean place among the pictures of its
    photo and style, by colours, contrast, strokes and structure; 1 is first in all four.
    """

    picture: str
    labels: dict[str, str]
    size: str
    seconds: float
    iterations: int
    peak_memory_bytes: int
    energy_kwh: float
    cost: float
    variant: str = ""
    rank: float = 0.0
    losses: tuple[float, ...] = ()

    @property
    def pair(self) -> tuple[str, ...]:
        """Its photo and its style."""
        return tuple(self.labels[name] for name in matrix.PAIR)


TIMES = ("seconds", "peak_memory_bytes", "energy_kwh", "cost")  # what another try takes otherwise
OWN = "own_seconds"  # in a record: how long a picture took itself, where several were made at once
MEASURES = tuple(f.name for f in fields(Verdict))


@dataclass(frozen=True, kw_only=True)
class Best:
    """A variant and its mean rank over all pairs, with what a picture of it takes."""

    variant: str
    rank: float
    seconds: float
    energy_kwh: float


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """All rows, the variants from the best to the worst by numbers, and what everything took."""

    rows: tuple[Row, ...]
    variants: tuple[Best, ...]
    seconds: float
    peak_memory_bytes: int
    energy_kwh: float
    energy_from: str
    cost: str
    co2_grams: float
    currency: str


def found(run: ComparisonDir) -> Outcome:
    """What a finished comparison found, from its records and measures alone.

    Raises:
        TilebrushError: a picture or its measures are not there.
    """
    comparison = run.manifest()
    rows = named([_row(run, cell) for cell in comparison.cells])
    rows = [row for pair in _pairs(rows) for row in _ranked(pair)]
    order = {cell.picture: place for place, cell in enumerate(comparison.cells)}
    rows.sort(key=lambda row: order[row.picture])
    settings = comparison.habits
    taken = spent(run)
    told = estimate.energy(settings.energy, taken.machine_seconds, taken.used)
    return Outcome(
        rows=tuple(rows),
        variants=tuple(_variants(rows)),
        seconds=round(taken.seconds, 1),
        peak_memory_bytes=max(row.peak_memory_bytes for row in rows),
        energy_kwh=round(told.kwh, 5),
        energy_from=told.source,
        cost=told.cost,
        co2_grams=round(told.grams, 1),
        currency=settings.energy.currency,
    )


def spent(run: ComparisonDir) -> usage.Spent:
    """What pictures and measures took; page and sheet are left out, which tell of it."""
    cells = run.manifest().cells
    return usage.of(run, [name for cell in cells for name in (cell.picture, cell.measures)])


def named(rows: Sequence[Row]) -> list[Row]:
    """Rows with their variants: what they have of the axes that have several values."""
    axes = dict.fromkeys(name for row in rows for name in row.labels if name not in matrix.PAIR)
    many = [name for name in axes if len({row.labels.get(name) for row in rows}) > 1]
    own = (matrix.RECIPE, matrix.ENCODER)

    def variant(row: Row) -> str:
        told = [name for name in many or own if name in row.labels]
        parts = (row.labels[name] if name in own else f"{name} {row.labels[name]}" for name in told)
        return ", ".join(parts)

    return [replace(row, variant=variant(row)) for row in rows]


def _row(run: ComparisonDir, cell: Cell) -> Row:
    record = run.record(cell.picture)
    if record is None:
        raise TilebrushError(f"{cell.picture} is not there; use tilebrush resume {run.root}")
    settings = config.from_record(cell.settings)
    taken = usage.of(run, [cell.picture])
    told = estimate.energy(settings.energy, taken.machine_seconds, taken.used)
    return Row(
        picture=cell.picture,
        labels=cell.labels,
        size=str(levels.display_size(settings, config.print_size(settings))),
        seconds=round(float(record.extra.get(OWN, record.seconds)), 2),
        iterations=int(record.extra.get("iterations", 0)),
        peak_memory_bytes=int(record.extra.get("peak_memory_bytes", 0)),
        energy_kwh=float(f"{told.kwh:.4g}"),
        cost=float(f"{told.kwh * settings.energy.price_per_kwh:.4g}"),
        losses=_curve(record),
        **_measures(run, cell),
    )


def _curve(record: Record) -> tuple[float, ...]:
    return tuple(float(value) for value in record.extra.get("losses", ()))


def _measures(run: ComparisonDir, cell: Cell) -> dict[str, Any]:
    try:
        text = run.path(cell.measures).read_text(encoding="ascii")
        found: dict[str, Any] = json.loads(text)
    except (OSError, ValueError):
        raise TilebrushError(
            f"{cell.measures} cannot be read; use tilebrush resume {run.root}"
        ) from None
    return {name: found.get(name) for name in MEASURES}


# ---- what looks best, by numbers


def _pairs(rows: Sequence[Row]) -> list[list[Row]]:
    pairs = dict.fromkeys(row.pair for row in rows)
    return [[row for row in rows if row.pair == pair] for pair in pairs]


def _off(value: float | None) -> float:
    """How far a ratio is from one, either way."""
    return abs(math.log(value)) if value else math.inf


def _less(value: float | None) -> float:
    return math.inf if value is None else value


# Each is less the better: colours near the painting's, contrast and strokes as its own, edges where
# the photo has them.
CRITERIA: tuple[tuple[str, Callable[[Row], float]], ...] = (
    ("colours", lambda row: _less(row.palette)),
    ("contrast", lambda row: max(_off(row.contrast_least), _off(row.contrast_most))),
    ("strokes", lambda row: _off(row.coherence)),
    ("structure", lambda row: -(row.structure or 0.0)),
)


def _ranked(rows: list[Row]) -> list[Row]:
    """Rows of one pair with their mean place by the criteria; equal ones share a place."""
    places = []
    for _, criterion in CRITERIA:
        values = [criterion(row) for row in rows]
        places.append([1 + sum(other < value for other in values) for value in values])
    return [
        replace(row, rank=sum(own) / len(own))
        for row, own in zip(rows, zip(*places, strict=True), strict=True)
    ]


def _variants(rows: Sequence[Row]) -> list[Best]:
    found = []
    for variant in dict.fromkeys(row.variant for row in rows):
        own = [row for row in rows if row.variant == variant]
        found.append(
            Best(
                variant=variant,
                rank=round(sum(row.rank for row in own) / len(own), 2),
                seconds=round(sum(row.seconds for row in own) / len(own), 2),
                energy_kwh=float(f"{sum(row.energy_kwh for row in own) / len(own):.4g}"),
            )
        )
    return sorted(found, key=lambda best: best.rank)
