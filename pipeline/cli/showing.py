"""What commands of the command line share: settings, a console, results shown, exit codes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import typer

from pipeline.cli.options.stylizing import Choices
from pipeline.cli.options.working import Output
from stages.errors import Interrupted

if TYPE_CHECKING:
    from pipeline.config.schema import Settings
    from pipeline.console.console import Console


def settings_of(choices: Choices, more: dict[str, object]) -> Settings:
    """All settings: those of options, above those of the file."""
    from pipeline.config import load as config

    return config.load(choices.config, more | choices.overrides())


def console_of(output: Output) -> Console:
    """A console that speaks as asked."""
    from pipeline.console.console import Console

    return Console(quiet=output.quiet, json=output.json)


def made(console: Console, result: object) -> None:
    """Show the result of a command that made something, which is there whether it is shown or not.

    A command that only tells something has failed if that is lost.
    """
    from pipeline.console.console import OutputLost

    try:
        console.show(result)
    except OutputLost as lost:
        if not lost.reader_left:
            console.error(f"done, but {lost}")
    _leave(result)


def show(console: Console, result: object) -> None:
    """Show the result of a command that only tells something."""
    console.show(result)
    _leave(result)


def _leave(result: object) -> None:
    code = int(getattr(result, "exit_code", 0))
    if code:
        raise typer.Exit(code)


def served(serve: Callable[[], None]) -> None:
    """Serve until a signal, which is how one leaves it; nothing was under way here."""
    try:
        serve()
    except Interrupted as stop:
        raise typer.Exit(stop.exit_code) from None
