"""The settings: every key, its default, its bounds and why; `pipeline.toml` is made from this.

Reading files and options is in `pipeline.config.load`.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from pipeline.config import units
from pipeline.config.masking import ColourSettings, MapText, MaskText
from pipeline.config.method import (
    LossSettings,
    NetworkSettings,
    OptimizerSettings,
    StartSettings,
)
from pipeline.config.printed import PrintSettings
from pipeline.config.section import Section, checked, with_
from pipeline.host import hours
from stages.computing import Device, Precision

TILE_UNIT = 16  # deepest stride of any encoder: tile edges lie on its grid


SizeText = Annotated[str, checked(units.parse_size, empty=False)]
MemoryText = Annotated[str, checked(units.parse_memory, empty=True)]
DurationText = Annotated[str, checked(units.parse_duration, empty=True)]
MomentText = Annotated[str, checked(hours.parse_moment, empty=True)]
HoursText = Annotated[str, checked(hours.parse_window, empty=True)]
Iterations = Annotated[int, Field(ge=1, le=100_000)]
Share = Annotated[float, Field(ge=0, le=1e9)]
Tooth = Annotated[float, Field(ge=0, le=1)]
Comb = Annotated[int, Field(ge=0, le=3)]
Softness = Annotated[float, Field(ge=0, le=10)]


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
        default=(1.0, 0.5),
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
        description="how far the photo's edges are put back before the display is painted, 0 to 1, "
        "as light and dark as the painting's: an optimizer bends them to its strokes, a palette of "
        "few colours wipes them out. Plain parts keep their swirls",
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


class LevelSettings(Section):
    """The climb from display to print; lists begin at the first level above display."""

    max_ratio: float = Field(
        default=2.0,
        ge=1.1,
        le=2.0,
        description="largest growth from one level to the next, 1.1 to 2; less means more levels "
        "and more time",
    )
    iterations: tuple[Iterations, ...] = Field(
        default=(150, 40, 24, 10),
        min_length=1,
        description='optimizer iterations per tile and sweep with style.matching "moments", one '
        "number per level; the last repeats. Small levels are cheap and worth converging",
    )
    sweeps: tuple[Annotated[int, Field(ge=1, le=100)], ...] = Field(
        default=(1, 2, 1, 1),
        min_length=1,
        description="passes over all tiles, one number per level; the last repeats. After each "
        "the tiles lie elsewhere; at large levels one long pass does more than two short ones",
    )
    content_falloff: float = Field(
        default=0.5,
        ge=0,
        le=1,
        description="the content weight is multiplied by this at every level, because large "
        "levels would else drag in the photo's fine detail",
    )
    crisp: int = Field(
        default=2,
        ge=0,
        le=20,
        description='with "moments", passes of a filter over the enlarged canvas that makes edges '
        "along strokes crisp again; 0: soft strokes, more than 4 looks cut out",
    )
    bristles: Tooth = Field(
        default=0.02,
        description='with "moments", fine noise drawn along the strokes of the enlarged canvas, as '
        "a share of white, for the optimizer to make marks of a brush from",
    )
    comb: Comb = Field(
        default=2,
        description='as in [display], with "moments"; the few iterations of large levels make dots '
        "and worms of what is not combed",
    )
    soften: Softness = Field(default=0.7, description='as in [display], with "moments"')


class TileSettings(Section):
    """Tiles, in px; multiples of 16, the deepest stride of the encoders."""

    core: int = Field(
        default=704,
        ge=TILE_UNIT * 4,
        le=8192,
        description="px, side of the part of the canvas that is a tile's own; it may come out "
        "longer than wide, of no more px with what lies around it. Less takes less memory and more "
        "time",
    )
    overlap: int = Field(
        default=32,
        ge=0,
        le=1024,
        description="px, how far neighbours blend; at most a quarter of core",
    )
    halo: int = Field(
        default=0,
        ge=0,
        le=1024,
        description="px, read around the core but never written, so that the encoder sees past the "
        "edge; 0: as far as the encoder's deepest used layer sees (bundled 64, vgg19 80)",
    )

    @field_validator("core", "overlap", "halo")
    @classmethod
    def _on_the_grid(cls, value: int) -> int:
        if value % TILE_UNIT:
            raise ValueError(f"it must be a multiple of {TILE_UNIT}")
        return value

    @model_validator(mode="after")
    def _overlap_fits(self) -> TileSettings:
        if self.overlap * 4 > self.core:
            raise ValueError(
                f"overlap is {self.overlap} px and core {self.core} px; "
                "overlap must be at most a quarter of core"
            )
        return self


class EncoderSettings(Section):
    """The network whose features say what content and style are."""

    name: str = Field(
        default="bundled",
        min_length=1,
        description="name of the encoder; `tilebrush encoders` lists them",
    )
    weights: str = Field(
        default="",
        description="file with the encoder's weights, relative to this file; empty: where they are "
        "looked for by name",
    )


class RunSettings(Section):
    """How the computer is used; nice, only_between and disk_wait aside, a run keeps these."""

    seed: int = Field(
        default=0,
        ge=0,
        le=2**63 - 1,
        description="the start of all randomness; the same seed makes the same picture",
    )
    device: Device = Field(
        default=Device.AUTO,
        description='what computes: the processor ("cpu"), or a graphics card by NVIDIA ("cuda") '
        'or Apple ("mps"); "auto" takes a card if torch can use one',
    )
    threads: int = Field(
        default=0,
        ge=0,
        le=1024,
        description="processor threads; 0: one per core, or half as many where a short trial finds "
        "that faster",
    )
    precision: Precision = Field(
        default=Precision.AUTO,
        description='numbers the convolutions work with; "auto" takes bfloat16 where it is faster',
    )
    nice: int = Field(
        default=0,
        ge=0,
        le=19,
        description="0 to 19; the higher, the more other programs go before it",
    )
    memory: MemoryText = Field(
        default="",
        description='the most memory to use, such as "2GB"; tiles are made smaller until they '
        "fit. Empty: 80 % of all there is",
    )
    budget: DurationText = Field(
        default="",
        description='time the print may take, such as "36h"; the iterations of the levels are made '
        "fewer or up to four times as many to fit, again at every level from the pace of its "
        "tiles. Pauses do not count. Empty: as they are set",
    )
    until: MomentText = Field(
        default="",
        description='instead of budget: the time at which the print is to be ready, "07:30" (the '
        'next such time) or "2026-12-01 07:30"; it counts when the run begins. Empty: budget '
        "counts",
    )
    only_between: HoursText = Field(
        default="",
        description='hours of the day in which a print is worked on, such as "22:00-07:00"; '
        "outside it waits between two tiles. Empty: always",
    )
    disk_wait: float = Field(
        default=120.0,
        ge=0,
        le=1e7,
        description="s that a print waits for room when the disk is full, before it ends with exit "
        "code 13; enough to see the message and free some, or for another program to end",
    )


class EnergySettings(Section):
    """What energy costs; changes what is told, never the picture."""

    watts: float = Field(
        default=0.0,
        ge=0,
        le=100_000,
        description="W that the computer draws while it works, where its own counters cannot be "
        "read; 0: not known, 30 W are assumed",
    )
    price_per_kwh: float = Field(
        default=0.30, ge=0, le=1e6, description="price of 1 kWh, in currency"
    )
    currency: str = Field(default="EUR", max_length=8, description="what price_per_kwh is in")
    co2_g_per_kwh: float = Field(
        default=400.0,
        ge=0,
        le=1e5,
        description="g of CO2 per kWh; 400 is a common mix of power plants",
    )


class Settings(Section):
    """All settings of a run."""

    recipe: str = Field(
        default="tilebrush",
        min_length=1,
        description="the recipe that these settings are laid on: a name that `tilebrush recipes` "
        'lists, or a file; "tilebrush" is the defaults below. What is set here to another value '
        "than its default goes before what the recipe says",
    )
    quality: Literal["draft", "standard", "fine"] = Field(
        default="standard",
        description='"draft" takes a third of all iterations below, "fine" three times as many',
    )
    print: PrintSettings = PrintSettings()
    display: DisplaySettings = DisplaySettings()
    style: StyleSettings = StyleSettings()
    colour: ColourSettings = ColourSettings()
    paint: PaintSettings = PaintSettings()
    levels: LevelSettings = LevelSettings()
    tiles: TileSettings = TileSettings()
    start: StartSettings = StartSettings()
    losses: LossSettings = LossSettings()
    optimizer: OptimizerSettings = OptimizerSettings()
    network: NetworkSettings = NetworkSettings()
    encoder: EncoderSettings = EncoderSettings()
    run: RunSettings = RunSettings()
    energy: EnergySettings = EnergySettings()
