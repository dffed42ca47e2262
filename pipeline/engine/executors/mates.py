"""Workers and tiles as the coordinator sees them: who does what, how fast, and who does it next."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pipeline.engine.executors.outcome import Asked
from pipeline.host.energy import Used
from pipeline.run.workers import WorkerRow

if TYPE_CHECKING:
    from stages.elsewhere import Facts

DEPTH = 2  # tasks that a worker has at a time: the next one travels while it computes
SILENT = 15.0  # seconds without a sign of life after which its tasks run elsewhere
# A task may take so many times what others took, and at least so many seconds, until it counts as
# hung; nobody knows how long the first ones take, unless the run's own pace tells.
_PATIENCE, _LEAST, _FIRST = 5.0, 60.0, 3600.0
_DEATHS = 10  # of workers at one and the same task: then it is the task


@dataclass(eq=False)
class Entry:
    """A task that is to be done; `copies` of it are under way."""

    asked: Asked
    copies: list[Copy] = field(default_factory=list)
    avoid: set[str] = field(default_factory=set)  # addresses where it did not go well
    lost: int = 0  # how often a worker was lost at it
    settled: bool = False

    @property
    def cursed(self) -> bool:
        """Whether workers die of it."""
        return self.lost >= _DEATHS


@dataclass(eq=False)
class Copy:
    """A task on one worker."""

    entry: Entry
    mate: Mate
    since: float = field(default_factory=time.monotonic)
    label: str = ""
    steps: int = 1
    why: str = ""  # why it was given up
    work: asyncio.Task[None] | None = None
    future: Any = None


@dataclass(eq=False)
class Mate:
    """A worker of the cluster."""

    address: str
    name: str
    host: str
    facts: Facts
    straight: bool = False  # whether it is reached without the scheduler
    copies: list[Copy] = field(default_factory=list)
    has: set[str] = field(default_factory=set)  # hashes of shared values that it keeps
    done: int = 0
    seconds: float = 0.0
    work: float = 0.0
    joules: float = 0.0
    metered: float = 0.0  # seconds of those joules
    machine: float = 0.0  # seconds of its computer that were this worker's
    beat: object = None  # its last sign of life, as the scheduler tells
    seen: float = field(default_factory=time.monotonic)  # when that changed
    running: bool = True
    idle_since: float = field(default_factory=time.monotonic)
    mean: float = 0.0  # seconds of a task of the kind that is being done
    rate: float = 0.0  # the same for a megapixel-iteration, since tasks may differ in size
    left: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def silent(self) -> bool:
        """Whether nothing has been heard of it for too long."""
        return time.monotonic() - self.seen > SILENT

    @property
    def ready(self) -> bool:
        """Whether it may be given something."""
        return self.running and not self.silent

    def count(self, seconds: float, work: float, used: Used, beside: int = 1) -> None:
        """Count a task as done by it, one of so many workers `beside` each other."""
        self.done += 1
        self.seconds, self.work = self.seconds + seconds, self.work + work
        self.machine += seconds / beside
        self.joules += used.joules / beside
        self.metered += used.seconds / beside
        self.mean = _followed(self.mean, seconds)
        if work:
            self.rate = _followed(self.rate, seconds / work)

    def forget(self) -> None:
        """Another kind of task follows."""
        self.mean = self.rate = 0.0

    def row(self) -> WorkerRow:
        """Who it is, what it does and how fast."""
        state = "working" if self.copies else "idle"
        return WorkerRow(
            name=self.name,
            host=self.facts.host or self.host,
            state=state if self.ready else "silent",
            doing=next((copy.label for copy in self.copies if copy.label), ""),
            done=self.done,
            seconds=round(self.seconds, 2),
            work=round(self.work, 3),
            joules=round(self.joules, 1),
            machine_seconds=round(self.machine, 2),
            metered_seconds=round(self.metered, 2),
        )


def _followed(before: float, now: float) -> float:
    return 0.7 * before + 0.3 * now if before else now


def usual(mates: Iterable[Mate]) -> float:
    """Seconds that a task usually takes; 0 while nobody knows."""
    known = [mate.mean for mate in mates if mate.mean]
    return sum(known) / len(known) if known else 0.0


def next_mate(entry: Entry, mates: list[Mate]) -> Mate | None:
    """Who would be ready with a task first, of those who may be given one."""
    free = [mate for mate in mates if mate.ready and len(mate.copies) < DEPTH]
    liked = [mate for mate in free if mate.address not in entry.avoid]
    if not liked and all(mate.address in entry.avoid for mate in mates if mate.ready):
        entry.avoid.clear()
        liked = free
    common = usual(mates) or 1.0
    return min(liked, key=lambda m: (len(m.copies) + 1) * (m.mean or common), default=None)


def worth_twice(entries: Iterable[Entry], mate: Mate, mates: list[Mate]) -> Entry | None:
    """What an idle worker had better do too, since whoever has it is ready later than it would be.

    At the end of a sweep fast workers would else wait for slow ones.
    """
    common, now = usual(mates), time.monotonic()
    own = mate.mean or common
    best, longest = None, 1.2 * own
    for entry in entries:
        if entry.settled or len(entry.copies) != 1 or mate.address in entry.avoid:
            continue
        (copy,) = entry.copies
        other = copy.mate
        if other is mate or not own:
            continue
        ahead = other.copies.index(copy) + 1
        left = ahead * (other.mean or common) - (now - max(copy.since, other.idle_since))
        if left > longest:
            best, longest = entry, left
    return best


def overdue(copy: Copy, mates: list[Mate], pace: float) -> bool:
    """Whether a task takes so long that its worker must hang; `pace` is in seconds per work."""
    mate = copy.mate
    if mate.copies and mate.copies[0] is not copy:
        return False  # it waits for the one before it
    rates = [each.rate for each in mates if each.rate]
    pace = max(pace, mate.rate, sum(rates) / len(rates) if rates else 0.0)
    known = max(mate.mean, usual(mates), pace * copy.entry.asked.work)
    limit = max(_LEAST, _PATIENCE * known) if known else _FIRST
    return time.monotonic() - max(copy.since, mate.idle_since) > limit
