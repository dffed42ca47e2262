"""The options of a comparison: what it varies."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.options.stylizing import Choices
from stages.errors import UsageError

if TYPE_CHECKING:
    from pipeline.comparing.matrix import Axes


@dataclass(frozen=True)
class Matrix:
    """What `compare` varies."""

    photos: Annotated[
        list[Path] | None,
        typer.Option("--photo", metavar="FILE", help="One more photo; may be repeated."),
    ] = None
    recipes: Annotated[
        str | None,
        typer.Option("--recipes", metavar="A,B", help="Recipes; see tilebrush recipes."),
    ] = None
    encoders: Annotated[
        str | None,
        typer.Option("--encoders", metavar="A,B", help="Encoders; see tilebrush encoders."),
    ] = None
    vary: Annotated[
        list[str] | None,
        typer.Option(
            "--vary",
            metavar="KEY=V1,V2",
            help="Values of a setting, such as style.scale=0.5,1,2; may be repeated.",
        ),
    ] = None

    def check(self, choices: Choices) -> None:
        """Make sure that nothing is given both as one value and as several.

        Raises:
            UsageError: it is.
        """
        for name in ("recipe", "encoder"):
            if getattr(self, f"{name}s") is not None and getattr(choices, name) is not None:
                raise UsageError(f"both --{name} and --{name}s are given; give one of them")
        if choices.weights is not None and self.encoders is not None:
            raise UsageError(
                "both --weights and --encoders are given; name an encoder's own file as one of the "
                "encoders, or leave weights where they are looked for"
            )

    def axes(self, photo: Path, styles: list[Path]) -> Axes:
        """The axes of a comparison.

        Raises:
            UsageError: an unknown key, or values that are empty or there twice.
        """
        from pipeline.comparing import matrix

        return matrix.Axes(
            photos=(photo, *(self.photos or ())),
            styles=tuple(styles),
            recipes=matrix.listed(self.recipes, "--recipes"),
            encoders=matrix.listed(self.encoders, "--encoders"),
            varied=matrix.varied(self.vary or []),
        )
