"""The model of a cluster fed with a print's own records."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.cluster import recorded
from pipeline.run import usage
from pipeline.run.directory import RunDir


def test_all_that_is_recorded_is_shared_or_done_alone(finished: Path) -> None:
    run = RunDir.open(finished)
    found = recorded(run)
    shared = sum(piece.count * piece.seconds for piece in found.pieces)
    assert found.alone + shared == pytest.approx(usage.of(run).seconds, rel=1e-3)
    assert 0 < found.alone < found.seconds(8, line=1e12) < found.seconds(1, line=1e12)
