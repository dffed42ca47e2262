"""The settings: every key, its default, its bounds and why; `pipeline.toml` is made from this.

A table of settings is a class; tables that belong together are in one module. Reading files and
options is in `pipeline.config.load`.

The defaults are Tilebrush's own. Other choices of start, losses, optimizer and the network's form
are those of published methods, which recipes put together; sources and constants are in
`stages.nst.terms`, `published` and `optimizers`.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from pipeline.config.schema.colour import ColourSettings
from pipeline.config.schema.display import DisplaySettings
from pipeline.config.schema.levels import LevelSettings, TileSettings
from pipeline.config.schema.losses import LossSettings
from pipeline.config.schema.network import EncoderSettings, NetworkSettings
from pipeline.config.schema.optimizing import OptimizerSettings, StartSettings
from pipeline.config.schema.printed import PrintSettings
from pipeline.config.schema.running import EnergySettings, RunSettings
from pipeline.config.schema.section import Section
from pipeline.config.schema.style import PaintSettings, StyleSettings


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
