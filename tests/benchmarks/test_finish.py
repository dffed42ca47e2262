"""The benchmark of print files writes them all and says what they took."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import finish
from stages import canvas
from stages.tiles import Size


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("finish")
    finish.made_up(folder / "canvas.npy", Size(610, 1030))
    return folder


def test_the_canvas_is_busy_and_in_range(folder: Path) -> None:
    pixels = canvas.read(folder / "canvas.npy")
    assert pixels.shape == (1030, 610, 3) and 0 <= pixels.min() < 0.2 and 0.8 < pixels.max() <= 1
    assert pixels.std() > 0.1


@pytest.mark.parametrize("way", finish.WAYS)
def test_every_way_writes_its_files(folder: Path, way: str) -> None:
    row = finish.write(folder / "canvas.npy", folder, way)
    assert row.files == way and row.seconds > 0 and row.written_mb > 0 and row.peak_mb > 20
