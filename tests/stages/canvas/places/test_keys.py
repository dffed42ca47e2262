"""Tests of stages.canvas.places.keys."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from painting import painting, soft

from stages.canvas.places import keys
from stages.canvas.places.dictionary import Sheet
from stages.tiles import Rect


def test_bands_add_up_and_factors_of_one_change_nothing() -> None:
    planes = keys.opponent(painting(), 1.0)
    assert keys.levelled(planes, (1.0, 1.0, 1.0)) == pytest.approx(planes, abs=1e-5)


def test_a_spread_is_that_of_its_parts_together() -> None:
    bands = keys.bands(keys.opponent(painting(), 1.0))[0]
    whole = keys.spread(bands, Rect(0, 0, 200, 150))
    parts = keys.spread(bands, Rect(0, 0, 70, 150)) + keys.spread(bands, Rect(70, 0, 130, 150))
    assert parts.count == whole.count
    assert parts.energy == pytest.approx(whole.energy, rel=1e-6)


def test_gains_bring_a_soft_canvas_to_the_paintings_contrast_within_bounds() -> None:
    whole = Rect(0, 0, 200, 150)
    sharp, flat = (keys.opponent(p, 1.0) for p in (painting(), soft(painting())))
    wanted, found = (keys.spread(keys.bands(p)[0], whole) for p in (sharp, flat))
    gains = keys.gains(found, wanted, most=50.0)
    after = keys.spread(keys.bands(keys.levelled(flat, gains))[0], whole)
    before, now = (found.deviation(), after.deviation())
    assert abs(now[0] / wanted.deviation()[0] - 1) < 0.5 * abs(
        before[0] / wanted.deviation()[0] - 1
    )
    assert all(0.9 < gain < 1.11 for gain in keys.gains(found, wanted, most=1.1))
    assert keys.gains(found, wanted, 2.0, 50.0) == pytest.approx([2 * gain for gain in gains])


def test_samples_see_so_many_px_around_and_repeat_the_edge() -> None:
    planes = keys.opponent(painting(), 1.0)
    y, x = np.array([0, 70]), np.array([0, 90])
    found = keys.samples(planes, y, x, 3)
    assert found.shape == (2, 75)
    changed = planes.copy()
    changed[:64, :] = 0
    assert keys.samples(changed, y, x, 3)[1] == pytest.approx(found[1])
    assert not np.allclose(keys.samples(changed, y, x, 3)[0], found[0])


def test_keys_have_a_variance_of_about_one_and_fixed_signs() -> None:
    y, x = (a.ravel() for a in np.meshgrid(np.arange(150), np.arange(200), indexing="ij"))
    found = keys.samples(keys.opponent(painting(), 1.0), y, x, 2)
    projection = keys.fitted(found)
    assert projection(found).var(axis=0).sum() == pytest.approx(1.0, abs=0.05)
    assert np.array_equal(projection.axes, keys.fitted(found.copy()).axes)


@given(st.integers(0, 7), st.integers(1, 9), st.integers(1, 9), st.booleans())
def test_grids_are_what_indices_give_of_every_copy(
    copy: int, width: int, height: int, cut: bool
) -> None:
    image = np.arange(height * width * 3, dtype=np.float16).reshape(height, width, 3)
    turned = Sheet(image, image).turned(copy).pixels
    turned = turned[::2, ::2] if cut else turned
    dice = np.random.default_rng(copy)
    rows, columns = (dice.integers(0, length, (4, 3)) for length in turned.shape[:2])
    found = keys.grids(turned, rows, columns)
    assert np.array_equal(found, turned[rows[:, :, None], columns[:, None, :]])
