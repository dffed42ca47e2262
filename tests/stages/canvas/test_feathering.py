from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stages import canvas
from stages.errors import TilebrushError
from stages.tiles import Grid, Size, Tile, grid


@st.composite
def grids(draw: st.DrawFn) -> Grid:
    align = draw(st.sampled_from([1, 4, 8]))
    core = align * draw(st.integers(2, 6))
    sides = st.integers(1, 6 * core)
    return grid(
        Size(draw(sides), draw(sides)),
        core=core,
        overlap=align * draw(st.integers(0, 3)),
        halo=align * draw(st.integers(0, 2)),
        align=align,
        shift=draw(st.floats(0, 1)),
    )


def _sum(cut: Grid, values: dict[Tile, np.ndarray]) -> np.ndarray:
    """Tiles times weights, added up the plain way."""
    total = np.zeros((cut.size.height, cut.size.width, 3))
    for tile in cut.tiles:
        across, down = canvas.weights(cut, tile)
        place = np.s_[tile.write.y : tile.write.bottom, tile.write.x : tile.write.right]
        total[place] += values[tile] * np.outer(down, across)[:, :, None]
    return total


def _tiles(cut: Grid, folder: Path) -> dict[Tile, np.ndarray]:
    generator = np.random.default_rng(0)
    values = {}
    for tile in cut.tiles:
        shape = (tile.write.height, tile.write.width, 3)
        values[tile] = generator.random(shape, np.float32)
        canvas.write(folder / f"{tile.name}.npy", values[tile])
    return values


@settings(deadline=None, max_examples=60)
@given(grids())
def test_weights_sum_to_one_and_at_most_four_tiles_meet(cut: Grid) -> None:
    shape = (cut.size.height, cut.size.width)
    total, meeting = np.zeros(shape), np.zeros(shape, int)
    for tile in cut.tiles:
        across, down = canvas.weights(cut, tile)
        assert across.shape == (tile.write.width,)
        assert down.shape == (tile.write.height,)
        weight = np.outer(down, across)
        assert weight.min() >= 0.0
        place = np.s_[tile.write.y : tile.write.bottom, tile.write.x : tile.write.right]
        total[place] += weight
        meeting[place] += weight > 0
    assert np.abs(total - 1.0).max() < 1e-6
    assert meeting.max() <= 4


@settings(deadline=None, max_examples=12)
@given(grids())
def test_blending_is_the_weighted_sum(tmp_path_factory: pytest.TempPathFactory, cut: Grid) -> None:
    folder = tmp_path_factory.mktemp("tiles")
    values = _tiles(cut, folder)
    canvas.blend(cut, lambda tile: folder / f"{tile.name}.npy", folder / "out.npy")
    out = canvas.read(folder / "out.npy")
    assert np.abs(out - _sum(cut, values)).max() < 1e-6


def test_weights_are_smooth_and_symmetric_around_a_cut() -> None:
    cut = grid(Size(300, 300), core=128, overlap=16, halo=16, align=16)
    left, right = cut.tiles[0], cut.tiles[1]
    fall = canvas.weights(cut, left)[0][-32:]
    rise = canvas.weights(cut, right)[0][:32]
    assert np.all(np.diff(fall) < 0)
    assert np.allclose(fall, rise[::-1], atol=1e-6)
    assert fall[0] > 0.998
    assert np.abs(np.diff(fall)).max() < 1.6 / 32


def test_the_height_of_strips_does_not_matter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut = grid(Size(90, 110), core=32, overlap=8, halo=8, align=8)
    _tiles(cut, tmp_path)
    results = []
    for strip_bytes in (1, 8 << 20):
        monkeypatch.setattr(sys.modules["stages.canvas.feathering"], "_STRIP_BYTES", strip_bytes)
        canvas.blend(cut, lambda tile: tmp_path / f"{tile.name}.npy", tmp_path / "out.npy")
        results.append((tmp_path / "out.npy").read_bytes())
    assert results[0] == results[1]


def test_missing_and_wrong_tiles_are_named(tmp_path: Path) -> None:
    cut = grid(Size(90, 90), core=32, overlap=8, halo=8, align=8)
    _tiles(cut, tmp_path)
    victim = tmp_path / f"{cut.tiles[2].name}.npy"
    canvas.write(victim, np.zeros((5, 5, 3), np.float32))
    with pytest.raises(TilebrushError, match=r"5x5 px; tile 0,2"):
        canvas.blend(cut, lambda tile: tmp_path / f"{tile.name}.npy", tmp_path / "out.npy")
    victim.unlink()
    with pytest.raises(TilebrushError, match="missing"):
        canvas.blend(cut, lambda tile: tmp_path / f"{tile.name}.npy", tmp_path / "out.npy")
    assert not (tmp_path / "out.npy").exists()
