"""What the page shows is what the run's records say."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import pytest
from run_files import Files

from pipeline.cli.app import main
from pipeline.commands import status
from pipeline.engine.state import State
from pipeline.report import gathering
from pipeline.report.facts import Facts, Now
from pipeline.run.directory import RunDir


def facts(run: Path) -> Facts:
    return gathering.facts(State(RunDir.open(run)), "finished", Now(), 0, 0)


def test_every_level_with_its_sweeps_and_tiles(finished: Path) -> None:
    found, run = facts(finished), RunDir.open(finished)
    assert [level.name for level in found.levels] == ["Display", "Level 1", "Print"]
    assert [len(level.sweeps) for level in found.levels] == [0, 2, 2]
    for level in found.levels:
        assert level.done_share == 1 and level.seconds > 0
        assert sum(each.share for each in found.levels) == pytest.approx(1)
        for sweep in level.sweeps:
            # The cores are the canvas, and tiles of every sweep are known, dropped ones too.
            area = sum(tile.width * tile.height for tile in sweep.tiles)
            assert area == level.width * level.height
            for tile in sweep.tiles:
                assert tile.seconds is not None and tile.seconds > 0
                assert tile.first is not None and tile.last is not None
                assert tile.curve[0] == pytest.approx(tile.first)
    record = run.record(Files(run).tile(2, 2, 0, 1))
    assert record is not None
    tile = found.levels[2].sweeps[1].tiles[1]
    assert (tile.row, tile.col, tile.seconds) == (0, 1, record.seconds)
    assert tile.last == record.extra["losses"]["last"]
    assert not Files(run).tile(2, 1, 0, 1).exists()


def test_curves_are_means_over_tiles_and_one_for_each_scale(finished: Path) -> None:
    found = facts(finished)
    # The display has one scale, and its paint is joined.
    assert [len(level.curves) for level in found.levels] == [2, 2, 2]
    assert all(len(level.curves) <= len(level.steps) for level in found.levels)
    for level in found.levels[1:]:
        for curve, sweep in zip(level.curves, level.sweeps, strict=True):
            firsts = [tile.curve[0] for tile in sweep.tiles]
            assert curve[0] == pytest.approx(sum(firsts) / len(firsts), rel=1e-3)


def test_pictures_are_those_that_are_made(copied: Path) -> None:
    found = facts(copied)
    names = [picture.id for picture in found.pictures]
    assert names == ["photo", "style-1", "level-0", "level-1", "level-2"]
    assert (found.pictures[-1].width, found.pictures[-1].height) == (found.width, found.height)
    Files(copied).restyled(2).unlink()
    assert [picture.id for picture in facts(copied).pictures] == names[:-1]


def test_time_and_energy_are_those_of_status(finished: Path) -> None:
    found, told = facts(finished), status.status(finished)
    assert found.worked_seconds == told.worked_seconds
    assert (found.kwh, found.cost, found.energy_from) == (
        *(told.energy_kwh, told.cost),
        told.energy_from,
    )
    assert sum(level.seconds for level in found.levels) == pytest.approx(
        found.worked_seconds, abs=0.5
    )


def test_settings_say_which_differ_from_the_default(finished: Path) -> None:
    settings = {each.key: each for each in facts(finished).settings}
    assert settings["tiles.core"].changed and settings["tiles.core"].value == "64"
    assert settings["tiles.core"].default == "704"
    assert not settings["style.palette"].changed


def test_the_commands_run(copied: Path, tmp_path: Path, capfd: Any) -> None:
    """Word for word, with a tile of it and another folder, in a folder with a space."""
    spaced = copied.rename(tmp_path / "my run")
    for level in facts(spaced).levels:
        words = shlex.split(level.again)
        assert words[0] == "tilebrush"
        more = ["--tile", "0,1"] if level.level else []
        assert main([*words[1:], *more, "--into", str(tmp_path / f"out{level.level}")]) == 0
        assert (tmp_path / f"out{level.level}" / "after.png").is_file()


def test_a_run_in_the_middle_tells_what_is_there(copied: Path) -> None:
    run, own = RunDir.open(copied), Files(copied)
    run.drop([own.restyled(2), own.print_tiff(), own.print_jpeg(), own.tile(2, 2, 0, 0)])
    found = facts(copied)
    last = found.levels[2]
    assert 0 < last.done_share < 1
    assert last.sweeps[1].tiles[0].seconds is None and last.sweeps[1].tiles[1].seconds
    assert found.files == () and last.foreseen_seconds
