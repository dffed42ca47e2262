"""`tilebrush verify`: every file of a run against its record."""

from __future__ import annotations

from pathlib import Path

from pipeline.commands.results import ProblemRow, VerifyResult
from pipeline.engine.state import State
from pipeline.run.comparison import ComparisonDir
from pipeline.run.directory import RunDir


def verify(run_dir: Path) -> VerifyResult:
    """Every recorded file against its record.

    Raises:
        RunMissing.
    """
    if ComparisonDir.exists(run_dir):
        from pipeline.commands import compare

        return compare.verify(run_dir)
    run = RunDir.open(run_dir)
    state = State(run)
    problems = (*run.manifest_problems(), *state.problems(), *state.missing())
    return VerifyResult(
        run=str(run_dir),
        files=state.recorded(),
        problems=tuple(ProblemRow(file=p.path, found=p.found, needed=p.needed) for p in problems),
        mendable=not state.cleaned(),
    )
