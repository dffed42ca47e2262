"""What the page of a run shows, as plain facts; `pipeline.report.gathering` finds them."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.run.workers import WorkerRow


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A picture to zoom into: a pyramid in report/pictures/`folder`, of steps 0 to `top`.

    `kind` is photo, style or level; `level` is -1 for photo and paintings.
    """

    id: str
    title: str
    kind: str
    level: int
    width: int
    height: int
    folder: str
    top: int


@dataclass(frozen=True, kw_only=True)
class TileFacts:
    """A tile: its core in px of the level, and, once it is made, its time and losses."""

    row: int
    col: int
    x: int
    y: int
    width: int
    height: int
    seconds: float | None
    first: float | None
    last: float | None
    curve: tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class SweepFacts:
    """One sweep over a level; `last` ones can be run again tile by tile."""

    sweep: int
    last: bool
    tiles: tuple[TileFacts, ...]


@dataclass(frozen=True, kw_only=True)
class LevelFacts:
    """A level, as planned and as it went.

    `asked` and `iterations` are those of the settings and those that a budget left;
    `foreseen_seconds` is what the pace below the level says of its work, `share` its share of all
    work. `curves` are mean losses, one curve for each scale of the display or sweep of a level;
    `again` is the command that runs the whole level again.
    """

    level: int
    name: str
    width: int
    height: int
    asked: int
    iterations: int
    done_share: float
    share: float
    foreseen_seconds: float | None
    seconds: float
    curves: tuple[tuple[float, ...], ...]
    steps: tuple[int, ...]
    sweeps: tuple[SweepFacts, ...]
    again: str


@dataclass(frozen=True, kw_only=True)
class Setting:
    """A setting of the run beside its default, both as in pipeline.toml."""

    key: str
    value: str
    default: str
    changed: bool


@dataclass(frozen=True, kw_only=True)
class Now:
    """What a run that is worked on does at this moment."""

    stage: str = ""
    note: str = ""
    done_share: float = 0.0
    left_seconds: float | None = None
    ready: str = ""


@dataclass(frozen=True, kw_only=True)
class Facts:
    """All that the page shows; `written` is the time at which it was so.

    `workers` of a cluster are those that work on the run, or did when it was worked on last.
    """

    name: str
    run: str
    state: str
    now: Now
    written: str
    created: str
    tilebrush: str
    title: str
    width: int
    height: int
    dpi: float
    worked_seconds: float
    budget: str
    kwh: float
    energy_from: str
    cost: str
    grams: float
    peak_memory_bytes: int
    planned_memory_bytes: int
    disk_bytes: int
    planned_disk_bytes: int
    piece: int
    overlap: int
    pictures: tuple[Picture, ...]
    levels: tuple[LevelFacts, ...]
    settings: tuple[Setting, ...]
    files: tuple[str, ...]
    workers: tuple[WorkerRow, ...]
