"""A process at work: it waits for its hours, wakes up, stops at once, and counts energy."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipeline.commands.print import print_run, resume
from pipeline.commands.verify import verify
from pipeline.config import load as config
from pipeline.console.console import Console
from pipeline.engine import session
from pipeline.engine.session import Session
from pipeline.host import hours
from pipeline.host.energy import Meter
from pipeline.host.hours import Gate
from pipeline.run import atomic
from pipeline.run.directory import RunDir
from stages.errors import DiskFull

ROOT = Path(__file__).parents[3]


class Sleeper:
    """A clock that runs only while one sleeps."""

    def __init__(self, now: datetime) -> None:
        self.now, self.slept = now, 0.0

    def clock(self) -> datetime:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept += seconds
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def sleeper(monkeypatch: pytest.MonkeyPatch) -> Sleeper:
    """Noon of a day whose hours pass without anybody waiting."""
    noon = Sleeper(datetime(2026, 11, 24, 12, 0))
    monkeypatch.setattr(session, "Gate", lambda window: Gate(window, noon.clock, noon.sleep))
    return noon


def test_it_waits_says_so_and_leaves_the_time_out(sleeper: Sleeper, tmp_path: Path) -> None:
    zone = tmp_path / "powercap" / "intel-rapl:0"
    zone.mkdir(parents=True)
    (zone / "energy_uj").write_text("0")
    said: list[str] = []
    clock = iter([0.0, 40_000.0, 40_010.0, 40_020.0])
    meter = Meter(tmp_path, lambda: next(clock))
    here = Session(hours.parse_window("22:00-07:00"), said.append, meter)
    console = Console(stream=io.StringIO())
    with console.progress(10, "print", on_clock=here.gate.clock_seconds) as bar:
        here.bar = bar
        here.enter()
        here.enter()
        assert bar.note == ""
    assert said == ["waiting until Tue 22:00, outside the hours of run.only_between"]
    assert sleeper.slept == 36_000
    (zone / "energy_uj").write_text("50000000")
    assert here.energy() == {
        "energy": {"joules": 50.0, "seconds": 10.0, "source": "processor's counters"}
    }


def test_without_hours_and_meters_it_is_not_there(tmp_path: Path) -> None:
    here = Session(None, print, Meter(tmp_path))
    here.enter()
    here.stage("display")
    here.did(1.0, made=True)
    assert here.energy() == {}


def test_a_print_waits_for_its_hours_and_is_the_same(
    printer, finished: Path, tmp_path: Path, sleeper: Sleeper, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run"
    settings = printer.resolved(run_only_between="22:00-07:00")
    print_run(printer.photo, [printer.style], run, settings, Console())
    assert sleeper.slept == 36_000
    assert "waiting until Tue 22:00" in capsys.readouterr().err
    assert (run / "print.tif").read_bytes() == (finished / "print.tif").read_bytes()
    sleeper.now = datetime(2026, 11, 25, 12, 0)
    resume(run, Console(quiet=True))  # nothing is to be done: nobody waits
    assert sleeper.slept == 36_000


@pytest.mark.parametrize("part", ["tile-", "display", "print.tif", "canvas.npy"])
def test_a_full_disk_is_waited_for(
    printer, finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    slept: list[float] = []
    real = atomic.atomic_write

    def write(path: Path, make: Callable[[Path], None]) -> Any:
        if part in str(path) and len(slept) < 15:
            raise DiskFull(f"disk full while writing {path}")
        return real(path, make)

    monkeypatch.setattr(atomic, "atomic_write", write)
    monkeypatch.setattr(session.time, "sleep", slept.append)
    said = io.StringIO()
    settings = printer.resolved(run_disk_wait=60)
    run = tmp_path / "run"
    print_run(printer.photo, [printer.style], run, settings, Console(stream=said))
    assert slept == [1.0] * 15
    told = [line for line in said.getvalue().splitlines() if "disk full while" in line]
    assert len(told) == 1 and "trying again for" in told[0]
    assert "room on the disk again" in said.getvalue()
    assert (run / "print.tif").read_bytes() == (finished / "print.tif").read_bytes()


def test_a_disk_that_stays_full_ends_it(
    printer, finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, full = atomic.atomic_write, True

    def write(path: Path, make: Callable[[Path], None]) -> Any:
        if full and "tile-" in str(path):
            raise DiskFull(f"disk full while writing {path}")
        return real(path, make)

    monkeypatch.setattr(atomic, "atomic_write", write)
    with pytest.raises(DiskFull):
        printer(tmp_path / "run", run_disk_wait=0.05)
    full = False
    resume(tmp_path / "run", Console(quiet=True))
    expected = (finished / "print.tif").read_bytes()
    assert (tmp_path / "run" / "print.tif").read_bytes() == expected


def test_habits_given_to_resume_hold_from_then_on(printer, copied: Path, sleeper: Sleeper) -> None:
    def kept() -> tuple[int, str]:
        run = config.from_record(RunDir.open(copied).manifest().resolved).run
        return run.nice, run.only_between

    resume(copied, Console(quiet=True), {"run.only_between": "22:00-07:00"})
    assert kept() == (0, "22:00-07:00")
    (copied / "print.tif").unlink()
    resume(copied, Console(quiet=True))
    assert sleeper.slept == 36_000
    printer(copied, run_only_between="21:00-07:00")
    assert kept() == (0, "21:00-07:00")
    resume(copied, Console(quiet=True), {"run.only_between": ""})
    assert kept() == (0, "")
    assert not verify(copied).problems


def started(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "pipeline", *arguments],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


@pytest.mark.skipif(os.name != "posix", reason="signals")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_the_wait_at_once(copied: Path, number: int, code: int) -> None:
    (copied / "print.tif").unlink()
    now = datetime.now()
    start, end = (f"{now + timedelta(hours=h):%H:%M}" for h in (2, 3))
    process = started("resume", str(copied), "--only-between", f"{start}-{end}")
    assert process.stderr is not None
    said = ""
    while "waiting until" not in said:
        line = process.stderr.readline()
        assert line, said
        said += line
    began = time.monotonic()
    process.send_signal(number)
    process.communicate(timeout=30)
    assert process.returncode == code
    assert time.monotonic() - began < 10
    assert not (copied / "print.tif").exists()


@pytest.mark.skipif(not hasattr(os, "nice"), reason="no priorities")
def test_nice_lowers_the_priority() -> None:
    code = (
        "import os; from pathlib import Path; from pipeline.config import load as config\n"
        "from pipeline.planning.resolve import prepared_machine\n"
        "before = os.nice(0)\n"
        "with prepared_machine(config.load(Path(os.devnull), {'run.nice': 3})):\n"
        "    print(os.nice(0) == min(19, before + 3))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "True\n"
