"""The plan: sizes, grids, iterations and the work they are, from settings alone."""

from __future__ import annotations

import os
from itertools import pairwise
from pathlib import Path

import pytest

from pipeline.config import load as config
from pipeline.config.schema import Settings
from pipeline.planning import levels as plan
from pipeline.planning.levels import Plan
from stages.tiles import Size


def settings(**changed: object) -> Settings:
    overrides = {name.replace("_", ".", 1): value for name, value in changed.items()}
    return config.load(Path(os.devnull), overrides)


def made(**changed: object) -> Plan:
    return plan.make(settings(**changed))


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
    planned = made(levels_iterations="50,20", levels_sweeps="3,1")
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


def test_work_counts_every_iteration_of_every_window() -> None:
    planned = made()
    least = sum(scale.size.pixels * scale.iterations for scale in planned.display)
    for level in planned.levels:
        least += sum(level.window.pixels * len(grid.tiles) for grid in level.grids) * (
            level.iterations
        )
    assert least / 1e6 < planned.work < 1.2 * least / 1e6
    assert made(levels_iterations="300").work > 1.5 * planned.work
    assert made(encoder_name="vgg19").work > planned.work  # a wider halo


def test_disk_grows_with_the_print() -> None:
    small, large = made(print_size="3000x2250"), made()
    assert 3 * small.disk_bytes(0) < large.disk_bytes(0) < 5 * small.disk_bytes(0)
    assert large.disk_bytes(1_000_000) - large.disk_bytes(0) == 12_000_000
    # At least the canvases of the last level: enlarged, photo, restyled, and its tiles.
    assert large.disk_bytes(0) > 4 * 12 * 27_000_000


def test_a_finished_run_takes_no_more_disk_than_planned(finished: Path, printer) -> None:
    planned = plan.make(printer.resolved())
    taken = sum(path.stat().st_size for path in finished.rglob("*.npy"))
    taken += sum(path.stat().st_size for path in finished.glob("print.*"))
    assert 0.5 * planned.disk_bytes(30_000) < taken < 1.1 * planned.disk_bytes(30_000)


# ---- budgets


def seconds(of: Settings) -> float:
    return plan.make(of).work


def test_a_budget_is_filled_but_not_overrun() -> None:
    whole = seconds(settings())
    for share in (0.4, 0.7, 1.5):
        fitted = plan.fit_budget(settings(), share * whole, seconds)
        assert 0.8 * share * whole < seconds(fitted) <= share * whole
        assert fitted.display == settings().display and fitted.print == settings().print


def test_a_tiny_budget_gives_the_least_and_a_huge_one_the_most() -> None:
    least = plan.fit_budget(settings(), 1e-6, seconds)
    assert least.levels.iterations == (2, 2, 2, 2)
    most = plan.fit_budget(settings(), 1e12, seconds)
    for found, own in zip(most.levels.iterations, settings().levels.iterations, strict=True):
        assert found == pytest.approx(4 * own, rel=0.01)


def test_no_budget_changes_nothing() -> None:
    assert plan.fit_budget(settings(), 0, seconds) == settings()


def test_scaled_iterations_are_at_least_two() -> None:
    assert plan.scaled(settings(levels_iterations="100,9"), 0.1).levels.iterations == (10, 2)


def test_a_canvas_no_larger_than_a_window_is_one_tile() -> None:
    first, second = made(print_fit="cover").levels[:2]
    window = settings().tiles.core + 2 * (settings().tiles.overlap + 64)
    assert first.size.width > window and first.size.pixels <= window**2
    assert len(first.grids[0].tiles) == 1 and len(second.grids[0].tiles) > 1
