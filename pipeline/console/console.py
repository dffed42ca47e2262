"""What the user sees: messages and progress on standard error, results on standard output.

The only module that knows Rich, which is imported when a bar is drawn on a terminal.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, TextIO

from pipeline.console import render
from pipeline.console.progress import Bar, Pace
from pipeline.host.work_clock import worked
from stages.errors import TilebrushError

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

__all__ = ["Bar", "Console", "OutputLost", "Pace", "is_terminal"]

PLAIN_EVERY = 10.0  # seconds between two lines of progress where there is no terminal


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
