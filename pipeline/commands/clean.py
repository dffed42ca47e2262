"""`tilebrush clean`: drop all but the print and the report of a finished run."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from pipeline.commands.results import CleanResult
from pipeline.engine.state import State
from pipeline.run.directory import RunDir
from stages.errors import DiskFull, TilebrushError


def clean(run_dir: Path) -> CleanResult:
    """Drop all but the print and the report of a finished run; files of others stay.

    Raises:
        RunMissing, RunLocked.
        TilebrushError: the print is not finished, or not whole: it could not be mended any more.

    A run that is marked first, and then killed here, counts as cleaned; a second call drops the
    rest. A full disk is a reason to clean, not to fail.
    """
    run = RunDir.open(run_dir)
    with run.locked():
        state = State(run)
        state.check_lost()
        if not state.finished():
            raise TilebrushError(
                f"{run_dir} is not finished and cleaning would lose its work; "
                "run tilebrush resume first"
            )
        problems = state.problems(products_only=True)
        if problems:
            raise TilebrushError(
                f"{problems[0].path} is not what its record says ({problems[0].found}), and "
                "cleaning would lose what it can be mended from; run tilebrush resume first"
            )
        with suppress(DiskFull):
            run.write_manifest(replace(state.manifest, cleaned=True))
        kept = [state.path(output, place) for output, place in state.products()]
        ours = [path for path in run.recorded() if run.record(path) is not None]
        # A call that was killed may have left outputs without their records.
        ours += [state.path(output, place) for output, place in state.outputs()]
        freed = run.drop(path for path in ours if path not in kept)
        return CleanResult(run=str(run_dir), freed_bytes=freed)
