"""Where crops lie, and what of a level they need."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from stages import canvas, crops, tiles
from stages.canvas import resample
from stages.tiles import Rect, Size


def test_a_crop_stays_on_the_canvas() -> None:
    size, crop = Size(100, 80), Size(40, 40)
    assert crops.around(size, crop, 50, 40) == Rect(30, 20, 40, 40)
    assert crops.around(size, crop, 0, 80) == Rect(0, 40, 40, 40)
    assert crops.around(Size(30, 20), crop, 5, 5) == Rect(0, 0, 30, 20)


def test_detail_is_found(tmp_path: Path) -> None:
    pixels = np.full((120, 160, 3), 0.5, np.float32)
    pixels[:40, :40] = np.random.default_rng(0).random((40, 40, 3))
    canvas.write(tmp_path / "photo.npy", pixels)
    size = Size(320, 240)
    found = crops.chosen(tmp_path / "photo.npy", size, Size(80, 80), 3)
    assert [why for _, why in found] == ["the middle", "most detail", "least detail"]
    assert found[1][0] == Rect(0, 0, 80, 80)
    assert found[2][0].x >= 80 or found[2][0].y >= 80
    places = [place for place, _ in found]
    assert not any(a.overlap(b) for a in places for b in places if a is not b)
    assert len(crops.chosen(tmp_path / "photo.npy", size, size, 3)) == 1  # no room for more


def test_what_a_level_needs_stays_on_it() -> None:
    needed = crops.needed(Rect(0, 500, 101, 100), Size(800, 600), Size(400, 300), 8)
    assert needed == Rect(0, 242, 59, 58)


def test_tiles_are_laid_as_a_whole_sweep_is_blended(tmp_path: Path) -> None:
    cut = tiles.grid(Size(160, 96), core=64, overlap=16, halo=16, align=16)
    canvas.write(tmp_path / "start.npy", np.full((96, 160, 3), 0.25, np.float32))
    pixels = np.random.default_rng(0).random((96, 160, 3), np.float32)
    files = []
    for number, tile in enumerate(cut.tiles):
        own = tile.write
        files.append(tmp_path / f"{number}.npy")
        canvas.write(files[-1], pixels[own.y : own.bottom, own.x : own.right])
    pairs = list(zip(cut.tiles, files, strict=True))
    crops.laid(tmp_path / "start.npy", tmp_path / "all.npy", cut, pairs)
    assert np.allclose(canvas.read(tmp_path / "all.npy"), pixels, atol=1e-6)
    crops.laid(tmp_path / "start.npy", tmp_path / "one.npy", cut, pairs[:1])
    found, own = canvas.read(tmp_path / "one.npy"), cut.tiles[0].write
    assert np.allclose(found[0, 0], pixels[0, 0], atol=1e-6)
    assert np.all(found[:, own.right :] == np.float32(0.25))


def test_only_the_parts_are_replaced(tmp_path: Path) -> None:
    source, out = tmp_path / "a.npy", tmp_path / "b.npy"
    canvas.write(source, np.zeros((20, 30, 3), np.float32))
    crops.pasted(source, out, [(Rect(3, 4, 5, 6), np.ones((6, 5, 3), np.float32))])
    found = canvas.read(out)
    assert found[4:10, 3:8].min() == 1 and found.sum() == 3 * 30
    assert canvas.read(source).max() == 0


@pytest.mark.parametrize("part", [Rect(0, 0, 40, 30), Rect(50, 40, 40, 35)])
def test_a_part_is_that_of_the_whole_enlarged(tmp_path: Path, part: Rect) -> None:
    source = tmp_path / "a.npy"
    canvas.write(source, np.random.default_rng(1).random((40, 50, 3), np.float32))
    canvas.resize(source, tmp_path / "b.npy", Size(90, 75))
    whole = canvas.read(tmp_path / "b.npy", part)
    assert np.array_equal(resample.part_at(source, Size(90, 75), part), whole)


def test_windows_of_crops_have_whole_strides_and_their_halo() -> None:
    size = Size(500, 310)
    one, other = Rect(100, 40, 50, 50), Rect(400, 290, 100, 20)
    found = crops.windowed(size, [one, other], halo=32, align=16, most=10**6)
    assert [tile.core for tile in found.tiles] == [Rect(96, 32, 64, 64), Rect(400, 288, 100, 22)]
    assert [tile.window for tile in found.tiles] == [
        Rect(64, 0, 128, 128),
        Rect(368, 256, 144, 64),  # beyond the canvas to whole strides
    ]
    assert all(tile.write == tile.core for tile in found.tiles)


def test_windows_that_lie_over_one_another_are_joined() -> None:
    size, near = Size(800, 600), [Rect(100, 100, 64, 64), Rect(164, 100, 64, 64)]
    around = {"halo": 64, "align": 16}
    found = crops.windowed(size, [*near, Rect(600, 400, 64, 64)], **around, most=100_000)
    assert sorted(tile.core.x for tile in found.tiles) == [96, 592]
    assert all(each.overlap(tile.core) == each for each in near for tile in found.tiles[1:])
    assert len(crops.windowed(size, near, **around, most=40_000).tiles) == 2
