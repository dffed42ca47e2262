"""How far a run is, told from its files alone."""

from __future__ import annotations

import shutil
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from run_files import Files

from pipeline.commands import status as state
from pipeline.commands.clean import clean
from pipeline.commands.print import _keep_habits
from pipeline.commands.results import StatusResult
from pipeline.config import load as config
from pipeline.config.schema import Settings
from pipeline.host.energy import Used
from pipeline.run import usage as spent
from pipeline.run.directory import RunDir


def of(folder: Path) -> StatusResult:
    return state.of(RunDir.open(folder))


def without(folder: Path, *names: str) -> None:
    for name in names:
        for path in (folder / name, folder / "finish" / f"{name}.json"):
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)


def test_a_finished_run(finished: Path) -> None:
    found = of(finished)
    assert (found.state, found.finished, found.done_share) == ("finished", True, 1.0)
    assert found.left_seconds == 0 < found.worked_seconds
    assert found.size == "240x180"
    assert [level.level for level in found.levels] == [0, 1, 2]
    assert all(level.done_share == 1 for level in found.levels)
    assert found.levels[2].sweep == "2/2"
    done, tiles = found.levels[2].tiles.split("/")
    assert done == tiles and int(tiles) > 1


def test_a_run_that_is_not_begun(copied: Path) -> None:
    names = [path.name for path in copied.iterdir() if path.name != "run.json"]
    without(copied, *names)
    found = of(copied)
    assert (found.state, found.done_share, found.left_seconds) == ("stopped", 0.0, 0.0)
    assert found.levels[0].tiles == "0/1"


def test_the_share_grows_with_the_work(copied: Path) -> None:
    without(copied, "print.tif", "print.jpg")
    shares = [of(copied).done_share]
    (copied / "restyle-2" / "canvas.npy.json").unlink()
    for tile in sorted((copied / "restyle-2" / "sweep-2").glob("tile-*.json")):
        tile.unlink()
        shares.append(of(copied).done_share)
    assert of(copied).levels[2].sweep == "2/2"
    assert of(copied).levels[2].tiles.startswith("0/")
    for name in ("restyle-2", "restyle-1", "display"):
        without(copied, name)
        shares.append(of(copied).done_share)
    assert shares == sorted(shares, reverse=True)
    assert 0.95 < shares[0] < 1.0 and shares[-1] < 0.2
    assert len(set(shares)) >= len(shares) - 1


def test_the_time_left_follows_from_the_time_worked(copied: Path) -> None:
    without(copied, "print.tif", "print.jpg", "restyle-2")
    found = of(copied)
    assert 0 < found.done_share < 1
    wanted = found.worked_seconds * (1 - found.done_share) / found.done_share
    # What is shown is rounded: worked seconds to a tenth, the share to a ten-thousandth.
    slack = 0.1 * (1 - found.done_share) / found.done_share + 0.1
    assert abs(found.left_seconds - wanted) < 0.02 * wanted + slack


def test_a_run_at_work(copied: Path) -> None:
    without(copied, "print.tif")
    with RunDir.open(copied).locked():
        assert of(copied).state == "working"
    assert of(copied).state == "stopped"


def test_a_run_in_its_hours(copied: Path) -> None:
    without(copied, "print.tif")
    run = RunDir.open(copied)
    now = datetime.now()
    for begin, waits in ((-1, False), (2, True)):  # hours from now
        start, end = (f"{now + timedelta(hours=h):%H:%M}" for h in (begin, begin + 3))
        with run.locked():
            _keep_habits(run, with_hours(run, f"{start}-{end}"))
            found = of(copied)
            assert bool(found.waiting_until) is waits
            assert found.waiting_until.endswith(start) is waits
        assert of(copied).waiting_until == ""  # nobody waits


def with_hours(run: RunDir, hours: str) -> Settings:
    given = config.from_record(run.manifest().asked)
    return config.override(given, {"run.only_between": hours})


def test_time_and_energy_of_dropped_tiles_count(copied: Path) -> None:
    run = RunDir.open(copied)
    record = run.record(Files(run).sweep_canvas(2, 1))
    assert record is not None
    dropped = record.extra["dropped"]["seconds"]
    tiles = [run.record(path) for path in Files(run).tile(2, 2, 0, 0).parent.glob("tile-*.npy")]
    last = sum(tile.seconds for tile in tiles if tile is not None)
    assert 0.2 * last < dropped < 5 * last
    before = of(copied)
    used = Used(7200.0, 100.0, "battery's discharge")
    run.commit(
        Files(run).sweep_canvas(1, 1),
        lambda out: out.write_text("x"),
        {"key": "k", "seconds": 100} | spent.noted(used) | {"dropped": "nonsense"},
    )
    after = of(copied)
    assert after.worked_seconds > before.worked_seconds + 90
    assert before.energy_from.startswith("30 W assumed")
    assert after.energy_from == "72 W measured by the battery's discharge"
    assert after.energy_kwh == pytest.approx(0.002, rel=0.2)


def test_looking_changes_nothing(finished: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in finished.rglob("*")}
    of(finished)
    assert {path: path.stat().st_mtime_ns for path in finished.rglob("*")} == before


def test_a_cleaned_run_is_finished(copied: Path) -> None:
    clean(copied)
    found = of(copied)
    assert found.finished and found.done_share == 1.0
