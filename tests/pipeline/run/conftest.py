"""A run without outputs."""

from __future__ import annotations

from pathlib import Path

import pytest
from run_files import manifest

from pipeline.run.directory import RunDir


@pytest.fixture
def run(tmp_path: Path) -> RunDir:
    return RunDir.create(tmp_path / "run", manifest())
