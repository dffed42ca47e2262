"""Energy from a made-up tree of system files."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.host.energy import Meter, Used

RANGE = 262_143_328_850


class Clock:
    def __init__(self) -> None:
        self.now = 5.0

    def __call__(self) -> float:
        return self.now


def zone(root: Path, name: str, kind: str, microjoules: int | None) -> Path:
    folder = root / "powercap" / name
    folder.mkdir(parents=True)
    (folder / "name").write_text(f"{kind}\n")
    (folder / "max_energy_range_uj").write_text(f"{RANGE}\n")
    if microjoules is not None:
        (folder / "energy_uj").write_text(f"{microjoules}\n")
    return folder


def battery(root: Path, name: str = "BAT0", **values: object) -> Path:
    folder = root / "power_supply" / name
    folder.mkdir(parents=True)
    for key, value in values.items():
        (folder / key).write_text(f"{value}\n")
    return folder


def test_where_nothing_can_be_read_nothing_is_known(tmp_path: Path) -> None:
    clock = Clock()
    meter = Meter(tmp_path, clock)
    clock.now += 100
    assert meter.taken() == Used() and Used().watts == 0
    zone(tmp_path, "intel-rapl:0", "package-0", None)
    battery(tmp_path, "AC", online=1)
    meter = Meter(tmp_path, clock)
    clock.now += 100
    assert meter.taken() == Used()


def test_the_processor_counts_packages_and_memory_and_nothing_twice(tmp_path: Path) -> None:
    clock = Clock()
    zones = [
        zone(tmp_path, "intel-rapl:0", "package-0", 1_000_000),
        zone(tmp_path, "intel-rapl:0:0", "core", 1_000_000),
        zone(tmp_path, "intel-rapl:0:1", "dram", 1_000_000),
        zone(tmp_path, "intel-rapl:1", "package-1", 1_000_000),
    ]
    meter = Meter(tmp_path, clock)
    for number, each in enumerate(zones, start=1):
        (each / "energy_uj").write_text(str(1_000_000 + number * 10_000_000))
    clock.now += 4
    assert meter.taken() == Used(80.0, 4.0, "processor's counters")
    assert meter.taken() == Used(0.0, 0.0, "processor's counters")


def test_the_whole_platform_goes_before_its_parts(tmp_path: Path) -> None:
    clock = Clock()
    zone(tmp_path, "intel-rapl:0", "package-0", 0)
    whole = zone(tmp_path, "intel-rapl:1", "psys", 0)
    meter = Meter(tmp_path, clock)
    (whole / "energy_uj").write_text("30000000")
    clock.now += 2
    assert meter.taken().watts == pytest.approx(15)


def test_a_counter_that_wraps(tmp_path: Path) -> None:
    clock = Clock()
    package = zone(tmp_path, "intel-rapl:0", "package-0", RANGE - 5_000_000)
    meter = Meter(tmp_path, clock)
    for value in (15_000_000, RANGE - 1, 999_999):
        (package / "energy_uj").write_text(str(value))
        clock.now += 2
        meter.sample()
    assert meter.taken().joules == pytest.approx(20 + (RANGE - 1 - 15_000_000) / 1e6 + 1)


def test_a_battery_is_asked_for_power(tmp_path: Path) -> None:
    clock = Clock()
    supply = battery(tmp_path, status="Discharging", power_now=10_000_000)
    meter = Meter(tmp_path, clock)
    clock.now += 10
    (supply / "power_now").write_text("20000000")
    meter.sample()
    assert meter.taken() == Used(150.0, 10.0, "battery's discharge")
    (supply / "status").write_text("Charging")
    clock.now += 10
    assert meter.taken() == Used()


def test_a_battery_may_tell_current_and_voltage(tmp_path: Path) -> None:
    clock = Clock()
    battery(tmp_path, status="Discharging", current_now=-1_500_000, voltage_now=12_000_000)
    battery(tmp_path, "BAT1", status="Full", power_now=1)
    battery(tmp_path, "mouse", status="Discharging", power_now=9_000_000, scope="Device")
    meter = Meter(tmp_path, clock)
    clock.now += 10
    assert meter.taken().watts == pytest.approx(18)


def test_the_battery_speaks_where_the_counters_are_not_readable(tmp_path: Path) -> None:
    clock = Clock()
    package = zone(tmp_path, "intel-rapl:0", "package-0", 0)
    battery(tmp_path, status="Discharging", power_now=10_000_000)
    meter = Meter(tmp_path, clock)
    (package / "energy_uj").unlink()
    clock.now += 10
    assert meter.taken().source == "battery's discharge"


def test_what_is_skipped_does_not_count(tmp_path: Path) -> None:
    clock = Clock()
    package = zone(tmp_path, "intel-rapl:0", "package-0", 0)
    meter = Meter(tmp_path, clock)
    (package / "energy_uj").write_text("7000000")
    clock.now += 7
    meter.sample()
    (package / "energy_uj").write_text("900000000")
    clock.now += 3600
    meter.skip()
    (package / "energy_uj").write_text("903000000")
    clock.now += 3
    assert meter.taken() == Used(10.0, 10.0, "processor's counters")


def test_it_is_not_looked_at_more_than_once_a_second(tmp_path: Path) -> None:
    clock = Clock()
    package = zone(tmp_path, "intel-rapl:0", "package-0", 0)
    meter = Meter(tmp_path, clock)
    clock.now += 0.5
    meter.sample()
    (package / "energy_uj").write_text("1000000")
    clock.now += 0.7
    assert meter.taken() == Used(1.0, pytest.approx(1.2), "processor's counters")


def test_energy_of_a_pause_is_not_its_own(tmp_path: Path) -> None:
    work, wall = Clock(), Clock()
    counter = zone(tmp_path, "intel-rapl:0", "package-0", 0) / "energy_uj"
    meter = Meter(tmp_path, work, wall)
    work.now, wall.now = work.now + 10, wall.now + 40  # stopped for half a minute of it
    counter.write_text("400000000")
    used = meter.taken()
    assert (used.joules, used.seconds, used.watts) == (100.0, 10.0, 10.0)
