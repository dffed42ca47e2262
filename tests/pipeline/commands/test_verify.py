"""Verify: which files, what is wrong with them, and whether anything mends them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipeline.cli.app import main
from pipeline.commands.clean import clean
from pipeline.commands.verify import verify
from pipeline.engine.state import State
from pipeline.run.directory import RunDir


def test_every_recorded_output_is_counted(finished: Path) -> None:
    found = verify(finished)
    assert found.files == len(list(RunDir.open(finished).recorded())) > 20
    assert found.headline == f"{finished}: {found.files} files, all whole"


def test_exit_code_and_advice_before_and_after_cleaning(
    printer: Any, copied: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify", str(copied)]) == 0
    whole = (copied / "print.tif").read_bytes()
    (copied / "print.tif").write_bytes(whole[:-1])
    assert main(["verify", str(copied)]) == 1
    assert "1 of" in (said := capsys.readouterr().out) and "tilebrush resume mends them" in said
    printer.resume(copied)
    assert main(["verify", str(copied)]) == 0
    clean(copied)
    assert main(["verify", str(copied)]) == 0
    (copied / "print.tif").write_bytes(whole[:-1])
    capsys.readouterr()
    assert main(["verify", str(copied)]) == 1
    assert "nothing mends them" in (said := capsys.readouterr().out) and "resume" not in said


def test_a_record_that_is_gone_or_damaged_after_cleaning_is_told(copied: Path) -> None:
    clean(copied)
    record = copied / "finish" / "print.tif.json"
    whole = record.read_bytes()
    record.write_bytes(whole[:-10])
    assert [row.file for row in verify(copied).problems] == ["finish/print.tif.json"]
    record.unlink()
    assert [row.file for row in verify(copied).problems] == ["finish/print.tif.json"]


def test_it_reads_only(copied: Path) -> None:
    (copied / "print.jpg").unlink()
    before = {path: path.stat().st_mtime_ns for path in copied.rglob("*")}
    verify(copied)
    assert {path: path.stat().st_mtime_ns for path in copied.rglob("*")} == before


def test_unfinished_runs_lack_nothing(copied: Path) -> None:
    run = RunDir.open(copied)
    run.drop(path for path in run.recorded() if path.name != "photo.npy")
    assert not State(run).finished() and not verify(copied).problems
