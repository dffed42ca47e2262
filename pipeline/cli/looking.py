"""Commands that look at runs and at this computer, and tidy up; they make no print."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli import showing, targets
from pipeline.cli.options.arguments import Photo, Run, Styles
from pipeline.cli.options.expanding import expanded
from pipeline.cli.options.printing import Print
from pipeline.cli.options.stylizing import Choices
from pipeline.cli.options.working import Output, Server
from stages.errors import Interrupted


@expanded
def status(
    run: Run,
    output: Output,
    watch: Annotated[bool, typer.Option("--watch", help="Show it again until finished.")] = False,
) -> None:
    """Tell how far a run is; reads only."""
    from pipeline.commands import status as command

    console = showing.console_of(output)
    if not watch:
        showing.show(console, command.status(run))
        return
    try:
        console.watch(lambda: command.status(run), done=_finished)
    except Interrupted as stop:  # how one leaves a watch; nothing was under way here
        raise typer.Exit(stop.exit_code) from None


def _finished(result: object) -> bool:
    return bool(getattr(result, "finished", True))


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
    settings = showing.settings_of(choices, sizes.overrides())
    if picture is not None:
        targets.check_picture(photo, styles, picture)
    from pipeline.commands import plan as command

    console = showing.console_of(output)
    showing.show(
        console,
        command.plan_for(photo, styles, settings, console, probe, picture, workers),
    )


@expanded
def verify(run: Run, output: Output) -> None:
    """Compare every file of a run with its record."""
    from pipeline.commands import verify as command

    result = command.verify(run)
    showing.show(showing.console_of(output), result)
    if result.problems:
        raise typer.Exit(1)


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

    console = showing.console_of(output)
    showing.served(lambda: command.studio(folder, console.show, server.port, server.open))


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

    showing.made(showing.console_of(output), command.compare_runs(first, second, target))


@expanded
def view(run: Run, server: Server, output: Output) -> None:
    """Look at a run in the browser; live while it goes on."""
    from pipeline.commands import view as command

    console = showing.console_of(output)
    showing.served(lambda: command.view(run, console, console.show, server.port, server.open))


@expanded
def clean(run: Run, output: Output) -> None:
    """Keep only the print and the report of a run."""
    from pipeline.commands import clean as command

    showing.made(showing.console_of(output), command.clean(run))


@expanded
def recipes(
    output: Output,
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="Show this one, or that of a file.")
    ] = None,
) -> None:
    """List the recipes, or show one."""
    from pipeline.commands import recipes as command

    showing.show(
        showing.console_of(output), command.listed() if name is None else command.shown(name)
    )


@expanded
def encoders(output: Output) -> None:
    """List the encoders and where their weights are."""
    from stages.nst import encoders as known

    showing.show(showing.console_of(output), known.describe())


@expanded
def doctor(output: Output) -> None:
    """Tell whether prints can be made here."""
    from pipeline.commands import doctor as doctors

    showing.show(showing.console_of(output), doctors.collect(Path.cwd(), **doctors.probes()))
