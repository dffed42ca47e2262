from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import pyvips
from pictures import random_canvas

from stages import canvas
from stages.errors import TilebrushError, UsageError


def _image(path: Path) -> pyvips.Image:
    return pyvips.Image.new_from_file(str(path))


@pytest.mark.parametrize("suffix", [".png", ".jpg"])
def test_previews_shrink_to_the_side(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / "c.npy"
    pixels = random_canvas(path, 90, 60)
    dst = tmp_path / f"small{suffix}"
    canvas.preview(path, dst, max_side=45)
    assert (_image(dst).width, _image(dst).height) == (45, 30)
    canvas.preview(pixels, dst)
    assert (_image(dst).width, _image(dst).height) == (90, 60)
    if suffix == ".png":
        assert np.array_equal(_image(dst).numpy(), np.rint(pixels * 255).astype(np.uint8))


def test_previews_of_another_format_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"\.png or \.jpg"):
        canvas.preview(np.zeros((4, 4, 3), np.float32), tmp_path / "p.bmp")


def test_differences(tmp_path: Path) -> None:
    first = random_canvas(tmp_path / "a.npy", 30, 20, seed=1)
    second = random_canvas(tmp_path / "b.npy", 30, 20, seed=2)
    canvas.difference(tmp_path / "a.npy", tmp_path / "b.npy", tmp_path / "d.png", gain=2.0)
    expected = np.clip(np.abs(first - second) * 2.0, 0, 1) * 255
    assert np.abs(_image(tmp_path / "d.png").numpy() - expected).max() <= 0.51
    canvas.difference(tmp_path / "a.npy", tmp_path / "a.npy", tmp_path / "d.png")
    assert _image(tmp_path / "d.png").numpy().max() == 0
    random_canvas(tmp_path / "b.npy", 31, 20)
    with pytest.raises(TilebrushError, match="31x20"):
        canvas.difference(tmp_path / "a.npy", tmp_path / "b.npy", tmp_path / "d.png")
