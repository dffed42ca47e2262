"""Stage restyle: tiles of one sweep, each from files, each on its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from stages import canvas, measure, restyle
from stages.canvas.luminance import luminance
from stages.nst.losses import style_loss
from stages.nst.moments import Moments, residual_target
from stages.nst.optimize import Optimizer, Progress
from stages.nst.studio import Studio
from stages.nst.windows.task import Weights
from stages.restyle import Look, TileJob
from stages.tiles import Grid, Rect, Size, Tile, grid

Pixels = NDArray[np.float32]
SIZE = Size(215, 150)


class Sweep:
    """A canvas, the photo and a grid, in files."""

    def __init__(self, studio: Studio, folder: Path, photo: Pixels, style: Pixels) -> None:
        self.studio, self.folder = studio, folder
        self.start = canvas.resized(photo, SIZE)
        self.canvas, self.photo = folder / "canvas.npy", folder / "photo.npy"
        canvas.write(self.canvas, self.start)
        canvas.write(self.photo, canvas.resized(photo[:, ::-1].copy(), SIZE))
        self.grid: Grid = grid(SIZE, core=64, overlap=16, halo=16, align=16)
        self.style = studio.measure(style, Rect(0, 0, style.shape[1], style.shape[0]))
        self.moments = measure.of_canvas(studio, self.canvas, self.grid)
        self.look = Look(
            self.style, self.moments, 1.0, Weights(content=0.0, smooth=0.01), 8, Optimizer()
        )

    def tile(self, tile: Tile, look: Look | None = None) -> Pixels:
        job = TileJob.read(self.canvas, self.photo, tile)
        return restyle.restyle_tile(self.studio, job, look or self.look).pixels

    def blended(self, look: Look | None = None) -> Path:
        for tile in self.grid.tiles:
            canvas.write(self.folder / f"{tile.name}.npy", self.tile(tile, look))
        result = self.folder / "blended.npy"
        canvas.blend(self.grid, lambda tile: self.folder / f"{tile.name}.npy", result)
        return result

    def far(self, moments: Moments) -> float:
        return float(style_loss(moments, self.style, self.style, self.studio.style_weights))


@pytest.fixture
def sweep(studio: Studio, tmp_path: Path, photo_array: Pixels, style_array: Pixels) -> Sweep:
    return Sweep(studio, tmp_path, photo_array, style_array)


@contextmanager
def unchanged(*paths: Path) -> Iterator[None]:
    before = [path.read_bytes() for path in paths]
    yield
    assert [path.read_bytes() for path in paths] == before


def test_a_tile_is_its_write_rectangle(sweep: Sweep) -> None:
    assert len(sweep.grid.tiles) >= 4
    with unchanged(sweep.canvas, sweep.photo):
        for tile in sweep.grid.tiles:
            found = sweep.tile(tile, replace(sweep.look, iterations=1))
            w = tile.write
            assert found.shape == (w.height, w.width, 3)
            # One evaluation is the start itself.
            assert np.array_equal(found, sweep.start[w.y : w.bottom, w.x : w.right])


def test_tiles_do_not_depend_on_their_order(sweep: Sweep) -> None:
    tiles = sweep.grid.tiles
    forwards = [sweep.tile(tile).tobytes() for tile in tiles]
    backwards = [sweep.tile(tile).tobytes() for tile in reversed(tiles)]
    assert forwards == backwards[::-1]


def test_a_tile_reads_only_its_window(sweep: Sweep) -> None:
    tile = sweep.grid.tiles[0]
    before = sweep.tile(tile)
    other = sweep.start.copy()
    other[:, tile.window.right :] = 0.9
    other[tile.window.bottom :] = 0.1
    assert not np.array_equal(other, sweep.start)
    canvas.write(sweep.canvas, other)
    assert np.array_equal(sweep.tile(tile), before)


def test_a_sweep_brings_the_canvas_nearer_to_the_painting(sweep: Sweep) -> None:
    before = sweep.far(sweep.moments)
    after = sweep.far(measure.of_canvas(sweep.studio, sweep.blended(), sweep.grid))
    assert after < 0.6 * before


def test_sweeps_aim_as_much_farther_as_the_last_one_fell_short(sweep: Sweep) -> None:
    def canvases(share: float, count: int) -> list[Moments]:
        """As if every sweep made up that share of what its tiles aimed at."""
        found = [sweep.moments]
        for _ in range(count - 1):
            gain = restyle.gains(sweep.style, found)
            done = {name: share * far for name, far in gain.items()}
            found.append(residual_target(found[-1], found[-1], sweep.style, done))
        return found

    for share, wanted in ((0.8, 1.25), (0.1, 2.0), (1.25, 0.8), (9.0, 0.5), (-1.0, 2.0)):
        assert set(restyle.gains(sweep.style, canvases(share, 1)).values()) == {1.0}
        second = restyle.gains(sweep.style, canvases(share, 2))
        assert second == pytest.approx(dict.fromkeys(sweep.style.layers, wanted), rel=1e-3)
        third = restyle.gains(sweep.style, canvases(share, 3))
        assert third == pytest.approx(second, rel=1e-3)


def test_the_photo_is_what_content_is_held_to(sweep: Sweep) -> None:
    tile = sweep.grid.tiles[1]
    energy = sweep.studio.energy(sweep.start)
    content = Weights(style=0.0, content=1.0, smooth=0.0)
    look = replace(sweep.look, weights=content, content_energy=energy, iterations=12)
    notes: list[Progress] = []
    job = TileJob.read(sweep.canvas, sweep.photo, tile)
    made = restyle.restyle_tile(sweep.studio, job, look, notes.append)
    assert made.losses[0] > 1e-3 and min(made.losses) < 0.7 * made.losses[0]
    assert [note.loss for note in notes] == list(made.losses)
    same = restyle.restyle_tile(sweep.studio, replace(job, photo=job.canvas), look)
    assert same.losses[0] < 1e-9


def test_a_tile_that_is_the_canvas_needs_no_moments(sweep: Sweep) -> None:
    (tile,) = grid(SIZE, core=256, overlap=16, halo=16, align=16).tiles
    made = sweep.tile(tile, replace(sweep.look, canvas=None))
    assert made.shape == (150, 215, 3)
    assert sweep.far(sweep.studio.measure(made, Rect(0, 0, 215, 150))) < sweep.far(sweep.moments)


@pytest.mark.parametrize("parts", [2, 4])
def test_a_tile_in_parts_is_nearly_the_tile(sweep: Sweep, parts: int) -> None:
    (tile,) = grid(SIZE, core=256, overlap=16, halo=16, align=16).tiles
    look = replace(sweep.look, iterations=6)
    job = TileJob.read(sweep.canvas, sweep.photo, tile)
    whole = restyle.restyle_tile(sweep.studio, job, look)
    made = restyle.restyle_tile(sweep.studio, job, look, parts=parts, halo=16, align=16)
    assert made.pixels.shape == whole.pixels.shape and len(made.losses) == 6
    apart = np.abs(made.pixels - whole.pixels)
    changed = np.abs(whole.pixels - sweep.start)
    assert 0 < apart.mean() < 0.5 * changed.mean()


def test_paint_is_joined_in_its_lightness_alone(sweep: Sweep) -> None:
    tile = sweep.grid.tiles[0]
    w = tile.write
    laid = sweep.start[w.y : w.bottom, w.x : w.right]
    free, joined = sweep.tile(tile), sweep.tile(tile, replace(sweep.look, lightness=True))
    inside = ((joined > 0) & (joined < 1)).all(axis=-1)
    assert inside.mean() > 0.5
    moved = (joined - laid)[inside]
    assert np.abs(moved).max() > 0.01
    np.testing.assert_allclose(moved.std(axis=-1), 0, atol=1e-6)
    assert (free - laid)[inside].std(axis=-1).max() > 0.01
    np.testing.assert_allclose(luminance(joined)[inside], luminance(free)[inside], atol=1e-5)
