"""Prints on a Dask cluster: the same bytes as in one process, whatever happens to workers."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("distributed")

from pipeline.commands.print import print_run
from pipeline.commands.verify import verify
from pipeline.console.console import Console
from pipeline.engine.executors.asked import Cluster
from pipeline.run.directory import RunDir

KINDS = (".npy", ".safetensors", ".tif", ".jpg", ".txt")


def contents(run: Path) -> dict[str, bytes]:
    """Every output of a run."""
    return {
        path.relative_to(run).as_posix(): path.read_bytes()
        for path in sorted(run.rglob("*"))
        if path.suffix in KINDS
    }


def printed(printer: Any, run: Path, cluster: Cluster, **changed: object) -> str:
    """Make a tiny print on a cluster; gives what was said."""
    said = io.StringIO()
    settings = printer.resolved(**changed)
    print_run(printer.photo, [printer.style], run, settings, Console(stream=said), False, cluster)
    return said.getvalue()


def test_two_workers_make_the_bytes_of_one_process(
    printer: Any, finished: Path, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    printed(printer, run, Cluster("local:2", threads=1))
    assert contents(run) == contents(finished)
    assert not verify(run).problems and not (run / ".workers.json").exists()
    opened = RunDir.open(run)
    records = [opened.record(path) for path in opened.recorded() if path.name.startswith("tile-")]
    assert {record.extra["worker"] for record in records if record} == {0, 1} or len(records) > 3
