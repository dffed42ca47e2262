"""Moments of paintings and canvases from files, in windows of bounded memory."""

from __future__ import annotations

import math
import tracemalloc
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from stages import canvas, measure
from stages.canvas import files, resample, strokes
from stages.measure import StyleImages
from stages.nst.moments import Moments
from stages.nst.studio import Studio
from stages.tiles import Rect, Size, checked_halo, grid

Pixels = NDArray[np.float32]
ROUNDING = 2e-4  # of float32 sums over tens of thousands of positions


def saved(path: Path, pixels: Pixels) -> Path:
    canvas.write(path, pixels)
    return path


def whole(studio: Studio, pixels: Pixels) -> Moments:
    return studio.measure(pixels, Rect(0, 0, pixels.shape[1], pixels.shape[0]))


def painting(studio: Studio, pixels: Pixels) -> Moments:
    return studio.measure_style(pixels, Rect(0, 0, pixels.shape[1], pixels.shape[0]))


def distance(one: Moments, other: Moments) -> float:
    return max(
        float((a.gram - other.layers[n].gram).abs().max() / other.layers[n].gram.abs().max())
        for n, a in one.layers.items()
    )


@pytest.mark.parametrize(
    ("style", "on", "scale", "size"),
    [
        (Size(1000, 500), Size(100, 50), 1.0, Size(100, 50)),
        (Size(1000, 500), Size(100, 50), 2.0, Size(200, 100)),
        (Size(400, 100), Size(100, 100), 1.0, Size(200, 50)),
        (Size(200, 150), Size(6000, 4500), 1.0, Size(200, 150)),
        (Size(3000, 2), Size(100, 50), 1.0, Size(2739, 2)),
        (Size(100_000, 16), Size(20, 20), 1.0, Size(1581, 1)),
    ],
)
def test_a_painting_is_measured_at_the_canvas_area(
    style: Size, on: Size, scale: float, size: Size
) -> None:
    assert measure.style_size(style, on, scale) == size


def test_windows_are_clipped_to_the_canvas() -> None:
    assert measure.clipped(Rect(16, 32, 64, 64), Size(70, 200)) == Rect(16, 32, 54, 64)
    assert measure.clipped(Rect(16, 32, 64, 64), Size(200, 90)) == Rect(16, 32, 64, 58)


def test_window_by_window_is_as_good_as_all_at_once(
    studio: Studio, style_array: Pixels, tmp_path: Path
) -> None:
    path = saved(tmp_path / "style.npy", style_array)
    styles = StyleImages((path,), (1.0,))
    found = measure.style_moments(studio, styles, Size(4000, 3000), core=64)
    assert distance(found, painting(studio, style_array)) < ROUNDING
    assert found.layers["relu1_1"].count == 1.0  # a weight: the canvas' share comes from its tiles


def test_a_painting_is_shrunk_to_the_canvas(
    studio: Studio, style_array: Pixels, tmp_path: Path
) -> None:
    path = saved(tmp_path / "style.npy", style_array)
    small = canvas.resized(style_array, Size(80, 60))
    found = measure.style_moments(studio, StyleImages((path,), (1.0,)), Size(80, 60))
    assert distance(found, painting(studio, small)) < ROUNDING
    assert distance(found, painting(studio, style_array)) > 1e-2
    larger = measure.style_moments(studio, StyleImages((path,), (1.0,), (2.5,)), Size(80, 60))
    assert distance(larger, painting(studio, style_array)) < ROUNDING


def test_a_painting_is_softened_at_its_size_on_the_canvas(
    studio: Studio, style_array: Pixels, tmp_path: Path
) -> None:
    path = saved(tmp_path / "style.npy", style_array)
    small = canvas.resized(style_array, Size(80, 60))
    soft = np.asarray(cv2.GaussianBlur(small, (0, 0), 1.5))
    found = measure.style_moments(studio, StyleImages((path,), (1.0,), soften=1.5), Size(80, 60))
    assert distance(found, painting(studio, soft)) < ROUNDING
    assert distance(found, painting(studio, small)) > 1e-2


def test_a_painting_is_combed_at_its_size_on_the_canvas(
    studio: Studio, style_array: Pixels, tmp_path: Path
) -> None:
    path = saved(tmp_path / "style.npy", style_array)
    small = canvas.resized(style_array, Size(80, 60))
    found = measure.style_moments(studio, StyleImages((path,), (1.0,), combed=2), Size(80, 60))
    combed = strokes.combed(lambda top, bottom: small[top:bottom], Size(80, 60), 2)(0, 60)
    assert distance(found, painting(studio, combed)) < ROUNDING
    assert distance(found, painting(studio, small)) > 1e-2


def test_a_large_painting_is_not_held_whole(tmp_path: Path) -> None:
    size = Size(1000, 8000)
    canvas.write(tmp_path / "small.npy", np.random.default_rng(0).random((80, 10, 3), np.float32))
    canvas.resize(tmp_path / "small.npy", tmp_path / "large.npy", size)
    styles = StyleImages((tmp_path / "large.npy",), (1.0,), soften=0.7, combed=2)
    tracemalloc.start()
    rows = measure.painted_rows(styles.paths[0], size, styles.soften, styles.combed)
    found = [rows(top, top + 500)[::100, ::100].copy() for top in range(0, 8000, 500)]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 0.85 * size.pixels * 12  # of 96 MB; four times all of it before
    whole_image = resample.resized(canvas.read(styles.paths[0]), size)
    combed = strokes.combed(lambda top, bottom: whole_image[top:bottom], size, 2)(0, 8000)
    soft = cv2.GaussianBlur(combed, (0, 0), 0.7)
    wanted = [soft[top : top + 500][::100, ::100].copy() for top in range(0, 8000, 500)]
    assert np.array_equal(np.concatenate(found), np.concatenate(wanted))


