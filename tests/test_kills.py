"""A print that is killed again and again becomes the same print, byte for byte."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pipeline.commands import status as state
from pipeline.commands.verify import verify
from pipeline.run.directory import RunDir

ROOT = Path(__file__).parents[1]
PRINTS = ("print.tif", "print.jpg")
LONGEST = 120.0  # seconds until a process that does nothing is given up

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals are those of POSIX")


@contextmanager
def working(*arguments: object) -> Iterator[subprocess.Popen[str]]:
    """`tilebrush` in a process of its own, ended at the latest with the test."""
    process = subprocess.Popen(
        [sys.executable, "-m", "pipeline", *map(str, arguments)],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def begin(printer, run: Path) -> tuple[object, ...]:
    return ("print", printer.photo, printer.style, "--run", run, *printer.options())


def records(run: Path) -> int:
    return sum(1 for _ in run.glob("*/**/*.json"))


def wait_for(process: subprocess.Popen[str], run: Path, count: int) -> None:
    """Return once so many outputs are recorded, or the process has ended."""
    started = time.monotonic()
    while records(run) < count and process.poll() is None:
        assert time.monotonic() - started < LONGEST
        time.sleep(0.005)


@pytest.mark.slow
def test_killed_at_any_moment_it_becomes_the_same_print(
    printer, finished: Path, tmp_path: Path
) -> None:
    run, dice = tmp_path / "run", random.Random(0)
    command, kills = begin(printer, run), 0
    for _ in range(4):
        with working(*command) as process:
            wait_for(process, run, records(run) + dice.randint(1, 9))
            time.sleep(dice.uniform(0, 0.05))
            process.send_signal(signal.SIGKILL)
            kills += process.wait() == -signal.SIGKILL
        command = ("resume", run)
        if RunDir.exists(run):
            assert verify(run).problems == ()
    assert kills >= 3
    assert state.of(RunDir.open(run)).done_share > 0
    printer.resume(run)
    for name in PRINTS:
        assert (run / name).read_bytes() == (finished / name).read_bytes()
    tiles = [path.relative_to(finished) for path in finished.glob("restyle-*/**/*.npy")]
    assert len(tiles) > 8
    assert all((run / t).read_bytes() == (finished / t).read_bytes() for t in tiles)
    assert not any(".part-" in path.name for path in run.rglob("*"))


@pytest.mark.slow
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_ends_it_and_what_is_finished_is_saved(
    printer, finished: Path, tmp_path: Path, number: signal.Signals, code: int
) -> None:
    run = tmp_path / "run"
    with working(*begin(printer, run)) as process:
        wait_for(process, run, 8)
        process.send_signal(number)
        out, errors = process.communicate(timeout=LONGEST)
    assert process.returncode == code, errors
    assert out == ""
    assert "interrupted; what was finished is saved" in errors.splitlines()[-1]
    assert "Traceback" not in errors
    assert records(run) > 0 and verify(run).problems == ()
    assert not (run / "print.tif").exists()
    assert not any(".part-" in path.name for path in run.rglob("*"))
    with RunDir.open(run).locked():  # nobody holds it any more
        pass
    printer.resume(run)
    for name in PRINTS:
        assert (run / name).read_bytes() == (finished / name).read_bytes()
