"""Signals that strike a print at chosen early moments, a real process: none may be lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline.run.directory import RunDir

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.name != "posix", reason="signals of Unix"),
]

# The process strikes itself when a module is first asked for; a library may swallow what it feels.
STRIKER = """
import contextlib, os, sys, time
number, name, swallowed = int(sys.argv[1]), sys.argv[2], sys.argv[3] == "swallowed"

class Striker:
    def find_spec(self, asked, path=None, target=None):
        if asked == name:
            sys.meta_path.remove(self)
            with contextlib.suppress(Exception if swallowed else ()):
                os.kill(os.getpid(), number)
                time.sleep(5)

sys.meta_path.insert(0, Striker())
sys.argv = ["tilebrush", *sys.argv[4:]]
from pipeline.cli.app import main
sys.exit(main())
"""


def _set(number: int, to: signal.Handlers) -> Callable[[], object]:
    return lambda: signal.signal(number, to)


def struck(
    words: list[str],
    number: int,
    moment: str,
    how: str = "felt",
    begins: tuple[int, signal.Handlers] = (signal.SIGINT, signal.SIG_DFL),
) -> int:
    """The exit code of a command that a signal strikes when it first asks for a module.

    It begins with SIGINT not ignored, as it is where these tests run in the background of a script.
    """
    return subprocess.run(
        [sys.executable, "-c", STRIKER, str(number), moment, how, *words],
        capture_output=True, timeout=120, check=False, preexec_fn=_set(*begins),
    ).returncode  # fmt: skip


@pytest.fixture
def words(printer: Any, tmp_path: Path) -> list[str]:
    """A tiny print in `tmp_path`, that would take seconds."""
    inputs = str(printer.photo), str(printer.style)
    return ["print", *inputs, f"--run={tmp_path / 'run'}", *printer.options()]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize(
    "moment",
    ["pipeline.cli.options", "pipeline.commands.print", "torch", "pyvips", "stages.prepare"],
)
def test_none_is_lost(words: list[str], number: int, moment: str, tmp_path: Path) -> None:
    early = moment == "pipeline.cli.options"  # before any handler is there: the system's own
    expected = (-number, 1) if early else (128 + number,)
    assert struck(words, number, moment) in expected
    assert not (tmp_path / "run" / "print.jpg").exists()


@pytest.mark.parametrize("moment", ["torch", "pyvips", "stages.prepare", "stages.upsample"])
def test_one_that_a_library_swallows_is_heeded(
    words: list[str], moment: str, tmp_path: Path
) -> None:
    assert struck(words, signal.SIGTERM, moment, "swallowed") == 128 + signal.SIGTERM
    assert not (tmp_path / "run" / "print.jpg").exists()
    if moment.startswith("stages"):  # what was finished is saved, and the print goes on
        assert RunDir.exists(tmp_path / "run") and not RunDir(tmp_path / "run").busy()
        again = [sys.executable, "-m", "pipeline", "resume", str(tmp_path / "run")]
        assert subprocess.run(again, capture_output=True, timeout=120, check=False).returncode == 0


def test_sigterm_counts_where_a_shell_has_sigint_ignored(words: list[str]) -> None:
    """As in the background of a script; the studio pauses prints by SIGTERM for it."""
    moment, ignored = "pipeline.cli.options", (signal.SIGINT, signal.SIG_IGN)
    assert struck(words, signal.SIGTERM, moment, begins=ignored) == -signal.SIGTERM
    assert struck(words, signal.SIGTERM, "torch", begins=ignored) == 128 + signal.SIGTERM
