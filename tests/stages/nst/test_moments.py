"""Moments add up tile by tile, and residual targets average to the painting."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file

from stages.nst.moments import (
    LayerMoments,
    Moments,
    combined,
    made_up,
    of_features,
    positions,
    residual_target,
    weighted_mean,
)
from stages.nst.studio import Studio
from stages.tiles import Grid, Rect, Size, grid

Pixels = NDArray[np.float32]
SHIFTS = st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0])


def noise(width: int, height: int, seed: int = 0) -> Pixels:
    """Noise whose look changes over the picture, so that tiles differ."""
    pixels = np.random.default_rng(seed).random((height, width, 3), np.float32)
    return pixels * np.linspace(0.2, 1, width, dtype=np.float32)[:, None]


def by_tiles(studio: Studio, pixels: Pixels, cut: Grid) -> list[Moments]:
    """Moments of every tile's core, from its window clipped to the canvas."""
    found = []
    for tile in cut.tiles:
        w = tile.window
        window = pixels[w.y : w.bottom, w.x : w.right]
        found.append(studio.measure(window, tile.core.within(w)))
    return found


def whole(studio: Studio, pixels: Pixels) -> Moments:
    return studio.measure(pixels, Rect(0, 0, pixels.shape[1], pixels.shape[0]))


def distance(one: Moments, other: Moments) -> float:
    """The largest difference of any moment, over the largest moment of its layer."""
    worst = 0.0
    for name, a in one.layers.items():
        b = other.layers[name]
        assert a.count == b.count
        for x, y in ((a.mean, b.mean), (a.gram, b.gram)):
            worst = max(worst, float((x - y).abs().max() / y.abs().max()))
    return worst


def random_moments(seed: int, count: float) -> Moments:
    generator = torch.Generator().manual_seed(seed)
    layers = {}
    for name, channels in (("relu1_1", 3), ("relu2_1", 5)):
        f = torch.randn(20, channels, generator=generator, dtype=torch.float64)
        layers[name] = LayerMoments(count, f.mean(0), f.T @ f / 20)
    return Moments(layers)


