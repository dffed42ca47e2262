"""A clock of worked seconds: it stands still while the process is stopped.

Ctrl+Z, a laptop's lid, a frozen container or virtual machine, a debugger: the wall's clock goes on,
and whoever times work by it takes hours of pause for slow work. `worked` leaves them out.

The rule. A thread looks at the clock twice a second. Where two looks are more than `_GAP` seconds
apart, it was not let run, for one of three reasons, and only the last one is a pause:

- the main thread kept Python to itself: then it used the processor;
- other programs had the processor: then both threads stood in its queue, which Linux counts;
- the process was stopped: then it did neither.

So a gap in which both threads have neither run nor queued for most of the time is left out. Waiting
for a slow disk or the network leaves no gap, since the thread that looks goes on: that is work.
Only memory that is swapped out for seconds stops both, and looks like a pause. Where the queue is
not counted (macOS, Windows), processor time alone decides: a computer so busy that the process gets
nothing for seconds looks paused there. Pauses shorter than `_GAP` count as work. The clock is
monotonic: setting the computer's clock does not touch it.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

_TICK = 0.5  # seconds between two looks
_GAP = 2.0  # seconds without a look that call for a reason
_TASKS = Path("/proc/self/task")


class WorkClock:
    """Seconds of `clock` without the gaps in which `busy` did not go on."""

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        busy: Callable[[], float] | None = None,
        paused: float = 0.0,
    ) -> None:
        """`busy` gives the seconds in which this process ran or wanted to, from any start.

        `paused` is what has been left out before.
        """
        self.paused = paused
        self._clock, self._busy = clock, busy or Activity()
        self._lock = threading.Lock()
        self._seen, self._done = clock(), self._busy()

    def __call__(self) -> float:
        """Worked seconds, from any start; also a look."""
        with self._lock:
            now, done = self._clock(), self._busy()
            gap, ran = now - self._seen, done - self._done
            self._seen, self._done = now, done
            if gap > _GAP and ran < gap / 2:
                # What was worked before it stopped is part of the gap, and no longer than a tick.
                self.paused += gap - min(max(ran, 0.0), _TICK)
            return now - self.paused

    def watch(self) -> None:
        """Look again and again; for a thread of its own."""
        if isinstance(self._busy, Activity):
            self._busy.include()
        never = threading.Event()
        while not never.wait(_TICK):
            self()


class Activity:
    """Seconds in which the main thread, and others that ask, ran or queued for the processor."""

    def __init__(self, tasks: Path = _TASKS) -> None:
        """`tasks` is where the system tells of the threads of this process."""
        main = threading.main_thread().native_id
        self._files = [tasks / f"{main}" / "schedstat"]
        self._tasks, self._counted = tasks, self._seconds() is not None

    def include(self) -> None:
        """Count the calling thread too, which must not end."""
        self._files.append(self._tasks / f"{threading.get_native_id()}" / "schedstat")

    def __call__(self) -> float:
        """From any start."""
        found = self._seconds() if self._counted else None
        return time.process_time() if found is None else found

    def _seconds(self) -> float | None:
        try:
            told = [file.read_bytes().split() for file in self._files]
            return sum(int(ran) + int(queued) for ran, queued, *_ in told) / 1e9
        except (OSError, ValueError):
            return None


_current: WorkClock | None = None
_paused_before = 0.0


def worked() -> float:
    """Seconds that this process has worked, from any start: what durations are reckoned with."""
    global _current
    if _current is None:
        _current = WorkClock(paused=_paused_before)
        threading.Thread(target=_current.watch, name="work clock", daemon=True).start()
    return _current()


def _forked() -> None:
    """A fork has none of its parent's other threads: it begins a clock that goes on from there."""
    global _current, _paused_before
    if _current is not None:
        _paused_before = _current.paused
        _current = None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)
