"""The run directory of a print: begun, opened, and what run.json says."""

from __future__ import annotations

from pathlib import Path

from pipeline.run import manifest as twofold
from pipeline.run.atomic import atomic_write_bytes, atomic_write_text, sha256_file
from pipeline.run.keeper import Keeper
from pipeline.run.records import FORMAT, Input, Manifest, Problem, Record, key_of
from stages.errors import RunMissing

COMPARISON = "compare.json"  # says that a folder is that of a comparison

__all__ = [
    "COMPARISON",
    "FORMAT",
    "Input",
    "Manifest",
    "Problem",
    "Record",
    "RunDir",
    "atomic_write_bytes",
    "atomic_write_text",
    "key_of",
    "sha256_file",
]


class RunDir(Keeper[Manifest]):
    """A folder that holds the run of a print; run.json is what it says of itself."""

    book = twofold.RUN

    @classmethod
    def open(cls, path: Path) -> RunDir:
        """The run in `path`, read-only until `locked`.

        Raises:
            RunMissing: There is none.
            TilebrushError: run.json is damaged or of a newer version.
        """
        if (path / COMPARISON).is_file():
            raise RunMissing(
                f"{path} holds a comparison and no print; tilebrush compare, resume, status and "
                "verify work with it"
            )
        if not cls.exists(path):
            what = "holds no run" if path.is_dir() else "is no folder"
            raise RunMissing(f"{path} {what}; start one with tilebrush print --run {path}")
        run = cls(path.resolve())
        run.manifest()
        return run
