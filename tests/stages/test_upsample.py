from __future__ import annotations

from pathlib import Path

import numpy as np

from stages import canvas, upsample
from stages.tiles import Size


def test_canvas_and_photo_come_to_the_level_s_size(tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    canvas.write(tmp_path / "canvas.npy", generator.random((30, 40, 3), np.float32))
    canvas.write(tmp_path / "photo.npy", generator.random((200, 260, 3), np.float32))
    size = Size(73, 55)
    out, photo = tmp_path / "out.npy", tmp_path / "level-photo.npy"
    upsample.run(tmp_path / "canvas.npy", tmp_path / "photo.npy", out, photo, size)
    assert canvas.size_of(out) == canvas.size_of(photo) == size
    expected = canvas.resized(canvas.read(tmp_path / "canvas.npy"), size)
    assert np.array_equal(canvas.read(out), expected)
    upsample.enlarge(tmp_path / "canvas.npy", tmp_path / "again.npy", size)
    assert (tmp_path / "again.npy").read_bytes() == out.read_bytes()
