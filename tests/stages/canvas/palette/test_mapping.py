"""Palette first: what the map of colours does to pictures."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from stages.canvas import luminance
from stages.canvas.palette import lattice
from stages.canvas.palette import mapping as palette
from stages.canvas.palette.mapping import Painting, Palette
from tests.conftest import photo_pixels, style_pixels

Pixels = NDArray[np.float32]


def grey(pixels: Pixels) -> Pixels:
    return np.repeat((pixels @ luminance.WEIGHTS)[..., None], 3, axis=-1)


def sketch(height: int = 90, width: int = 120) -> Pixels:
    """Paper of 0.97 with thin lines: mean 238 of 255."""
    y, x = np.mgrid[0:height, 0:width]
    lines = (x + y) % 25 < 2
    return np.repeat(np.where(lines, 0.55, 0.967).astype(np.float32)[..., None], 3, axis=2)


@cache
def usual() -> Palette:
    return palette.fit(photo_pixels(), [Painting(style_pixels())])


def test_without_strength_the_very_pixels_come_back(photo_array: Pixels) -> None:
    found = palette.fit(photo_array, [Painting(style_pixels())], 0.0)
    assert found(photo_array) is photo_array


def test_the_mean_becomes_the_painting_s(photo_array: Pixels, style_array: Pixels) -> None:
    moved = usual()(photo_array)
    assert moved.mean((0, 1)) == pytest.approx(style_array.mean((0, 1)), abs=0.03)
    assert moved.dtype == np.float32 and moved.min() >= 0 and moved.max() <= 1


def test_half_the_strength_goes_half_the_way(photo_array: Pixels, style_array: Pixels) -> None:
    half = palette.fit(photo_array, [Painting(style_array)], 0.5)(photo_array)
    assert half == pytest.approx((photo_array + usual()(photo_array)) / 2, abs=1e-4)


@pytest.mark.parametrize("strength", [-0.1, 1.1, float("nan")])
def test_strength_is_a_share(photo_array: Pixels, strength: float) -> None:
    with pytest.raises(ValueError, match="0 to 1"):
        palette.fit(photo_array, [Painting(photo_array)], strength)


def test_a_photo_in_its_own_colours_stays(photo_array: Pixels) -> None:
    moved = palette.fit(photo_array, [Painting(photo_array)])(photo_array)
    assert np.abs(moved - photo_array).mean() < 0.04


def test_greys_in_grey_stay_grey(photo_array: Pixels) -> None:
    found = palette.fit(grey(photo_array), [Painting(grey(style_pixels()))])
    assert np.ptp(found(grey(photo_array)), axis=-1).max() < 1 / 255
    # Nor does any colour that the photo might have elsewhere get a tint.
    assert found.table is not None and np.ptp(found.table, axis=-1).max() < 1 / 255


def test_colours_in_a_grey_painting_become_grey(photo_array: Pixels) -> None:
    moved = palette.fit(photo_array, [Painting(sketch())])(photo_array)
    assert np.ptp(moved, axis=-1).max() < 1 / 255


@pytest.mark.parametrize("monochrome", [True, False])
def test_paper_makes_the_photo_paper(photo_array: Pixels, monochrome: bool) -> None:
    photo = grey(photo_array) if monochrome else photo_array
    moved = palette.fit(photo, [Painting(sketch())])(photo)
    assert moved.mean() == pytest.approx(sketch().mean(), rel=0.05)


@pytest.mark.parametrize("level", [0.0, 1.0])
def test_a_painting_of_one_colour_gives_that_colour(photo_array: Pixels, level: float) -> None:
    moved = palette.fit(photo_array, [Painting(np.full((8, 8, 3), level, np.float32))])(photo_array)
    assert moved == pytest.approx(np.full_like(moved, level), abs=1e-3)


def test_a_photo_of_one_colour_becomes_the_mean() -> None:
    photo = np.full((8, 8, 3), 0.3, np.float32)
    moved = palette.fit(photo, [Painting(style_pixels())])(photo)
    assert np.ptp(moved, axis=(0, 1)).max() < 1e-6
    assert moved[0, 0] == pytest.approx(style_pixels().mean((0, 1)), abs=0.06)


def test_gain_is_bounded_and_nothing_turned_round() -> None:
    table = usual().table
    assert table is not None
    assert lattice.gain(table) <= palette.GAIN * 1.001
    assert lattice.least_rise(table) >= -1e-6


colour = arrays(np.float32, 3, elements=st.floats(0, 1, width=32))


@given(colour, colour)
def test_highlights_stay_highlights(one: Pixels, other: Pixels) -> None:
    low, high = np.minimum(one, other), np.maximum(one, other)
    dark, light = usual()(np.stack([low, high])) @ luminance.WEIGHTS
    assert dark <= light + 1e-5


def test_steps_of_an_8_bit_sky_stay_small() -> None:
    ramp = np.linspace(0.45, 0.75, 400, dtype=np.float32)
    sky = np.stack([0.5 * ramp, 0.8 * ramp, ramp], -1)[None]
    coarse = np.round(sky * 255) / np.float32(255)
    found = palette.fit(sky, [Painting(style_pixels())])
    # A channel of the sky takes one step at a time or several at once.
    steps = np.abs(np.diff(coarse[0], axis=0)).sum(1)
    jumps = np.linalg.norm(np.diff(found(coarse)[0], axis=0), axis=1)
    assert (jumps <= palette.GAIN * steps + 1e-5).all()


def test_paintings_mix_by_weight(photo_array: Pixels) -> None:
    dark, light = (np.full((8, side, 3), level, np.float32) for side, level in ((9, 0.2), (4, 0.8)))
    for weight in (0.0, 1.0, 3.0):
        moved = palette.fit(photo_array, [Painting(dark, weight), Painting(light)])(photo_array)
        expected = (0.2 * weight + 0.8) / (weight + 1)
        assert moved.mean() == pytest.approx(expected, abs=0.04), weight


def test_what_is_not_painted_does_not_count(photo_array: Pixels) -> None:
    cut = np.concatenate([np.ones((40, 60, 3)), np.full((40, 60, 3), 0.25)]).astype(np.float32)
    opacity = np.concatenate([np.zeros((40, 60)), np.ones((40, 60))]).astype(np.float32)
    moved = palette.fit(photo_array, [Painting(cut, 1.0, opacity)])(photo_array)
    assert moved.mean() == pytest.approx(0.25, abs=1e-3)


def test_nothing_painted_is_said(photo_array: Pixels) -> None:
    with pytest.raises(ValueError, match="anything painted"):
        palette.fit(photo_array, [])
    with pytest.raises(ValueError, match="anything painted"):
        palette.fit(photo_array, [Painting(photo_array, opacity=np.zeros((120, 160), np.float32))])


def test_a_drawing_has_one_direction_a_painting_three_and_paper_none() -> None:
    greys = np.full((3, 3), 1 / 3)
    assert palette.directions([Painting(sketch())]) == pytest.approx(greys, abs=1e-5)
    assert palette.directions([Painting(style_pixels())]) == pytest.approx(np.eye(3), abs=1e-5)
    assert not palette.directions([Painting(np.full((9, 9, 3), 0.9, np.float32))]).any()


def test_sepia_has_the_direction_of_its_tones() -> None:
    brown = np.float32([0.9, 0.8, 0.6])
    found = palette.directions([Painting(sketch() * brown)])
    assert np.trace(found) == pytest.approx(1)
    assert found @ brown == pytest.approx(brown, abs=1e-4)


def test_two_drawings_on_different_paper_have_what_lies_between_too() -> None:
    papers = [Painting(sketch()), Painting(sketch() * np.float32([1.0, 0.8, 0.5]))]
    assert np.trace(palette.directions(papers)) == pytest.approx(2)


def test_bands_are_the_same_as_the_whole(photo_array: Pixels) -> None:
    found = usual()
    bands = [found(photo_array[top : top + 7]) for top in range(0, 120, 7)]
    assert np.array_equal(np.concatenate(bands), found(photo_array))


def test_the_same_colours_give_the_same_map(photo_array: Pixels, style_array: Pixels) -> None:
    again = palette.fit(photo_array, [Painting(style_array)])
    assert again.table is not None and usual().table is not None
    assert np.array_equal(again.table, usual().table)  # type: ignore[arg-type]
