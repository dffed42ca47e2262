"""The command line: its commands in their order, and errors mapped to exit codes."""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from pipeline import __version__
from pipeline.cli import looking, making, streams
from pipeline.cli.exits import failed, signals
from stages.errors import Interrupted, UsageError

app = typer.Typer(
    name="tilebrush",
    help="Turn a photograph and a painting into a print, on an ordinary computer.",
    epilog="Exit codes: 0 done, 1 error, 2 usage, 3 some tiles failed, 10 no run, 11 locked, "
    "12 weights, 13 disk or memory, 14 other settings or inputs, 15 input image, "
    "129/130/143 interrupted.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        sys.stdout.write(f"tilebrush {__version__}\n")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    pass


# In the order of the help.
COMMANDS = {
    "display": making.display,
    "print": making.print_command,
    "proof": making.proof,
    "compare": making.compare,
    "resume": making.resume,
    "status": looking.status,
    "plan": looking.plan,
    "stage": making.stage,
    "verify": looking.verify,
    "studio": looking.studio,
    "compare-runs": looking.compare_runs,
    "view": looking.view,
    "clean": looking.clean,
    "recipes": looking.recipes,
    "encoders": looking.encoders,
    "doctor": looking.doctor,
}
for _name, _command in COMMANDS.items():
    app.command(_name)(_command)


def _told(error: Exception, given: list[str]) -> Exception:
    """The error, known for what it is where the library has printed help by itself."""
    from pipeline.console.console import OutputLost

    prints = not given or not {"-h", "--help", "--version"}.isdisjoint(given)
    return OutputLost(error) if prints and isinstance(error, OSError) else error


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and give its exit code; the one place that maps errors to codes."""
    streams.open_missing()
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        with signals():
            code = app(given or ["--help"], prog_name="tilebrush", standalone_mode=False)
            sys.stdout.flush()
        return int(code or 0) if given else UsageError.exit_code
    except (KeyboardInterrupt, typer.Abort):  # Typer makes the second of the first
        return failed(Interrupted(signal.SIGINT))
    except Exception as error:
        return failed(_told(error, given))
    finally:
        streams.let_go()


if __name__ == "__main__":
    sys.exit(main())
