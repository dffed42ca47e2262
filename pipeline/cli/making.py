"""Commands that make pictures: each reads its options, calls its command, shows the result."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli import showing, targets
from pipeline.cli.options.arguments import Photo, Run, Styles, UntilLevel
from pipeline.cli.options.comparing import Matrix
from pipeline.cli.options.expanding import expanded
from pipeline.cli.options.parsing import assignments, parse_stage, parse_tile
from pipeline.cli.options.printing import Crops, Print
from pipeline.cli.options.stylizing import Choices
from pipeline.cli.options.working import Computers, Habits, Output
from pipeline.engine import table
from stages.errors import UsageError


@expanded
def display(
    photo: Photo,
    styles: Styles,
    choices: Choices,
    computers: Computers,
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
    settings = showing.settings_of(choices, {"display.size": size})
    cluster = computers.asked()
    target = targets.display_target(photo, styles, out, choices.force)
    from pipeline.commands import display as command

    console = showing.console_of(output)
    showing.made(console, command.display(photo, styles, target, settings, console, cluster))


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
    settings, cluster = showing.settings_of(choices, sizes.overrides()), computers.asked()
    from pipeline.commands import print as command

    console = showing.console_of(output)
    result = command.print_run(
        photo, styles, run, settings, console, choices.force, cluster, until_level
    )
    showing.made(console, result)


@expanded
def proof(
    photo: Photo,
    styles: Styles,
    choices: Choices,
    sizes: Print,
    where: Crops,
    computers: Computers,
    output: Output,
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", metavar="DIR", help="Folder; else ./PHOTO_STYLE-proof."),
    ] = None,
) -> None:
    """Show parts of a print at full scale, long before a print is ready."""
    where.check()
    settings, cluster = showing.settings_of(choices, sizes.overrides()), computers.asked()
    folder = targets.proof_folder(photo, styles, out, choices.force)
    from pipeline.commands import proof as command

    console = showing.console_of(output)
    asked = command.Asked(where.crops or command.CROPS, where.crop_size, tuple(where.at or ()))
    showing.made(console, command.proof(photo, styles, asked, folder, settings, console, cluster))


@expanded
def compare(
    photo: Photo,
    styles: Annotated[
        list[Path],
        typer.Argument(metavar="STYLE", help="The paintings, each by itself; one or more."),
    ],
    matrix: Matrix,
    choices: Choices,
    computers: Computers,
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
    axes, cluster = matrix.axes(photo, styles), computers.asked()
    bases = {
        recipe: showing.settings_of(
            replace(choices, recipe=recipe or choices.recipe), {"display.size": size}
        )
        for recipe in axes.recipes or ("",)
    }
    from pipeline.commands import compare as command

    console = showing.console_of(output)
    if planned or run is None:
        showing.show(console, command.plan(axes, bases, console))
        return
    showing.made(console, command.compare(axes, run, bases, console, choices.force, cluster))


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

    console = showing.console_of(output)
    if ComparisonDir.exists(run):
        showing.made(console, compare.resume(run, console, overrides, cluster))
        return
    showing.made(console, command.resume(run, console, overrides, cluster, until_level))


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

    console, asked = showing.console_of(output), command.Asked(which, level, where)
    showing.made(console, command.rerun(run, asked, overrides, into, console))
