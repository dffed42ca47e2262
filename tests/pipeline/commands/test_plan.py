"""`tilebrush plan`: what a print will take, told and nothing written."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from pipeline.cli.app import main
from pipeline.commands.plan import plan_for, summary
from pipeline.config import load as config
from pipeline.console.console import Console
from pipeline.engine import table
from pipeline.engine.outputs import Brief
from pipeline.planning import levels
from pipeline.planning.estimate import Pace
from stages.errors import TilebrushError


def brief(**changed: object) -> Brief:
    overrides = {name.replace("_", ".", 1): value for name, value in changed.items()}
    settings = config.load(Path(os.devnull), overrides)
    return Brief(settings, levels.make(settings))


def test_the_ready_date_counts_the_hours_in_which_nothing_is_done() -> None:
    asked = brief(run_only_between="00:00-00:01")
    work = sum(table.level_work(asked))
    found = summary(asked, Pace(3600 / work, 3600 / work), 0)
    assert found.total_seconds == pytest.approx(3600, rel=0.01)
    assert " d " in found.ready.split(", in ")[1]  # an hour of work, a minute a day


def test_a_summary_adds_up() -> None:
    asked = brief()
    planned = asked.plan
    found = summary(asked, Pace(1.0, 1.0), 1_000_000)
    assert [row.level for row in found.levels] == [0, 1, 2, 3, 4]
    assert found.total_seconds == pytest.approx(sum(row.seconds for row in found.levels), abs=1)
    assert found.least_seconds < found.total_seconds < found.most_seconds
    assert found.disk_bytes == table.disk_bytes(asked, 1_000_000)
    assert found.levels[-1].size == found.size == "6000x4500"
    assert found.levels[-1].tiles == len(planned.levels[-1].grids[0].tiles)


@pytest.mark.parametrize("probe", [True, False])
def test_planning_writes_nothing(
    printer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, probe: bool
) -> None:
    monkeypatch.chdir(tmp_path)
    found = plan_for(
        printer.photo, [printer.style], printer.resolved(), Console(quiet=True), probe=probe
    )
    assert list(tmp_path.iterdir()) == []
    assert found.size == "240x180" and found.precision == "float32"
    assert bool(found.total_seconds) is probe


def test_planning_refuses_what_printing_would(printer, tmp_path: Path) -> None:
    console = Console(quiet=True)
    for photo, changed in (
        (tmp_path / "none.png", {}),
        (printer.photo, {"run_memory": "100MB"}),
        (printer.photo, {"style_weights": "1,2,3"}),
    ):
        with pytest.raises(TilebrushError) as planned:
            plan_for(photo, [printer.style], printer.resolved(**changed), console)
        with pytest.raises(type(planned.value)):
            printer(tmp_path / "run", photo, **changed)


def test_a_picture_of_the_crop_is_written_and_the_sheet_told(
    printer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = [f"{key}={value}" for key, value in printer.settings.items() if key != "print.size"]
    options = [part for each in kept for part in ("--set", each)]
    paper = ["--paper", "30x30mm", "--crop", "left", "--bleed", "1mm", "--border", "2mm"]
    out = tmp_path / "crop.png"
    given = ["plan", str(printer.photo), str(printer.style), "--no-probe", "--json", *options]
    assert main([*given, "--dpi", "254", *paper, "--picture", str(out)]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["size"] == "260x260"
    assert found["sheet"] == "3.2x3.2 cm at 254 dpi, 320x320 px, trimmed to 3.0x3.0 cm"
    assert found["cropped_share"] == 0.25
    assert out.read_bytes().startswith(b"\x89PNG")
    for wrong in (tmp_path / "crop.tif", printer.photo, tmp_path / "none" / "crop.png"):
        assert main([*given, "--picture", str(wrong)]) == 2
    assert "--picture" in capsys.readouterr().err
