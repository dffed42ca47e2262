"""Tests of stages.canvas.places.gathering."""

from __future__ import annotations

import numpy as np
import pytest
from painting import made, options, painting

from stages.canvas.places.gathering import build
from stages.errors import TilebrushError


def test_a_dictionary_is_bounded_whatever_the_painting() -> None:
    small, large = made(painting()), made(painting(600, 450))
    assert 3000 < len(small.places) < 5000
    assert 3000 < len(large.places) < 5000
    assert large.keys.shape[1] == small.keys.shape[1] <= 32
    assert small.bytes < 200 * 150 * 3 * 2 * 2 + 5000 * 300


def test_the_same_painting_gives_the_same_dictionary_and_another_seed_another() -> None:
    one, two, other = made(), made(), made(seed=1)
    assert np.array_equal(one.places, two.places) and np.array_equal(one.keys, two.keys)
    assert not np.array_equal(one.places[:100], other.places[:100])


def test_places_keep_from_edges_and_from_what_is_not_opaque() -> None:
    opacity = np.ones((150, 200), np.float32)
    opacity[:, :100] = 0
    found = build([painting()], [1.0], options(margin=8), [opacity])
    assert found.home[:, 2].min() >= 108
    assert found.home[:, 1].min() >= 8 and found.home[:, 1].max() < 142


def test_paintings_get_places_by_their_weight() -> None:
    found = build([painting(), painting(seed=1)], [3.0, 1.0], options())
    share = np.mean(found.home[:, 0] == 0)
    assert 0.7 < share < 0.8
    assert len(found.sheets) == 4


def test_nothing_to_paint_with_is_an_error() -> None:
    with pytest.raises(TilebrushError, match="larger"):
        build([painting()], [1.0], options(), [np.zeros((150, 200), np.float32)])


def test_rare_marks_are_met_as_often_as_their_area() -> None:
    rare = np.full((300, 400, 3), 0.5, np.float32)
    rare[140:160, 190:210] = (1, 0, 0)
    found = made(rare)
    inside = (abs(found.home[:, 1] - 150) < 10) & (abs(found.home[:, 2] - 200) < 10)
    assert inside.sum() >= 8
