"""What the user sees: messages and progress on standard error, results on standard output.

The only module that knows Rich, which is imported when a bar is drawn on a terminal.
"""

from __future__ import annotations

import math
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import TYPE_CHECKING, TextIO

from pipeline.config import units
from pipeline.console import render
from pipeline.host.work_clock import worked
from stages.errors import TilebrushError

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

PLAIN_EVERY = 10.0  # seconds between two lines of progress where there is no terminal
# The pace is that of the latest work: what lies this share of all work back counts a third. The
# first tile soon outweighs the display stage and the first guess, which counts as much as that.
_MEMORY_SHARE = 0.02


def is_terminal(stream: TextIO) -> bool:
    """Whether things can be redrawn on `stream`."""
    return stream.isatty() and os.environ.get("TERM") != "dumb"


class OutputLost(TilebrushError):
    """Standard output cannot be written; what was to be told there is lost, and nothing else."""

    def __init__(self, error: OSError) -> None:
        super().__init__(
            f"standard output cannot be written ({error.strerror or error}); "
            "send it to a place that takes it"
        )
        # Who has read enough, as `head`, wants to hear nothing of it.
        self.reader_left = isinstance(error, BrokenPipeError)


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
        """Count `work` as done just now."""
        self.pace.add(work)
        self.note = note
        self._draw(self, False)

    def skip(self, work: float, note: str = "") -> None:
        """Count `work` as done earlier, such as tiles that a resumed run finds finished."""
        self.pace.add(work, skipped=True)
        self.note = note
        self._draw(self, False)

    def stage(self, name: str) -> None:
        """Say which stage has begun."""
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


class Console:
    """Messages, progress and results; the one place that writes to the terminal."""

    def __init__(
        self,
        quiet: bool = False,
        json: bool = False,
        stream: TextIO | None = None,
        out: TextIO | None = None,
        clock: Callable[[], float] = worked,
    ) -> None:
        """`stream` is for messages (standard error), `out` for results (standard output)."""
        self.quiet, self.json = quiet, json
        self._stream, self._out, self._clock = stream, out, clock
        self._live: Progress | None = None

    @property
    def stream(self) -> TextIO:
        """Where messages and progress go."""
        return self._stream or sys.stderr

    @property
    def out(self) -> TextIO:
        """Where results go."""
        return self._out or sys.stdout

    def message(self, text: str) -> None:
        """Tell something in a line; silent with --quiet."""
        if not self.quiet:
            self._line(text)

    def warn(self, text: str) -> None:
        """Tell something that the user should look at; silent with --quiet."""
        self.message(f"warning: {text}")

    def error(self, text: str) -> None:
        """Tell what went wrong, in one line, always."""
        self._line(f"tilebrush: {text}")

    def _line(self, text: str) -> None:
        line = render.one_line(text)
        if self._live is not None:
            self._live.console.print(
                line, markup=False, highlight=False, soft_wrap=True, emoji=False
            )
        else:
            # The terminal may be gone; that nobody reads a message is no reason to lose a print.
            with suppress(OSError):
                _write(self.stream, line + "\n")

    def show(self, result: object) -> None:
        """Write a result, a frozen dataclass, for people or with --json for programs.

        Raises:
            OutputLost: It cannot be written.
        """
        text = render.as_json(result) if self.json else render.as_text(result)
        try:
            _write(self.out, text)
        except OSError as error:
            raise OutputLost(error) from None

    @contextmanager
    def progress(
        self,
        total_work: float,
        label: str,
        seconds_per_work: float | None = None,
        on_clock: Callable[[float], float] = lambda seconds: seconds,
    ) -> Iterator[Bar]:
        """A bar over `total_work` units; `seconds_per_work` is a first guess at the pace.

        `on_clock` gives the seconds until seconds of work are done, pauses counted in.
        """
        pace = Pace(total_work, seconds_per_work, self._clock)
        if self.quiet:
            yield Bar(pace, lambda bar, new: None, label, on_clock)
        elif is_terminal(self.stream):
            with self._drawn() as draw:
                yield Bar(pace, draw, label, on_clock)
        else:
            yield Bar(pace, self._plain(), label, on_clock)

    def _plain(self) -> Callable[[Bar, bool], None]:
        last = -PLAIN_EVERY

        def draw(bar: Bar, new: bool) -> None:
            nonlocal last
            now = bar.pace.elapsed()
            if new or now - last >= PLAIN_EVERY:
                last = now
                self._line(bar.text())

        return draw

    @contextmanager
    def _drawn(self) -> Iterator[Callable[[Bar, bool], None]]:
        from rich.console import Console as RichConsole
        from rich.progress import BarColumn, Progress, TextColumn
        from rich.table import Column

        cut = Column(no_wrap=True, overflow="ellipsis", ratio=1)
        text = TextColumn("{task.description}", markup=False, table_column=cut)
        rich = RichConsole(file=self.stream, highlight=False, markup=False, emoji=False)
        task: TaskID | None = None
        # Twice a second is enough to look at and costs an old processor nothing.
        with Progress(
            BarColumn(bar_width=20),
            text,
            console=rich,
            refresh_per_second=2,
            transient=True,
            expand=True,
        ) as live:

            def draw(bar: Bar, new: bool) -> None:
                nonlocal task
                if task is None:
                    task = live.add_task("", total=bar.pace.total)
                live.update(
                    task,
                    description=bar.text(),
                    completed=bar.pace.done,
                    total=bar.pace.total,
                )

            self._live = live
            try:
                yield draw
            finally:
                self._live = None

    def watch(
        self,
        fetch: Callable[[], object],
        *,
        done: Callable[[object], bool],
        every: float = 2.0,
        sleep: Callable[[float], None] = time.sleep,
    ) -> object:
        """Show the result of `fetch` again and again until `done`; give the last one."""
        if self.json or not is_terminal(self.out):
            return self._watch_plain(fetch, done, every, sleep)
        from rich.console import Console as RichConsole
        from rich.live import Live
        from rich.text import Text

        with Live(console=RichConsole(file=self.out), auto_refresh=False) as live:
            while True:
                result = fetch()
                live.update(Text(render.as_text(result).rstrip()), refresh=True)
                if done(result):
                    return result
                sleep(every)

    def _watch_plain(
        self,
        fetch: Callable[[], object],
        done: Callable[[object], bool],
        every: float,
        sleep: Callable[[float], None],
    ) -> object:
        shown = None
        while True:
            result = fetch()
            if result != shown:
                self.show(result)
                shown = result
            if done(result):
                return result
            sleep(every)


def _write(stream: TextIO, text: str) -> None:
    # A file name may hold what the terminal's encoding does not have.
    encoding = getattr(stream, "encoding", None) or "utf-8"
    stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
    stream.flush()