@settings(max_examples=15)
@given(width=st.integers(40, 330), height=st.integers(40, 200), shift=SHIFTS)
def test_tiles_together_are_the_whole_canvas(
    studio_of: Callable[[], Studio], width: int, height: int, shift: float
) -> None:
    studio, pixels = studio_of(), noise(width, height)
    halo = -(-studio.design.halo() // 16) * 16
    cut = grid(Size(width, height), core=64, overlap=16, halo=halo, align=16, shift=shift)
    assert distance(combined(by_tiles(studio, pixels, cut)), whole(studio, pixels)) < 3e-5


@pytest.fixture(scope="module")
def studio_of(studio: Studio) -> Callable[[], Studio]:
    return lambda: studio


def test_with_too_narrow_a_halo_they_are_not(studio: Studio) -> None:
    pixels = noise(320, 200)
    cut = grid(Size(320, 200), core=64, overlap=0, halo=16, align=16)
    assert distance(combined(by_tiles(studio, pixels, cut)), whole(studio, pixels)) > 1e-4


def test_a_canvas_counts_with_its_bleed_and_a_painting_without(studio: Studio) -> None:
    pixels, everything = noise(50, 33), Rect(0, 0, 50, 33)
    canvas = studio.measure(pixels, everything).layers
    assert canvas["relu1_1"].count == (16 + 64 + 16) * (16 + 48 + 16)
    assert canvas["relu5_1"].count == 6 * 5
    painting = studio.measure_style(pixels, everything).layers
    assert painting["relu1_1"].count == 50 * 33
    assert painting["relu2_1"].count == 25 * 17  # a cell that the edge cuts counts whole
    assert painting["relu5_1"].count == 4 * 3


@settings(max_examples=30)
@given(st.lists(st.integers(1, 10_000), min_size=1, max_size=8))
def test_targets_of_all_tiles_average_to_the_painting(areas: list[int]) -> None:
    tiles = [random_moments(i, area) for i, area in enumerate(areas)]
    style, canvas = random_moments(99, 7.0), combined(tiles)
    mean = combined(residual_target(tile, canvas, style) for tile in tiles)
    for name, wanted in style.layers.items():
        torch.testing.assert_close(mean.layers[name].mean, wanted.mean, rtol=0, atol=1e-12)
        torch.testing.assert_close(mean.layers[name].gram, wanted.gram, rtol=0, atol=1e-12)


def test_a_tile_alone_is_held_to_the_painting_itself() -> None:
    tile, style = random_moments(1, 5.0), random_moments(2, 9.0)
    target = residual_target(tile, tile, style)
    for name, wanted in style.layers.items():
        torch.testing.assert_close(target.layers[name].gram, wanted.gram)


@given(st.floats(-1, 2))
def test_the_share_that_was_made_up_is_that_of_the_residual(share: float) -> None:
    before, style = random_moments(1, 5.0), random_moments(2, 9.0)
    after = residual_target(before, before, style, dict.fromkeys(style.layers, share))
    assert made_up(before, after, style) == pytest.approx(
        dict.fromkeys(style.layers, share), abs=1e-9
    )
    assert set(made_up(style, after, style).values()) == {1.0}


def test_layers_have_reaches_of_their_own() -> None:
    tile, canvas, style = (random_moments(i, 5.0) for i in range(3))
    first, *others = style.layers
    plain = residual_target(tile, canvas, style).layers
    found = residual_target(tile, canvas, style, {first: 2.0}).layers
    step = plain[first].gram - tile.layers[first].gram
    torch.testing.assert_close(found[first].gram, tile.layers[first].gram + 2 * step)
    assert all(torch.equal(found[name].gram, plain[name].gram) for name in others)


@settings(max_examples=20)
@given(st.permutations(range(5)))
def test_the_order_of_tiles_does_not_matter(order: list[int]) -> None:
    parts = [random_moments(i, 10.0 * (i + 1)) for i in range(5)]
    one, other = combined(parts), combined(parts[i] for i in order)
    assert distance(one, other) < 1e-12


def test_several_paintings_count_by_weight_not_by_size() -> None:
    small, large = random_moments(1, 10.0), random_moments(2, 1e6)
    mean = weighted_mean([(0.25, small), (0.75, large)])
    for name, found in mean.layers.items():
        a, b = small.layers[name], large.layers[name]
        torch.testing.assert_close(found.mean, 0.25 * a.mean + 0.75 * b.mean)
        torch.testing.assert_close(found.gram, 0.25 * a.gram + 0.75 * b.gram)


def test_moments_are_means_over_positions(studio: Studio) -> None:
    feature = torch.rand(1, 4, 6, 8)
    found = of_features({"relu2_1": feature}, studio.design, Rect(4, 2, 7, 8)).layers["relu2_1"]
    part = feature[0, :, 1:5, 2:6].reshape(4, -1)
    assert found.count == 16
    torch.testing.assert_close(found.mean, part.mean(1))
    torch.testing.assert_close(found.gram, part @ part.T / 16)
    torch.testing.assert_close(found.std(), part.std(1, correction=0))


@pytest.mark.parametrize("region", [Rect(0, 0, 16, 12), Rect(4, 4, 8, 4)])
def test_positions_are_the_cells_of_the_region(region: Rect) -> None:
    rows, columns = torch.meshgrid(torch.arange(6.0), torch.arange(8.0), indexing="ij")
    flat = positions(torch.stack([rows, columns])[None], region, 2)
    wanted = [
        [float(y), float(x)]
        for y in range(region.y // 2, region.bottom // 2)
        for x in range(region.x // 2, region.right // 2)
    ]
    assert flat.tolist() == wanted


def test_moments_of_low_precision_are_summed_in_float32(studio: Studio) -> None:
    feature = torch.full((1, 2, 100, 100), 1.0, dtype=torch.bfloat16)
    found = of_features({"relu1_1": feature}, studio.design, Rect(0, 0, 100, 100))
    assert found.layers["relu1_1"].gram.dtype == torch.float32
    assert found.layers["relu1_1"].gram.tolist() == [[1.0, 1.0], [1.0, 1.0]]


def test_storing_and_reading_changes_no_bit(tmp_path: Path) -> None:
    moments = random_moments(3, 12345.0)
    save_file(moments.to_tensors(), tmp_path / "m.safetensors")
    read = Moments.from_tensors(load_file(tmp_path / "m.safetensors"))
    assert read.layers.keys() == moments.layers.keys()
    for name, one in moments.layers.items():
        assert read.layers[name].count == one.count
        assert torch.equal(read.layers[name].mean, one.mean)
        assert torch.equal(read.layers[name].gram, one.gram)


def test_detached_moments_carry_no_gradient() -> None:
    leaf = torch.ones(2, requires_grad=True)
    moments = Moments({"relu1_1": LayerMoments(1.0, leaf * 2, torch.outer(leaf, leaf))})
    one = moments.detached().layers["relu1_1"]
    assert not one.mean.requires_grad and not one.gram.requires_grad
