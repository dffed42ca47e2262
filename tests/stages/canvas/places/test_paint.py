"""Tests of stages.canvas.places.paint and stages.canvas.places.survey."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from painting import MANNER, made, painting, ready, size_of, soft

from stages.canvas.files import Pixels
from stages.canvas.places import paint, survey
from stages.canvas.places.dictionary import relief
from stages.canvas.places.paint import Ready, block_for, painted, suited, voted
from stages.tiles import Rect, Size


def whole(canvas: Pixels, found: Ready) -> Pixels:
    size = size_of(canvas)
    everything = Rect(0, 0, size.width, size.height)
    return voted(canvas, everything, everything, size, found)


def similarity(a: Pixels, b: Pixels) -> float:
    """Structural similarity of the green channels (Wang et al. 2004), Gaussian window of 1.5 px."""
    x, y = a[..., 1].astype(np.float64), b[..., 1].astype(np.float64)

    def mean(image: np.ndarray) -> np.ndarray:
        return np.asarray(cv2.GaussianBlur(image, (11, 11), 1.5))

    mx, my = mean(x), mean(y)
    vx, vy, both = mean(x * x) - mx**2, mean(y * y) - my**2, mean(x * y) - mx * my
    upper = (2 * mx * my + 1e-4) * (2 * both + 9e-4)
    return float((upper / ((mx**2 + my**2 + 1e-4) * (vx + vy + 9e-4))).mean())


def test_a_soft_canvas_gets_the_paintings_relief_and_keeps_its_tones() -> None:
    canvas = soft(painting(240, 180, 4))
    found = whole(canvas, ready(made(), canvas))
    assert found.shape == canvas.shape and found.dtype == np.float32
    own = float(relief(painting()).mean())
    assert float(relief(canvas).mean()) < 0.6 * own
    assert 0.8 < float(relief(found).mean()) / own < 1.2
    assert np.abs(soft(found, 8) - soft(canvas, 8)).mean() < 0.05
    assert found.min() >= 0 and found.max() <= 1


def test_every_colour_is_the_paintings_when_no_tone_is_kept() -> None:
    two = np.where(painting()[..., :1] > 0.5, 0.9, 0.2).repeat(3, axis=2).astype(np.float32)
    canvas = soft(painting(160, 120, 2))
    found = whole(canvas, ready(made(two), canvas, replace(MANNER, tone=0.0, feather=0.01)))
    assert np.mean(np.minimum(abs(found - 0.9), abs(found - 0.2)) < 0.02) > 0.8


def test_a_part_is_the_same_in_any_window_and_so_are_bands(monkeypatch: pytest.MonkeyPatch) -> None:
    canvas = soft(painting(300, 240, 6))
    found = ready(made(), canvas)
    everything = whole(canvas, found)
    around = paint.reach(MANNER, found.dictionary.options)
    part = Rect(130, 100, 40, 50)
    left, top = max(0, part.x - around), max(0, part.y - around)
    right, bottom = min(300, part.right + around), min(240, part.bottom + around)
    window = Rect(left, top, right - left, bottom - top)
    assert window.pixels < 0.9 * 300 * 240
    shown = canvas[window.y : window.bottom, window.x : window.right]
    alone = voted(np.ascontiguousarray(shown), window, part, Size(300, 240), found)
    there = everything[part.y : part.bottom, part.x : part.right]
    assert alone == pytest.approx(there, abs=1e-3)
    monkeypatch.setattr(paint, "_CORE", 64)
    bands = np.concatenate(list(painted(lambda a, b: canvas[a:b], Size(300, 240), found)))
    assert np.mean(np.abs(bands - everything) > 1e-3) < 1e-3


def test_forms_that_are_held_stay_and_a_part_is_that_of_the_whole() -> None:
    canvas, dictionary = soft(painting(300, 240, 2)), made()
    free = ready(dictionary, canvas)
    manner = replace(MANNER, hold=1.0, hold_blur=2.0)
    held = ready(dictionary, canvas, manner)

    def apart(image: np.ndarray) -> float:
        return float(np.abs(soft(image, 3.0) - soft(canvas, 3.0)).mean())

    everything = whole(canvas, held)
    assert apart(everything) < 0.4 * apart(whole(canvas, free))
    around = paint.reach(manner, dictionary.options)
    assert around == paint.reach(MANNER, dictionary.options) + 36
    part = Rect(130, 100, 40, 50)
    left, top = max(0, part.x - around), max(0, part.y - around)
    right, bottom = min(300, part.right + around), min(240, part.bottom + around)
    shown = np.ascontiguousarray(canvas[top:bottom, left:right])
    window = Rect(left, top, right - left, bottom - top)
    alone = voted(shown, window, part, Size(300, 240), held)
    there = everything[part.y : part.bottom, part.x : part.right]
    assert alone == pytest.approx(there, abs=1e-3)


def test_where_forms_and_paint_cross_over_contrast_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    canvas, dictionary = soft(painting(300, 240, 2)), made()
    held = ready(dictionary, canvas, replace(MANNER, hold=1.0, hold_blur=2.0))

    def band(image: np.ndarray) -> float:
        return float((soft(image, 1.0) - soft(image, 2.5)).std())

    free, mended = band(whole(canvas, ready(dictionary, canvas))), band(whole(canvas, held))
    monkeypatch.setattr(paint, "_MENDED", 0.0)
    flat = band(whole(canvas, held))
    assert flat < 0.9 * free and mended > 1.1 * flat


def test_the_same_inputs_give_the_same_bytes() -> None:
    canvas = soft(painting(160, 120, 2))
    one, two = (whole(canvas, ready(made(), canvas)) for _ in range(2))
    assert one.tobytes() == two.tobytes()


def test_the_painting_itself_comes_back() -> None:
    own = painting()
    found = made(own, count=30_000, groups=1, copies=1, ratio=1.5, margin=4)
    canvas = np.asarray(soft(own, 0.8))
    again = whole(canvas, ready(found, canvas, replace(MANNER, play=0.0)))
    assert similarity(again[8:-8, 8:-8], own[8:-8, 8:-8]) > 0.8


def test_a_flat_sky_is_no_wallpaper() -> None:
    canvas = np.full((160, 200, 3), (0.3, 0.4, 0.6), np.float32)
    found = whole(canvas, ready(made(), canvas))
    light = found[..., 1] - found[..., 1].mean()
    for step in (8, 16, 32):
        again = float((light[:, step:] * light[:, :-step]).mean()) / float((light**2).mean())
        assert again < 0.35


def test_a_survey_is_the_same_in_bands_and_comes_back_from_its_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    canvas, dictionary = soft(painting(200, 300, 3)), made()
    one = ready(dictionary, canvas).survey
    monkeypatch.setattr(survey, "_ROWS", 100)
    two = ready(dictionary, canvas).survey
    assert two.gains == pytest.approx(one.gains, rel=1e-4)
    assert two.prices == pytest.approx(one.prices, abs=1e-3)
    survey.save(one, tmp_path / "s.safetensors")
    again = survey.load(tmp_path / "s.safetensors")
    assert again.gains == one.gains and np.array_equal(again.prices, one.prices)


def test_blocks_follow_the_strokes_up_to_a_bound() -> None:
    sides = [block_for(Size(w, w * 3 // 4)) for w in (300, 900, 1700, 2600, 9000)]
    assert sides == sorted(sides) and sides[0] >= 8 and sides[-1] == 32
    assert suited(Size(2600, 2000), 2.0).apart == 8


@pytest.mark.parametrize("width, height", [(7, 5), (40, 30)])
def test_tiny_paintings_and_canvases_are_painted_too(width: int, height: int) -> None:
    canvas = soft(painting(50, 20))
    own = np.ascontiguousarray(painting(60, 40)[:height, :width])
    found = ready(made(own), canvas)
    assert np.isfinite(whole(canvas, found)).all()
    assert whole(canvas[:3, :3], ready(made(own), canvas[:3, :3])).shape == (3, 3, 3)
