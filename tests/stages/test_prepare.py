from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from stages import canvas, prepare
from stages.errors import InputImageError
from stages.tiles import Size


def _picture(path: Path, width: int, height: int) -> Path:
    canvas.preview(np.random.default_rng(0).random((height, width, 3), np.float32), path)
    return path


def test_all_inputs_become_canvases(tmp_path: Path) -> None:
    photo = _picture(tmp_path / "photo.png", 90, 60)
    styles = [_picture(tmp_path / f"style{i}.jpg", 40 + i, 50) for i in range(2)]
    out = tmp_path / "prepare"
    out.mkdir()
    made = prepare.run(photo, styles, out, Size(48, 36), 1000)
    assert made.photo == out / "photo.npy"
    assert made.styles == (out / "style-1.npy", out / "style-2.npy")
    assert made.photo_size == canvas.size_of(made.photo) == Size(48, 36)
    assert made.style_sizes == tuple(canvas.size_of(path) for path in made.styles)
    assert all(size.pixels <= 1000 for size in made.style_sizes)


def test_the_same_inputs_give_the_same_bytes(tmp_path: Path) -> None:
    photo = _picture(tmp_path / "photo.jpg", 90, 60)
    for name in ("a.npy", "b.npy"):
        prepare.photo(photo, tmp_path / name, Size(31, 29))
    assert (tmp_path / "a.npy").read_bytes() == (tmp_path / "b.npy").read_bytes()


def test_a_bad_style_is_named(tmp_path: Path) -> None:
    photo = _picture(tmp_path / "photo.png", 90, 60)
    with pytest.raises(InputImageError, match=r"gone\.jpg"):
        prepare.run(photo, [tmp_path / "gone.jpg"], tmp_path, Size(48, 36), 1000)


def _facts(tmp_path: Path, name: str, width: int, height: int) -> canvas.Facts:
    return canvas.inspect(_picture(tmp_path / name, width, height))


def test_what_is_too_small_is_told_with_numbers(tmp_path: Path) -> None:
    photo = _facts(tmp_path, "photo.png", 64, 48)
    small, large = _facts(tmp_path, "s.png", 300, 255), _facts(tmp_path, "l.png", 256, 300)
    assert prepare.notes(photo, [large], Size(640, 480)) == []
    enlarged, painting = prepare.notes(photo, [small, large], Size(6000, 4500))
    assert "photo.png: 64x48 px, enlarged 93.8 times to 6000x4500" in enlarged
    assert "600 px across" in enlarged
    assert "s.png: 300x255 px" in painting and "256 px" in painting
    # What counts is what the crop leaves.
    assert prepare.notes(photo, [], Size(200, 600)) and not prepare.notes(photo, [], Size(200, 150))


def test_what_files_say_is_told_too(tmp_path: Path) -> None:
    photo = _facts(tmp_path, "photo.png", 64, 48)
    odd = replace(photo, notes=("page 2 of 2 is taken",))
    assert prepare.notes(odd, [], Size(64, 48)) == ["page 2 of 2 is taken"]
