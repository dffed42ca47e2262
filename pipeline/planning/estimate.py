"""What a plan takes on this machine: seconds from a short trial, memory, disk and energy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.config import units
from pipeline.config.schema import Settings
from pipeline.config.schema.running import EnergySettings
from pipeline.host.energy import Used
from pipeline.planning import levels as planning
from pipeline.planning import masks, network
from pipeline.planning.levels import Plan
from pipeline.run.workers import WorkerRow
from stages.errors import ResourceError

if TYPE_CHECKING:
    from stages.nst.studio import Studio

ASSUMED_WATTS = 30.0  # an ordinary laptop under full load
LIBRARIES = 450_000_000  # bytes that Python and all libraries take once the encoder has worked
CUDA_LIBRARIES = 350_000_000  # bytes more that a CUDA build of torch takes, also without a GPU
MEASURING = 320_000_000  # bytes that the encoder takes to measure a window of a painting
# Bytes that painting a level takes, from so many px on: the dictionary, and bands of the canvas.
PAINTING, PAINTED = 870_000_000, 27_000_000
# Bytes that a zone takes: for each px of a window that is restyled, and where levels are painted.
ZONE, ZONE_PAINTED = 50, 30_000_000
AUTOGRAD = 12  # bytes more for each of the encoder's outputs where torch's autograd reads them
BAND_PIXELS = 5_000_000  # of a large painting, what is held at a time (116 MB at 16 megapixels)
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


def level_seconds(work: list[float], pace: Pace) -> list[float]:
    """Seconds of display and of every level above it, from their megapixel-iterations."""
    return [pace.display * work[0], *(pace.tiles * each for each in work[1:])]


def peak_memory(settings: Settings, plan: Plan, style_pixels: int) -> int:
    """Bytes of memory at the height of the work: libraries, one window and the optimizer.

    Before that, bands of the painting are held. The factors are measured: see benchmarks/memory.py
    and benchmarks/growth.py.
    """
    from stages.nst.device import cuda_build

    design = network.design(settings)
    px = plan.largest_window.pixels
    features = px * design.activation_bytes(settings.run.precision.bytes)
    kept = settings.optimizer.history
    most = kept if settings.optimizer.name == "lbfgs-plain" else min(kept, 10)
    history = px * 12 * (2 * most + 8)
    base = LIBRARIES + (CUDA_LIBRARIES if cuda_build() else 0) + design.parameter_bytes()
    measuring = MEASURING + 2 * 12 * min(style_pixels, BAND_PIXELS)
    zones = masks.zones(settings)
    divided = zones * px * ZONE
    painted = settings.style.matching != "moments" and plan.levels
    last = plan.levels[-1].size.pixels if plan.levels else 0
    painting = PAINTING * min(1.0, last / PAINTED) + zones * ZONE_PAINTED if painted else 0
    working = features + history + divided
    if settings.losses.sketches:
        working += px * AUTOGRAD * design.output_numbers()
    return int(base + max(working, measuring, painting))


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


@dataclass(frozen=True, kw_only=True)
class Energy:
    """Kilowatt-hours, where the watts come from, the cost, and grams of CO2."""

    kwh: float
    source: str
    cost: str
    grams: float


def energy(settings: EnergySettings, seconds: float, used: Used | None = None) -> Energy:
    """What `seconds` of work take.

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
    return Energy(kwh=kwh, source=source, cost=cost, grams=kwh * settings.co2_g_per_kwh)


def of_worker(settings: EnergySettings, row: WorkerRow) -> Energy:
    """What a worker of a cluster took while it was busy, told by its computer or not."""
    return energy(settings, row.machine_seconds, Used(row.joules, row.metered_seconds))
