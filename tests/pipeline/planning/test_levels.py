"""The plan: sizes, grids, iterations and the work they are, from settings alone."""

from __future__ import annotations

import os
from itertools import pairwise
from pathlib import Path

from pipeline.config import load as config
from pipeline.config.schema import Settings
from pipeline.planning import levels
from pipeline.planning.levels import Plan
from stages.tiles import Size


def settings(**changed: object) -> Settings:
    overrides = {name.replace("_", ".", 1): value for name, value in changed.items()}
    return config.load(Path(os.devnull), overrides)


def made(**changed: object) -> Plan:
    return levels.make(settings(**changed))


def test_the_default_print() -> None:
    planned = made()
    assert planned.size == Size(6000, 4500)
    assert [scale.size for scale in planned.display][-1] == Size(533, 400)
    sizes = [planned.display[-1].size, *(level.size for level in planned.levels)]
    assert sizes[-1] == Size(6000, 4500) and len(sizes) == 5
    ratios = [b.width / a.width for a, b in pairwise(sizes)]
    assert max(ratios) <= 2.0 and max(ratios) - min(ratios) < 0.02
    assert [level.level for level in planned.levels] == [1, 2, 3, 4]
    assert planned.alignment == 16


def test_halos_hold_the_encoders_reach() -> None:
    assert made().halo == 64
    assert made(encoder_name="vgg19").halo == 80
    assert made(tiles_halo=96).halo == 96


def test_a_file_of_ones_own_is_planned_too(tiny_encoder: Path) -> None:
    assert made(encoder_name=str(tiny_encoder)).halo == 48


def test_lists_begin_at_the_first_level_and_their_last_number_repeats() -> None:
    planned = made(style_matching="moments", levels_iterations="50,20", levels_sweeps="3,1")
    assert [level.iterations for level in planned.levels] == [50, 20, 20, 20]
    assert [level.sweeps for level in planned.levels] == [3, 1, 1, 1]
    assert [len(level.grids) for level in planned.levels] == [3, 1, 1, 1]


def test_the_content_weight_falls_from_level_to_level() -> None:
    planned = made(style_content_weight=2.0, levels_content_falloff=0.5)
    assert [level.content_weight for level in planned.levels] == [1.0, 0.5, 0.25, 0.125]


def test_no_border_lies_where_the_last_sweep_had_it() -> None:
    for level in made(levels_sweeps="3").levels:
        cuts = [
            {tile.core.right for tile in grid.tiles} - {level.size.width} for grid in level.grids
        ]
        for before, after in pairwise(cuts):
            assert not before or not before & after


def test_windows_have_one_shape_and_are_the_largest_thing_seen() -> None:
    planned = made()
    for level in planned.levels:
        shapes = {(t.window.width, t.window.height) for grid in level.grids for t in grid.tiles}
        assert len(shapes) == 1
        assert shapes == {(level.window.width, level.window.height)}
        assert planned.largest_window.pixels >= level.window.pixels
    assert planned.largest_window.pixels >= planned.display[-1].size.pixels


def test_the_same_settings_give_the_same_plan() -> None:
    assert made(tiles_core=256) == made(tiles_core=256) != made(tiles_core=512)


def test_a_print_no_larger_than_the_display_has_no_levels() -> None:
    planned = made(print_size="400x300")
    assert planned.levels == ()
    assert planned.display[-1].size == planned.size == Size(400, 300)
    assert planned.largest_window == planned.size


def test_a_canvas_no_larger_than_a_window_is_one_tile() -> None:
    first, second = made(print_fit="cover").levels[:2]
    window = settings().tiles.core + 2 * (settings().tiles.overlap + 64)
    assert first.size.width > window and first.size.pixels <= window**2
    assert len(first.grids[0].tiles) == 1 and len(second.grids[0].tiles) > 1
