"""The finest band of a canvas in paint: no crisper than the painting."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from stages.canvas.files import Pixels
from stages.canvas.luminance import luminance
from stages.canvas.places import crispness, paint
from stages.canvas.places.dictionary import relief
from stages.tiles import Rect
from tests.stages.canvas.places.painting import MANNER, made, painting, ready, size_of, soft


def fine(pixels: Pixels) -> float:
    light = luminance(pixels)
    return float((light - soft(light, 1.0)).std())


def laid(work: Pixels, damping: float) -> Pixels:
    """A canvas in the paint of a work, another one's forms on it."""
    canvas = soft(painting(seed=4), 3.0)
    own = ready(made(work), canvas, replace(MANNER, damping=damping))
    return np.concatenate(list(paint.painted(lambda a, b: canvas[a:b], size_of(canvas), own)))


def test_crisp_paintings_are_left_alone() -> None:
    grain = np.random.default_rng(2).normal(0, 0.08, painting().shape)
    assert crispness.damping([np.clip(painting() + grain, 0, 1).astype(np.float16)]) == 0


def test_edges_of_dabs_are_no_crisper_than_a_soft_painting() -> None:
    work = soft(painting(), 1.5)
    share = crispness.damping([work.astype(np.float16)])
    assert 0.1 < share < 0.9
    before, after = (fine(laid(work, damping)) / fine(work) for damping in (0.0, share))
    assert before > 1.15 and abs(after - 1) < abs(before - 1)


def test_the_relief_that_edges_had_is_given_back_to_dabs() -> None:
    work = soft(painting(), 1.5)
    before, after = (laid(work, damping) for damping in (0.0, 0.4))
    assert fine(after) < 0.8 * fine(before)
    assert relief(after).mean() == pytest.approx(relief(before).mean(), rel=0.04)


@pytest.mark.parametrize("damping", [0.0, 0.5])
def test_parts_are_as_in_the_whole_without_any_tone(damping: float) -> None:
    canvas, part = soft(painting(seed=4), 3.0), Rect(70, 40, 50, 40)
    own = ready(made(), canvas, replace(MANNER, tone=0.0, damping=damping))
    whole = np.concatenate(list(paint.painted(lambda a, b: canvas[a:b], size_of(canvas), own)))
    around = paint.reach(own.manner, own.dictionary.options)
    left, top = max(0, part.x - around), max(0, part.y - around)
    right, bottom = min(200, part.right + around), min(150, part.bottom + around)
    window = Rect(left, top, right - left, bottom - top)
    pixels = canvas[window.y : window.bottom, window.x : window.right]
    found = paint.voted(pixels, window, part, size_of(canvas), own)
    np.testing.assert_allclose(found, whole[40:80, 70:120], atol=1e-5)
