"""The directory of a comparison: what is in it, and what compare.json says."""

from __future__ import annotations

import json
from dataclasses import field
from pathlib import Path
from typing import Any

from pydantic import ConfigDict, TypeAdapter
from pydantic.dataclasses import dataclass

from pipeline import __version__
from pipeline.config.load import Settings, from_record
from pipeline.run.directory import COMPARISON
from pipeline.run.keeper import Keeper
from pipeline.run.manifest import Twofold
from pipeline.run.records import FORMAT, Input, OtherFormat, now, unsealed
from stages.errors import RunMissing

_STRICT = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)

PAGE, SHEET, CHART = "index.html", "sheet.jpg", "losses.svg"
TABLES = ("table.md", "table.csv", "table.json")


@dataclass(frozen=True, config=_STRICT)
class Cell:
    """One picture of a comparison.

    `photo`, `style` and `masks` count the inputs from 0; `labels` say what it has of each axis;
    `settings` are resolved, `weights` the SHA-256 of its encoder's, `key` what its picture is made
    from.
    """

    name: str
    photo: int
    style: int
    labels: dict[str, str]
    settings: dict[str, Any]
    weights: str
    key: str
    masks: tuple[int, ...] = ()

    @property
    def picture(self) -> str:
        """The name of its picture inside the directory."""
        return f"cells/{self.name}/picture.png"

    @property
    def measures(self) -> str:
        """The name of its measures inside the directory."""
        return f"cells/{self.name}/measures.txt"


@dataclass(frozen=True, config=_STRICT)
class Comparison:
    """What compare.json says: the inputs, the settings that all cells begin with, the cells.

    `asked` are the settings by the recipe that they are laid on. `axes` has the values of each axis
    as they were asked for, photos and styles left out: a later call is compared with both.
    """

    asked: dict[str, Any]
    axes: dict[str, tuple[str, ...]]
    inputs: tuple[Input, ...]
    cells: tuple[Cell, ...]
    tools: dict[str, str] = field(default_factory=dict)
    created: str = field(default_factory=lambda: now())
    tilebrush: str = __version__
    format: int = FORMAT

    @property
    def habits(self) -> Settings:
        """Settings of which only those count that decide no picture: hours, prices."""
        return from_record(next(iter(self.asked.values())))


_COMPARISONS = TypeAdapter(Comparison)


def read_comparison(text: bytes) -> Comparison:
    """What compare.json says from its text.

    Raises:
        OtherFormat: It was written by another version.
        ValueError: It is damaged.
    """
    data = unsealed(text)
    if isinstance(data.get("format"), int) and data["format"] != FORMAT:
        raise OtherFormat(data)
    return _COMPARISONS.validate_json(json.dumps(data))


class ComparisonDir(Keeper[Comparison]):
    """A folder that holds a comparison."""

    book = Twofold(COMPARISON, Comparison, read_comparison)

    @classmethod
    def open(cls, path: Path) -> ComparisonDir:
        """The comparison in `path`, read-only until `locked`.

        Raises:
            RunMissing: There is none.
            TilebrushError: compare.json is damaged or of a newer version.
        """
        if not cls.exists(path):
            raise RunMissing(
                f"{path} holds no comparison; start one with tilebrush compare --run {path}"
            )
        run = cls(path.resolve())
        run.manifest()
        return run

    @staticmethod
    def shown(number: int) -> str:
        """The name of a small picture of an input, counted from 0, inside the directory."""
        return f"inputs/{number + 1}.jpg"

    def done(self, cell: Cell) -> bool:
        """Whether the picture and the measures of a cell are there, as far as records tell."""
        record = self.record(cell.picture)
        return record is not None and record.key == cell.key and self.intact(cell.measures)

    def products(self) -> tuple[Path, ...]:
        """The files at the top that people and programs look at."""
        return tuple(self.path(name) for name in (PAGE, SHEET, CHART, *TABLES))
