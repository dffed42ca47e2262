"""What of a print's levels is restyled for crops of it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pipeline.config import load as config
from pipeline.engine.outputs import Brief, Place
from pipeline.engine.parts import MARGIN, Parts
from pipeline.planning import levels
from stages import crops
from stages.tiles import Rect

CROPS = [Rect(2500, 1750, 1000, 1000), Rect(300, 200, 1000, 1000)]


def parts(which: list[Rect] = CROPS, **changed: object) -> Parts:
    overrides = {name.replace("_", ".", 1): value for name, value in changed.items()}
    settings = config.load(Path(os.devnull), overrides)
    brief = Brief(settings, levels.make(settings))
    return Parts(brief, which, len(brief.plan.levels) - 1)


def test_windows_take_the_place_of_tiles_where_they_are_less_work() -> None:
    found = parts()
    assert [found.windowed(level) for level in (1, 2, 3)] == [False, False, True]
    assert [found.left_out(level) for level in (1, 2, 3)] == [False, False, True]
    whole = [
        sum(tile.window.pixels for grid in level.grids for tile in grid.tiles)
        * level.iterations / 1e6
        for level in found.brief.plan.levels
    ]  # fmt: skip
    assert found.work(1) == pytest.approx(whole[0])
    assert found.work(2) == pytest.approx(whole[1]) and found.work(3) < 0.3 * whole[2]


def test_what_crops_stand_on_lies_in_the_windows() -> None:
    found = parts()
    size, own = found.brief.plan.size, found.brief.plan.levels[2].size
    needed = [crops.needed(each, size, own, MARGIN) for each in CROPS]
    cores = [tile.core for tile in found.tiles(Place(level=3, sweep=1))]
    assert all(any(each.overlap(core) == each for core in cores) for each in needed)


def test_with_many_iterations_tiles_are_those_of_the_print() -> None:
    found = parts(paint_iterations="40,20,20,0")
    at = Place(level=3, sweep=1)
    assert not found.windowed(3) and found.left_out(3)
    assert set(found.tiles(at)) < set(found.brief.grid(at).tiles)


def test_a_crop_of_all_is_restyled_as_the_print() -> None:
    size = parts().brief.plan.size
    found = parts([Rect(0, 0, size.width, size.height)])
    assert not any(found.windowed(level) or found.left_out(level) for level in (1, 2, 3))
    assert found.tiles(Place(level=3, sweep=1)) == list(found.brief.plan.levels[2].grids[0].tiles)


def test_tiles_of_the_print_where_nothing_is_painted() -> None:
    found = parts(style_matching="moments")
    assert not any(found.windowed(level) for level in (1, 2, 3))
    assert found.left_out(3)
