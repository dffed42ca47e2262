"""What of a run is there, from its files and records alone: for status, verify, clean, resume."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pipeline.engine import decisions, table
from pipeline.engine.keys import Keys
from pipeline.engine.outputs import Brief, Output, Place, Ref
from pipeline.run.directory import RunDir
from pipeline.run.records import Problem
from stages.errors import TilebrushError


class State:
    """The outputs of a run and which of them are done; reads only."""

    def __init__(self, run: RunDir) -> None:
        self.run, self.manifest = run, run.manifest()
        self.brief: Brief = decisions.brief_of(run, self.manifest)
        self.keys = Keys(self.brief)
        self._done: dict[Ref, bool] = {}

    def outputs(self) -> Iterator[tuple[Output, Place]]:
        """Every output of the run, made or not."""
        for output, places in table.walk(self.brief):
            for place in places:
                yield output, place

    def path(self, output: Output, place: Place) -> Path:
        """The file of an output."""
        return self.run.path(output.file(place, self.brief))

    def done(self, ref: Ref) -> bool:
        """Whether an output is finished as far as its record tells, or has served."""
        if ref not in self._done:
            output = table.row(ref.name)
            record = self.run.record(self.path(output, ref.place))
            found = record is not None and record.key == self.keys.of(ref)
            after = output.replaced_by(self.brief, ref.place)
            self._done[ref] = found or (after is not None and self.done(after))
        return self._done[ref]

    def shares(self) -> dict[int, tuple[float, float]]:
        """Work done and work in all, in megapixel-iterations, by level."""
        found: dict[int, tuple[float, float]] = {}
        for output, place in self.outputs():
            done, total = found.get(place.level, (0.0, 0.0))
            work = output.work(self.brief, place)
            own = work if self.done(Ref(output.name, place)) else 0.0
            found[place.level] = done + own, total + work
        return found

    def products(self) -> list[tuple[Output, Place]]:
        """The outputs that the user wanted."""
        return [(output, place) for output, place in self.outputs() if output.product]

    def finished(self) -> bool:
        """Whether all products have their records; their files are another matter: `problems`."""
        return all(self.done(Ref(output.name, place)) for output, place in self.products())

    def stopped_after(self) -> str:
        """After which level a run stands, if nothing of the next is begun: ``level 2 of 4``."""
        count = len(self.brief.plan.levels)
        for level in range(count, -1, -1):
            if not self.done(Ref(self.brief.result(level), Place(level=level))):
                continue
            begun = any(
                self._recorded(output, place)
                for output, place in self.outputs()
                if place.level == level + 1 or (output.product and level == count)
            )
            return "" if begun else f"level {level} of {count}"
        return ""

    def cleaned(self) -> bool:
        """Whether what the print was made of was given up."""
        if self.manifest.cleaned:
            return True
        # It could not be written down where the disk was full.
        return self.finished() and not any(
            self._recorded(output, place) for output, place in self.outputs() if not output.product
        )

    def _recorded(self, output: Output, place: Place) -> bool:
        return self.run.record_path(self.path(output, place)).is_file()

    def problems(self, *, products_only: bool = False) -> list[Problem]:
        """Every recorded output that is not what its record says, bytes and all."""
        found = []
        for output, place in self.outputs():
            path = self.path(output, place)
            if self._recorded(output, place) and (output.product or not products_only):
                found += self.run.problem(path)
        return found

    def missing(self) -> list[Problem]:
        """What a finished print must have a record of and has none; nothing is asked of others."""
        wanted = self.products() if self.cleaned() else list(self.outputs())
        begun = self.cleaned() or any(self._recorded(*each) for each in self.products())
        return [
            Problem(
                self.run.name(self.run.record_path(self.path(output, place))),
                "no file",
                "a record of its making",
            )
            for output, place in (wanted if begun else ())
            if output.replaced_by(self.brief, place) is None and not self._recorded(output, place)
        ]

    def lost(self) -> list[Problem]:
        """What is wrong with the print and cannot be mended, since it was cleaned."""
        if not self.cleaned():
            return []
        return [*self.problems(products_only=True), *self.missing()]

    def check_lost(self) -> None:
        """Make sure that there is nothing beyond mending.

        Raises:
            TilebrushError: the print of a cleaned run is gone or damaged.
        """
        for first in self.lost():
            raise TilebrushError(
                f"{first.path}: found {first.found}, needed {first.needed}; what it was made of "
                "was cleaned away, so it cannot be mended; put it back, or make it anew with "
                "tilebrush print --force and the same photo and paintings"
            )

    def recorded(self) -> int:
        """How many outputs have a record."""
        return sum(self._recorded(output, place) for output, place in self.outputs())


def replaced(run: RunDir, brief: Brief, ref: Ref) -> list[Path]:
    """The files of what has served when an output is made, which are dropped then."""
    inputs = table.row(ref.name).inputs(brief, ref.place)
    return [
        run.path(table.row(each.name).file(each.place, brief))
        for each in inputs
        if table.row(each.name).replaced_by(brief, each.place) == ref
    ]
