"""`tilebrush plan`: what a print will take, told and nothing written."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

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
