"""The settings of level 0, the whole picture at once."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from pipeline.config import units
from pipeline.config.schema.section import (
    Comb,
    Iterations,
    Section,
    Softness,
    Tooth,
    checked,
    with_,
)

SizeText = Annotated[str, checked(units.parse_size, empty=False)]


class DisplaySettings(Section):
    """Level 0, the whole picture at once: it decides what the print looks like from afar."""

    size: SizeText = Field(
        default="533x400",
        description="px, width x height of the box; a larger one makes strokes finer relative to "
        "the picture",
    )
    fit: Literal["box", "height", "shorter", "longer"] = Field(
        default="box",
        description='which side of the picture is as long as that of size: "box" lies inside it, '
        'with "height" the height counts, with "shorter" and "longer" that side of the picture is '
        "as long as that of the box",
    )
    rounding: Literal["nearest", "down"] = Field(
        default="nearest",
        description="of the other side",
        json_schema_extra=with_("display.fit", "height", "shorter", "longer"),
    )
    start: int = Field(
        default=4,
        ge=1,
        le=64,
        description="coarse to fine begins at 1/start of the size and grows by growth; without it "
        "(1) there is grain instead of large strokes",
    )
    growth: float = Field(
        default=2.0,
        ge=1.1,
        le=8,
        description="how much larger each scale of coarse to fine is than the one before",
    )
    resize: Literal["lanczos3", "nearest", "bilinear", "bicubic", "box"] = Field(
        default="lanczos3",
        description='how photo, paintings and canvas get a scale\'s size: "bilinear" and "bicubic" '
        'as Pillow, antialiased; "box" the exact mean of what a px covers, and in between when it '
        "enlarges, as torch7",
    )
    ends: Literal["float", "cut"] = Field(
        default="float",
        description='what a scale hands on: "float" all of it, "cut" whole steps of 255, rounded '
        "down, as published programs write",
    )
    iterations: tuple[Iterations, ...] = Field(
        default=(120, 80, 40),
        min_length=1,
        description="optimizer iterations, one number per scale from the coarsest; the last "
        "repeats",
    )
    tooth: Tooth = Field(
        default=0.02,
        description="fine grey noise laid onto what every scale starts from, as a share of white; "
        "without it (0) strokes follow the rows and columns of pixels in skies and other plain "
        "parts, far more leaves grain",
    )
    comb: Comb = Field(
        default=1,
        description="0 to 3, how often the painting is combed where it is measured: blurred along "
        "its strokes alone, over 3, 9 or 27 px. More gives longer, cleaner strokes and loses dots "
        "that are meant",
    )
    soften: Softness = Field(
        default=0.5,
        description="px, blur of the painting at the size that it is measured at: an optimizer "
        "lays its single-pixel grain as dots. 0: as sharp as it is",
    )
