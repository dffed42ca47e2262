"""How the program ends: signals become `Interrupted`, errors become a line and an exit code."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Any

from pipeline.host import stopping
from stages.errors import Interrupted, ResourceError, TilebrushError, UsageError

_DEBUG = "TILEBRUSH_DEBUG"
_TIMER = hasattr(signal, "setitimer")
_FROM_C = ("_marshal_", "_log_handler")  # how pyvips names what libvips calls


def failed(error: Exception) -> int:
    """Say in one line what went wrong and give the exit code."""
    if os.environ.get(_DEBUG):
        import traceback

        with suppress(OSError):  # nobody may be there to read it
            traceback.print_exception(error)
    from pipeline.console.console import Console, OutputLost

    known = _known(error)
    if not (isinstance(known, OutputLost) and known.reader_left):
        Console().error(str(known))
    return known.exit_code


def _known(error: Exception) -> TilebrushError:
    if isinstance(error, TilebrushError):
        return error
    told = getattr(error, "format_message", None)  # Typer's errors about options and arguments
    if callable(told):
        return UsageError(f"{str(told()).rstrip('.')}; see tilebrush --help")
    if isinstance(error, MemoryError) or "not enough memory" in str(error):
        return ResourceError("out of memory; close other programs or use --set tiles.core=256")
    from pipeline.run.atomic import told_by_system

    system = error if isinstance(error, OSError) else told_by_system(error)
    if system is not None:
        return _of_the_system(system)
    return TilebrushError(
        f"internal error, {type(error).__name__}: {error}; "
        f"set {_DEBUG}=1 to see where, and please report it"
    )


def _of_the_system(error: OSError) -> TilebrushError:
    from pipeline.run.atomic import translated

    name = str(error.filename or "a file")
    known = translated(error, Path(name), "then try again")
    if isinstance(known, ResourceError):
        return known
    return TilebrushError(f"{name}: {error.strerror or error}; check the file and its folder")


def _swallows(frame: FrameType | None) -> bool:
    """Whether an exception raised now would be printed and forgotten.

    Calls from C have nobody to raise to: destructors, and what libvips calls through pyvips. What
    `stages.canvas._vips` guards inside of such a call is kept and raised when libvips returns.
    """
    inner = None
    while frame is not None:
        if frame.f_code.co_filename == __file__:  # a signal within the handler of another
            frame = frame.f_back
            continue
        name, file = frame.f_code.co_name, Path(frame.f_code.co_filename)
        if inner is not None and (name, file.name) == ("call", "_vips.py"):
            return False
        if name == "__del__" or (name.startswith(_FROM_C) and file.parent.name == "pyvips"):
            return True
        frame, inner = frame.f_back, frame
    return False


@contextmanager
def signals() -> Iterator[None]:
    """Turn SIGINT, SIGTERM and SIGHUP into `Interrupted`; a second one ends the process at once.

    SIGHUP says that the terminal was closed. `nohup` has it ignored, and then it is.

    A signal can strike inside a library's own code, which may turn `Interrupted` into an error of
    its own; whatever fails after a signal counts as interrupted. Or it swallows it, see
    `pipeline.host.stopping`.
    """
    caught: list[int] = [signal.SIGINT, signal.SIGTERM]
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:
        caught.append(signal.SIGHUP)
    before: dict[int, Any] = {}
    struck: list[int] = []

    def restore() -> None:
        if struck and _TIMER:
            signal.setitimer(signal.ITIMER_REAL, 0)
        for number, handler in before.items():
            signal.signal(number, handler)

    def stop(number: int, frame: FrameType | None) -> None:
        if not struck:
            struck.append(number)
            stopping.tell(number)
            for each in before:
                signal.signal(each, signal.SIG_DFL)
        if _TIMER and _swallows(frame):  # again in a moment, when it has gone on a little
            before.setdefault(signal.SIGALRM, signal.getsignal(signal.SIGALRM))
            signal.signal(signal.SIGALRM, stop)
            signal.setitimer(signal.ITIMER_REAL, 1e-4)
            return
        raise Interrupted(struck[0])

    stopping.forget()
    try:
        for number in caught:
            before[number] = signal.signal(number, stop)
    except ValueError:  # not in the main thread, which alone gets signals
        before.clear()
    try:
        yield
    except Exception as error:
        if struck and not isinstance(error, Interrupted):
            raise Interrupted(struck[0]) from error
        raise
    finally:
        restore()
        stopping.forget()
