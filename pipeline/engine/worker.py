"""A run at work: every output of the table in order, made if it is not there, whole and the same.

Beginning, resuming, repeating and mending are this one mechanism: each output has a key, the hash
of all that decides its bytes, and what has no valid record with that key is made.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass, field, replace
from typing import TYPE_CHECKING, Any

from pipeline.console.console import Bar, Console
from pipeline.engine import decisions, table
from pipeline.engine.keys import Keys
from pipeline.engine.outputs import Brief, Division, Job, Made, Output, Place, Ref, Scope
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
TILES_TO_TIDY = 8

_MOST_PARTS = 16  # of a tile; smaller ones are mostly halo


@dataclass
class Tally:
    """What a worker did: tiles made, tiles found finished, tiles that failed twice."""

    computed: int = 0
    found: int = 0
    failed: list[str] = field(default_factory=list)


class Worker:
    """Makes the outputs of one run in order; the caller holds the run's lock."""

    def __init__(self, run: RunDir, console: Console, studio: Studio | None = None) -> None:
        self.run, self.console = run, console
        self.manifest: Manifest = run.manifest()
        self.brief: Brief = decisions.brief_of(run, self.manifest)
        if len(self.brief.of_role("photo")) != 1 or not self.brief.style_count:
            raise TilebrushError(f"{run.root} names no photo or no style; start a new run")
        self.keys = Keys(self.brief)
        self.tally = Tally()
        habits = self.brief.settings.run
        self.session = Session(
            hours.window(habits.only_between), console.message, disk_wait=habits.disk_wait
        )
        self._given = studio
        self._studio: Studio | None = None

    @property
    def work(self) -> float:
        """Megapixel-iterations of the whole run."""
        return sum(table.level_work(self.brief))

    def go(self, bar: Bar) -> None:
        """Make everything that is not there yet.

        Raises:
            TilesFailed: some tiles failed twice; all others are made, the print is not.
        """
        self.session.bar = bar
        shown = ""
        for output, places in table.walk(self.brief):
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
        many = len(places) > 1 and output.scope is Scope.TILE
        for number, place in enumerate(places, start=1):
            self._make(output, place)
            if many and (number % TILES_TO_TIDY == 0 or number == len(places)):
                give_memory_back()
        if output.name == "budget":
            self._decided(places[0].level)

    def _valid(self, ref: Ref) -> bool:
        path = self.run.path(table.row(ref.name).file(ref.place))
        return self.run.valid(path, self.keys.of(ref), check="hash")

    def _served(self, output: Output, places: list[Place]) -> None:
        """Count outputs that were dropped when they had served; a kill may have left some."""
        for place in places:
            self.session.did(output.work(self.brief, place), made=False)
        self._count(output, found=len(places))
        self.run.drop(self.run.path(output.file(place)) for place in places)

    def _count(self, output: Output, *, found: int = 0, computed: int = 0) -> None:
        if output.scope is Scope.TILE:
            self.tally.found += found
            self.tally.computed += computed

    def _make(self, output: Output, place: Place) -> None:
        """One output, if it is not there."""
        ref = Ref(output.name, place)
        work = output.work(self.brief, place)
        note = f"tile {place.row},{place.col}" if output.scope is Scope.TILE else ""
        if self._valid(ref):
            self._count(output, found=1)
            self.session.did(work, made=False, note=note)
            return
        self.session.enter()
        began = worked()
        made = self._tried(output, place, note)
        if made is None:
            self.tally.failed.append(f"{output.stage}@{place.level} {place.row},{place.col}")
            self.session.did(work, made=True, note=note)
            return
        notes = {"seconds": worked() - began, **made.notes, **self._served_by(ref)}
        self._commit(ref, made, notes)
        self._count(output, computed=1)
        if not output.paced:
            # Files are read and written at another pace than tiles are computed.
            self.session.did(work, made=False)
        self._drop_served(ref)

    def _tried(self, output: Output, place: Place, note: str) -> Made | None:
        """What an output's function makes; None if it failed as often as it may be tried."""
        attempt = 1
        while True:
            try:
                return output.make(self.job(output, place, note))
            except (TilebrushError, Interrupted, KeyboardInterrupt):
                raise
            except (ArithmeticError, RuntimeError, MemoryError) as error:
                if _out_of_memory(error):  # no fault of the tile
                    if not self._divided(output, place):
                        raise
                    continue
                if output.tries == 1:
                    raise
                self.run.log(
                    f"{output.stage}@{place.level} sweep {place.sweep} tile {place.row},"
                    f"{place.col}, attempt {attempt}: {type(error).__name__}: {error}"
                )
                attempt += 1
                if attempt > output.tries:
                    return None

    def job(self, output: Output, place: Place, note: str = "") -> Job:
        """What the making of an output is given; `note` is shown with its progress."""
        return Job(
            output=output,
            place=place,
            brief=self.brief,
            found=lambda ref: self.run.path(table.row(ref.name).file(ref.place)),
            open_studio=lambda: self.studio,
            did=lambda work: self.session.did(work, made=True, note=note),
            decided=lambda level: decisions.decide(self.run, self.manifest, self.brief, level),
        )

    def _divided(self, output: Output, place: Place) -> bool:
        """Have tiles from this one on worked on in twice as many parts, if they may be."""
        parts = 2 * self.brief.parts(place)
        if not output.divisible or parts > _MOST_PARTS:
            return False
        give_memory_back()
        found = Division(place.level, place.sweep, place.row, place.col, parts)
        told = (
            f"out of memory in {output.stage}@{place.level} tile {place.row},{place.col}: from "
            f"here on tiles are worked on in {parts} parts; what is done stays"
        )
        self.run.log(told)
        self.console.warn(told)
        divisions = (*self.brief.divisions, found)
        self.manifest = replace(self.manifest, divisions=tuple(astuple(d) for d in divisions))
        self.run.write_manifest(self.manifest)
        self._now(replace(self.brief, divisions=divisions))
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

    def _served_by(self, ref: Ref) -> dict[str, object]:
        """For the record of an output: what the outputs took that it replaces."""
        served = self._replaced(ref)
        return usage.noted_dropped(self.run, served) if served else {}

    def _replaced(self, ref: Ref) -> list[Any]:
        inputs = table.row(ref.name).inputs(self.brief, ref.place)
        return [
            self.run.path(table.row(each.name).file(each.place))
            for each in inputs
            if table.row(each.name).replaced_by(self.brief, each.place) == ref
        ]

    def _drop_served(self, ref: Ref) -> None:
        served = self._replaced(ref)
        if served:
            self.run.drop(served)

    def _commit(self, ref: Ref, made: Made, notes: dict[str, Any]) -> None:
        """Write an output and its record; a full disk is waited for."""
        path = self.run.path(table.row(ref.name).file(ref.place))
        record = {"key": self.keys.of(ref), **notes, **self.session.energy()}

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


def _dropped(_: object) -> None:
    """Writers may give something back; nobody asks for it."""


def _out_of_memory(error: BaseException) -> bool:
    """Whether memory was short; torch says so in a RuntimeError."""
    return (
        isinstance(error, MemoryError)
        or "not enough memory" in str(error)
        or ("out of memory" in str(error))
    )
