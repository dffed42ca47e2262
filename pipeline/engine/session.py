"""One process at work on a run: what it shows, when it may work, what energy it draws."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import nullcontext

from pipeline.config import units
from pipeline.console.console import Bar
from pipeline.host import stopping
from pipeline.host.energy import Meter
from pipeline.host.hours import Gate, Window, rest
from pipeline.run import usage as spent
from stages.errors import DiskFull

# Seconds between two looks whether there is room on the disk.
_RETRY_EVERY = 5.0


class Session:
    """Goes along with a worker; without a bar it shows nothing."""

    def __init__(
        self,
        hours: Window | None,
        say: Callable[[str], None],
        meter: Meter | None = None,
        disk_wait: float = 0.0,
    ) -> None:
        """`say` tells the user something in a line; `meter` replaces that of the computer.

        `disk_wait` is how many seconds to wait for room on a full disk.
        """
        self.gate, self.meter, self._say = Gate(hours), meter or Meter(), say
        self.disk_wait = disk_wait
        self.bar: Bar | None = None
        self.told: Callable[[], None] = lambda: None  # called often: whoever reports looks then

    def did(self, work: float, *, made: bool, note: str = "") -> None:
        """Count work as done now, or as found done."""
        self.meter.sample()
        if self.bar is not None:
            (self.bar.advance if made else self.bar.skip)(work, note)
        self.told()

    def stage(self, name: str) -> None:
        """Say which stage has begun."""
        if self.bar is not None:
            self.bar.stage(name)
        self.told()

    def open(self) -> bool:
        """Whether work may be begun now, without waiting."""
        return self.gate.closed_until() is None

    def enter(self) -> None:
        """Wait, if it must be, until work may be done.

        Raises:
            Interrupted: this process was told to end.
        """
        stopping.check()
        opens = self.gate.closed_until()
        if opens is None:
            return
        note = f"waiting until {opens:%a %H:%M}"
        self._say(f"{note}, outside the hours of run.only_between")
        with self.bar.waiting(note) if self.bar is not None else nullcontext():
            self.gate.wait()
        self.meter.skip()

    def until_room(self, full: DiskFull, write: Callable[[], None]) -> None:
        """Try `write` again until it finds room on the disk.

        Raises:
            DiskFull: that took longer than it may; `full` if it may take no time at all.
        """
        ends = time.monotonic() + self.disk_wait
        if self.disk_wait <= 0:
            raise full
        self._say(f"{full}; trying again for {units.duration(self.disk_wait)}, nothing is lost")
        with self.bar.waiting("disk full") if self.bar is not None else nullcontext():
            while True:
                rest(min(_RETRY_EVERY, max(0.0, ends - time.monotonic())), time.sleep)
                try:
                    write()
                except DiskFull:
                    if time.monotonic() >= ends:
                        raise
                else:
                    break
        self._say("there is room on the disk again, going on")
        self.meter.skip()

    def energy(self) -> dict[str, object]:
        """For the record of an output: the energy used since the last one."""
        return spent.noted(self.meter.taken())
