"""Tests of stages.canvas.places.dictionary."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from painting import made, painting
from safetensors.numpy import save_file

from stages.canvas.places.dictionary import load, save
from stages.errors import TilebrushError


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
