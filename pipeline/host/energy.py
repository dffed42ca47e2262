"""Energy that the computer draws, where its own meters can be read without privileges.

Linux gives two: the processor's counters (RAPL), and the discharge of a battery. A counter wraps
after minutes to hours and a battery tells power and not energy, so both are looked at often.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from pipeline.host.work_clock import worked

_ROOT = Path("/sys/class")
_PROCESSOR = "processor's counters"
_BATTERY = "battery's discharge"
_EVERY = 1.0  # seconds between two looks


@dataclass(frozen=True)
class Used:
    """Energy in joules, the seconds in which it was measured, and what measured it."""

    joules: float = 0.0
    seconds: float = 0.0
    source: str = ""

    @property
    def watts(self) -> float:
        """Mean power; 0 where nothing was measured."""
        return self.joules / self.seconds if self.seconds > 0 else 0.0


class _Source(Protocol):
    name: str

    def joules(self, seconds: float) -> float | None:
        """Energy since the last call, `seconds` ago; None if it cannot be told."""


class _Counter:
    """One RAPL zone."""

    def __init__(self, zone: Path) -> None:
        self._file, self._range = zone / "energy_uj", _number(zone / "max_energy_range_uj")
        self.last = _number(self._file)

    def microjoules(self) -> float | None:
        """Since the last call."""
        before, self.last = self.last, _number(self._file)
        if before is None or self.last is None:
            return None
        if self.last >= before:
            return self.last - before
        return self.last - before + self._range if self._range else None


class _Rapl:
    name = _PROCESSOR

    def __init__(self, zones: Iterable[Path]) -> None:
        self._counters = [_Counter(zone) for zone in zones]

    def joules(self, seconds: float) -> float | None:
        found = [counter.microjoules() for counter in self._counters]
        return None if None in found else sum(each or 0.0 for each in found) / 1e6


class _Battery:
    name = _BATTERY

    def __init__(self, supplies: list[Path]) -> None:
        self._supplies = supplies
        self._last = self._watts()

    def _watts(self) -> float | None:
        found = [_discharge(supply) for supply in self._supplies]
        watts = [each for each in found if each is not None]
        return sum(watts) if watts else None

    def joules(self, seconds: float) -> float | None:
        before, self._last = self._last, self._watts()
        if before is None or self._last is None:
            return None
        return (before + self._last) / 2 * seconds


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return ""


def _number(path: Path) -> float | None:
    try:
        return float(_text(path))
    except ValueError:
        return None


def _discharge(supply: Path) -> float | None:
    """Watts that a battery gives; None while it gives none or does not tell."""
    if _text(supply / "status") != "Discharging":
        return None
    power = _number(supply / "power_now")
    if power is None:
        current, volts = _number(supply / "current_now"), _number(supply / "voltage_now")
        power = current * volts / 1e6 if current is not None and volts is not None else None
    # Some drivers count what leaves the battery as negative.
    return abs(power) / 1e6 if power else None


def _zones(root: Path) -> list[Path]:
    """The RAPL zones that add up to the most that is told, none of them twice."""
    found = sorted((root / "powercap").glob("intel-rapl:*"))
    names = {zone: _text(zone / "name") for zone in found}
    whole = [zone for zone, name in names.items() if name == "psys"]
    if whole:  # the whole platform, processor included
        return whole[:1]
    # A package holds its cores, but not its memory.
    top = re.compile(r"intel-rapl:\d+$")
    return [zone for zone, name in names.items() if top.match(zone.name) or name == "dram"]


def _sources(root: Path) -> list[_Source]:
    found: list[_Source] = []
    # Most systems let only the administrator read the counters.
    zones = [zone for zone in _zones(root) if _number(zone / "energy_uj") is not None]
    if zones:
        found.append(_Rapl(zones))
    supplies = sorted(
        supply
        for supply in (root / "power_supply").glob("*")
        # A mouse has a battery too.
        if (supply / "status").is_file() and _text(supply / "scope") != "Device"
    )
    if supplies:
        found.append(_Battery(supplies))
    return found


class Meter:
    """Adds up energy from now on; knows nothing where nothing can be read."""

    def __init__(
        self,
        root: Path = _ROOT,
        clock: Callable[[], float] = worked,
        wall: Callable[[], float] = time.monotonic,
    ) -> None:
        """`root` is where the system tells of its devices.

        `clock` counts worked seconds, `wall` those in which the process was stopped too.
        """
        self._clock, self._wall, self._sources = clock, wall, _sources(root)
        self._at, self._wall_at, self._used = clock(), wall(), Used()

    def sample(self, *, now: bool = False) -> None:
        """Look at the counters, at most once a second unless `now`."""
        seconds = self._clock() - self._at
        if not self._sources or (seconds < _EVERY and not now):
            return
        self._at += seconds
        before, self._wall_at = self._wall_at, self._wall()
        passed = max(self._wall_at - before, seconds)  # whatever the clocks' steps
        # All are read, so that each knows when it was last read; the first that tells counts.
        found = [(source.name, source.joules(passed)) for source in self._sources]
        for name, joules in found:
            if joules is not None:
                total = self._used
                # The counters go on while the process is stopped: that part is not its own.
                joules *= seconds / passed if passed > 0 else 1.0
                self._used = Used(total.joules + joules, total.seconds + seconds, name)
                return

    def taken(self) -> Used:
        """What was used since the last call, or since the beginning."""
        self.sample(now=True)
        used, self._used = self._used, Used()
        return used

    def skip(self) -> None:
        """Leave out the time since the last look: nothing was worked."""
        kept = self._used
        self.sample(now=True)
        self._used = kept
