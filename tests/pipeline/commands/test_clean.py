"""Cleaning: the print stays and what is not the run's own; what nothing mends is said so."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from run_files import cut_off, flipped

from pipeline.cli.app import main
from pipeline.commands.clean import clean
from pipeline.commands.status import status
from pipeline.commands.verify import verify
from pipeline.run.directory import RunDir
from stages.errors import DiskFull, TilebrushError

PRINTS = ("print.tif", "print.jpg")


def moved_away(path: Path) -> None:
    path.rename(path.with_name("moved"))


DAMAGE = pytest.mark.parametrize("damage", [cut_off, flipped, moved_away])


def files(run: Path) -> set[str]:
    return {
        path.relative_to(run).as_posix()
        for path in run.rglob("*")
        if path.is_file() and path.name[0] != "." and path.parts[len(run.parts)] != "report"
    }


def test_the_print_its_records_and_the_log_stay(copied: Path) -> None:
    log = (copied / "run.log").exists()
    assert clean(copied).freed_bytes > 1_000_000
    records = {f"finish/{name}.json" for name in PRINTS}
    assert files(copied) == {*PRINTS, *records, "run.json"} | ({"run.log"} if log else set())
    assert clean(copied).freed_bytes == 0
    assert status(copied).state == "finished" and not verify(copied).problems


def test_files_that_are_not_the_runs_own_stay(copied: Path) -> None:
    own = ["notes.txt", "display/mine.png", "restyle-2/sweep-2/tile-9-9.npy", "prepare/a/b.json"]
    own += ["mine/canvas.npy", "mine/settings.json"]
    for name in own:
        (copied / name).parent.mkdir(parents=True, exist_ok=True)
        (copied / name).write_text("{}")
    clean(copied)
    assert files(copied) >= {*own, *PRINTS}
    assert all((copied / name).read_text() == "{}" for name in own)


@DAMAGE
@pytest.mark.parametrize("name", PRINTS)
def test_a_damaged_print_is_not_cleaned(
    printer: Any, copied: Path, finished: Path, damage: Callable[[Path], None], name: str
) -> None:
    damage(copied / name)
    before = files(copied)
    with pytest.raises(TilebrushError, match=f"{name}.*tilebrush resume") as caught:
        clean(copied)
    assert "\n" not in str(caught.value) and files(copied) == before
    printer.resume(copied)
    assert (copied / name).read_bytes() == (finished / name).read_bytes()
    clean(copied)


@DAMAGE
@pytest.mark.parametrize("name", PRINTS)
def test_what_nothing_mends_any_more_is_said_so(
    printer: Any, copied: Path, damage: Callable[[Path], None], name: str,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    clean(copied)
    damage(copied / name)
    left = {path: path.read_bytes() for path in copied.rglob("*") if path.is_file()}
    found = verify(copied)
    assert [row.file for row in found.problems] == [name]
    assert not found.mendable and "nothing mends" in found.headline
    for resumed in (printer.resume, printer):
        with pytest.raises(TilebrushError, match=f"{name}.*cleaned away.*--force") as caught:
            resumed(copied)
        assert caught.value.exit_code == 1 and "\n" not in str(caught.value)
    with pytest.raises(TilebrushError, match=name):
        clean(copied)
    assert {path: path.read_bytes() for path in left} == left
    assert main(["verify", str(copied)]) == main(["resume", str(copied)]) == 1
    said = capsys.readouterr()
    assert "nothing mends" in said.out and said.err.count("\n") == 1
    # A length is seen at a glance, a bit by who reads it all.
    assert status(copied).state == ("finished" if damage is flipped else "damaged")


@pytest.mark.parametrize("damage", [Path.unlink, cut_off])
@pytest.mark.parametrize("names", [PRINTS[:1], PRINTS])
def test_a_lost_record_is_beyond_mending_too(
    printer: Any, copied: Path, damage: Callable[[Path], None], names: tuple[str, ...]
) -> None:
    clean(copied)
    for name in names:
        damage(copied / "finish" / f"{name}.json")
    assert {row.file for row in verify(copied).problems} == {f"finish/{n}.json" for n in names}
    assert not verify(copied).mendable and status(copied).state == "damaged"
    for call in (printer, printer.resume, clean):
        with pytest.raises(TilebrushError, match=r"finish/print.*cleaned away.*--force"):
            call(copied)


def test_on_a_full_disk_one_can_clean(
    printer: Any, copied: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(RunDir, "write_manifest", lambda *_: (_ for _ in ()).throw(DiskFull("full")))
        assert clean(copied).freed_bytes > 1_000_000
    assert printer.resume(copied).tiles_computed == 0 and not verify(copied).problems
    (copied / "print.tif").unlink()
    assert status(copied).state == "damaged"


def test_cleaning_that_was_killed_is_gone_on_with(
    printer: Any, copied: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        real = RunDir.drop
        patch.setattr(RunDir, "drop", lambda run, paths: (real(run, list(paths)[:7]), 1 / 0))
        with pytest.raises(ZeroDivisionError):
            clean(copied)
    assert printer.resume(copied).tiles_computed == 0  # what was given up is not made again
    assert not verify(copied).problems and status(copied).state == "finished"
    assert clean(copied).freed_bytes > 100_000
    assert set(PRINTS) < files(copied) and not any(name.endswith(".npy") for name in files(copied))


@DAMAGE
def test_it_is_made_anew_only_when_told(
    printer: Any, copied: Path, finished: Path, damage: Callable[[Path], None]
) -> None:
    clean(copied)
    damage(copied / "print.tif")
    with pytest.raises(TilebrushError, match="--force"):
        printer(copied)
    printer(copied, force=True)
    assert all((copied / name).read_bytes() == (finished / name).read_bytes() for name in PRINTS)
    assert status(copied).state == "finished" and not verify(copied).problems


def test_a_print_that_is_put_back_is_whole_again(printer: Any, copied: Path) -> None:
    clean(copied)
    away = (copied / "print.tif").rename(copied.parent / "print.tif")
    assert status(copied).state == "damaged"
    away.rename(copied / "print.tif")
    assert status(copied).state == "finished" and printer.resume(copied).tiles_computed == 0
