"""Settings made exact: a time to be ready at becomes a budget."""

from __future__ import annotations

import json
import os
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.cli.app import main
from pipeline.config import load as config
from pipeline.config.schema.running import RunSettings
from pipeline.planning.resolve import with_deadline
from pipeline.planning.sheets import print_box
from stages import canvas
from stages.errors import UsageError
from stages.tiles import Size

EVENING = datetime(2026, 11, 24, 21, 0)


def resolved(**changed: str) -> RunSettings:
    overrides = {f"run.{name}": value for name, value in changed.items()}
    return with_deadline(config.load(Path(os.devnull), overrides), EVENING).run


def test_a_time_becomes_a_budget() -> None:
    found = resolved(until="07:30")
    assert (found.until, config.parse_duration(found.budget)) == ("2026-11-25 07:30", 37_800)
    found = resolved(until="2026-12-24 21:00")
    assert config.parse_duration(found.budget) == 30 * 86_400


def test_only_the_hours_of_work_count() -> None:
    found = resolved(until="07:30", only_between="22:00-07:00")
    assert config.parse_duration(found.budget) == 9 * 3600


def test_without_a_time_nothing_changes() -> None:
    assert resolved(budget="2h").budget == "2h"
    assert resolved().budget == ""


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"until": "07:30", "budget": "2h"}, "both"),
        ({"until": "2026-11-24 20:59"}, "future"),
        ({"until": "21:30", "only_between": "22:00-07:00"}, "leaves no time"),
    ],
)
def test_what_cannot_be_is_a_usage_error(changed: dict[str, str], told: str) -> None:
    with pytest.raises(UsageError, match=told) as caught:
        resolved(**changed)
    assert "\n" not in str(caught.value)


UPRIGHT, LANDSCAPE, SQUARE = Size(300, 400), Size(400, 300), Size(300, 300)


@pytest.mark.parametrize(
    ("photo", "paper", "box"),
    [
        (UPRIGHT, "40x30cm", Size(3000, 4000)),
        (UPRIGHT, "30x40cm", Size(3000, 4000)),
        (LANDSCAPE, "30x40cm", Size(4000, 3000)),
        (LANDSCAPE, "40x30cm", Size(4000, 3000)),
        (SQUARE, "30x40cm", Size(3000, 4000)),
        (UPRIGHT, "30x30cm", Size(3000, 3000)),
        (UPRIGHT, "", Size(600, 450)),
    ],
)
@pytest.mark.parametrize("fit", ["cover", "contain"])
def test_paper_is_turned_as_the_photo_is(photo: Size, paper: str, box: Size, fit: str) -> None:
    asked = {"print.paper": paper, "print.dpi": "254", "print.size": "600x450", "print.fit": fit}
    said: list[str] = []
    assert print_box(config.load(Path(os.devnull), asked), photo, said.append) == box
    turned = (photo, paper) in ((UPRIGHT, "40x30cm"), (LANDSCAPE, "30x40cm"))
    assert len(said) == turned
    assert not turned or (paper in said[0] and str(box) in said[0])


def test_a_portrait_is_planned_on_upright_paper_and_that_is_said(
    printer: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tall = tmp_path / "tall.png"
    canvas.preview(np.random.default_rng(0).random((160, 120, 3), np.float32), tall)
    paper = ["--paper", "4x3cm", "--dpi", "254", "--fit", "cover", "--no-probe", "--json"]
    kept = [f"{key}={value}" for key, value in printer.settings.items() if key != "print.size"]
    options = [part for each in kept for part in ("--set", each)]
    assert main(["plan", str(tall), str(printer.style), *paper, *options]) == 0
    said = capsys.readouterr()
    assert json.loads(said.out)["size"] == "300x400"
    assert said.err.count("turned to 300x400 px") == 1
