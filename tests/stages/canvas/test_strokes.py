"""Tests of stages.canvas.strokes."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from stages import canvas
from stages.canvas import strokes as drawing
from stages.canvas.files import Pixels
from stages.canvas.ground import noise
from stages.canvas.looks.texture import coherence
from stages.canvas.luminance import luminance
from stages.canvas.strokes import PLAIN, Strokes, drawn, with_strokes
from stages.tiles import Size


def stripes(angle: float, height: int = 160, width: int = 200, period: float = 24) -> Pixels:
    """Soft stripes whose colour changes along `angle`, in radians."""
    y, x = np.mgrid[:height, :width]
    wave = 0.5 + 0.3 * np.sin((x * np.cos(angle) + y * np.sin(angle)) * 2 * np.pi / period)
    return np.repeat(wave[..., None], 3, axis=2).astype(np.float32)


def combed(pixels: Pixels, times: int) -> Pixels:
    """All rows of a combed painting."""
    height, width, _ = pixels.shape
    rows = drawing.combed(lambda top, bottom: pixels[top:bottom], Size(width, height), times)
    return rows(0, height)


def whole(pixels: Pixels, strokes: Strokes) -> Pixels:
    """All in one part."""
    size = Size(pixels.shape[1], pixels.shape[0])
    ground = noise(strokes.seed, size, 0, size.height) if strokes.bristles else None
    return with_strokes(pixels, ground, strokes)


def in_parts(pixels: Pixels, strokes: Strokes) -> Pixels:
    """As `resize` has it done."""
    size = Size(pixels.shape[1], pixels.shape[0])
    return np.concatenate(list(drawn(lambda top, bottom: pixels[top:bottom], size, strokes)))


def steepest(pixels: Pixels) -> float:
    """The steepest slopes of the luminance, per px."""
    down, across = np.gradient(pixels[..., 1])
    return float(np.quantile(np.hypot(down, across), 0.99))


@pytest.mark.parametrize("angle", [0.0, 0.5, np.pi / 2, 2.2])
def test_edges_of_strokes_become_crisp(angle: float) -> None:
    soft = stripes(angle)
    slopes = [steepest(whole(soft, Strokes(crisp=passes))) for passes in (0, 1, 2, 4)]
    assert slopes == sorted(slopes)
    assert slopes[2] > 1.4 * slopes[0]


def test_crisp_strokes_keep_their_place_and_their_range() -> None:
    soft = stripes(0.5)
    crisp = whole(soft, Strokes(crisp=2))
    assert np.corrcoef(soft.ravel(), crisp.ravel())[0, 1] > 0.96
    assert soft.min() - 1e-6 <= crisp.min() and crisp.max() <= soft.max() + 1e-6


def test_a_plain_area_stays_as_it_is() -> None:
    plain = np.full((60, 80, 3), (0.2, 0.5, 0.7), np.float32)
    assert np.allclose(whole(plain, Strokes(crisp=3)), plain, atol=1e-6)


@pytest.mark.parametrize("angle", [0.0, 0.5, np.pi / 2, 2.2])
def test_bristles_run_along_the_strokes(angle: float) -> None:
    soft = stripes(angle)
    bristles = (whole(soft, Strokes(bristles=0.02)) - soft)[20:-20, 20:-20, 0]
    down, across = np.gradient(bristles)
    over = np.std(across * np.cos(angle) + down * np.sin(angle))
    along = np.std(across * -np.sin(angle) + down * np.cos(angle))
    assert along < 0.4 * over


@pytest.mark.parametrize("angle", [0.0, 0.5, 1.2])
def test_bristles_are_grey_and_as_strong_as_asked_whatever_their_direction(angle: float) -> None:
    soft = stripes(angle)
    bristles = whole(soft, Strokes(bristles=0.02, seed=3)) - soft
    assert np.array_equal(bristles[..., 0], bristles[..., 2])
    assert bristles[..., 0].std() == pytest.approx(0.02, rel=0.2)
    assert abs(bristles.mean()) < 0.005


@settings(max_examples=20, deadline=None)
@given(
    st.integers(40, 150),
    st.integers(40, 150),
    st.integers(16, 90),
    st.integers(16, 90),
    st.integers(0, 3),
)
def test_parts_give_the_same_as_the_whole(
    height: int, width: int, rows: int, columns: int, crisp: int
) -> None:
    pixels = cv2.GaussianBlur(
        np.random.default_rng(height * width).random((height, width, 3), np.float32), (0, 0), 3
    )
    strokes = Strokes(crisp, 0.02, 1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(drawing, "_ROWS", rows)
        patch.setattr(drawing, "_COLUMNS", columns)
        found = in_parts(pixels, strokes)
    expected = whole(pixels, strokes)
    # Where an edge's two sides are alike to the last bit, rounding decides: single pixels differ.
    differ = np.abs(found - expected).max(axis=2) > 1e-4
    assert differ.mean() < 0.002


def test_the_margin_is_what_decides_about_a_pixel() -> None:
    strokes = Strokes(2, 0.02)
    soft = stripes(0.5, 300, 300)
    other = soft.copy()
    other[:, : 150 - strokes.margin] = 0.9
    ground: NDArray[np.float32] = noise(0, Size(300, 300), 0, 300)
    one, two = (with_strokes(pixels, ground, strokes) for pixels in (soft, other))
    assert np.array_equal(one[:, 150:], two[:, 150:])
    assert not np.array_equal(one[:, :150], two[:, :150])


def test_a_canvas_that_is_enlarged_gets_them(tmp_path: Path) -> None:
    canvas.write(tmp_path / "small.npy", stripes(0.5))
    size, strokes = Size(380, 301), Strokes(2, 0.02, 5)
    canvas.resize(tmp_path / "small.npy", tmp_path / "soft.npy", size)
    canvas.resize(tmp_path / "small.npy", tmp_path / "drawn.npy", size, strokes=strokes)
    soft, found = canvas.read(tmp_path / "soft.npy"), canvas.read(tmp_path / "drawn.npy")
    assert np.allclose(found, whole(soft, strokes), atol=1e-5)
    nothing = Strokes(seed=3)
    assert nothing.none and PLAIN.none and not strokes.none
    canvas.resize(tmp_path / "small.npy", tmp_path / "plain.npy", size, strokes=nothing)
    assert (tmp_path / "plain.npy").read_bytes() == (tmp_path / "soft.npy").read_bytes()


def test_seeds_have_bristles_of_their_own_and_values_stay_colours() -> None:
    soft = stripes(0.5)
    one, other = (whole(soft, Strokes(0, 0.5, seed)) for seed in (1, 2))
    assert not np.array_equal(one, other)
    assert one.min() == 0 and one.max() == 1 and one.dtype == np.float32


def test_one_pixel_is_no_trouble() -> None:
    dot = np.full((1, 1, 3), 0.5, np.float32)
    assert in_parts(dot, Strokes(2, 0.02)).shape == (1, 1, 3)


@pytest.mark.parametrize("angle", [0.0, 0.5, np.pi / 2, 2.2])
def test_combing_takes_dots_away_and_leaves_strokes(angle: float) -> None:
    soft = stripes(angle)
    dots = noise(3, Size(200, 160), 0, 160)[..., None] * np.float32(0.03)
    left = [combed(soft + dots, times) - combed(soft, times) for times in (0, 1, 2, 3)]
    inside = [float(part[20:-20, 20:-20].std()) for part in left]
    assert inside == sorted(inside, reverse=True)
    assert inside[2] < 0.55 * inside[0]
    assert np.abs(combed(soft, 2) - soft)[20:-20, 20:-20].max() < 0.05


def test_no_combing_leaves_a_painting_as_it_is() -> None:
    soft = stripes(0.5)
    assert np.array_equal(combed(soft, 0), soft)


@pytest.mark.parametrize(("top", "bottom"), [(0, 1), (511, 513), (300, 1100), (1024, 1200)])
def test_any_rows_of_a_combed_painting_are_those_of_all(top: int, bottom: int) -> None:
    painting = stripes(0.5, height=1200, width=60)
    rows = drawing.combed(lambda first, last: painting[first:last], Size(60, 1200), 2)
    assert np.array_equal(rows(top, bottom), combed(painting, 2)[top:bottom])


@settings(max_examples=15, deadline=None)
@given(st.integers(30, 120), st.integers(30, 120), st.integers(16, 90), st.integers(16, 90))
def test_combing_in_parts_gives_the_same_as_at_once(
    height: int, width: int, rows: int, columns: int
) -> None:
    image = cv2.GaussianBlur(
        np.random.default_rng(height * width).random((height, width, 3), np.float32), (0, 0), 3
    )
    expected = combed(image, 3)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(drawing, "_ROWS", rows)
        patch.setattr(drawing, "_COLUMNS", columns)
        differ = np.abs(combed(image, 3) - expected).max(axis=2) > 1e-4
    assert differ.mean() < 0.002


def dabs() -> Pixels:
    """Level strokes of dabs of 2 px, every one a little lighter or darker than the next."""
    down = 0.5 + 0.2 * np.sin(np.arange(96, dtype=np.float32) * 0.8)[:, None]
    dab = np.random.default_rng(3).normal(0, 0.08, (96, 64)).astype(np.float32).repeat(2, axis=1)
    return np.repeat((down + dab)[..., None], 3, 2) * np.float32([1.0, 0.9, 0.7])


def test_joined_dabs_run_along_their_strokes_and_keep_contrast_and_hues() -> None:
    before = dabs()
    after = drawing.joined(before, 1.0)
    assert coherence(luminance(after), 1.0) > 1.01 * coherence(luminance(before), 1.0)
    fine = [
        float((g - cv2.GaussianBlur(g, (0, 0), 1.0)).std()) for g in map(luminance, (before, after))
    ]
    assert fine[1] == pytest.approx(fine[0], rel=0.1)
    np.testing.assert_allclose(np.ptp(after - before, axis=-1), 0, atol=1e-5)
    half = drawing.joined(before, 0.5)
    assert coherence(luminance(half), 1.0) < coherence(luminance(after), 1.0)
    assert drawing.joined(before, 0.0) is before
