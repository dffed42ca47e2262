"""The measures of stages.canvas.looks.colours on pictures whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from stages.canvas.looks import colours
from stages.canvas.luminance import luminance

Pixels = NDArray[np.float32]


def plain(*colour: float, side: int = 40) -> Pixels:
    return np.full((side, side, 3), colour, np.float32)


def test_distance_of_greys_is_that_of_their_lightness() -> None:
    lightness = [colours.cielab(plain(level, level, level))[0, 0] for level in (0.2, 0.6)]
    # A direction sees |cos| of the way, whose mean over the sphere is one half.
    found = colours.distance(plain(0.2, 0.2, 0.2), plain(0.6, 0.6, 0.6))
    assert found == pytest.approx((lightness[1] - lightness[0]) / 2, rel=0.1)


def test_distance_does_not_care_where_colours_lie(photo_array: Pixels) -> None:
    turned = photo_array[::-1, ::-1]
    assert colours.distance(photo_array, turned) == pytest.approx(0, abs=1e-6)


def test_palette_of_the_painting_is_zero_and_of_the_photo_one(
    photo_array: Pixels, style_array: Pixels
) -> None:
    assert colours.palette_distance(style_array, photo_array, style_array) == 0
    assert colours.palette_distance(photo_array, photo_array, style_array) == 1
    with pytest.raises(ValueError, match="already"):
        colours.palette_distance(style_array, photo_array, photo_array)


def test_contrast_is_found_in_its_own_band() -> None:
    x = np.arange(256, dtype=np.float32)
    found = []
    for period in (6.0, 60.0):
        grey = np.tile(0.5 + 0.3 * np.sin(2 * np.pi * x / period), (64, 1)).astype(np.float32)
        found.append([colours.contrast(grey, scale) for scale in colours.BANDS])
    assert np.argmax(found[0]) <= 1 and np.argmax(found[1]) >= 3


def test_contrast_grows_with_contrast_alone(style_array: Pixels) -> None:
    grey = luminance(style_array)
    for scale in colours.BANDS:
        half = colours.contrast(0.5 * grey + 0.2, scale)
        assert half == pytest.approx(0.5 * colours.contrast(grey, scale), rel=1e-3)


def test_colours_that_the_painting_lacks_are_foreign(style_array: Pixels) -> None:
    assert colours.foreign(style_array, style_array) == 0
    picture = style_array.copy()
    picture[:15] = (0, 1, 0)
    assert colours.foreign(picture, style_array) == pytest.approx(10)


def test_spread_of_greys_is_nothing() -> None:
    assert colours.spread(plain(0.4, 0.4, 0.4)) == 0
    assert colours.spread(plain(0.2, 0.4, 0.6)) == pytest.approx(0.4 * 255)


def test_wide_pictures_are_shrunk() -> None:
    assert colours.at_width(np.zeros((100, 1066, 3), np.float32)).shape == (50, 533, 3)
    assert colours.at_width(plain(0, 0, 0)).shape == (40, 40, 3)
