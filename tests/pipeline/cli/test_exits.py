"""Signals: how the program ends, and what is not lost of one."""

from __future__ import annotations

import errno
import io
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import Any

import pytest
from cli_runner import Runner

from pipeline.cli.app import main
from pipeline.cli.exits import signals
from pipeline.console.console import Console
from stages.errors import (
    Interrupted,
)

ROOT = Path(__file__).parents[3]
WAITING = """
    import sys, time
    import pipeline.commands
    from types import SimpleNamespace
    def resume(run, console, *more):
        try:
            print("working", flush=True)
            time.sleep(30)
        finally:
            if str(run) == "slow":
                time.sleep(30)
    stand_in = SimpleNamespace(resume=resume)
    sys.modules["pipeline.commands.print"] = pipeline.commands.print = stand_in
    from pipeline.cli.app import main
    sys.exit(main(["resume", sys.argv[1]]))
"""


def waiting(name: str) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(WAITING), name],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None and process.stdout.readline() == "working\n"
    return process


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signals_end_with_their_code_and_a_line(number: signal.Signals) -> None:
    process = waiting("d")
    process.send_signal(number)
    _, said = process.communicate(timeout=10)
    assert process.returncode == 128 + number
    assert said == "tilebrush: interrupted; what was finished is saved\n"


def test_a_second_signal_ends_at_once() -> None:
    process = waiting("slow")
    process.send_signal(signal.SIGINT)
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=10)
    assert process.returncode == -signal.SIGINT


def test_nohup_is_respected(runner: Runner) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with signals():
            signal.raise_signal(signal.SIGHUP)
        assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_signal_in_a_destructor_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    class Struck:
        def __del__(self) -> None:
            signal.raise_signal(signal.SIGTERM)

    forgotten: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", forgotten.append)
    with pytest.raises(Interrupted) as caught, signals():
        Struck()
        time.sleep(5)
    assert caught.value.exit_code == 143
    assert forgotten == []
    assert signal.getsignal(signal.SIGALRM) == signal.SIG_DFL


def test_a_terminal_that_is_gone_ends_nothing() -> None:
    class Gone(io.StringIO):
        def write(self, text: str) -> int:
            raise OSError(errno.EIO, "Input/output error")

    Console(stream=Gone()).message("a line")
    Console(stream=Gone()).error("a line")


def test_handlers_are_put_back(runner: Runner) -> None:
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    main(["resume", "d"])
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


def test_a_reader_that_leaves_is_no_crash() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-m", "pipeline", "--help"],
        cwd=ROOT, stdout=writing, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    os.close(writing)
    assert done.returncode == 1 and done.stderr == ""


def test_what_fails_after_a_signal_counts_as_interrupted() -> None:
    with pytest.raises(Interrupted) as caught, signals():
        try:
            signal.raise_signal(signal.SIGTERM)
        except Interrupted as error:  # as a library may do that a signal strikes in
            raise SystemError("returned a result with an exception set") from error
    assert caught.value.exit_code == 143


def test_what_fails_without_a_signal_stays_what_it_is() -> None:
    with pytest.raises(SystemError), signals():
        raise SystemError("something else")


def test_a_signal_in_a_call_from_libvips_is_not_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As C does it: the handler runs at the first step of the next call into Python."""
    import numpy as np

    from stages import canvas
    from stages.canvas import _vips

    canvas.write(tmp_path / "canvas.npy", np.random.default_rng(0).random((300, 40, 3), np.float32))
    image = canvas.files.as_vips(tmp_path / "canvas.npy")
    forgotten: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", forgotten.append)
    for name in ("_marshal_write", "call", "<lambda>"):
        struck = struck_at(name)
        with pytest.raises(Interrupted), signals(), (tmp_path / "out").open("w+b") as file:
            sys.setprofile(struck)
            try:
                _vips.into(file, image.rawsave_target)
            finally:
                sys.setprofile(None)
            time.sleep(5)
    assert forgotten == []


def struck_at(name: str) -> Any:
    """Raises SIGTERM once, when a function of that name is called."""
    left = [name]

    def called(frame: Any, event: str, _: object) -> None:
        if event == "call" and frame.f_code.co_name in left:
            left.clear()
            signal.raise_signal(signal.SIGTERM)

    return called
