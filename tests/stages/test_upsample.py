from __future__ import annotations

from pathlib import Path

import numpy as np

from stages import canvas, upsample
from stages.canvas import Strokes
from stages.tiles import Size


def test_canvas_and_photo_come_to_the_level_s_size(tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    canvas.write(tmp_path / "canvas.npy", generator.random((30, 40, 3), np.float32))
    canvas.write(tmp_path / "photo.npy", generator.random((200, 260, 3), np.float32))
    size = Size(73, 55)
    out, photo = tmp_path / "out.npy", tmp_path / "level-photo.npy"
    upsample.enlarge(tmp_path / "canvas.npy", out, size, Strokes())
    upsample.content(tmp_path / "photo.npy", photo, size)
    assert canvas.size_of(out) == canvas.size_of(photo) == size
    expected = canvas.resized(canvas.read(tmp_path / "canvas.npy"), size)
    assert np.array_equal(canvas.read(out), expected)
    upsample.enlarge(tmp_path / "canvas.npy", tmp_path / "again.npy", size, Strokes())
    assert (tmp_path / "again.npy").read_bytes() == out.read_bytes()


def test_the_canvas_gets_strokes_and_the_photo_none(tmp_path: Path) -> None:
    grey = np.full((30, 40, 3), 0.5, np.float32)
    canvas.write(tmp_path / "canvas.npy", grey)
    canvas.write(tmp_path / "photo.npy", grey)
    out, photo = tmp_path / "out.npy", tmp_path / "level-photo.npy"
    size, strokes = Size(73, 55), Strokes(2, 0.02, 7)
    upsample.enlarge(tmp_path / "canvas.npy", out, size, strokes)
    upsample.content(tmp_path / "photo.npy", photo, size)
    assert canvas.read(photo).std() < 1e-6
    assert 0.01 < canvas.read(out).std() < 0.03


def test_the_photo_comes_in_the_colours_of_the_painting(tmp_path: Path) -> None:
    photo = np.random.default_rng(0).random((30, 40, 3), np.float32)
    canvas.write(tmp_path / "photo.npy", photo)
    table = np.stack([np.full((2, 2, 2), each, np.float32) for each in (0.2, 0.4, 0.6)], axis=-1)
    toning = canvas.palette.Toning(canvas.palette.Palette(table))
    upsample.content(tmp_path / "photo.npy", tmp_path / "out.npy", Size(73, 55), toning)
    assert np.allclose(canvas.read(tmp_path / "out.npy"), (0.2, 0.4, 0.6))
