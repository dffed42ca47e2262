"""Where every file of a run is; nothing else knows these names.

run.json  run.log
prepare/    photo.npy  style-1.npy ...
display/    canvas.npy  energy.txt
upsample-K/ canvas.npy  photo.npy
restyle-K/  style.safetensors  canvas.npy  sweep-S/ moments.safetensors  tile-R-C.npy  canvas.npy
            budget.txt, in runs with a budget
finish/     records of the prints
print.tif  print.jpg  report/
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from stages.errors import TilebrushError

_RECORD = ".json"
_WORK = ("prepare", "display", "upsample-*", "restyle-*")


class Layout:
    """The paths of a run; levels count from 0, style images from 1."""

    def __init__(self, root: Path) -> None:
        """Take `root`, the run's folder, as it is."""
        self.root = root

    def path(self, name: Path | str) -> Path:
        """A file of the run by its name inside it, or by its whole path.

        Raises:
            TilebrushError: It lies outside the run.
        """
        path = self.root / name
        if ".." in path.parts or not path.is_relative_to(self.root):
            raise TilebrushError(f"{name} lies outside the run {self.root}")
        return path

    def name(self, path: Path | str) -> str:
        """The name of a file inside the run, with forward slashes."""
        return self.path(path).relative_to(self.root).as_posix()

    def record_path(self, output: Path | str) -> Path:
        """The record of an output: beside it, or in finish/ for the prints at the top."""
        path = self.path(output)
        folder = self.root / "finish" if path.parent == self.root else path.parent
        return folder / (path.name + _RECORD)

    def recorded(self) -> Iterator[Path]:
        """The outputs that have a record, in a fixed order; they need not be there."""
        for folder in self.stage_folders():
            for record in sorted(folder.rglob(f"[!.]*.*{_RECORD}")):
                home = self.root if folder.name == "finish" else record.parent
                yield home / record.name.removesuffix(_RECORD)

    def work_folders(self) -> list[Path]:
        """The folders that a finished print no longer needs."""
        return sorted(path for name in _WORK for path in self.root.glob(name) if path.is_dir())

    def stage_folders(self) -> list[Path]:
        """The folders of all stages, as far as they are there."""
        finish = self.root / "finish"
        return [*self.work_folders(), *([finish] if finish.is_dir() else [])]

    def photo(self) -> Path:
        """The prepared photo."""
        return self.root / "prepare" / "photo.npy"

    def style(self, index: int) -> Path:
        """A prepared style image; the first has index 1."""
        return self.root / "prepare" / f"style-{index}.npy"

    def display_canvas(self) -> Path:
        """The canvas of level 0."""
        return self.root / "display" / "canvas.npy"

    def content_energy(self) -> Path:
        """Mean square of the photo's content features, measured at level 0."""
        return self.root / "display" / "energy.txt"

    def level_canvas(self, level: int) -> Path:
        """The canvas of the level below, enlarged to this one."""
        return self.root / f"upsample-{level}" / "canvas.npy"

    def level_photo(self, level: int) -> Path:
        """The photo at the size of a level."""
        return self.root / f"upsample-{level}" / "photo.npy"

    def sweep_dir(self, level: int, sweep: int) -> Path:
        """The folder of a sweep."""
        return self.root / f"restyle-{level}" / f"sweep-{sweep}"

    def budget(self, level: int) -> Path:
        """What the budget decided for a level."""
        return self.root / f"restyle-{level}" / "budget.txt"

    def style_moments(self, level: int) -> Path:
        """The moments of the style images at a level's size."""
        return self.root / f"restyle-{level}" / "style.safetensors"

    def tile(self, level: int, sweep: int, row: int, col: int) -> Path:
        """A tile: the pixels of its write rectangle."""
        return self.sweep_dir(level, sweep) / f"tile-{row}-{col}.npy"

    def moments(self, level: int, sweep: int) -> Path:
        """The moments of the canvas at the start of a sweep."""
        return self.sweep_dir(level, sweep) / "moments.safetensors"

    def sweep_canvas(self, level: int, sweep: int) -> Path:
        """The canvas after a sweep, its tiles blended."""
        return self.sweep_dir(level, sweep) / "canvas.npy"

    def restyled(self, level: int) -> Path:
        """The finished canvas of a level."""
        return self.root / f"restyle-{level}" / "canvas.npy"

    def print_tiff(self) -> Path:
        """The print as TIFF."""
        return self.root / "print.tif"

    def print_jpeg(self) -> Path:
        """The print as JPEG."""
        return self.root / "print.jpg"

    def report(self) -> Path:
        """The folder of the report."""
        return self.root / "report"
