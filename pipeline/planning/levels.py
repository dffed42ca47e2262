"""The plan of a print: levels, tiles, iterations, and what they take.

Geometry is decided here once, from the resolved settings alone; the runner and the estimates read
the same plan.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from pipeline.config import load as config
from pipeline.config.schema import Settings
from stages import tiles
from stages.tiles import Grid, Size

#: Work is counted in megapixel-iterations: one forward and backward pass over a million px.
MEASURE_WORK = 0.35  # a forward pass alone, in iterations
FILE_WORK = 0.5  # reading, resampling or writing a canvas, in iterations


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

    def tile_work(self, grid: Grid) -> float:
        """Megapixel-iterations of one tile of a sweep."""
        window = grid.tiles[0].window
        return window.pixels * self.iterations / 1e6

    def sweep_work(self, grid: Grid) -> float:
        """Megapixel-iterations of a sweep, its moments and its blend."""
        passes = self.iterations + (MEASURE_WORK if len(grid.tiles) > 1 else 0)
        window = grid.tiles[0].window.pixels
        return (len(grid.tiles) * window * passes + self.size.pixels * FILE_WORK) / 1e6

    @property
    def work(self) -> float:
        """Megapixel-iterations of the level."""
        files = 2 * self.size.pixels * FILE_WORK / 1e6
        return files + sum(self.sweep_work(grid) for grid in self.grids)


@dataclass(frozen=True)
class DisplayScale:
    """One scale of the display stage."""

    size: Size
    iterations: int

    @property
    def work(self) -> float:
        """Megapixel-iterations."""
        return self.size.pixels * self.iterations / 1e6


@dataclass(frozen=True)
class Plan:
    """All sizes and iterations of a print."""

    size: Size
    display: tuple[DisplayScale, ...]
    levels: tuple[LevelPlan, ...]
    alignment: int
    halo: int

    @property
    def work(self) -> float:
        """Megapixel-iterations of the whole print."""
        ends = 2 * self.size.pixels * FILE_WORK / 1e6
        return ends + sum(s.work for s in self.display) + sum(v.work for v in self.levels)

    @property
    def largest_window(self) -> Size:
        """The most that the encoder sees at a time."""
        windows = [level.window for level in self.levels] + [s.size for s in self.display]
        return max(windows, key=lambda size: size.pixels)

    def disk_bytes(self, style_pixels: int) -> int:
        """Bytes that the finished run takes, and the last blend needs at its height."""
        canvas = 12  # bytes per px: three float32
        total = canvas * (self.size.pixels + style_pixels + self.display[-1].size.pixels)
        for level in self.levels:
            tile_px = sum(tile.write.pixels for tile in level.grids[-1].tiles)
            total += canvas * (level.size.pixels * (2 + level.sweeps) + tile_px)
        return total + 6 * self.size.pixels  # TIFF and JPEG at their worst


def _nth(values: tuple[int, ...], index: int) -> int:
    return values[min(index, len(values) - 1)]


def make(settings: Settings) -> Plan:
    """The plan for resolved settings, whose print size is exact and whose preset is applied."""
    from stages.display import scales
    from stages.measure import checked_halo
    from stages.nst import encoders

    design = encoders.architecture(settings.encoder.name)
    unit = max(design.stride(), 16)
    halo = checked_halo(design.halo(), unit, settings.tiles.halo)
    size = config.print_size(settings)
    sizes = tiles.levels(
        tiles.fitted(size, config.parse_size(settings.display.size), "contain"),
        size,
        settings.levels.max_ratio,
    )
    path = scales(sizes[0], settings.display.start, settings.display.iterations)
    levels = tuple(
        _level(settings, number, here, unit, halo) for number, here in enumerate(sizes[1:], start=1)
    )
    display = tuple(DisplayScale(scale.size, scale.iterations) for scale in path)
    return Plan(size, display, levels, unit, halo)


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
        number, size, sweeps, _nth(settings.levels.iterations, number - 1), weight, grids
    )


def iterated(plan: Plan, level: int, iterations: tuple[int, ...]) -> Plan:
    """The plan with other iterations of some levels, the first of them `level`."""
    levels = list(plan.levels)
    for place, count in enumerate(iterations, start=level - 1):
        levels[place] = replace(levels[place], iterations=count)
    return replace(plan, levels=tuple(levels))


def scaled(settings: Settings, factor: float) -> Settings:
    """The settings with the iterations of all levels above display multiplied by `factor`."""
    levels = settings.levels
    iterations = tuple(max(2, round(count * factor)) for count in levels.iterations)
    return settings.model_copy(
        update={"levels": levels.model_copy(update={"iterations": iterations})}
    )


def fit_budget(
    settings: Settings, budget: float, seconds_of: Callable[[Settings], float]
) -> Settings:
    """Settings whose levels have as many iterations as fit into `budget` seconds.

    The display stage keeps its own: it decides the look and is cheap. A budget too small for two
    iterations a tile gives those; the print is always made at full size. More than four times the
    settings' own iterations are never made: they would not be seen.
    """
    if not budget:
        return settings
    low, high = 0.0, 4.0
    for _ in range(12):
        middle = (low + high) / 2
        if seconds_of(scaled(settings, middle)) <= budget:
            low = middle
        else:
            high = middle
    return scaled(settings, low)