def cut_out(path: Path, pixels: Pixels, opacity: Pixels) -> Path:
    """A canvas with an opacity, its colours over white."""
    over = pixels * opacity[..., None] + (1 - opacity[..., None])
    height, width, _ = pixels.shape
    files.write_bands(path, Size(width, height), [np.dstack([over, opacity])], channels=4)
    return path


def test_of_a_painting_that_was_cut_out_only_what_is_left_counts(
    studio: Studio, style_array: Pixels, tmp_path: Path
) -> None:
    # The left part alone, 96 of 200 px: whole cells of all layers.
    opacity = np.zeros(style_array.shape[:2], np.float32)
    opacity[:, :96] = 1
    left = saved(tmp_path / "left.npy", style_array[:, :96])
    path = cut_out(tmp_path / "cut.npy", style_array, opacity)
    white = saved(tmp_path / "white.npy", canvas.read(path))

    def found(path: Path, core: int = 512) -> Moments:
        return measure.style_moments(studio, StyleImages((path,), (1.0,)), Size(4000, 3000), core)

    wanted = found(left)
    assert distance(found(path), wanted) < 0.2 * distance(found(white), wanted)
    # In windows, of which the right ones are empty, as at once.
    assert distance(found(path, 64), found(path)) < ROUNDING


def test_opacity_counts_as_a_weight(studio: Studio, style_array: Pixels) -> None:
    region = Rect(0, 0, 192, 144)
    window = style_array[:144, :192]
    half = np.full((144, 192), 0.5, np.float32)
    plain = studio.measure_style(window, region)
    even = studio.measure_style(window, region, half)
    assert distance(even, plain) < ROUNDING
    ramp = np.repeat(np.arange(0, 12, dtype=np.float32) / 12, 16)[None].repeat(144, axis=0)
    found = studio.measure_style(window, region, ramp)
    # Cell columns of the deepest layer, 16 px wide, each by its weight.
    parts = [(n / 12, studio.measure_style(window, Rect(16 * n, 0, 16, 144))) for n in range(1, 12)]
    for name, one in found.layers.items():
        total = sum(weight for weight, _ in parts)
        mean = sum(weight * part.layers[name].mean for weight, part in parts) / total
        np.testing.assert_allclose(one.mean, mean, rtol=1e-3, atol=1e-5)


def test_several_paintings_are_mixed_by_weight(
    studio: Studio, style_array: Pixels, photo_array: Pixels, tmp_path: Path
) -> None:
    paths = (saved(tmp_path / "1.npy", style_array), saved(tmp_path / "2.npy", photo_array))
    size = Size(2000, 2000)
    one, other = (measure.style_moments(studio, StyleImages((p,), (1.0,)), size) for p in paths)
    mixed = measure.style_moments(studio, StyleImages(paths, (0.3, 0.7)), size)
    for name, found in mixed.layers.items():
        wanted = 0.3 * one.layers[name].gram + 0.7 * other.layers[name].gram
        np.testing.assert_allclose(found.gram, wanted, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("shift", [0.0, 0.5, 1.0])
def test_moments_of_a_canvas_file(
    studio: Studio, photo_array: Pixels, tmp_path: Path, shift: float
) -> None:
    pixels = canvas.resized(photo_array, Size(331, 187))
    path = saved(tmp_path / "canvas.npy", pixels)
    cut = grid(Size(331, 187), core=64, overlap=16, halo=48, align=16, shift=shift)
    seen: list[str] = []
    found = measure.of_canvas(studio, path, cut, lambda tile: seen.append(tile.name))
    assert distance(found, whole(studio, pixels)) < ROUNDING
    assert found.layers["relu1_1"].count == (16 + 336 + 16) * (16 + 192 + 16)  # with the bleed
    assert seen == [tile.name for tile in cut.tiles] and len(seen) > 3


def test_moments_in_files_keep_every_bit(
    studio: Studio, photo_array: Pixels, tmp_path: Path
) -> None:
    moments = whole(studio, photo_array)
    for name in ("a", "b"):
        measure.save_moments(moments, tmp_path / name)
    read = measure.load_moments(tmp_path / "a")
    assert distance(read, moments) == 0
    assert {n: m.count for n, m in read.layers.items()} == {
        n: m.count for n, m in moments.layers.items()
    }
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_a_trial_gives_seconds(studio: Studio) -> None:
    seconds = measure.probe(studio, Size(70, 50))
    assert 0 < seconds < math.inf


def test_halos_are_whole_strides() -> None:
    assert checked_halo(45, 16, 0) == 48
    assert checked_halo(48, 16, 0) == 48
    assert checked_halo(45, 16, 64) == 64
    assert checked_halo(45, 16, 20) == 32


@pytest.mark.parametrize("scale", [0.5, 1.0, 2.0])
def test_strokes_keep_their_size_relative_to_the_picture(scale: float) -> None:
    painting = Size(30_000, 24_000)  # large enough for all of them
    shares = []
    for width in (300, 533, 1600, 6000, 12_000):
        canvas = Size(width, width * 3 // 4)
        shares.append(measure.style_size(painting, canvas, scale).width / canvas.width)
    assert shares == pytest.approx([shares[0]] * len(shares), rel=0.01)
    own = Size(1600, 1200)  # is never enlarged: beyond its own px its strokes get finer
    assert measure.style_size(own, Size(12_000, 9_000), scale) == own
