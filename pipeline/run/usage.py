"""What a run has taken so far, over all sessions, from the records of its outputs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from pipeline.host.energy import Used
from pipeline.run.keeper import Keeper
from pipeline.run.records import Record

# Keys in the records of outputs.
_USED = "energy"
_DROPPED = "dropped"
_MACHINES = "machine_seconds"  # where other computers worked on it too
_SERVED = "served"
_LOSSES = ("losses", "curve")  # what tiles note of their losses


@dataclass(frozen=True)
class Spent:
    """Seconds of work, and the energy of those seconds in which it was measured."""

    seconds: float = 0.0
    used: Used = field(default_factory=Used)
    machine_seconds: float = 0.0  # of all computers together, which energy goes by


def noted(used: Used) -> dict[str, object]:
    """What the record of an output says about the energy that went into it."""
    return {_USED: asdict(used)} if used.seconds > 0 else {}


def noted_dropped(run: Keeper[Any], tiles: Iterable[Path]) -> dict[str, object]:
    """What a canvas' record says about its tiles, which are dropped and their records with them."""
    records = {run.name(tile): run.record(tile) for tile in tiles}
    kept = {
        name: {"seconds": record.seconds} | {key: record.extra.get(key) for key in _LOSSES}
        for name, record in records.items()
        if record is not None
    }
    return {_DROPPED: asdict(_total(records.values())), _SERVED: kept}


def served(record: Record | None, name: str) -> dict[str, Any]:
    """What the record of a canvas keeps of a dropped tile, by the tile's name in the run.

    Its `seconds`, `losses` and `curve`; nothing of a tile that it does not know.
    """
    kept = record.extra.get(_SERVED) if record is not None else None
    found = kept.get(name) if isinstance(kept, dict) else None
    return found if isinstance(found, dict) else {}


def used(record: Record) -> Used:
    """The energy that a record says went into its output, as far as it was measured."""
    return _used(record.extra.get(_USED))


def of(run: Keeper[Any], outputs: Iterable[Path | str] | None = None) -> Spent:
    """All that is recorded, or of these outputs; work that a kill undid was never recorded."""
    wanted = run.recorded() if outputs is None else outputs
    return _total(run.record(output) for output in wanted)


def _total(records: Iterable[Record | None]) -> Spent:
    seconds = machines = joules = metered = 0.0
    source = ""
    for record in records:
        for part in () if record is None else _parts(record):
            seconds += part.seconds
            machines += part.machine_seconds
            joules, metered = joules + part.used.joules, metered + part.used.seconds
            source = part.used.source or source
    return Spent(seconds, Used(joules, metered, source), machines)


def _parts(record: Record) -> list[Spent]:
    machines = _number(record.extra.get(_MACHINES)) or record.seconds
    parts = [Spent(record.seconds, used(record), machines)]
    dropped = record.extra.get(_DROPPED)
    if isinstance(dropped, dict):
        own = _number(dropped.get("seconds"))
        machines = _number(dropped.get(_MACHINES)) or own
        parts.append(Spent(own, _used(dropped.get("used")), machines))
    return parts


def _used(data: object) -> Used:
    if not isinstance(data, dict):
        return Used()
    return Used(
        _number(data.get("joules")), _number(data.get("seconds")), str(data.get("source", ""))
    )


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) and value > 0 else 0.0
