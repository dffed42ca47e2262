"""The settings of how the computer is used, and of what energy costs."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from pipeline.config import units
from pipeline.config.schema.section import Section, checked
from pipeline.host import hours
from stages.computing import Device, Precision

MemoryText = Annotated[str, checked(units.parse_memory, empty=True)]
DurationText = Annotated[str, checked(units.parse_duration, empty=True)]
MomentText = Annotated[str, checked(hours.parse_moment, empty=True)]
HoursText = Annotated[str, checked(hours.parse_window, empty=True)]


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
