"""The settings of what paintings count for, and of their paint."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator

from pipeline.config import units
from pipeline.config.masking import parse_map, parse_mask
from pipeline.config.schema.section import Section, Share, checked

MaskText = Annotated[str, checked(parse_mask, empty=False)]
MapText = Annotated[str, checked(parse_map, empty=False)]


class StyleSettings(Section):
    """What the losses weigh."""

    weight: Share = Field(
        default=1.0, description="weight of the style loss, relative to the others; 0 or more"
    )
    content_weight: Share = Field(
        default=1.0, description="weight of the content loss; less gives the painting more freedom"
    )
    smooth_weight: Share = Field(
        default=1.0,
        description="weight of the smoothness prior, which removes the stipple of single pixels",
    )
    statistics: Literal["gram", "gram+std"] = Field(
        default="gram",
        description='what of the features is matched: second moments, or also the spread ("gram+'
        'std"), which holds contrast',
    )
    scale: float = Field(
        default=1.0,
        gt=0,
        le=16,
        description="size of the style image relative to the canvas; more gives larger strokes",
    )
    fit: Literal["area", "squeezed", "longer", "shorter", "own"] = Field(
        default="area",
        description='size of a painting before its scale: as large as the canvas ("area"), '
        "squeezed to its width and height, its longer or shorter side that of the canvas, or its "
        "own; enlarged only when squeezed",
    )
    weights: tuple[Share, ...] = Field(
        default=(),
        description="one number per style image, in their order; 0: as if it were not there. "
        "Empty: all equal",
    )
    scales: tuple[Annotated[float, Field(gt=0, le=16)], ...] = Field(
        default=(),
        description="scale of each style image by itself, in their order, instead of scale. Empty: "
        "scale for all",
    )
    masks: tuple[MaskText, ...] = Field(
        default=(),
        description="grey images that say where in the picture a style image is, white where it "
        'is: "MASK=STYLE", or "MASK=STYLE:STYLEMASK" with one of the style image that says what of '
        "it is looked at. STYLE is its file, its name or its number. Style images without one have "
        "what masks leave; where none is, the photo stays as it is",
    )
    maps: tuple[MapText, ...] = Field(
        default=(),
        description='pairs of images in flat colours, "MAP=STYLE:STYLEMAP": parts of the photo in '
        "one colour are painted as the parts of the style image in the same colour are",
    )
    matching: Literal["moments", "places", "both"] = Field(
        default="both",
        description='"moments": strokes are found by an optimizer that matches averaged statistics '
        'of the painting; "places": every place is painted with paint of one place of the painting '
        'and nothing is optimized above display; "both": painted first, then joined by the '
        "optimizer",
    )
    palette: float = Field(
        default=1.0,
        ge=0,
        le=1,
        description="how far the photo's colours are moved to the painting's before anything is "
        "painted, 0 to 1: strokes hardly change large tones. 0: the photo's own",
    )
    max_pixels: int = Field(
        default=16_000_000,
        ge=65_536,
        le=units.MAX_PIXELS,
        description="px; larger style images are shrunk to this when read, to bound memory",
    )

    @field_validator("weights")
    @classmethod
    def _some_weight(cls, value: tuple[float, ...]) -> tuple[float, ...]:
        if value and sum(value) <= 0:
            raise ValueError("at least one style weight must be above zero")
        return value


class PaintSettings(Section):
    """The paintings' own paint, laid on every level, see style.matching."""

    copies: Literal[1, 2, 4, 8] = Field(
        default=2,
        description="of a painting that paint is taken from: 1 as it is, 2 mirrored too, 4 upside "
        "down too, 8 turned by right angles too; more fit better, but a painting's light has a "
        "direction",
    )
    iterations: tuple[Annotated[int, Field(ge=0, le=100_000)], ...] = Field(
        default=(40, 20, 8, 0),
        min_length=1,
        description='optimizer iterations that join the paint with "both", one number per level '
        "above display as in [levels]; the last repeats. At print size paint needs none",
    )
    tone: float = Field(
        default=0.5,
        ge=0,
        le=1,
        description="share of the canvas's own broad tones that stays; 0: the paint's alone, 1: "
        "smoother skies",
    )
    hold: tuple[Annotated[float, Field(ge=0, le=1)], ...] = Field(
        default=(1.0, 0.75),
        min_length=1,
        description="share of the forms of the level below that stays, as fine as those of the "
        "display, 0 to 1, one number per level above display; the last repeats. So a print seen "
        "from afar is its display. 0: paint is laid freely, and strokes lie elsewhere; 1 at all "
        "levels leaves soft edges in flat paintings",
    )

    @field_validator("hold", mode="before")
    @classmethod
    def _for_all_levels(cls, value: object) -> object:
        return (value,) if isinstance(value, int | float) else value

    lines: float = Field(
        default=1.0,
        ge=0,
        le=1,
        description="how far the photo's edges are put back before the display is painted and, by "
        "half, held in its paint, 0 to 1, as light and dark as the painting's: an optimizer bends "
        "them to its strokes, a palette of few colours wipes them out. Plain parts keep their "
        "swirls",
    )
    strokes: float = Field(
        default=1.0,
        ge=0,
        le=1,
        description="how far the display's dabs are drawn out along strokes at last, 0 to 1 (over "
        "4 px): paint laid dab by dab runs across them as often as along",
    )
    join: int = Field(
        default=10,
        ge=0,
        le=100_000,
        description='optimizer iterations that join the display\'s dabs to strokes with "both", in '
        "their lightness alone: hues stay the painting's. 0: paint as it is laid",
    )
