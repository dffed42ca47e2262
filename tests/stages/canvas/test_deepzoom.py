"""Pyramids of pieces: every step is there, and the pieces are the canvas."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from stages import canvas
from stages.errors import TilebrushError
from stages.tiles import Size


@pytest.mark.parametrize(
    ("width", "height", "top"),
    [(96, 72, 0), (510, 400, 0), (511, 400, 1), (1020, 64, 1), (1021, 64, 2), (64, 1500, 2)],
)
def test_steps_are_as_foreseen(tmp_path: Path, width: int, height: int, top: int) -> None:
    source, folder = tmp_path / "canvas.npy", tmp_path / "made"
    canvas.write(source, np.full((height, width, 3), 0.5, np.float32))
    found = canvas.write_pyramid(source, folder)
    assert found == canvas.pyramid_of(Size(width, height)) and found.top == top
    assert {path.name for path in folder.iterdir()} == {str(step) for step in range(top + 1)}
    across, down = -(-width // canvas.PIECE), -(-height // canvas.PIECE)
    pieces = {path.name for path in (folder / str(top)).iterdir()}
    assert pieces == {f"{x}_{y}.jpg" for x in range(across) for y in range(down)}
    assert [path.name for path in (folder / "0").iterdir()] == ["0_0.jpg"]
    assert {path.name for path in tmp_path.iterdir()} == {"canvas.npy", "made"}
    assert found.whole(folder) and not found.whole(tmp_path / "none")
    last = folder / str(top) / f"{across - 1}_{down - 1}.jpg"
    last.write_bytes(b"")
    assert not found.whole(folder)
    last.unlink()
    assert not found.whole(folder)


def test_a_piece_is_its_part_of_the_canvas(tmp_path: Path) -> None:
    y, x = np.mgrid[0:600, 0:700].astype(np.float32)
    pixels = np.stack([x / 700, y / 600, 0.5 + 0.5 * np.sin(x / 40)], -1)
    canvas.write(tmp_path / "canvas.npy", pixels)
    found = canvas.write_pyramid(tmp_path / "canvas.npy", tmp_path / "made")
    piece = cv2.imread(str(tmp_path / "made" / str(found.top) / "1_1.jpg"))[..., ::-1] / 255
    edge = canvas.PIECE - canvas.PIECE_OVERLAP
    assert np.abs(piece - pixels[edge:, edge:]).mean() < 0.01


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    canvas.write(tmp_path / "canvas.npy", np.zeros((8, 8, 3), np.float32))
    (tmp_path / "file").touch()
    with pytest.raises((TilebrushError, OSError)):
        canvas.write_pyramid(tmp_path / "canvas.npy", tmp_path / "file" / "made")
