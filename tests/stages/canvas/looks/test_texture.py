"""The measures of stages.canvas.looks.texture on pictures whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from stages.canvas.looks import texture

Grey = NDArray[np.float32]
SIDE = 192


def noise(seed: int = 0, side: int = SIDE) -> Grey:
    return np.random.default_rng(seed).random((side, side)).astype(np.float32)


def stripes(period: float, degrees: float, side: int = SIDE) -> Grey:
    y, x = np.mgrid[0:side, 0:side].astype(np.float32)
    along = x * np.cos(np.radians(degrees)) + y * np.sin(np.radians(degrees))
    return (0.5 + 0.4 * np.sin(2 * np.pi * along / period)).astype(np.float32)


def rgb(grey: Grey) -> Grey:
    return np.repeat(grey[..., None], 3, axis=2)


def test_luminance_of_white_is_one_and_green_weighs_most() -> None:
    assert texture.luminance(np.ones((2, 2, 3), np.float32)) == pytest.approx(1.0)
    red, green, blue = (texture.luminance(np.eye(3, dtype=np.float32)[None]))[0]
    assert green > red > blue


@pytest.mark.parametrize("scale", texture.SCALES)
@pytest.mark.parametrize("degrees", [0, 30, 90])
def test_stripes_are_coherent_whatever_their_direction(scale: float, degrees: float) -> None:
    assert texture.coherence(stripes(24, degrees), scale) > 0.95


@pytest.mark.parametrize("scale", texture.SCALES)
def test_noise_is_less_coherent_than_strokes(scale: float, style_array: Grey) -> None:
    strokes = texture.luminance(style_array)
    assert texture.coherence(noise(), scale) < 0.6
    assert texture.coherence(strokes, scale) > texture.coherence(noise(), scale) + 0.1


def test_noise_on_strokes_lowers_coherence() -> None:
    clean = stripes(24, 30)
    assert texture.coherence(clean + noise(), 1.0) < texture.coherence(clean, 1.0) - 0.1


def test_a_flat_picture_has_no_coherence() -> None:
    assert texture.coherence(np.full((64, 64), 0.5, np.float32), 1.0) == 0.0


def test_coherence_does_not_depend_on_contrast() -> None:
    picture = stripes(24, 30) + 0.3 * noise()
    found = texture.coherence(picture, 2.0)
    assert texture.coherence(0.5 * picture + 0.2, 2.0) == pytest.approx(found, rel=1e-3)


def test_white_noise_has_no_weave() -> None:
    assert texture.weave(noise(side=512)) == pytest.approx(1.0, abs=0.15)


def test_fine_stripes_along_both_axes_are_weave() -> None:
    woven = 0.1 * noise() + 0.05 * stripes(3, 0) + 0.05 * stripes(3, 90)
    assert texture.weave(woven) > 2 * texture.weave(noise())


def test_slanted_hatching_is_no_weave() -> None:
    assert texture.weave(0.1 * noise() + 0.1 * stripes(3, 40)) < 0.8


def test_weave_below_the_top_octave_does_not_count() -> None:
    assert texture.weave(noise() + stripes(16, 0)) == pytest.approx(texture.weave(noise()), abs=0.1)


def test_weave_of_a_small_or_flat_picture() -> None:
    assert np.isfinite(texture.weave(noise(side=40)))
    assert texture.weave(np.zeros((150, 140), np.float32)) == 1.0


def test_spectrum_finds_a_frequency() -> None:
    power = texture.spectrum(stripes(4, 0), 64)
    assert np.unravel_index(power.argmax(), power.shape) in {(0, 16), (0, 48)}


def test_grain_is_that_of_the_flat_parts() -> None:
    picture = np.full((SIDE, SIDE), 0.5, np.float32)
    picture[:, SIDE // 2 :] = stripes(6, 20)[:, SIDE // 2 :]
    assert texture.grain(picture) < 1e-4
    assert texture.grain(picture + 0.05 * noise()) == pytest.approx(0.05 * 12**-0.5, rel=0.15)


def test_grain_grows_with_noise() -> None:
    ramp = np.tile(np.linspace(0, 1, SIDE, dtype=np.float32), (SIDE, 1))
    found = [texture.grain(ramp + much * noise()) for much in (0.0, 0.02, 0.1)]
    assert found == sorted(found)


def test_structure_of_a_picture_with_itself_and_with_noise(photo_array: Grey) -> None:
    assert texture.structure(photo_array, photo_array) == pytest.approx(1.0)
    inverse = (1 - photo_array).astype(np.float32)
    assert texture.structure(inverse, photo_array) > 0.95
    assert texture.structure(rgb(noise()), photo_array) < 0.3


def test_structure_crops_the_photo_as_the_stages_do(photo_array: Grey) -> None:
    middle = photo_array[:, 20:140]
    assert texture.structure(middle, photo_array) == pytest.approx(1.0)


def test_structure_needs_edges(photo_array: Grey) -> None:
    with pytest.raises(ValueError, match="no edges"):
        texture.structure(np.zeros((40, 40, 3), np.float32), photo_array)
