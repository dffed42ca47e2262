"""The command line, and a stand-in for what it calls."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from unittest.mock import create_autospec

from pipeline.cli.app import main


def called(line: str) -> int:
    """The exit code of a command line."""
    return main(shlex.split(line))


@dataclass(frozen=True)
class Done:
    """What the stand-in runner returns."""

    what: str
    problems: tuple[str, ...] = ()

    @property
    def finished(self) -> bool:
        return True


class Runner:
    """Notes how commands were called; gives `result` or raises `error`."""

    COMMANDS = (
        ("display", "display"), ("print", "print_run"), ("print", "resume"), ("plan", "plan_for"),
        ("stage", "rerun"), ("status", "status"), ("verify", "verify"), ("clean", "clean"),
    )  # fmt: skip

    def __init__(self) -> None:
        self.calls: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = []
        self.error: BaseException | None = None
        self.result = Done("done")

    def of(self, real: Callable[..., Any]) -> Any:
        """A stand-in with the real one's signature."""

        def called(*given: Any, **named: Any) -> Done:
            self.calls.append((real.__name__, given, named))
            if self.error is not None:
                raise self.error
            return self.result

        return create_autospec(real, side_effect=called)
