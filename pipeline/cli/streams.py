"""Standard streams that are closed or cannot be written: they cost what would have gone there.

Services, cron and graphical launchers start programs without some of them, and a pipe or a disk may
fail at any time. The work goes on, and the exit code is that of the work.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress

_NAMES = ("stdin", "stdout", "stderr")


def open_missing() -> None:
    """Open closed standard streams onto nothing.

    Else the next file that is opened, an output perhaps, would get their number, and what a
    library writes to standard error would land in it.
    """
    for number, name in enumerate(_NAMES):
        if not _is_open(number):
            # The lowest free number is taken, and those below are open by now.
            os.open(os.devnull, os.O_RDONLY if number == 0 else os.O_WRONLY)
        if getattr(sys, name) is None:
            mode = "r" if number == 0 else "w"
            setattr(sys, name, open(number, mode, encoding="utf-8", closefd=False))  # noqa: SIM115


def _is_open(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return False
    return True


def let_go() -> None:
    """Have what a broken stream still holds go nowhere: Python would end with a code of its own."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            with suppress(OSError, ValueError):  # no file, or closed
                nothing = os.open(os.devnull, os.O_WRONLY)
                os.dup2(nothing, stream.fileno())
                os.close(nothing)
