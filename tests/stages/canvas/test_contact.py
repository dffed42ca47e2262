"""Contact sheets."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from stages import canvas
from stages.canvas import contact
from stages.canvas.files import Pixels
from stages.tiles import Size


def read(path: Path, folder: Path) -> Pixels:
    canvas.prepare_style(path, folder / "read.npy", 10**9)
    return canvas.read(folder / "read.npy")


def test_pictures_stand_in_rows_with_their_captions(
    photo: Path, style: Path, tmp_path: Path
) -> None:
    rows = [[contact.Shown(photo, "a photo\n3 s"), contact.Shown(style, "$x^2$ ß 海")]] * 2
    contact.write(rows, "Two of each", tmp_path / "sheet.png", tmp_path)
    found = read(tmp_path / "sheet.png", tmp_path)
    height, width = found.shape[:2]
    assert width > 2 * contact.CELL.width and height > 2 * contact.CELL.height
    assert found[:, : width // 2].min() < 0.5  # pictures, or letters at least
    cell = found[50 + contact.CELL.height - 100 : 50 + contact.CELL.height, 8 : 8 + 400]
    assert cell.std() > 0.1
    caption = found[50 + contact.CELL.height + 4 : 50 + contact.CELL.height + 36, 8:100]
    assert caption.min() < 0.4  # letters


def test_large_matrices_get_smaller_cells() -> None:
    assert contact._fitting(4, 3) == contact.CELL
    small = contact._fitting(100, 10)
    assert small.width < 200 and small.width / small.height == pytest.approx(4 / 3, rel=0.02)
    assert isinstance(small, Size) and np.isfinite(small.pixels)
