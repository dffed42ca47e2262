"""The settings of the climb from display to print, and of its tiles."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, field_validator, model_validator

from pipeline.config.schema.section import Comb, Iterations, Section, Softness, Tooth

TILE_UNIT = 16  # deepest stride of any encoder: tile edges lie on its grid


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
