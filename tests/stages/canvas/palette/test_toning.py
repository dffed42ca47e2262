"""What a run does to colours, in a file and back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from stages.canvas import palette
from stages.canvas.palette import Palette, Toning
from stages.errors import TilebrushError


def test_saved_and_loaded_it_is_the_same(tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    table = generator.random((25, 25, 25, 3), np.float32)
    path = tmp_path / "palette.safetensors"
    for toning in (palette.NONE, Toning(Palette(table), np.eye(3, dtype=np.float32) / 3)):
        palette.save(toning, path)
        back = palette.load(path)
        for one, other in ((toning.palette.table, back.palette.table), (toning.hues, back.hues)):
            assert (one is None) is (other is None)
            assert one is None or np.array_equal(one, other)
        pixels = generator.random((4, 5, 3), np.float32)
        assert np.array_equal(toning(pixels), back(pixels))
    assert path.stat().st_size < 200_000


def test_a_file_of_something_else_is_said_so(tmp_path: Path) -> None:
    path = tmp_path / "other.safetensors"
    save_file({"mean": np.zeros(3, np.float32)}, path)
    with pytest.raises(TilebrushError, match="no palette"):
        palette.load(path)
    path.write_bytes(b"nonsense")
    with pytest.raises(TilebrushError, match="no palette"):
        palette.load(path)
