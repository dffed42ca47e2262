"""One process at work on a run: what it shows, when it may work, what energy it draws."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext

from pipeline import spent
from pipeline.console import Bar
from pipeline.hours import Gate, Window
from pipeline.power import Meter


class Session:
    """Goes along with a worker; without a bar it shows nothing."""

    def __init__(
        self, hours: Window | None, say: Callable[[str], None], meter: Meter | None = None
    ) -> None:
        """`say` tells the user something in a line; `meter` replaces that of the computer."""
        self.gate, self.meter, self._say = Gate(hours), meter or Meter(), say
        self.bar: Bar | None = None

    def did(self, work: float, *, made: bool, note: str = "") -> None:
        """Count work as done now, or as found done."""
        self.meter.sample()
        if self.bar is not None:
            (self.bar.advance if made else self.bar.skip)(work, note)

    def stage(self, name: str) -> None:
        """Say which stage has begun."""
        if self.bar is not None:
            self.bar.stage(name)

    def enter(self) -> None:
        """Wait, if it must be, until work may be done."""
        opens = self.gate.closed_until()
        if opens is None:
            return
        note = f"waiting until {opens:%a %H:%M}"
        self._say(f"{note}, outside the hours of run.only_between")
        with self.bar.waiting(note) if self.bar is not None else nullcontext():
            self.gate.wait()
        self.meter.skip()

    def energy(self) -> dict[str, object]:
        """For the record of an output: the energy used since the last one."""
        return spent.noted(self.meter.taken())
