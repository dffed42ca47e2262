"""A comparison at work: every cell's picture and measures, made if they are not there.

Cells with one encoder follow one another, so that it is loaded once. A killed comparison loses the
picture in work and nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.comparing import matrix
from pipeline.config import load as config
from pipeline.config import units
from pipeline.console.console import Bar, Console
from pipeline.engine import table
from pipeline.engine.keys import Keys
from pipeline.engine.loose import Loose, needed
from pipeline.engine.makers import given
from pipeline.engine.outputs import Brief, Ref
from pipeline.engine.session import Session
from pipeline.host import hours, resources
from pipeline.host.work_clock import worked
from pipeline.planning.resolve import open_studio, peak_memory
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
_MOST_PREPARED = 8  # inputs that are kept decoded, up to 200 MB each


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
    comparison: Comparison = field(init=False)
    tally: Tally = field(default_factory=Tally)
    _studios: dict[object, Studio] = field(default_factory=dict)
    _prepared: dict[str, Path] = field(default_factory=dict)

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
            for cell in by_encoder(self.comparison.cells):
                self._settle(cell, folder)
            for cell in self.comparison.cells:
                self._judge(cell, folder)
            for number, item in enumerate(self.comparison.inputs):
                if item.role in matrix.PAIR:
                    self._show(number, item, folder)

    # ---- pictures

    def _settle(self, cell: Cell, folder: Path) -> None:
        brief = self.brief(cell)
        if self.run.valid(cell.picture, cell.key, check="hash"):
            self.session.did(work(brief), made=False)
            self.tally.found += 1
            return
        self.session.enter()
        self.session.stage(cell.name)
        studio = self._studio(brief)
        loose = self._loose(brief, folder, studio)
        self._inputs(brief, loose)
        give_memory_back()
        resources.forget_peak()
        self.session.meter.taken()
        began = worked()
        for ref in needed(brief, brief.printed):
            if ref not in loose.made:
                loose.make(ref, f"cell-{_file_name(ref)}")
        notes = {"key": cell.key, "seconds": worked() - began, **self.session.energy()}
        notes |= {"peak_memory_bytes": peak_memory(), "losses": _kept(loose.losses)}
        notes["iterations"] = brief.display_iterations
        source = loose.made[brief.printed]
        self._commit(cell.picture, lambda out: _write_picture(source, out, brief), notes)
        self.tally.made += 1
        for path in folder.glob("cell-*"):
            path.unlink()

    def _loose(self, brief: Brief, folder: Path, studio: Studio) -> Loose:
        return Loose(
            brief=brief,
            folder=folder,
            open_studio=lambda: studio,
            did=lambda done: self.session.did(done, made=True),
            elsewhere=lambda ref: folder / "none",
        )

    def _inputs(self, brief: Brief, loose: Loose) -> None:
        """Prepare photo and style, or take them as another cell has prepared them."""
        keys = Keys(brief)
        for ref in needed(brief, brief.printed):
            if table.row(ref.name).stage != "prepare":
                continue
            own = keys.of(ref)
            if own in self._prepared:
                loose.made[ref] = self._prepared[own] = self._prepared.pop(own)  # the latest used
                continue
            while len(self._prepared) >= _MOST_PREPARED:
                self._prepared.pop(next(iter(self._prepared))).unlink()
            self._prepared[own] = loose.make(ref, f"input-{own[:16]}.npy")

    def _studio(self, brief: Brief) -> Studio:
        """The encoder of a cell; the last one stays loaded.

        Raises:
            RunDiffers: its weights are not those that the comparison began with.
        """
        settings = brief.settings
        run = settings.run
        which = (settings.encoder, run.precision, run.threads, run.device)
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

    def _judge(self, cell: Cell, folder: Path) -> None:
        own = key_of("measures", _JUDGED, cell.key)
        if self.run.valid(cell.measures, own, check="hash"):
            return
        self.session.enter()
        self.session.stage(f"measures of {cell.name}")
        found = self._verdict(cell, folder)
        text = json.dumps(found, indent=1) + "\n"
        self._commit(
            cell.measures, lambda out: _write_text(out, text), {"key": own, **self.session.energy()}
        )

    def _verdict(self, cell: Cell, folder: Path) -> dict[str, float | None]:
        from stages import canvas, judge

        picture = folder / "judged.npy"
        canvas.prepare_style(self.run.path(cell.picture), picture, units.MAX_PIXELS)
        brief = self.brief(cell)
        self._inputs(brief, self._loose(brief, folder, self._judging()))
        keys = Keys(brief)
        pair = [
            self._prepared[keys.of(ref)]
            for ref in needed(brief, brief.printed)
            if ref.name in matrix.PAIR
        ]
        found = judge.judged(self._judging(), picture, *pair)
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


def _file_name(ref: Ref) -> str:
    return table.row(ref.name).file(ref.place).replace("/", "-")


def _write_picture(source: Path, out: Path, brief: Brief) -> None:
    from stages import canvas

    canvas.write_image(source, out, brief.settings.run.seed)


def _write_text(out: Path, text: str) -> None:
    out.write_text(text, encoding="ascii")


def _kept(curve: list[float]) -> list[float]:
    """A curve in five digits, thinned if it is long."""
    step = -(-len(curve) // _MOST_LOSSES)
    return [float(f"{value:.5g}") for value in curve[:: max(1, step)]]


def _rounded(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.5g}")
