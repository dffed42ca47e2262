"""The page of a run, kept up to date while a worker works.

It must never fail a print nor slow it: what cannot be written is told once, and the time between
two looks grows with what a look takes.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path

from pipeline.config import units
from pipeline.engine.session import Session
from pipeline.engine.state import State
from pipeline.host.work_clock import worked
from pipeline.planning.resolve import peak_memory
from pipeline.report import files, gathering
from pipeline.report.facts import Facts, Now
from pipeline.report.gathering import Wanted
from pipeline.run import atomic, names, workers
from pipeline.run.directory import RunDir
from pipeline.run.workers import WorkerRow
from stages.errors import Interrupted
from stages.tiles import Size

EVERY = 5.0  # seconds between two looks, at the least
_IDLE = 100  # times as long as a look took until the next: 1 % of the time


@contextmanager
def reporting(run: RunDir, session: Session, warn: Callable[[str], None]) -> Iterator[None]:
    """Keep the page of a run that this process works on; it ends with how the work ended."""
    reporter = Reporter(run, session, warn)
    session.told = reporter.look
    try:
        yield
    except BaseException:
        session.told = _nothing
        reporter.close(pictures=False)
        raise
    session.told = _nothing
    reporter.close(pictures=True)


def _nothing() -> None:
    pass


def write(run: RunDir) -> None:
    """Write the page of a run that nobody works on.

    Raises:
        TilebrushError: it cannot be written.
    """
    Page(run).write(_word(State(run)), Now())


def drop(run: RunDir) -> None:
    """Remove the page of a run that is given up."""
    atomic.remove_tree(run.root / files.FOLDER)


class Reporter:
    """Goes along with a session; called often, it looks seldom."""

    def __init__(self, run: RunDir, session: Session, warn: Callable[[str], None]) -> None:
        self.page, self.session, self._warn = Page(run, peak_memory), session, warn
        self._next, self._stage = worked() + EVERY / 5, ""
        self._broken = False

    def look(self) -> None:
        """Write the page again if it is time to."""
        if worked() < self._next or self._broken:
            return
        began = worked()
        self._safely(lambda: self.page.write("working", self._now()))
        self._next = worked() + max(EVERY, _IDLE * (worked() - began - self.page.drawing))

    def close(self, *, pictures: bool) -> None:
        """Write the page as the work ends; an interrupted one draws nothing any more."""
        if not self._broken:
            self._safely(
                lambda: self.page.write(_word(State(self.page.run)), Now(), pictures=pictures)
            )

    def _safely(self, work: Callable[[], None]) -> None:
        try:
            work()
        except (Interrupted, KeyboardInterrupt):
            raise
        except Exception as error:
            self._broken = True
            text = f"the report could not be written ({error}); the print goes on without it"
            self.page.run.log(text)
            self._warn(text)

    def _now(self) -> Now:
        bar = self.session.bar
        if bar is None:
            return Now()
        left, total = bar.pace.remaining(), bar.pace.total
        when = self.session.gate.clock_seconds(left) if left is not None else None
        return Now(
            stage=bar.at,
            note=bar.note,
            done_share=round(min(1.0, bar.pace.done / total), 4) if total else 1.0,
            left_seconds=None if left is None else round(left, 1),
            ready="" if when is None else units.ready(when, datetime.now()),
        )


def _word(state: State) -> str:
    return "finished" if state.finished() else "stopped"


class Page:
    """The files of one run's page."""

    def __init__(self, run: RunDir, peak: Callable[[], int] = lambda: 0) -> None:
        """`peak` tells the most memory that this process took for the run."""
        self.run, self.folder, self._most = run, run.root / files.FOLDER, peak
        self.drawing = 0.0  # seconds that pictures took the last time
        self._there: set[str] = set()

    def write(self, word: str, at: Now, *, pictures: bool = True) -> None:
        """Write what is new: files of the package, pictures, data last."""
        self.run.inside(self.folder)
        state = State(self.run)
        self._assets(gathering.title(state.brief))
        wanted = gathering.wanted(state)
        began = worked()
        for each in wanted if pictures else ():
            self._draw(each)
        self.drawing = worked() - began
        found = gathering.facts(state, word, at, self._peak(), _style_pixels(wanted))
        there = tuple(p for p in found.pictures if self._pyramid(p.folder).is_dir())
        known = found.workers or self._before(found.created)
        self._data(replace(found, pictures=there, workers=known))
        self._sweep({each.folder for each in there})

    def _assets(self, title: str) -> None:
        page = files.rendered(title=title).encode("utf-8")
        for name, data in ((files.PAGE, page), *((n, files.asset(n)) for n in files.ASSETS)):
            if name in self._there:
                continue
            path = self.folder / name
            if not path.is_file() or path.read_bytes() != data:
                atomic.atomic_write_bytes(path, data)
            self._there.add(name)

    def _pyramid(self, folder: str) -> Path:
        return self.folder / files.PICTURES / folder

    def _draw(self, wanted: Wanted) -> None:
        """Make a picture's pyramid, whole or not at all."""
        from stages import canvas

        picture, path = wanted.picture, self._pyramid(wanted.picture.folder)
        if picture.folder in self._there:
            return
        made = canvas.pyramid_of(Size(picture.width, picture.height))
        if made.whole(path):
            self._there.add(picture.folder)
            return
        atomic.make_folder(path.parent)
        part = names.part(path)
        with atomic.explained(path):
            try:
                canvas.write_pyramid(wanted.source, part)
                shutil.rmtree(path, ignore_errors=True)
                part.replace(path)
            finally:
                shutil.rmtree(part, ignore_errors=True)

    def _data(self, facts: Facts) -> None:
        """Write the data, unless nothing but the time is new."""
        path = self.folder / files.DATA
        old = files.read_data(path)
        new = json.loads(json.dumps(asdict(facts)))
        if {**old, "written": ""} != {**new, "written": ""}:
            atomic.atomic_write_text(path, files.as_data(facts))

    def _before(self, created: str) -> tuple[WorkerRow, ...]:
        """The workers that the page of the run that was begun then told of last."""
        told = files.read_data(self.folder / files.DATA)
        said = told.get("workers") if told.get("created") == created else None
        return workers.rows(said) if isinstance(said, list) else ()

    def _peak(self) -> int:
        """The most memory that any process took which worked on the run, as far as is known."""
        before = files.read_data(self.folder / files.DATA).get("peak_memory_bytes", 0)
        return max(self._most(), before if isinstance(before, int) else 0)

    def _sweep(self, shown: set[str]) -> None:
        """Remove pictures that are shown no more."""
        folder = self.folder / files.PICTURES
        for path in folder.iterdir() if folder.is_dir() else ():
            if path.name not in shown and not path.name.startswith(names.TEMPORARY):
                shutil.rmtree(path, ignore_errors=True)


def _style_pixels(wanted: list[Wanted]) -> int:
    return sum(
        each.picture.width * each.picture.height for each in wanted if each.picture.kind == "style"
    )
