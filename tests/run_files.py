"""The files of runs: where outputs lie by what they are, what is in them, damage to them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from pipeline.commands.verify import verify
from pipeline.config import load as config
from pipeline.engine import table
from pipeline.engine.outputs import Place
from pipeline.run.directory import RunDir
from pipeline.run.records import Manifest, Problem


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


def manifest() -> Manifest:
    record = config.to_record(config.Settings())
    return Manifest(record, record, ())


def writing(data: bytes) -> Callable[[Path], None]:
    return lambda path: path.write_bytes(data) and None


def files(root: Path) -> set[str]:
    return {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}


def contents(run: Path) -> dict[str, bytes]:
    """All outputs, without what holds times: records, run.json, run.log, the page."""
    return {
        path.relative_to(run).as_posix(): path.read_bytes()
        for path in sorted(run.rglob("*"))
        if path.is_file()
        and path.suffix not in (".json", ".log")
        and path.name[0] != "."
        and "report" not in path.relative_to(run).parts
    }


def tiles_of(run: Path) -> list[Path]:
    return sorted(run.glob("restyle-*/sweep-*/tile-*.npy"))


def problems(run: Path) -> set[str]:
    return {row.file for row in verify(run).problems}


def cut_off(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)


def flipped(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
