"""Stage `paint`: a canvas painted with the paintings' own paint, before it is restyled.

An optimizer of averaged statistics leaves glass at 100 %; here every block of the canvas gets the
paint of one place of a painting (stages.canvas.places).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from stages.brushwork import Paint, manner
from stages.canvas import files, resample
from stages.canvas.files import Pixels, Rows
from stages.canvas.places import paint, survey
from stages.canvas.places.dictionary import Dictionary
from stages.canvas.places.paint import Ready
from stages.canvas.places.survey import Survey
from stages.tasks import Shared, Task, Tools
from stages.tiles import Rect, Size

_SIDE = 1024  # px of parts that are painted at a time


def surveyed(canvas: Path, found: Dictionary, how: Paint, zones: Path | None = None) -> Survey:
    """What painting a canvas takes of the whole of it.

    `zones` is the file of the shares of zones that it is divided into.
    """
    size, whose = files.size_of(canvas), None if zones is None else _shares(zones)
    return survey.surveyed(_rows(canvas), size, found, manner(found, how), shares=whose)


@dataclass(frozen=True)
class PartTask(Task[Pixels]):
    """The painting of one part of a canvas of `size`, to be done anywhere; see `paint.voted`."""

    pixels: Pixels
    window: Rect
    part: Rect
    size: Size
    ready: Shared[Ready]
    shares: Pixels | None = None
    encoded = False

    @property
    def name(self) -> str:
        """Where it is, in px."""
        return f"paint at {self.part.x},{self.part.y}"

    def shared(self) -> tuple[Shared[Ready], ...]:
        """The dictionary, and what painting takes of the whole canvas."""
        return (self.ready,)

    def run(self, tools: Tools) -> Pixels:
        """The part, painted, `(h, w, 3)`."""
        ready, shares = self.ready.value, self.shares
        found = paint.voted(self.pixels, self.window, self.part, self.size, ready, shares)
        tools.step()
        return found


class Painting:
    """A canvas file that is to be painted, part by part: memory stays small at any size."""

    def __init__(
        self,
        canvas: Path,
        found: Dictionary,
        seen: Survey,
        how: Paint,
        zones: Path | None = None,
    ) -> None:
        self.canvas, self.size, self.zones = canvas, files.size_of(canvas), zones
        self.ready = Shared(Ready(found, seen, manner(found, how)))
        self.pieces = tuple(paint.pieces(self.size, self.ready.value))

    def tasks(self) -> Iterator[Callable[[], PartTask]]:
        """The work, part by part, made ready when it is called for."""
        return (partial(self._task, part, window) for part, window in self.pieces)

    def _task(self, part: Rect, window: Rect) -> PartTask:
        pixels = files.read(self.canvas, window)
        shares = None if self.zones is None else files.channels(self.zones, window)
        return PartTask(pixels, window, part, self.size, self.ready, shares)

    def write(self, dst: Path, done: Iterable[tuple[int, Pixels]]) -> None:
        """Write the painted canvas from the results of the tasks, by number, in any order."""
        files.write_parts(dst, self.size, ((self.pieces[n][0], pixels) for n, pixels in done))


class Glimpses:
    """Parts of a canvas of `size`, enlarged from the one `below` and painted; the rest is not made.

    They are those of the whole canvas, which is surveyed from its enlarged rows, held in bands.
    """

    def __init__(
        self, below: Path, size: Size, found: Dictionary, how: Paint, zones: Path | None = None
    ) -> None:
        self.below, self.size, self.zones = below, size, zones
        rows, whose = resample.rows_at(below, size), None if zones is None else _shares(zones)
        own = manner(found, how)
        seen = survey.surveyed(rows, size, found, own, shares=whose)
        self.ready = Shared(Ready(found, seen, own))

    def pieces(self, part: Rect) -> list[Rect]:
        """The pieces in which a part is painted."""
        return [
            Rect(x, y, min(_SIDE, part.right - x), min(_SIDE, part.bottom - y))
            for y in range(part.y, part.bottom, _SIDE)
            for x in range(part.x, part.right, _SIDE)
        ]

    def write(self, dst: Path, part: Rect, done: Iterable[tuple[Rect, Pixels]]) -> None:
        """Write a part as a canvas, from its painted pieces."""
        size = Size(part.width, part.height)
        files.write_parts(dst, size, ((piece.within(part), pixels) for piece, pixels in done))

    def task(self, part: Rect) -> PartTask:
        """The work of a piece."""
        ready = self.ready.value
        around = paint.reach(ready.manner, ready.dictionary.options)
        left, top = max(0, part.x - around), max(0, part.y - around)
        right = min(self.size.width, part.right + around)
        bottom = min(self.size.height, part.bottom + around)
        window = Rect(left, top, right - left, bottom - top)
        pixels = resample.part_at(self.below, self.size, window)
        shares = None if self.zones is None else files.channels(self.zones, window)
        return PartTask(pixels, window, part, self.size, self.ready, shares)


def _shares(zones: Path) -> Rows:
    width = files.size_of(zones).width
    return lambda top, bottom: files.channels(zones, Rect(0, top, width, bottom - top))


def _rows(canvas: Path) -> Rows:
    width = files.size_of(canvas).width
    return lambda top, bottom: files.read(canvas, Rect(0, top, width, bottom - top))
