"""The plan of a print: its levels, their tiles and iterations.

Geometry is decided here once, from the resolved settings alone; the worker and the estimates read
the same plan.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from pipeline.config import load as config
from pipeline.config.schema import Settings
from pipeline.planning import network
from stages import tiles
from stages.tiles import Grid, Scale, Size


@dataclass(frozen=True)
class LevelPlan:
    """One level above display."""

    level: int
    size: Size
    sweeps: int
    iterations: int
    content_weight: float
    grids: tuple[Grid, ...]

    @property
    def window(self) -> Size:
        """What the encoder sees at a time."""
        window = self.grids[0].tiles[0].window
        return Size(window.width, window.height)


@dataclass(frozen=True)
class Plan:
    """All sizes and iterations of a print."""

    size: Size
    display: tuple[Scale, ...]
    levels: tuple[LevelPlan, ...]
    alignment: int
    halo: int

    @property
    def largest_window(self) -> Size:
        """The most that the encoder sees at a time."""
        windows = [level.window for level in self.levels] + [s.size for s in self.display]
        return max(windows, key=lambda size: size.pixels)


def _nth(values: tuple[int, ...], index: int) -> int:
    return values[min(index, len(values) - 1)]


def make(settings: Settings) -> Plan:
    """The plan for resolved settings, whose print size is exact and whose preset is applied."""
    design = network.design(settings)
    unit = max(design.stride(), 16)
    halo = tiles.checked_halo(design.halo(), unit, settings.tiles.halo)
    size = config.print_size(settings)
    sizes = tiles.levels(display_size(settings, size), size, settings.levels.max_ratio)
    path = settings.display
    display = tiles.scales(sizes[0], path.start, path.iterations, path.growth)
    levels = tuple(
        _level(settings, number, here, unit, halo) for number, here in enumerate(sizes[1:], start=1)
    )
    return Plan(size, display, levels, unit, halo)


def display_size(settings: Settings, whole: Size, fit: str = "contain") -> Size:
    """The display's size for a picture of the aspect of `whole`; `fit` is that of a box."""
    display = settings.display
    box = config.parse_size(display.size)
    if display.fit == "box":
        return tiles.fitted(whole, box, fit)
    return tiles.sided(whole, box, display.fit, down=display.rounding == "down")


def _level(settings: Settings, number: int, size: Size, unit: int, halo: int) -> LevelPlan:
    sweeps = _nth(settings.levels.sweeps, number - 1)
    asked, overlap = settings.tiles.core, settings.tiles.overlap
    core = tiles.best_core(size, core=asked, overlap=overlap, halo=halo, align=unit)
    grids = tuple(
        tiles.grid(
            size,
            core=core,
            overlap=overlap,
            halo=halo,
            align=unit,
            # Levels begin at different shifts too, so that no border is carried upwards.
            shift=tiles.shift_of(number - 1 + sweep),
        )
        for sweep in range(sweeps)
    )
    weight = settings.style.content_weight * settings.levels.content_falloff**number
    return LevelPlan(
        number, size, sweeps, _nth(config.level_iterations(settings), number - 1), weight, grids
    )


def iterated(plan: Plan, level: int, iterations: tuple[int, ...]) -> Plan:
    """The plan with other iterations of some levels, the first of them `level`."""
    levels = list(plan.levels)
    for place, count in enumerate(iterations, start=level - 1):
        levels[place] = replace(levels[place], iterations=count)
    return replace(plan, levels=tuple(levels))
