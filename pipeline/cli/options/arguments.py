"""Arguments and options that several commands have as they are."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Photo = Annotated[Path, typer.Argument(metavar="PHOTO", help="The photograph.")]
Styles = Annotated[list[Path], typer.Argument(metavar="STYLE", help="The paintings, one or more.")]
Run = Annotated[Path, typer.Argument(metavar="DIR", help="The run's folder.")]
UntilLevel = Annotated[
    int | None,
    typer.Option(
        "--until-level", metavar="N", min=0, help="Stop after level N, to look; 0: display."
    ),
]
