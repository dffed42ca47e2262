from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pictures import random_canvas

from stages import canvas
from stages.canvas import files
from stages.canvas.streamed import streamed
from stages.errors import TilebrushError
from stages.tiles import Rect, Size


def test_what_is_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "c.npy"
    pixels = random_canvas(path, 31, 17)
    assert canvas.size_of(path) == Size(31, 17)
    assert np.array_equal(canvas.read(path), pixels)
    assert np.array_equal(np.load(path), pixels)
    assert np.array_equal(canvas.read(path, Rect(5, 3, 7, 9)), pixels[3:12, 5:12])


def test_a_canvas_read_is_a_copy(tmp_path: Path) -> None:
    path = tmp_path / "c.npy"
    pixels = random_canvas(path, 8, 8)
    canvas.read(path)[:] = 0
    assert np.array_equal(canvas.read(path), pixels)


@pytest.mark.parametrize("rect", [Rect(-1, 0, 4, 4), Rect(0, 5, 4, 4), Rect(0, 0, 0, 4)])
def test_reading_outside_is_refused(tmp_path: Path, rect: Rect) -> None:
    path = tmp_path / "c.npy"
    random_canvas(path, 8, 8)
    with pytest.raises(TilebrushError, match="8x8"):
        canvas.read(path, rect)


def test_bands_make_one_canvas(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).random((20, 9, 3), np.float32)
    path = tmp_path / "c.npy"
    canvas.write_bands(path, Size(9, 20), (pixels[y : y + 7] for y in range(0, 20, 7)))
    assert np.array_equal(canvas.read(path), pixels)


@pytest.mark.parametrize("shape", [(19, 9, 3), (21, 9, 3), (20, 8, 3), (20, 9, 4)])
def test_bands_that_do_not_add_up_are_refused(tmp_path: Path, shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="9x20"):
        canvas.write_bands(tmp_path / "c.npy", Size(9, 20), [np.zeros(shape, np.float32)])


@pytest.mark.parametrize("change", ["cut", "longer", "type", "shape", "order", "text", "empty"])
def test_damaged_files_are_refused(tmp_path: Path, change: str) -> None:
    path = tmp_path / "c.npy"
    pixels = random_canvas(path, 8, 6)
    whole = path.read_bytes()
    match change:
        case "cut":
            path.write_bytes(whole[:-1])
        case "longer":
            path.write_bytes(whole + b"\0")
        case "type":
            np.save(path, pixels.astype(np.float64))
        case "shape":
            np.save(path, pixels[..., 0])
        case "order":
            np.save(path, np.asfortranarray(pixels))
        case "text":
            path.write_bytes(b"not a canvas at all, but long enough to hold a header" * 9)
        case "empty":
            path.write_bytes(b"")
    with pytest.raises(TilebrushError) as caught:
        canvas.size_of(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_canvas_is_named(tmp_path: Path) -> None:
    with pytest.raises(TilebrushError, match=r"gone\.npy: the canvas file is missing"):
        canvas.read(tmp_path / "gone.npy")


@pytest.mark.parametrize("size", [(5, 3), (40, 16), (33, 100)])
def test_libvips_sees_the_same_pixels(tmp_path: Path, size: tuple[int, int]) -> None:
    path = tmp_path / "c [1] ü.npy"
    pixels = random_canvas(path, *size)
    assert np.array_equal(files.as_vips(path).numpy(), pixels)
    assert np.array_equal(streamed(path).numpy(), pixels)


def test_a_replaced_file_is_not_remembered(tmp_path: Path) -> None:
    path = tmp_path / "c.npy"
    random_canvas(path, 9, 9, seed=1)
    files.as_vips(path).avg()
    pixels = random_canvas(path, 9, 9, seed=2)
    assert np.array_equal(files.as_vips(path).numpy(), pixels)
