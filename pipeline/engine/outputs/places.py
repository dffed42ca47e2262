"""Which one of an output: places in a run, and outputs by name and place."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum

# The command line reads the stages' names off the table: what takes long to import waits.


class Scope(Enum):
    """How many of an output a run has: one, or one for each of something."""

    RUN = "run"
    STYLE = "style"
    LEVEL = "level"
    SWEEP = "sweep"
    TILE = "tile"


@dataclass(frozen=True)
class Place:
    """Which one of an output: a style image (from 1), level, sweep (from 1), row and column."""

    style: int = 0
    level: int = 0
    sweep: int = 0
    row: int = 0
    col: int = 0

    def at(self, **changed: int) -> Place:
        """The place with some numbers changed."""
        return replace(self, **changed)


@dataclass(frozen=True)
class Ref:
    """An output by name and place."""

    name: str
    place: Place = Place()


@dataclass(frozen=True)
class Division:
    """From this tile on windows are worked on in so many parts: memory was too small for one."""

    level: int
    sweep: int
    row: int
    col: int
    parts: int
