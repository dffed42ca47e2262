"""Inputs that tests of commands may change."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest


@pytest.fixture
def own_photo(printer, tmp_path: Path) -> Path:
    """A copy of the photo that may be changed."""
    return Path(shutil.copy(printer.photo, tmp_path / "mine.png"))
