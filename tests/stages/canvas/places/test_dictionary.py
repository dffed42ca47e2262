"""Tests of stages.canvas.places.dictionary."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from painting import made, options, painting
from safetensors.numpy import save_file

from stages.canvas.places import dictionary as making
from stages.canvas.places.dictionary import load, save
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


@pytest.mark.parametrize("copies", [1, 2, 4, 8])
def test_copies_show_the_same_paint_turned(copies: int) -> None:
    found = made(copies=copies)
    assert len(found.sheets) == copies
    for number in range(0, 80):
        sheet, row, column = found.places[number]
        _, home_row, home_column = found.home[number]
        there = found.sheets[sheet].pixels[row, column]
        assert np.array_equal(there, found.sheets[0].pixels[home_row, home_column])
    assert set(found.places[:, 0]) == set(range(copies))


def test_places_keep_from_edges_and_from_what_is_not_opaque() -> None:
    opacity = np.ones((150, 200), np.float32)
    opacity[:, :100] = 0
    found = making.build([painting()], [1.0], options(margin=8), [opacity])
    assert found.home[:, 2].min() >= 108
    assert found.home[:, 1].min() >= 8 and found.home[:, 1].max() < 142


def test_paintings_get_places_by_their_weight() -> None:
    found = making.build([painting(), painting(seed=1)], [3.0, 1.0], options())
    share = np.mean(found.home[:, 0] == 0)
    assert 0.7 < share < 0.8
    assert len(found.sheets) == 4


def test_nothing_to_paint_with_is_an_error() -> None:
    with pytest.raises(TilebrushError, match="larger"):
        making.build([painting()], [1.0], options(), [np.zeros((150, 200), np.float32)])


def test_rare_marks_are_met_as_often_as_their_area() -> None:
    rare = np.full((300, 400, 3), 0.5, np.float32)
    rare[140:160, 190:210] = (1, 0, 0)
    found = made(rare)
    inside = (abs(found.home[:, 1] - 150) < 10) & (abs(found.home[:, 2] - 200) < 10)
    assert inside.sum() >= 8


def test_saving_and_loading_changes_nothing(tmp_path: Path) -> None:
    found = made(painting(), painting(120, 100, 1))
    save(found, tmp_path / "d.safetensors")
    again = load(tmp_path / "d.safetensors")
    assert again.options == found.options and again.spread == found.spread
    for name in ("places", "keys", "relief", "home"):
        assert np.array_equal(getattr(again, name), getattr(found, name))
    for one, two in zip(found.sheets, again.sheets, strict=True):
        assert np.array_equal(one.pixels, two.pixels) and np.array_equal(one.planes, two.planes)
    save(again, tmp_path / "e.safetensors")
    assert (tmp_path / "d.safetensors").read_bytes() == (tmp_path / "e.safetensors").read_bytes()


def test_another_file_is_no_dictionary(tmp_path: Path) -> None:
    save_file({"a": np.zeros(3)}, tmp_path / "a.safetensors")
    with pytest.raises(TilebrushError, match="not a dictionary"):
        load(tmp_path / "a.safetensors")
