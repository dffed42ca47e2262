"""How far the work of a command is, and when it will be ready."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from pipeline.config import units
from pipeline.console import render
from pipeline.host import stopping

# The pace is that of the latest work: what lies this share of all work back counts a third. The
# first tile soon outweighs the display stage and the first guess, which counts as much as that.
_MEMORY_SHARE = 0.02


class Pace:
    """How long work takes, learnt from what was really done of late; its clock counts work."""

    def __init__(self, total: float, per_work: float | None, clock: Callable[[], float]) -> None:
        """`per_work` is a first guess in seconds per unit of work."""
        self.total, self.done = total, 0.0
        self._clock, self._started = clock, clock()
        self._mark, self._last = self._started, 0.0
        self._work = _MEMORY_SHARE * total if per_work is not None else 0.0
        self._seconds = self._work * (per_work or 0.0)

    def add(self, work: float, *, skipped: bool = False) -> None:
        """Count work as done; what was skipped, and its time, says nothing about the pace."""
        self.done += work
        took = self.hold()
        if skipped:
            return
        kept = math.exp(-work / (_MEMORY_SHARE * self.total)) if self.total > 0 else 0.0
        self._work, self._seconds = kept * self._work + work, kept * self._seconds + took
        self._last = work

    def hold(self) -> float:
        """Leave the time since the last work out, such as that of a pause; gives its seconds."""
        before, self._mark = self._mark, self._clock()
        return self._mark - before

    def elapsed(self) -> float:
        """Seconds since the start."""
        return self._clock() - self._started

    def remaining(self) -> float | None:
        """Seconds still to go, or None while nothing is known."""
        if self._work <= 0:
            return None
        # Time since the last finished work belongs to unfinished work: it may only slow the pace.
        waited = self._seconds + self._clock() - self._mark
        rate = max(self._seconds / self._work, waited / (self._work + self._last))
        return max(0.0, self.total - self.done) * rate


class Bar:
    """The progress of one command; made by `Console.progress`."""

    def __init__(
        self,
        pace: Pace,
        draw: Callable[[Bar, bool], None],
        label: str,
        on_clock: Callable[[float], float] = lambda seconds: seconds,
    ) -> None:
        """`draw` shows the bar; its second argument says that a new stage has begun.

        `on_clock` gives the seconds until seconds of work are done, pauses counted in.
        """
        self.pace, self.label, self.at, self.note = pace, label, "", ""
        self._draw, self._on_clock = draw, on_clock

    def advance(self, work: float, note: str = "") -> None:
        """Count `work` as done just now.

        Raises:
            Interrupted: this process was told to end.
        """
        stopping.check()
        self.pace.add(work)
        self.note = note
        self._draw(self, False)

    def skip(self, work: float, note: str = "") -> None:
        """Count `work` as done earlier, such as tiles that a resumed run finds finished."""
        self.pace.add(work, skipped=True)
        self.note = note
        self._draw(self, False)

    def stage(self, name: str) -> None:
        """Say which stage has begun.

        Raises:
            Interrupted: this process was told to end.
        """
        stopping.check()
        self.at, self.note = name, ""
        self._draw(self, True)

    def expect(self, total: float) -> None:
        """Change the work that there is in all."""
        self.pace.total = total

    @contextmanager
    def waiting(self, note: str) -> Iterator[None]:
        """Show `note` while nothing is worked; the time does not count."""
        self.pace.hold()
        before, self.note = self.note, note
        self._draw(self, False)
        try:
            yield
        finally:
            self.note = before
            self.pace.hold()

    def text(self) -> str:
        """How far it is, when it is ready, stage and note, in one line."""
        share = 100 * min(1.0, self.pace.done / self.pace.total) if self.pace.total > 0 else 100.0
        left = self.pace.remaining()
        when = units.ready(self._on_clock(left), datetime.now()) if left is not None else ""
        # What matters most comes first: narrow terminals cut the rest off.
        parts = (self.label, f"{share:.0f} %", when, self.at, self.note)
        return ", ".join(render.one_line(part) for part in parts if part)
