"""Who works on a run that several computers work on: a small file that the coordinator writes."""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pipeline.run import atomic

FILE = ".workers.json"
_FRESH = 60.0  # seconds after which what the file says is no longer so


@dataclass(frozen=True, kw_only=True)
class WorkerRow:
    """A worker: `state` is working, idle or silent; `work` in megapixel-iterations.

    `joules` are what its computer told for it, in `metered_seconds` of its `machine_seconds`: those
    that it was busy, divided by the workers of its computer.
    """

    name: str
    host: str
    state: str
    doing: str
    done: int
    seconds: float
    work: float
    joules: float
    machine_seconds: float = 0.0
    metered_seconds: float = 0.0

    @property
    def pace(self) -> float:
        """Megapixel-iterations a second."""
        return self.work / self.seconds if self.seconds else 0.0


def write(root: Path, rows: tuple[WorkerRow, ...]) -> None:
    """Replace what is said of the workers."""
    said = {"at": time.time(), "workers": [asdict(row) for row in rows]}
    atomic.atomic_write_text(root / FILE, json.dumps(said, indent=1) + "\n")


def read(root: Path) -> tuple[WorkerRow, ...]:
    """Who works on the run now; nobody if the file is old, damaged or not there."""
    try:
        said = json.loads((root / FILE).read_bytes())
        if time.time() - float(said["at"]) > _FRESH:
            return ()
        return rows(said["workers"])
    except (OSError, ValueError, TypeError, KeyError):
        return ()


def rows(said: list[dict[str, Any]]) -> tuple[WorkerRow, ...]:
    """Workers as they were written down; none if they are no such."""
    try:
        return tuple(WorkerRow(**row) for row in said)
    except TypeError:
        return ()


def forget(root: Path) -> None:
    """Nobody works on it any longer."""
    with atomic.explained(root / FILE):
        (root / FILE).unlink(missing_ok=True)
