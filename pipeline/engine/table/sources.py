"""What outputs of several stages are made from, what decides them, and whether they are there."""

from __future__ import annotations

from collections.abc import Callable

from pipeline.config.roles import COLOUR_MASK
from pipeline.engine.outputs import Brief, Place, Ref


def paintings(brief: Brief) -> list[Ref]:
    """The paintings that paint and statistics are taken from."""
    return [Ref(brief.painting, Place(style=i)) for i in brief.paintings]


def masks(brief: Brief) -> list[Ref]:
    """The masks that divide the picture among the paintings, and those on the paintings."""
    found = []
    for number, (mask, on) in zip(brief.paintings, brief.division, strict=False):
        found += [Ref("mask", Place(style=mask))] if mask else []
        found += [Ref("style mask", Place(style=number))] if on else []
    return list(dict.fromkeys(found))


def zones(brief: Brief, place: Place) -> list[Ref]:
    """The shares of zones at a level, where there are any."""
    return [Ref("zones", Place(level=place.level))] if brief.division else []


def colour_mask(brief: Brief) -> list[Ref]:
    """The mask of where colours are kept, if there is one."""
    return [Ref("colour mask")] if brief.has(COLOUR_MASK) else []


def handed_on(brief: Brief, level: int) -> Ref:
    """The canvas that a level hands on."""
    return Ref(brief.result(level), Place(level=level))


def sweep_source(brief: Brief, place: Place) -> Ref:
    """The canvas at the start of a sweep."""
    if place.sweep == 1:
        return Ref(brief.start(), Place(level=place.level))
    return Ref("sweep canvas", Place(level=place.level, sweep=place.sweep - 1))


def whose(facts: Callable[[Brief, Place], object]) -> Callable[[Brief, Place], object]:
    """Facts, and which mask is whose where the picture is divided."""
    return lambda brief, at: (
        (facts(brief, at), brief.division) if brief.division else facts(brief, at)
    )


def sketched(facts: Callable[[Brief, Place], object]) -> Callable[[Brief, Place], object]:
    """Facts, and which distributions of features are taken, where any are."""
    return lambda brief, at: (
        (facts(brief, at), found) if (found := brief.settings.losses.sketches) else facts(brief, at)
    )


def held(brief: Brief, place: Place) -> object:
    """What a level keeps of the forms below, and how fine those of the display are."""
    share = brief.held(place.level)
    return (share, brief.plan.display[-1].size, brief.level(place).size) if share else None


def painted(brief: Brief, place: Place) -> bool:
    """Whether levels are painted with the paintings' own paint."""
    return brief.painted


def restyled(brief: Brief, place: Place) -> bool:
    """Whether the level of a place is restyled by the optimizer."""
    return brief.restyled(place.level)


def credited(brief: Brief, place: Place) -> bool:
    """Whether print files say anything of themselves."""
    return brief.settings.print.metadata != "none"
