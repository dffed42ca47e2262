"""The table of outputs: what a run consists of, and what it costs."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pipeline.config import load as config
from pipeline.engine import table
from pipeline.engine.outputs import Brief, Place, Scope
from pipeline.planning import levels


def brief(**changed: object) -> Brief:
    overrides = {name.replace("_", ".", 1): value for name, value in changed.items()}
    settings = config.load(Path(os.devnull), overrides)
    return Brief(settings, levels.make(settings))


def work(**changed: object) -> float:
    return sum(table.level_work(brief(**changed)))


def disk(px: int = 0, **changed: object) -> int:
    return table.disk_bytes(brief(**changed), px)


def test_names_and_files_are_of_one_output_each() -> None:
    assert len({output.name for output in table.TABLE}) == len(table.TABLE)
    made = brief()
    files = [output.file(at, made) for output, places in table.walk(made) for at in places]
    assert len(set(files)) == len(files)


def test_stages_are_in_order_and_know_whether_they_have_levels() -> None:
    assert table.stages() == {
        "prepare": False, "palette": False, "display": False, "upsample": True, "paint": True,
        "restyle": True, "blend": True, "colour": False, "finish": False,
    }  # fmt: skip


def test_outputs_come_after_what_they_are_made_from(printer) -> None:
    settings = printer.resolved()
    own = Brief(settings, levels.make(settings))
    seen = set()
    for output, places in table.walk(own):
        for place in places:
            for ref in output.inputs(own, place):
                assert (ref.name, ref.place) in seen
        seen |= {(output.name, place) for place in places}
    of_others = {"style", "budget", "colour mask", "recoloured style", "coloured canvas"}
    of_others |= {"PNG", "archive", "soft proof", "mask", "style mask", "zones"}
    assert {name for name, _ in seen} == {output.name for output in table.TABLE} - of_others


def test_every_place_of_a_tile_is_in_the_grid_it_names() -> None:
    own = brief(levels_sweeps="2")
    for output, places in table.walk(own):
        if output.scope is Scope.TILE:
            tiles = [own.tile(place) for place in places]
            assert tiles == list(own.grid(places[0]).tiles)


def test_work_counts_every_iteration_of_every_window() -> None:
    planned = brief().plan
    least = sum(scale.size.pixels * scale.iterations for scale in planned.display)
    for level in planned.levels:
        least += sum(level.window.pixels * len(grid.tiles) for grid in level.grids) * (
            level.iterations
        )
    least += sum(level.size.pixels for level in planned.levels)  # painted once
    assert least / 1e6 < work() < 1.6 * least / 1e6
    assert work(paint_iterations="80") > 1.5 * work()
    assert work(encoder_name="vgg19") > work()  # a wider halo


def test_disk_grows_with_the_print() -> None:
    small, large = disk(print_size="3000x2250"), disk()
    assert 2.5 * small < large < 5 * small
    assert disk(1_000_000) - large == pytest.approx(12_900_000, abs=2)
    # At least the canvases of the last level: enlarged, photo, painted.
    assert large > 3 * 12 * 27_000_000


def test_a_finished_run_takes_no_more_disk_than_planned(finished: Path, printer) -> None:
    settings = printer.resolved()
    planned = table.disk_bytes(Brief(settings, levels.make(settings)), 30_000)
    taken = sum(path.stat().st_size for path in finished.rglob("*.npy"))
    taken += sum(path.stat().st_size for path in finished.glob("print.*"))
    # Places of a dictionary are bounded at 20 MB a level, which tiny paintings do not fill.
    taken += sum(path.stat().st_size for path in (finished / "report/pictures").rglob("*.jpg"))
    assert 0.5 * (planned - 2 * 20_000_000) < taken < 1.1 * planned


@pytest.mark.parametrize(
    ("matching", "made", "not_made"),
    [
        ("moments", {"tile", "level canvas"}, {"dictionary", "painted canvas"}),
        ("places", {"dictionary", "painted canvas"}, {"tile", "moments", "level canvas"}),
        ("both", {"dictionary", "painted canvas", "tile", "level canvas"}, set()),
    ],
)
def test_a_way_of_matching_has_its_outputs(matching: str, made: set, not_made: set) -> None:
    own = brief(style_matching=matching)
    names = {output.name for output, _ in table.walk(own)}
    assert made <= names and not names & not_made
    assert own.result(1) in names and own.start() in names
    assert work(style_matching="places") < work() < 0.5 * work(style_matching="moments")


def test_a_division_holds_from_its_tile_on() -> None:
    from dataclasses import replace

    from pipeline.engine.outputs import Division

    own = replace(brief(), divisions=(Division(2, 1, 1, 0, 2), Division(3, 1, 0, 4, 4)))
    assert own.parts(Place(level=2, sweep=1, row=0, col=9)) == 1
    assert own.parts(Place(level=2, sweep=1, row=1, col=0)) == 2
    assert own.parts(Place(level=3, sweep=1, row=0, col=3)) == 2
    assert own.parts(Place(level=4, sweep=1, row=0, col=0)) == 4
