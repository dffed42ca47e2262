"""How the program ends: signals become `Interrupted`, errors become a line and an exit code."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from stages.errors import Interrupted, ResourceError, TilebrushError, UsageError

_DEBUG = "TILEBRUSH_DEBUG"


def failed(error: Exception) -> int:
    """Say in one line what went wrong and give the exit code."""
    if os.environ.get(_DEBUG):
        import traceback

        traceback.print_exception(error)
    from pipeline.console import Console

    known = _known(error)
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
    if isinstance(error, OSError):
        return _of_the_system(error)
    return TilebrushError(
        f"internal error, {type(error).__name__}: {error}; "
        f"set {_DEBUG}=1 to see where, and please report it"
    )


def _of_the_system(error: OSError) -> TilebrushError:
    from pipeline.atomic import translated

    name = str(error.filename or "a file")
    known = translated(error, Path(name))
    if isinstance(known, ResourceError):
        return known
    return TilebrushError(f"{name}: {error.strerror or error}; check the file and its folder")


@contextmanager
def signals() -> Iterator[None]:
    """Turn SIGINT and SIGTERM into `Interrupted`; a second one ends the process at once.

    A signal can strike inside a library's own code, which may turn `Interrupted` into an error of
    its own; whatever fails after a signal counts as interrupted.
    """
    before: dict[int, Any] = {}
    struck: list[int] = []

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    def stop(number: int, frame: FrameType | None) -> None:
        for each in before:
            signal.signal(each, signal.SIG_DFL)
        struck.append(number)
        raise Interrupted(number)

    try:
        for number in (signal.SIGINT, signal.SIGTERM):
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
