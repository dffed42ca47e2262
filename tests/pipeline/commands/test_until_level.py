"""`print --until-level N`: stop to look, then go on in the same run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.cli.app import main
from pipeline.commands.print import resume
from pipeline.commands.status import status
from pipeline.commands.verify import verify
from pipeline.console.console import Console

PRINTS = ("print.tif", "print.jpg")


def made(run: Path, name: str) -> bool:
    return (run / name).is_file()


def test_it_stops_after_each_level_and_ends_as_a_print_made_in_one_go(
    printer: Any, finished: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run"
    command = ["print", str(printer.photo), str(printer.style), "--run", str(run), "--json", "-q"]
    command += printer.options()
    for level in (0, 1, 2):
        assert main([*command, "--until-level", str(level)]) == 0
        assert json.loads(capsys.readouterr().out)["stopped_after"] == f"level {level} of 2"
        assert made(run, "display/canvas.npy") and not made(run, "print.tif")
        assert made(run, "restyle-1/canvas.npy") is (level >= 1)
        assert made(run, "restyle-2/canvas.npy") is (level >= 2)
        assert made(run, f"upsample-{level + 1}/canvas.npy") is False
        found = status(run)
        assert (found.state, found.stopped_after) == ("stopped", f"level {level} of 2")
        assert not verify(run).problems
    assert main(command) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["stopped_after"] == "" and found["tiff"]
    assert status(run).state == "finished" and status(run).stopped_after == ""
    for name in PRINTS:
        assert (run / name).read_bytes() == (finished / name).read_bytes()


def test_resume_may_stop_too_and_goes_on(printer: Any, finished: Path, tmp_path: Path) -> None:
    from pipeline.commands.print import print_run

    given = (printer.photo, [printer.style], tmp_path / "run", printer.resolved())
    result = print_run(*given, Console(quiet=True), until=0)
    assert "stopped after level 0 of 2" in result.headline
    assert resume(tmp_path / "run", Console(quiet=True), until=1).stopped_after == "level 1 of 2"
    printer.resume(tmp_path / "run")
    for name in PRINTS:
        assert (tmp_path / "run" / name).read_bytes() == (finished / name).read_bytes()


def test_of_a_finished_print_nothing_is_changed(copied: Path) -> None:
    before = {name: (copied / name).read_bytes() for name in PRINTS}
    result = resume(copied, Console(quiet=True), until=1)
    assert result.stopped_after == "" and result.tiff
    assert {name: (copied / name).read_bytes() for name in PRINTS} == before


def test_a_level_that_there_is_not_is_refused_and_no_run_is_left(
    printer: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run"
    command = ["print", str(printer.photo), str(printer.style), "--run", str(run)]
    for level, told in (("3", "levels 0 (the display) to 2"), ("-1", "greater than or equal to 0")):
        assert main([*command, *printer.options(), "--until-level", level]) == 2
        assert told in capsys.readouterr().err
    assert not run.exists()


def test_a_run_stopped_anywhere_else_stands_after_no_level(copied: Path) -> None:
    (copied / "print.tif").unlink()
    (copied / "finish/print.tif.json").unlink()
    (copied / "restyle-2/canvas.npy.json").unlink()
    found = status(copied)
    assert (found.state, found.stopped_after) == ("stopped", "")
