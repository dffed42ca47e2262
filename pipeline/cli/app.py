"""The command line: reads options, calls commands, shows results, maps errors to exit codes.

Only what reading the command line takes is imported here; commands import the rest, so that
`tilebrush --help` is there at once.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline import __version__
from pipeline.cli import streams, targets
from pipeline.cli.exits import failed, signals
from pipeline.cli.options.comparing import Matrix
from pipeline.cli.options.expanding import expanded
from pipeline.cli.options.parsing import assignments, parse_stage, parse_tile
from pipeline.cli.options.printing import Crops, Print
from pipeline.cli.options.stylizing import Choices
from pipeline.cli.options.working import Computers, Habits, Output, Server
from pipeline.engine import table
from stages.errors import Interrupted, UsageError

if TYPE_CHECKING:
    from pipeline.config.schema import Settings
    from pipeline.console.console import Console

Photo = Annotated[Path, typer.Argument(metavar="PHOTO", help="The photograph.")]
Styles = Annotated[list[Path], typer.Argument(metavar="STYLE", help="The paintings, one or more.")]
Run = Annotated[Path, typer.Argument(metavar="DIR", help="The run's folder.")]
UntilLevel = Annotated[
    int | None,
    typer.Option(
        "--until-level", metavar="N", min=0, help="Stop after level N, to look; 0: display."
    ),
]

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


@app.command()
@expanded
def display(
    photo: Photo,
    styles: Styles,
    choices: Choices,
    output: Output,
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", metavar="OUT", help="Image; else ./PHOTO_STYLE.png."),
    ] = None,
    size: Annotated[
        str | None, typer.Option("--size", metavar="WxH", help="px; default 533x400.")
    ] = None,
) -> None:
    """Stylize at display size, in a minute or so."""
    settings = _settings(choices, {"display.size": size})
    target = targets.display_target(photo, styles, out, choices.force)
    from pipeline.commands import display as command

    console = _console(output)
    _made(console, command.display(photo, styles, target, settings, console))


@app.command("print")
@expanded
def print_command(
    photo: Photo,
    styles: Styles,
    run: Annotated[Path, typer.Option("--run", metavar="DIR", help="Folder of the run.")],
    choices: Choices,
    sizes: Print,
    computers: Computers,
    output: Output,
    until_level: UntilLevel = None,
) -> None:
    """Make a print, or go on with the one in DIR."""
    settings, cluster = _settings(choices, sizes.overrides()), computers.asked()
    from pipeline.commands import print as command

    console = _console(output)
    result = command.print_run(
        photo, styles, run, settings, console, choices.force, cluster, until_level
    )
    _made(console, result)


@app.command()
@expanded
def proof(
    photo: Photo,
    styles: Styles,
    choices: Choices,
    sizes: Print,
    where: Crops,
    output: Output,
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", metavar="DIR", help="Folder; else ./PHOTO_STYLE-proof."),
    ] = None,
) -> None:
    """Show parts of a print at full scale, long before a print is ready."""
    where.check()
    settings = _settings(choices, sizes.overrides())
    folder = targets.proof_folder(photo, styles, out, choices.force)
    from pipeline.commands import proof as command

    console = _console(output)
    asked = command.Asked(where.crops or command.CROPS, where.crop_size, tuple(where.at or ()))
    _made(console, command.proof(photo, styles, asked, folder, settings, console))


@app.command()
@expanded
def compare(
    photo: Photo,
    styles: Annotated[
        list[Path],
        typer.Argument(metavar="STYLE", help="The paintings, each by itself; one or more."),
    ],
    matrix: Matrix,
    choices: Choices,
    output: Output,
    run: Annotated[
        Path | None, typer.Option("--run", metavar="DIR", help="Folder of the comparison.")
    ] = None,
    size: Annotated[
        str | None, typer.Option("--size", metavar="WxH", help="px; default 533x400.")
    ] = None,
    planned: Annotated[
        bool, typer.Option("--plan", help="Tell what it will take and make nothing.")
    ] = False,
) -> None:
    """Compare paintings, recipes, encoders and settings at display size.

    A picture for every combination, with a table, a contact sheet and a page. It can be stopped
    and goes on in DIR.
    """
    matrix.check(choices)
    if run is None and not planned:
        raise UsageError("--run is missing; name a folder for the comparison, or use --plan")
    axes = matrix.axes(photo, styles)
    bases = {
        recipe: _settings(replace(choices, recipe=recipe or choices.recipe), {"display.size": size})
        for recipe in axes.recipes or ("",)
    }
    from pipeline.commands import compare as command

    console = _console(output)
    if planned or run is None:
        _show(console, command.plan(axes, bases, console))
        return
    _made(console, command.compare(axes, run, bases, console, choices.force))


@app.command()
@expanded
def resume(
    run: Run, habits: Habits, computers: Computers, output: Output, until_level: UntilLevel = None
) -> None:
    """Go on with a run and mend damaged files."""
    overrides, cluster = habits.overrides(), computers.asked()
    if overrides:
        from pipeline.config import load as config

        config.override(config.Settings(), overrides)  # refuses bad values at once
    from pipeline.commands import compare
    from pipeline.commands import print as command
    from pipeline.run.comparison import ComparisonDir

    console = _console(output)
    if ComparisonDir.exists(run):
        if cluster is not None:
            raise UsageError(
                f"{run} holds a comparison; it is made on one computer, leave --cluster out"
            )
        _made(console, compare.resume(run, console, overrides))
        return
    _made(console, command.resume(run, console, overrides, cluster, until_level))


@app.command()
@expanded
def status(
    run: Run,
    output: Output,
    watch: Annotated[bool, typer.Option("--watch", help="Show it again until finished.")] = False,
) -> None:
    """Tell how far a run is; reads only."""
    from pipeline.commands import status as command

    console = _console(output)
    if not watch:
        _show(console, command.status(run))
        return
    try:
        console.watch(lambda: command.status(run), done=lambda result: _finished(result))
    except Interrupted as stop:  # how one leaves a watch; nothing was under way here
        raise typer.Exit(stop.exit_code) from None


@app.command()
@expanded
def plan(
    photo: Photo,
    styles: Styles,
    choices: Choices,
    sizes: Print,
    output: Output,
    probe: Annotated[
        bool, typer.Option("--probe/--no-probe", help="Time this computer for some seconds.")
    ] = True,
    picture: Annotated[
        Path | None,
        typer.Option("--picture", metavar="FILE", help="Show what of the photo is printed."),
    ] = None,
    workers: Annotated[
        int,
        typer.Option(
            "--workers", metavar="N", min=0, max=10_000, help="Also on N computers like this one."
        ),
    ] = 0,
) -> None:
    """Tell what a print will take; makes nothing.

    Levels, tiles, time, memory, disk and energy.
    """
    settings = _settings(choices, sizes.overrides())
    if picture is not None:
        targets.check_picture(photo, styles, picture)
    from pipeline.commands import plan as command

    console = _console(output)
    _show(
        console,
        command.plan_for(photo, styles, settings, console, probe, picture, workers),
    )


@app.command()
@expanded
def stage(
    run: Run,
    name: Annotated[
        str, typer.Argument(metavar="NAME[@LEVEL]", help=f"One of {', '.join(table.stages())}.")
    ],
    output: Output,
    tile: Annotated[
        str | None, typer.Option("--tile", metavar="R,C", help="Only this tile of restyle.")
    ] = None,
    changed: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="With a setting changed; repeatable."),
    ] = None,
    into: Annotated[
        Path | None, typer.Option("--into", metavar="DIR2", help="Folder for the outputs.")
    ] = None,
) -> None:
    """Run one stage again, to see what it does."""
    which, level = parse_stage(name)
    where = parse_tile(tile) if tile is not None else None
    if where is not None and which != "restyle":
        raise UsageError(f"--tile is given for stage {which!r}; only restyle has tiles")
    overrides = {key: str(value) for key, value in assignments(changed or []).items()}
    from pipeline.config import load as config

    config.override(config.Settings(), overrides)  # refuses unknown keys and bad values at once
    from pipeline.commands import stage as command

    console, asked = _console(output), command.Asked(which, level, where)
    _made(console, command.rerun(run, asked, overrides, into, console))


@app.command()
@expanded
def verify(run: Run, output: Output) -> None:
    """Compare every file of a run with its record."""
    from pipeline.commands import verify as command

    result = command.verify(run)
    _show(_console(output), result)
    if result.problems:
        raise typer.Exit(1)


@app.command()
@expanded
def studio(
    server: Server,
    output: Output,
    folder: Annotated[
        Path | None, typer.Argument(metavar="[DIR]", help="Folder for prints; else Pictures.")
    ] = None,
) -> None:
    """Make prints in the browser, without a terminal."""
    from pipeline.commands import studio as command

    console = _console(output)
    _served(lambda: command.studio(folder, console.show, server.port, server.open))


@app.command("compare-runs")
@expanded
def compare_runs(
    first: Annotated[Path, typer.Argument(metavar="A", help="A run, or a folder of stage.")],
    second: Annotated[Path, typer.Argument(metavar="B", help="Another.")],
    output: Output,
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", metavar="OUT", help="Image; else ./A_B.png."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace ./A_B.png.")] = False,
) -> None:
    """Put two runs or reruns side by side, with their difference and numbers."""
    target = targets.beside_target(first, second, out, force)
    from pipeline.commands import compare_runs as command

    _made(_console(output), command.compare_runs(first, second, target))


@app.command()
@expanded
def view(run: Run, server: Server, output: Output) -> None:
    """Look at a run in the browser; live while it goes on."""
    from pipeline.commands import view as command

    console = _console(output)
    _served(lambda: command.view(run, console, console.show, server.port, server.open))


@app.command()
@expanded
def clean(run: Run, output: Output) -> None:
    """Keep only the print and the report of a run."""
    from pipeline.commands import clean as command

    _made(_console(output), command.clean(run))


@app.command()
@expanded
def recipes(
    output: Output,
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="Show this one, or that of a file.")
    ] = None,
) -> None:
    """List the recipes, or show one."""
    from pipeline.commands import recipes as command

    _show(_console(output), command.listed() if name is None else command.shown(name))


@app.command()
@expanded
def encoders(output: Output) -> None:
    """List the encoders and where their weights are."""
    from stages.nst import encoders as known

    _show(_console(output), known.describe())


@app.command()
@expanded
def doctor(output: Output) -> None:
    """Tell whether prints can be made here."""
    from pipeline.commands import doctor as doctors

    _show(_console(output), doctors.collect(Path.cwd(), **doctors.probes()))


def _served(serve: Callable[[], None]) -> None:
    """Serve until a signal, which is how one leaves it; nothing was under way here."""
    try:
        serve()
    except Interrupted as stop:
        raise typer.Exit(stop.exit_code) from None


def _settings(choices: Choices, more: dict[str, object]) -> Settings:
    from pipeline.config import load as config

    return config.load(choices.config, more | choices.overrides())


def _console(output: Output) -> Console:
    from pipeline.console.console import Console

    return Console(quiet=output.quiet, json=output.json)


def _made(console: Console, result: object) -> None:
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


def _show(console: Console, result: object) -> None:
    console.show(result)
    _leave(result)


def _leave(result: object) -> None:
    code = int(getattr(result, "exit_code", 0))
    if code:
        raise typer.Exit(code)


def _finished(result: object) -> bool:
    return bool(getattr(result, "finished", True))


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
