"""Where the outputs of a run lie, by what they are: shorthand over the table."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pipeline.engine import table
from pipeline.engine.outputs import Place
from pipeline.run.directory import RunDir
from pipeline.run.records import Problem


class Files:
    """Where the outputs of a run lie, by what they are."""

    def __init__(self, run: Any) -> None:
        self.root = run if isinstance(run, Path) else run.root

    def of(self, name: str, **place: int) -> Path:
        """The file of an output by its name in the table."""
        output = table.row(name)
        if output.product:  # named as by default
            return Path(self.root / output.pattern.replace("{print}", "print"))
        return Path(self.root / output.file(Place(**place)))

    def photo(self) -> Path:
        return self.of("photo")

    def style(self, index: int) -> Path:
        return self.of("style", style=index)

    def display_canvas(self) -> Path:
        return self.of("display canvas")

    def level_canvas(self, level: int) -> Path:
        return self.of("enlarged canvas", level=level)

    def level_photo(self, level: int) -> Path:
        return self.of("level photo", level=level)

    def tile(self, level: int, sweep: int, row: int, col: int) -> Path:
        return self.of("tile", level=level, sweep=sweep, row=row, col=col)

    def sweep_canvas(self, level: int, sweep: int) -> Path:
        return self.of("sweep canvas", level=level, sweep=sweep)

    def moments(self, level: int, sweep: int) -> Path:
        return self.of("moments", level=level, sweep=sweep)

    def restyled(self, level: int) -> Path:
        return self.of("level canvas", level=level)

    def budget(self, level: int) -> Path:
        return self.of("budget", level=level)

    def print_tiff(self) -> Path:
        return self.of("TIFF")

    def print_jpeg(self) -> Path:
        return self.of("JPEG")


def wrong(run: RunDir) -> list[Problem]:
    """Everything recorded in a run that is not what its record says."""
    found = run.manifest_problems()
    for output in run.recorded():
        found += run.problem(output)
    return found
