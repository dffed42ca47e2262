"""The options of every command that stylizes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.options.parsing import assignments


@dataclass(frozen=True)
class Choices:
    """Settings that every stylizing command takes."""

    config: Annotated[
        Path | None,
        typer.Option("--config", metavar="FILE", help="Settings; else ./pipeline.toml, if any."),
    ] = None
    recipe: Annotated[
        str | None,
        typer.Option(
            "--recipe", metavar="NAME|FILE", help="A published method; see tilebrush recipes."
        ),
    ] = None
    encoder: Annotated[
        str | None,
        typer.Option("--encoder", metavar="NAME", help="See tilebrush encoders."),
    ] = None
    weights: Annotated[
        str | None,
        typer.Option("--weights", metavar="FILE", help="File with the encoder's weights."),
    ] = None
    seed: Annotated[
        int | None, typer.Option("--seed", metavar="N", help="Start of all randomness.")
    ] = None
    threads: Annotated[
        int | None,
        typer.Option("--threads", metavar="N", help="Processor threads; 0: one per core."),
    ] = None
    quality: Annotated[
        str | None,
        typer.Option(
            "--quality",
            metavar="NAME",
            help="draft (a third of the iterations), standard, or fine (three times as many).",
        ),
    ] = None
    nice: Annotated[
        int | None,
        typer.Option("--nice", metavar="N", help="0 to 19; the higher, the more others go first."),
    ] = None
    memory: Annotated[
        str | None,
        typer.Option("--memory", metavar="SIZE", help="The most memory to use, such as 2GB."),
    ] = None
    style_weight: Annotated[
        float | None,
        typer.Option("--style-weight", metavar="X", help="Weight of the style; default 1."),
    ] = None
    content_weight: Annotated[
        float | None,
        typer.Option("--content-weight", metavar="X", help="Weight of the photo; default 1."),
    ] = None
    mask: Annotated[
        list[str] | None,
        typer.Option(
            "--mask",
            metavar="MASK=STYLE[:STYLEMASK]",
            help="Where a painting is in the picture, white in MASK; may be repeated.",
        ),
    ] = None
    map: Annotated[
        list[str] | None,
        typer.Option(
            "--map",
            metavar="MAP=STYLE:STYLEMAP",
            help="Parts of one colour are painted as those of the same colour; may be repeated.",
        ),
    ] = None
    keep_colour: Annotated[
        str | None,
        typer.Option(
            "--keep-colour",
            metavar="HOW",
            help="Keep the photo's colours: none, luma, histogram, mkl or oklab.",
        ),
    ] = None
    style_weights: Annotated[
        str | None,
        typer.Option(
            "--style-weights", metavar="X,Y,...", help="What each painting counts, in their order."
        ),
    ] = None
    style_scale: Annotated[
        str | None,
        typer.Option(
            "--style-scale",
            metavar="X[,Y,...]",
            help="Size of strokes: one number for all paintings, or one for each; default 1.",
        ),
    ] = None
    set: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="KEY=VALUE",
            help="Any setting of pipeline.toml, such as tiles.core=256; may be repeated.",
        ),
    ] = None
    force: Annotated[bool, typer.Option("--force", help="Replace what is there and differs.")] = (
        False
    )

    def overrides(self) -> dict[str, object]:
        """Dotted settings and the values given for them; --set goes before the others."""
        given = {
            "recipe": self.recipe,
            "encoder.name": self.encoder,
            "encoder.weights": self.weights,
            "run.seed": self.seed,
            "run.threads": self.threads,
            "run.nice": self.nice,
            "run.memory": self.memory,
            "style.weight": self.style_weight,
            "style.content_weight": self.content_weight,
            "style.weights": self.style_weights,
            "style.masks": self.mask or None,
            "style.maps": self.map or None,
            "colour.keep": self.keep_colour,
            "quality": self.quality,
        }
        if self.style_scale is not None:
            many = "," in self.style_scale
            # One number on the command line goes before several in the file.
            given["style.scales"] = self.style_scale if many else ""
            given["style.scale"] = None if many else self.style_scale
        found: dict[str, object] = {key: value for key, value in given.items() if value is not None}
        return found | assignments(self.set or [])
