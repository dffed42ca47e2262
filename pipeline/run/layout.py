"""Where things lie in a run's folder: names, records, folders. What they are, the table says.

run.json  .run.json  run.log  .lock  .owner
STAGE.../FILE  STAGE.../FILE.json    outputs and their records
finish/     records of the print files, which lie at the top
print.tif  print.jpg  report/
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from stages.errors import TilebrushError

_RECORD = ".json"
_TOP = "finish"  # where outputs that lie at the top have their records
_REPORT = "report"


class Layout:
    """The paths of a run."""

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
        """The record of an output: beside it, or in finish/ for those at the top."""
        path = self.path(output)
        folder = self.root / _TOP if path.parent == self.root else path.parent
        return folder / (path.name + _RECORD)

    def recorded(self) -> Iterator[Path]:
        """The outputs that have a record, in a fixed order; they need not be there."""
        for folder in self.stage_folders():
            for record in sorted(folder.rglob(f"[!.]*.*{_RECORD}")):
                home = self.root if record.parent == self.root / _TOP else record.parent
                yield home / record.name.removesuffix(_RECORD)

    def stage_folders(self) -> list[Path]:
        """The folders of stages, as far as they are there."""
        if not self.root.is_dir():
            return []
        return sorted(
            path
            for path in self.root.iterdir()
            if path.is_dir()
            and not path.is_symlink()
            and not path.name.startswith(".")
            and path.name != _REPORT
        )
