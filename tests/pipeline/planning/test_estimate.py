"""What a print takes: time from a measured pace, memory, disk, energy."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pipeline.commands import print as runner
from pipeline.config import load as config
from pipeline.config.schema import Settings
from pipeline.console.console import Console
from pipeline.host.energy import Used
from pipeline.planning import estimate
from pipeline.planning import levels as plan
from pipeline.planning.estimate import Pace
from stages.errors import ResourceError, TilebrushError


def settings(**changed: object) -> Settings:
    overrides = {name.replace("_", ".", 1): value for name, value in changed.items()}
    return config.load(Path(os.devnull), overrides)


def test_seconds_are_work_times_pace() -> None:
    planned = plan.make(settings())
    found = estimate.level_seconds(planned, Pace(display=2.0, tiles=3.0))
    display = sum(scale.work for scale in planned.display)
    assert len(found) == 1 + len(planned.levels)
    assert found[0] == pytest.approx(2 * display)
    assert sum(found) == pytest.approx(2 * display + 3 * (planned.work - display), rel=1e-6)
    doubled = estimate.level_seconds(planned, Pace(4.0, 6.0))
    assert doubled == pytest.approx([2 * seconds for seconds in found])


def test_a_print_without_levels_takes_time_too() -> None:
    planned = plan.make(settings(print_size="300x200"))
    (seconds,) = estimate.level_seconds(planned, Pace(2.0, 2.0))
    assert seconds == pytest.approx(2 * planned.work)


def test_a_pace_is_measured(studio, printer) -> None:
    for size in ("240x180", "90x70"):
        pace = estimate.measure(studio, plan.make(printer.resolved(print_size=size)))
        assert pace.display > 0 and pace.tiles > 0


def test_memory_grows_with_tiles_encoder_and_style() -> None:
    def peak(style: int = 0, **changed: object) -> int:
        chosen = settings(**changed)
        return estimate.peak_memory(chosen, plan.make(chosen), style)

    assert peak(tiles_core=256) < peak() < peak(tiles_core=1024)
    assert peak() < peak(encoder_name="vgg19")
    assert peak(optimizer_history=1) < peak()
    assert peak() < peak(4_000_000)
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
    kwh, source, cost, grams = estimate.energy(chosen, 36_000)
    assert (kwh, cost, grams) == (0.5, "0.25 EUR", 150.0)
    assert source == "50 W from settings"
    kwh, source, _, _ = estimate.energy(settings().energy, 3_600)
    assert kwh == pytest.approx(0.03)
    assert source.startswith("30 W assumed")


def test_measured_energy_goes_before_watts() -> None:
    chosen = settings(energy_watts=50).energy
    used = Used(joules=1800.0, seconds=90.0, source="processor's counters")
    kwh, source, _, _ = estimate.energy(chosen, 180.0, used)
    assert kwh == pytest.approx(20 * 180 / 3.6e6)  # the rest at the mean of what was measured
    assert source == "20 W measured by the processor's counters"
    # Measuring goes on between two outputs, whose seconds leave that out.
    assert estimate.energy(chosen, 60.0, used)[0] == pytest.approx(1800 / 3.6e6)
    assert estimate.energy(chosen, 60.0, Used())[1] == "50 W from settings"


def test_the_ready_date_counts_the_hours_in_which_nothing_is_done() -> None:
    planned = plan.make(settings())
    pace = Pace(3600 / planned.work, 3600 / planned.work)
    found = estimate.summary(settings(run_only_between="00:00-00:01"), planned, pace, 0)
    assert found.total_seconds == pytest.approx(3600, rel=0.01)
    assert " d " in found.ready.split(", in ")[1]  # an hour of work, a minute a day


def test_a_summary_adds_up() -> None:
    chosen = settings()
    planned = plan.make(chosen)
    found = estimate.summary(chosen, planned, Pace(1.0, 1.0), 1_000_000)
    assert [row.level for row in found.levels] == [0, 1, 2, 3, 4]
    assert found.total_seconds == pytest.approx(sum(row.seconds for row in found.levels), abs=1)
    assert found.least_seconds < found.total_seconds < found.most_seconds
    assert found.disk_bytes == planned.disk_bytes(1_000_000)
    assert found.levels[-1].size == found.size == "6000x4500"
    assert found.levels[-1].tiles == len(planned.levels[-1].grids[0].tiles)


@pytest.mark.parametrize("probe", [True, False])
def test_planning_writes_nothing(
    printer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, probe: bool
) -> None:
    monkeypatch.chdir(tmp_path)
    found = runner.plan_for(
        printer.photo, [printer.style], printer.resolved(), Console(quiet=True), probe=probe
    )
    assert list(tmp_path.iterdir()) == []
    assert found.size == "240x180" and found.precision == "float32"
    assert bool(found.total_seconds) is probe


def test_planning_refuses_what_printing_would(printer, tmp_path: Path) -> None:
    console = Console(quiet=True)
    for photo, changed in (
        (tmp_path / "none.png", {}),
        (printer.photo, {"run_memory": "100MB"}),
        (printer.photo, {"style_weights": "1,2,3"}),
    ):
        with pytest.raises(TilebrushError) as planned:
            runner.plan_for(photo, [printer.style], printer.resolved(**changed), console)
        with pytest.raises(type(planned.value)):
            printer(tmp_path / "run", photo, **changed)
