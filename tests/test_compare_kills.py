"""A comparison that is killed again and again tells the same, but for times."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline.commands.verify import verify
from pipeline.run.comparison import ComparisonDir

ROOT = Path(__file__).parents[1]
LONGEST = 300.0  # seconds until a process that does nothing is given up
RECIPES = {
    "plain": "",
    "large": "[style]\nscale = 2.0",
    "averaged": '[style]\nmatching = "moments"',
    "own-colours": "[style]\npalette = 0.0",
}
KILLS = 5

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.name != "posix", reason="signals are those of POSIX"),
]


@pytest.fixture
def command(
    printer: Any, encoder_file: Callable[..., Path], photo: Path, style: Path, tmp_path: Path
) -> list[str]:
    """Four recipes with two encoders for two styles: 16 pictures."""
    for name, text in RECIPES.items():
        (tmp_path / f"{name}.toml").write_text(f'[about]\ntitle = "{name}"\n{text}\n')
    encoders = [encoder_file(tmp_path / f"tiny-{seed}.safetensors", seed) for seed in (0, 1)]
    settings = printer.settings | {"display.size": "64x48", "encoder.name": "bundled"}
    options = [part for k, v in settings.items() for part in ("--set", f"{k}={v}")]
    return [
        *("compare", str(photo), str(style), str(photo)),  # a photo can be a style
        *("--recipes", ",".join(str(tmp_path / f"{name}.toml") for name in RECIPES)),
        *("--encoders", ",".join(map(str, encoders))),
        *("--quiet", *options),
    ]


def started(arguments: list[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "pipeline", *arguments],
        cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    )  # fmt: skip


def records(run: Path) -> int:
    return sum(1 for _ in run.glob("cells/**/*.json"))


def table(run: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads((run / "table.json").read_text())["rows"]
    for row in rows:
        for name in ("seconds", "peak_memory_bytes", "energy_kwh", "cost"):
            assert row.pop(name) > 0
    return rows


def test_killed_five_times_it_tells_the_same(command: list[str], tmp_path: Path) -> None:
    calm, run, dice, kills = tmp_path / "calm", tmp_path / "run", random.Random(0), 0
    assert started([*command, "--run", str(calm)]).wait(LONGEST) == 0
    while kills < KILLS:
        process = started([*command, "--run", str(run)])
        until, began = records(run) + dice.randint(1, 5), time.monotonic()
        while records(run) < until and process.poll() is None:
            assert time.monotonic() - began < LONGEST
            time.sleep(0.005)
        time.sleep(dice.uniform(0, 0.05))
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL  # not at its end already
        kills += 1
        if ComparisonDir.exists(run):
            assert verify(run).problems == ()
    assert started(["resume", str(run), "--quiet"]).wait(LONGEST) == 0
    assert len(table(run)) == 16
    assert table(run) == table(calm)
    for cell in ComparisonDir.open(calm).manifest().cells:
        assert (run / cell.picture).read_bytes() == (calm / cell.picture).read_bytes()
    assert not any(".part-" in path.name for path in run.rglob("*"))
