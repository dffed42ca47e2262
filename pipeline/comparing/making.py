"""A comparison at work: every cell's picture and measures, made if they are not there.

Cells with one encoder follow one another, so that it is loaded once. A killed comparison loses the
picture in work and nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.comparing import matrix, outcome
from pipeline.comparing.inputs import Prepared
from pipeline.config import load as config
from pipeline.config import units
from pipeline.console.console import Bar, Console
from pipeline.engine import table
from pipeline.engine.errand import STEPS, Brought, Errand
from pipeline.engine.executors.here import Here
from pipeline.engine.executors.outcome import Asked, Executor, Outcome
from pipeline.engine.makers import given
from pipeline.engine.outputs import Brief
from pipeline.engine.session import Session
from pipeline.host import hours
from pipeline.planning import network
from pipeline.planning.resolve import open_studio
from pipeline.run import scratch
from pipeline.run.comparison import Cell, Comparison, ComparisonDir
from pipeline.run.records import Input, key_of
from stages.computing import Precision
from stages.errors import DiskFull, RunDiffers
from stages.nst.allocator import give_memory_back

if TYPE_CHECKING:
    from stages.nst.studio import Studio

JUDGE = "bundled"  # the encoder that all pictures are judged by
_JUDGED = "1"  # version of the measures
_MOST_LOSSES = 2000  # numbers of a curve that are kept
# px: what is read of an input to show it, and the longer side of its small picture.
_SHOWN_PIXELS, _SHOWN = 2_000_000, 800


@dataclass
class Tally:
    """Pictures made and pictures found finished."""

    made: int = 0
    found: int = 0


@dataclass
class Maker:
    """Makes what is missing of a comparison; the caller holds its lock."""

    run: ComparisonDir
    console: Console
    executor: Executor = field(default_factory=Here)
    comparison: Comparison = field(init=False)
    tally: Tally = field(default_factory=Tally)
    _studios: dict[object, Studio] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.comparison = self.run.manifest()
        habits = self.comparison.habits.run
        self.session = Session(
            hours.window(habits.only_between), self.console.message, disk_wait=habits.disk_wait
        )

    @property
    def work(self) -> float:
        """Megapixel-iterations of all cells."""
        return sum(work(self.brief(cell)) for cell in self.comparison.cells)

    def brief(self, cell: Cell) -> Brief:
        """All that decides a cell."""
        return matrix.brief(cell, self.comparison.inputs)

    def go(self, bar: Bar) -> None:
        """Make everything that is not there yet."""
        self.session.bar = bar
        with scratch.folder() as folder:
            prepared = Prepared(folder)
            ordered = by_encoder(self.comparison.cells)
            for _, cells in groupby(ordered, lambda cell: _which(self.brief(cell))):
                self._pictures(list(cells), prepared)
            for cell in self.comparison.cells:
                self._judge(cell, prepared)
            for number, item in enumerate(self.comparison.inputs):
                if item.role in matrix.PAIR:
                    self._show(number, item, folder)

    # ---- pictures

    def _pictures(self, cells: list[Cell], prepared: Prepared) -> None:
        """Pictures of one encoder, each a task."""
        named, rest = {cell.name: cell for cell in cells}, iter(cells)

        def more() -> Asked | None:
            for cell in rest:
                if not self._found(cell):
                    return self._asked(cell, prepared)
            return None

        def did(name: str, steps: int) -> None:
            self.session.did(work(self.brief(named[name])) * steps / STEPS, made=True)

        begin, studio = self.session.open, lambda: self._studio(self.brief(cells[0]))
        for one in self.executor.outcomes(more, did, studio, begin):
            if one.error is not None:
                raise one.error
            self._keep(named[one.name], one, prepared.folder)
            prepared.done(one.name)

    def _found(self, cell: Cell) -> bool:
        """Whether a picture is there; then it is counted."""
        if not self.run.valid(cell.picture, cell.key, check="hash"):
            return False
        self.session.did(work(self.brief(cell)), made=False)
        self.tally.found += 1
        return True

    def _asked(self, cell: Cell, prepared: Prepared) -> Asked:
        """A picture that is to be made."""
        self.session.enter()
        self.session.stage(cell.name)
        brief = self.brief(cell)
        self._studio(brief)  # what is wrong with it is told before anything is made
        errand = Errand(brief, prepared.of(brief, cell.name), cell.name)
        give_memory_back()
        self.session.meter.taken()
        return Asked(cell.name, lambda: errand, work(brief))

    def _keep(self, cell: Cell, one: Outcome, folder: Path) -> None:
        """Commit a picture."""
        brought: Brought = one.result
        notes: dict[str, Any] = {"key": cell.key, "seconds": one.seconds, **self.session.energy()}
        notes |= {"peak_memory_bytes": brought.peak_memory_bytes, "losses": _kept(brought.losses)}
        notes |= {"iterations": self.brief(cell).display_iterations, **dict(one.notes)}
        if one.notes:  # others were at work at the same time
            notes[outcome.OWN] = round(brought.seconds, 3)
        source = brought.canvas.at(folder / "cell.npy")
        brief = self.brief(cell)
        self._commit(cell.picture, lambda out: _write_picture(source, out, brief), notes)
        self.tally.made += 1

    def _studio(self, brief: Brief) -> Studio:
        """The encoder of a cell; the last one stays loaded.

        Raises:
            RunDiffers: its weights are not those that the comparison began with.
        """
        settings, which = brief.settings, _which(brief)
        if which not in self._studios:
            self._studios.clear()
            give_memory_back()
            self._studios[which] = open_studio(settings, self.console)
        studio = self._studios[which]
        if studio.encoder.fingerprint != brief.weights:
            raise RunDiffers(
                f"{self.run.root} was begun with other weights of {settings.encoder.name}; give "
                "the same weights, or start a new comparison"
            )
        return studio

    # ---- measures

    def _judge(self, cell: Cell, prepared: Prepared) -> None:
        own = key_of("measures", _JUDGED, cell.key)
        if self.run.valid(cell.measures, own, check="hash"):
            return
        self.session.enter()
        self.session.stage(f"measures of {cell.name}")
        found = self._verdict(cell, prepared)
        text = json.dumps(found, indent=1) + "\n"
        self._commit(
            cell.measures, lambda out: _write_text(out, text), {"key": own, **self.session.energy()}
        )

    def _verdict(self, cell: Cell, prepared: Prepared) -> dict[str, float | None]:
        from stages import canvas, judge

        picture = prepared.folder / "judged.npy"
        canvas.prepare_style(self.run.path(cell.picture), picture, units.MAX_PIXELS)
        paths = prepared.paths(self.brief(cell), cell.name)
        pair = [path for ref, path in paths.items() if ref.name in matrix.PAIR]
        found = judge.judged(self._judging(), picture, *pair)
        prepared.done(cell.name)
        return {name: _rounded(value) for name, value in asdict(found).items()}

    def _judging(self) -> Studio:
        settings = config.from_record(self.comparison.cells[0].settings)
        judging = settings.model_copy(
            update={
                "encoder": settings.encoder.model_copy(update={"name": JUDGE, "weights": ""}),
                "run": settings.run.model_copy(update={"precision": Precision.FLOAT32}),
            }
        )
        which = ("judge",)
        if which not in self._studios:
            self._studios.clear()
            self._studios[which] = open_studio(judging, self.console)
        return self._studios[which]

    def _show(self, number: int, item: Input, folder: Path) -> None:
        """A small picture of an input, for the sheet and the page."""
        name, own = self.run.shown(number), key_of("input", item.sha256)
        if self.run.valid(name, own, check="hash"):
            return
        from stages import canvas

        whole = folder / "shown.npy"
        canvas.prepare_style(given.unchanged(item), whole, _SHOWN_PIXELS)
        self._commit(name, lambda out: canvas.preview(whole, out, _SHOWN), {"key": own})

    def _commit(self, name: str, write: Any, record: dict[str, Any]) -> None:
        """Write an output and its record; a full disk is waited for."""

        def commit() -> None:
            self.run.commit(name, write, record)

        try:
            commit()
        except DiskFull as full:
            self.session.until_room(full, commit)


def work(brief: Brief) -> float:
    """Megapixel-iterations of a cell."""
    return table.row(matrix.DISPLAY.name).work(brief, matrix.DISPLAY.place)


def by_encoder(cells: tuple[Cell, ...]) -> Iterator[Cell]:
    """The cells, those with one encoder one after another."""
    weights = list(dict.fromkeys(cell.weights for cell in cells))
    return iter(sorted(cells, key=lambda cell: weights.index(cell.weights)))


def _which(brief: Brief) -> object:
    """What decides the studio of a picture."""
    settings, run = brief.settings, brief.settings.run
    return settings.encoder, run.precision, run.threads, run.device, network.use(settings)


def _write_picture(source: Path, out: Path, brief: Brief) -> None:
    from stages import canvas

    canvas.write_image(source, out, brief.settings.run.seed)


def _write_text(out: Path, text: str) -> None:
    out.write_text(text, encoding="ascii")


def _kept(curve: Sequence[float]) -> list[float]:
    """A curve in five digits, thinned if it is long."""
    step = -(-len(curve) // _MOST_LOSSES)
    return [float(f"{value:.5g}") for value in curve[:: max(1, step)]]


def _rounded(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.5g}")
