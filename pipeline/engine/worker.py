"""A run at work: every output of the table in order, made if it is not there, whole and the same.

Beginning, resuming, repeating and mending are this one mechanism: each output has a key, the hash
of all that decides its bytes, and what has no valid record with that key is made.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from pipeline.console.console import Bar, Console
from pipeline.engine import decisions, retrying, state, table
from pipeline.engine.executors.here import Here
from pipeline.engine.executors.outcome import Asked, Executor, Outcome
from pipeline.engine.executors.queue import Queue
from pipeline.engine.keys import Keys
from pipeline.engine.outputs import Apart, Brief, Job, Made, Output, Place, Ref, Scope
from pipeline.engine.session import Session
from pipeline.host import hours
from pipeline.host.work_clock import worked
from pipeline.run import usage
from pipeline.run.directory import RunDir
from pipeline.run.records import Manifest
from stages.errors import DiskFull, Interrupted, RunDiffers, TilebrushError, TilesFailed
from stages.nst.allocator import give_memory_back

if TYPE_CHECKING:
    from stages.nst.studio import Studio

# Freed memory is handed back after so many tiles: gaps between what is kept grow from tile to tile,
# and the pages that come back cost a second or less.
TILES_TO_TIDY = 2


@dataclass
class Tally:
    """What a worker did: tiles made, tiles found finished, tiles that failed twice."""

    computed: int = 0
    found: int = 0
    failed: list[str] = field(default_factory=list)


class Worker:
    """Makes the outputs of one run in order; the caller holds the run's lock."""

    def __init__(
        self,
        run: RunDir,
        console: Console,
        studio: Studio | None = None,
        executor: Executor | None = None,
    ) -> None:
        self.run, self.console = run, console
        self.executor: Executor = executor or Here()
        self.manifest: Manifest = run.manifest()
        self.brief: Brief = decisions.brief_of(run, self.manifest)
        if len(self.brief.of_role("photo")) != 1 or not self.brief.style_count:
            raise TilebrushError(f"{run.root} names no photo or no style; start a new run")
        self.keys = Keys(self.brief)
        self.tally = Tally()
        self.until: int | None = None  # the level to stop after, 0 for the display
        habits = self.brief.settings.run
        self.session = Session(
            hours.window(habits.only_between), console.message, disk_wait=habits.disk_wait
        )
        self._given = studio
        self._studio: Studio | None = None

    @property
    def work(self) -> float:
        """Megapixel-iterations of the whole run, or of what is made of it, see `until`."""
        work = table.level_work(self.brief)
        return sum(work if self.until is None else work[: self.until + 1])

    def go(self, bar: Bar) -> None:
        """Make everything that is not there yet.

        Raises:
            TilesFailed: some tiles failed twice; all others are made, the print is not.
        """
        self.session.bar = bar
        shown = ""
        for output, places in self._wanted():
            name = self._stage_name(output, places[0])
            if name != shown:
                self.session.stage(name)
                shown = name
            self._settle(output, places)
            if self.tally.failed:
                names = ", ".join(self.tally.failed[:5])
                raise TilesFailed(
                    f"{len(self.tally.failed)} tiles failed twice ({names}); the print is not "
                    "written; see run.log, then run tilebrush resume"
                )

    def _wanted(self) -> Iterator[tuple[Output, list[Place]]]:
        """The outputs to make, in order: all, or those up to the level to stop after."""
        begun = False
        for output, places in table.walk(self.brief):
            level = places[0].level
            begun = begun or level > 0
            if self.until is not None and (level > self.until or (begun and not level)):
                return
            yield output, places

    def _stage_name(self, output: Output, place: Place) -> str:
        if not place.level:
            return output.stage
        name = f"{output.stage}@{place.level}"
        if not place.sweep:
            return name
        return f"{name} sweep {place.sweep}/{self.brief.level(place).sweeps}"

    def _settle(self, output: Output, places: list[Place]) -> None:
        """See to it that an output is there at all places, or was and has served."""
        after = output.replaced_by(self.brief, places[0])
        if after is not None and self._valid(after):
            self._served(output, places)
            return
        give_memory_back()  # of what was made before: another kind of work follows
        if output.apart is not None:
            self._side_by_side(output, output.apart, places)
        else:
            for place in places:
                self._make(output, place)
        if output.name == "budget":
            self._decided(places[0].level)

    def _valid(self, ref: Ref) -> bool:
        path = self.run.path(table.row(ref.name).file(ref.place, self.brief))
        return self.run.valid(path, self.keys.of(ref), check="hash")

    def _served(self, output: Output, places: list[Place]) -> None:
        """Count outputs that were dropped when they had served; a kill may have left some."""
        for place in places:
            self.session.did(output.work(self.brief, place), made=False)
        self._count(output, found=len(places))
        self.run.drop(self.run.path(output.file(place, self.brief)) for place in places)

    def _count(self, output: Output, *, found: int = 0, computed: int = 0) -> None:
        if output.scope is Scope.TILE:
            self.tally.found += found
            self.tally.computed += computed

    def _found(self, output: Output, place: Place) -> bool:
        """Whether an output is there; then it is counted."""
        if not self._valid(Ref(output.name, place)):
            return False
        self._count(output, found=1)
        self.session.did(output.work(self.brief, place), made=False, note=_note(output, place))
        return True

    def _make(self, output: Output, place: Place) -> None:
        """One output, if it is not there."""
        if self._found(output, place):
            return
        self.session.enter()
        began = worked()
        self._keep(output, place, self._tried(output, place), worked() - began)

    def _keep(
        self, output: Output, place: Place, made: Made, seconds: float, **notes: object
    ) -> None:
        """Commit what was made."""
        ref = Ref(output.name, place)
        served = state.replaced(self.run, self.brief, ref)
        dropped = usage.noted_dropped(self.run, served) if served else {}
        self._commit(ref, made, {"seconds": seconds, **made.notes, **notes, **dropped})
        self._count(output, computed=1)
        if not output.paced:
            # Files are read and written at another pace than tiles are computed.
            self.session.did(output.work(self.brief, place), made=False)
        if served:
            self.run.drop(served)

    def _side_by_side(self, output: Output, apart: Apart, places: list[Place]) -> None:
        """The outputs of a kind that depend on one another in nothing, as they come."""
        queue = Queue(places)
        memo: dict[str, Any] = {}

        def more() -> Asked | None:
            while (place := queue.next()) is not None:
                if self._found(output, place):
                    continue
                self.session.enter()
                queue.begun[place] = self.keys.of(Ref(output.name, place))
                job = self.job(output, place, memo)
                return Asked(place, partial(apart.task, job), output.work(self.brief, place))
            return None

        def did(place: Place, steps: int) -> None:
            work = steps * apart.step(self.brief, place)
            self.session.did(work, made=True, note=_note(output, place))

        taken = 0
        for one in self.executor.outcomes(more, did, lambda: self.studio, self.session.open):
            self._taken(output, apart, queue, one)
            taken += 1
            if taken % TILES_TO_TIDY == 0:
                give_memory_back()
        if len(places) > 1 and taken % TILES_TO_TIDY:
            give_memory_back()

    def _taken(self, output: Output, apart: Apart, queue: Queue, one: Outcome) -> None:
        """Commit an outcome, or have it tried again."""
        place = one.name
        if queue.begun[place] != self.keys.of(Ref(output.name, place)):
            queue.again(place)  # memory got short meanwhile: it is to be made in parts
        elif one.error is None:
            self._keep(output, place, apart.made(one.result), one.seconds, **dict(one.notes))
        elif self._again(output, place, one.error, queue.attempts):
            queue.again(place)
        else:
            self.tally.failed.append(f"{output.stage}@{place.level} {place.row},{place.col}")
            work, note = output.work(self.brief, place), _note(output, place)
            self.session.did(work, made=True, note=note)

    def _tried(self, output: Output, place: Place) -> Made:
        """What an output's function makes; tried as often as it may be."""
        attempts = Counter[Place]()
        while True:
            try:
                return output.make(self.job(output, place))
            except (TilebrushError, Interrupted, KeyboardInterrupt):
                raise
            except (ArithmeticError, RuntimeError, MemoryError) as error:
                if not self._again(output, place, error, attempts):
                    raise

    def _again(
        self, output: Output, place: Place, error: Exception, attempts: Counter[Place]
    ) -> bool:
        """Whether an output is to be tried again after an error; else it has failed for good."""
        return retrying.again(self.run, output, place, error, attempts, self._divided)

    def job(self, output: Output, place: Place, memo: dict[str, Any] | None = None) -> Job:
        """What the making of an output is given; jobs that are made together share a `memo`."""
        note = _note(output, place)
        return Job(
            output=output,
            place=place,
            brief=self.brief,
            found=lambda ref: self.run.path(table.row(ref.name).file(ref.place, self.brief)),
            open_studio=lambda: self.studio,
            did=lambda work: self.session.did(work, made=True, note=note),
            decided=lambda level: decisions.decide(self.run, self.manifest, self.brief, level),
            executor=self.executor,
            memo={} if memo is None else memo,
        )

    def _divided(self, output: Output, place: Place) -> bool:
        """Have tiles from this one on worked on in twice as many parts, if they may be."""
        given = self.run, self.manifest, self.brief, output, place
        found = retrying.divided(*given, self.console.warn)
        if found is None:
            return False
        self.manifest, brief = found
        self._now(brief)
        return True

    def _now(self, brief: Brief) -> None:
        self.brief, self.keys = brief, Keys(brief)

    def _decided(self, level: int) -> None:
        """Go on with what a budget decided for a level and those above."""
        before = self.brief
        self._now(decisions.brief_of(self.run, self.manifest))
        if self.brief.plan != before.plan:
            settings = before.settings
            told = decisions.told(settings, before.plan, self.brief.plan, level)
            self.console.message(told)
            if self.session.bar is not None:
                self.session.bar.expect(self.work)

    def _commit(self, ref: Ref, made: Made, notes: dict[str, Any]) -> None:
        """Write an output and its record; a full disk is waited for."""
        path = self.run.path(table.row(ref.name).file(ref.place, self.brief))
        record = {"key": self.keys.of(ref), **self.session.energy(), **notes}

        def write() -> None:
            self.run.commit(path, lambda out: _dropped(made.write(out)), record)

        try:
            write()
        except DiskFull as full:
            self.session.until_room(full, write)

    @property
    def studio(self) -> Studio:
        """The encoder, loaded when it is first needed.

        Raises:
            RunDiffers: its weights are not those that the run began with.
        """
        if self._studio is None:
            from pipeline.planning.resolve import open_studio

            self._studio = self._given or open_studio(self.brief.settings, self.console)
            found, wanted = self._studio.encoder.fingerprint, self.brief.weights
            if found != wanted:
                raise RunDiffers(
                    f"{self.run.root} was begun with encoder weights {wanted[:12]}, now there are "
                    f"{found[:12]}; give the same weights, or start a new run"
                )
        return self._studio


def _note(output: Output, place: Place) -> str:
    return f"tile {place.row},{place.col}" if output.scope is Scope.TILE else ""


def _dropped(_: object) -> None:
    """Writers may give something back; nobody asks for it."""
