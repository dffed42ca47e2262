"""What a print takes: time from a measured pace, memory, disk, energy."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pipeline.config import load as config
from pipeline.config.schema import Settings
from pipeline.config.schema.running import EnergySettings
from pipeline.host.energy import Used
from pipeline.planning import estimate, masks
from pipeline.planning import levels as plan
from pipeline.planning.estimate import Pace
from pipeline.run.workers import WorkerRow
from stages.errors import ResourceError


def settings(**changed: object) -> Settings:
    moments = {"style.matching": "moments"}  # whose tiles are what takes memory
    overrides = {name.replace("_", ".", 1): value for name, value in changed.items()}
    return config.load(Path(os.devnull), moments | overrides)


def test_seconds_are_work_times_pace() -> None:
    assert estimate.level_seconds([2.0, 3.0, 5.0], Pace(display=2.0, tiles=3.0)) == [4, 9, 15]
    assert estimate.level_seconds([2.0], Pace(2.0, 2.0)) == [4]


def test_a_pace_is_measured(studio, printer) -> None:
    for size in ("240x180", "90x70"):
        pace = estimate.measure(studio, plan.make(printer.resolved(print_size=size)))
        assert pace.display > 0 and pace.tiles > 0


def test_memory_grows_with_tiles_and_encoder_not_with_paintings() -> None:
    def peak(style: int = 0, **changed: object) -> int:
        chosen = settings(**changed)
        return estimate.peak_memory(chosen, plan.make(chosen), style)

    assert peak(tiles_core=256) < peak() < peak(tiles_core=1024)
    assert peak() < peak(encoder_name="vgg19")
    assert peak(optimizer_history=1) < peak()
    assert peak(16_000_000) == peak(100_000_000) < 1.1 * peak()
    # Where tiles are small, the bands of a painting that is measured take more.
    small = {"tiles_core": 256, "print_size": "300x200", "display_size": "80x60"}
    assert peak(**small) < peak(16_000_000, **small) == peak(100_000_000, **small)
    # The size of the print does not matter: tiles are what is in memory.
    assert peak(print_size="12000x9000") < 1.2 * peak()


def test_tiles_are_made_smaller_until_they_fit() -> None:
    chosen = settings(tiles_core=1024)
    planned = plan.make(chosen)
    peak = estimate.peak_memory(chosen, planned, 0)
    assert estimate.check_memory(chosen, planned, 0, peak) == chosen
    limit = int(0.7 * peak)
    fitted = estimate.check_memory(chosen, planned, 0, limit)
    assert 256 <= fitted.tiles.core < 1024
    assert estimate.peak_memory(fitted, plan.make(fitted), 0) <= limit
    assert fitted.model_copy(update={"tiles": chosen.tiles}) == chosen


def test_what_never_fits_is_said_so() -> None:
    chosen = settings()
    with pytest.raises(ResourceError, match=r"GB of memory are needed.*100 MB may") as caught:
        estimate.check_memory(chosen, plan.make(chosen), 0, 100_000_000)
    assert caught.value.exit_code == 13 and "\n" not in str(caught.value)


def test_energy() -> None:
    chosen = settings(energy_watts=50, energy_price_per_kwh=0.5, energy_co2_g_per_kwh=300).energy
    told = estimate.energy(chosen, 36_000)
    assert (told.kwh, told.cost, told.grams) == (0.5, "0.25 EUR", 150.0)
    assert told.source == "50 W from settings"
    told = estimate.energy(settings().energy, 3_600)
    assert told.kwh == pytest.approx(0.03)
    assert told.source.startswith("30 W assumed")


def test_measured_energy_goes_before_watts() -> None:
    chosen = settings(energy_watts=50).energy
    used = Used(joules=1800.0, seconds=90.0, source="processor's counters")
    told = estimate.energy(chosen, 180.0, used)
    assert told.kwh == pytest.approx(20 * 180 / 3.6e6)  # the rest at the mean of what was measured
    assert told.source == "20 W measured by the processor's counters"
    # Measuring goes on between two outputs, whose seconds leave that out.
    assert estimate.energy(chosen, 60.0, used).kwh == pytest.approx(1800 / 3.6e6)
    assert estimate.energy(chosen, 60.0, Used()).source == "50 W from settings"


def test_painting_takes_the_same_memory_at_any_size_of_tiles() -> None:
    def peak(**changed: object) -> int:
        chosen = settings(style_matching="places", **changed)
        return estimate.peak_memory(chosen, plan.make(chosen), 5_000_000)

    assert peak(tiles_core=256) == peak(tiles_core=320) < peak(tiles_core=2048)
    assert peak(print_size="1200x900") <= peak() == peak(print_size="12000x9000")


def test_zones_take_memory(tmp_path: Path) -> None:
    from stages import canvas

    def peak(**changed: object) -> int:
        chosen = settings(**changed)
        return estimate.peak_memory(chosen, plan.make(chosen), 0)

    two = np.zeros((60, 80, 3), np.float32)
    two[:, 40:] = (1, 0, 0)
    canvas.preview(two, tmp_path / "map.png")
    by_mask = {"style_masks": ["sky.png=1", "sea.png=2", "sky.png=3"]}
    by_map = {"style_maps": [f"{tmp_path / 'map.png'}=1:other.png"]}
    assert masks.zones(settings()) == 0
    assert masks.zones(settings(**by_mask)) == 3  # two masks, and what they leave
    assert masks.zones(settings(**by_map)) == 3
    assert masks.zones(settings(style_maps=["gone.png=1:other.png"])) == canvas.MOST_LABELS + 1
    for how in ("moments", "places"):
        changed = {"style_matching": how}
        assert peak(**changed) < peak(**changed, **by_mask) == peak(**changed, **by_map)


def test_distributions_take_memory() -> None:
    def peak(**changed: object) -> int:
        chosen = settings(**changed)
        return estimate.peak_memory(chosen, plan.make(chosen), 0)

    assert peak() < peak(losses_histogram=1) == peak(losses_sliced=1, losses_histogram=1)


def test_a_workers_energy_is_measured_or_goes_by_watts() -> None:
    given = EnergySettings(watts=36.0)
    row = WorkerRow(
        name="1", host="attic", state="idle", doing="", done=1, seconds=200.0, work=1.0,
        joules=0.0, machine_seconds=100.0,
    )  # fmt: skip
    assert estimate.of_worker(given, row).kwh == pytest.approx(0.001)
    told = replace(row, joules=1800.0, metered_seconds=100.0)
    assert estimate.of_worker(given, told).kwh == pytest.approx(0.0005)
