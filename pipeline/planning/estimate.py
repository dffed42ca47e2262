"""What a plan takes on this machine: seconds from a short trial, memory, disk and energy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from pipeline.commands.results import LevelRow, PlanResult
from pipeline.config import units
from pipeline.config.schema import EnergySettings, Settings
from pipeline.host import hours
from pipeline.host.energy import Used
from pipeline.host.hours import Gate
from pipeline.planning import levels as planning
from pipeline.planning.levels import Plan
from stages.errors import ResourceError

if TYPE_CHECKING:
    from stages.nst.studio import Studio

ASSUMED_WATTS = 30.0  # an ordinary laptop under full load
LIBRARIES = 450_000_000  # bytes that Python and all libraries take once the encoder has worked
CUDA_LIBRARIES = 600_000_000  # bytes more that a CUDA build of torch takes, also without a GPU
SPREAD = 0.2  # machines share their cores and change their clock: a fifth to either side


@dataclass(frozen=True)
class Pace:
    """Measured seconds per megapixel-iteration, for the display scales and for tile windows."""

    display: float
    tiles: float


def measure(studio: Studio, plan: Plan) -> Pace:
    """Time a few iterations on a display-sized image and on one tile window."""
    from stages.measure import probe

    display = plan.display[-1].size
    window = plan.largest_window if plan.levels else display
    slow = probe(studio, display)
    fast = probe(studio, window) if plan.levels else slow
    return Pace(slow / (display.pixels / 1e6), fast / (window.pixels / 1e6))


def level_seconds(plan: Plan, pace: Pace) -> list[float]:
    """Seconds of display and of every level above it; the print files count to the last."""
    found = [pace.display * sum(scale.work for scale in plan.display)]
    found += [pace.tiles * level.work for level in plan.levels]
    found[-1] += pace.tiles * 2 * plan.size.pixels * planning.FILE_WORK / 1e6
    return found


def peak_memory(settings: Settings, plan: Plan, style_pixels: int) -> int:
    """Bytes of memory at the height of the work: libraries, one window, the optimizer, the style.

    The factors are measured: see benchmarks/memory.py.
    """
    from stages.nst import encoders
    from stages.nst.device import cuda_build

    design = encoders.architecture(settings.encoder.name)
    px = plan.largest_window.pixels
    network = px * design.activation_bytes(2 if settings.run.precision == "bfloat16" else 4)
    history = px * 12 * (2 * min(settings.optimizer.history, 10) + 8)
    base = LIBRARIES + (CUDA_LIBRARIES if cuda_build() else 0) + design.parameter_bytes()
    return int(base + network + history + 2 * 12 * min(style_pixels, px * 40))


def check_memory(settings: Settings, plan: Plan, style_pixels: int, limit: int) -> Settings:
    """Settings whose tiles fit into `limit` bytes: the core is made smaller as needed.

    Raises:
        ResourceError: not even the smallest tile fits.
    """
    while peak_memory(settings, plan, style_pixels) > limit:
        core = settings.tiles.core - 64
        if core < max(256, 4 * settings.tiles.overlap):
            need, most = units.apart(peak_memory(settings, plan, style_pixels), limit)
            raise ResourceError(
                f"about {need} of memory are needed even with small tiles, "
                f"{most} may be used; close other programs, raise --set run.memory, "
                "or choose a smaller --size"
            )
        tiles = settings.tiles.model_copy(update={"core": core})
        settings = settings.model_copy(update={"tiles": tiles})
        plan = planning.make(settings)
    return settings


def energy(
    settings: EnergySettings, seconds: float, used: Used | None = None
) -> tuple[float, str, str, float]:
    """Kilowatt-hours of `seconds`, where the watts come from, the cost, and grams of CO2.

    What was measured counts as it is; its mean power stands for the seconds that were not.
    """
    used = used or Used()
    watts = used.watts or settings.watts or ASSUMED_WATTS
    if used.watts:
        source = f"{watts:.3g} W measured by the {used.source}"
    else:
        known = "from settings" if settings.watts else "assumed; set energy.watts"
        source = f"{watts:g} W {known}"
    kwh = (used.joules + watts * max(0.0, seconds - used.seconds)) / 3.6e6
    cost = f"{kwh * settings.price_per_kwh:.2f} {settings.currency}"
    return kwh, source, cost, kwh * settings.co2_g_per_kwh


def summary(
    settings: Settings,
    plan: Plan,
    pace: Pace | None,
    style_pixels: int,
    used: Used | None = None,
) -> PlanResult:
    """A plan and what it takes, for people; without a measured pace, nothing that needs one.

    `used` is what the timing itself drew.
    """
    seconds = level_seconds(plan, pace) if pace else None
    total = sum(seconds) if seconds else None
    kwh, source, cost, grams = energy(settings.energy, total or 0.0, used)
    clock = Gate(hours.window(settings.run.only_between)).clock_seconds
    return PlanResult(
        size=str(plan.size),
        encoder=settings.encoder.name,
        precision=settings.run.precision,
        levels=tuple(_rows(plan, seconds)),
        total_seconds=round(total, 1) if total else None,
        least_seconds=round(total * (1 - SPREAD), 1) if total else None,
        most_seconds=round(total * (1 + SPREAD), 1) if total else None,
        ready=units.ready(clock(total), datetime.now()) if total else "not timed",
        peak_memory_bytes=peak_memory(settings, plan, style_pixels),
        disk_bytes=plan.disk_bytes(style_pixels),
        energy_kwh=round(kwh, 4) if total else None,
        energy_from=source,
        cost=cost if total else "not timed",
        co2_grams=round(grams, 1) if total else None,
    )


def _rows(plan: Plan, seconds: list[float] | None) -> Iterator[LevelRow]:
    """Display and the levels above it; `seconds` as `level_seconds` gives them."""
    times: list[float | None]
    times = [None] * (len(plan.levels) + 1) if seconds is None else [round(s, 1) for s in seconds]
    size = plan.display[-1].size
    iterations = sum(scale.iterations for scale in plan.display)
    yield LevelRow(0, str(size), 1, str(size), 1, iterations, times[0])
    for level, time in zip(plan.levels, times[1:], strict=True):
        yield LevelRow(
            level.level,
            str(level.size),
            len(level.grids[0].tiles),
            str(level.window),
            level.sweeps,
            level.iterations,
            time,
        )
