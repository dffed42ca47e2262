"""How long a print takes on several computers like this one: a small model of what limits scaling.

Tiles of a sweep, moments and the parts that are painted are shared. On W workers n of them
take as many rounds as the fullest worker has; unless the coordinator's line is slower, which
carries every one of them there and back. All else is done by the coordinator alone. docs/cluster.md
compares the model with measurements.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from pipeline.engine import table
from pipeline.engine.outputs import Brief, Output, Place
from pipeline.planning.estimate import Pace

LINE = 100e6  # bytes a second: a network of one gigabit, as it is in use
_PIXEL = 12  # bytes
_PART = 1024 * 1024  # px that are painted at a time
_STYLE_CORE = 512 * 512  # px of a painting that are measured at a time
_PLAIN = 0.45  # seconds per megapixel-iteration of what takes no encoder, at most
_STEP = 0.02  # seconds of the coordinator's own that a task takes, whatever its size


@dataclass(frozen=True)
class Piece:
    """Work that `count` tasks make up: seconds of one on one worker, bytes that it moves."""

    count: int
    seconds: float
    bytes: float


@dataclass(frozen=True)
class Split:
    """A print's seconds on one worker: what the coordinator does alone, and what is shared."""

    alone: float
    pieces: tuple[Piece, ...]

    def seconds(self, workers: int, line: float = LINE) -> float:
        """How long it takes on so many equal workers, over a line of so many bytes a second."""
        return self.alone + sum(_taken(piece, workers, line) for piece in self.pieces)


def _taken(piece: Piece, workers: int, line: float) -> float:
    rounds = math.ceil(piece.count / workers) * piece.seconds
    carried = piece.count * (piece.bytes / line + _STEP)
    # The first task travels before anybody works, the last one after all have.
    return max(rounds, carried) + piece.bytes / line


def split(brief: Brief, pace: Pace) -> Split:
    """A print's work, by the pace of a trial on one worker."""

    def seconds(output: Output, places: list[Place]) -> float:
        work = sum(output.work(brief, place) for place in places)
        if output.stage == "display":
            return work * pace.display
        encoded = output.apart is not None or output.name == "moments"
        return work * (pace.tiles if encoded else min(pace.tiles, _PLAIN))

    return by_seconds(brief, seconds)


def by_seconds(brief: Brief, taken: Callable[[Output, list[Place]], float]) -> Split:
    """A print's work, by the seconds on one worker of every output at all its places."""
    alone, pieces = 0.0, []
    for output, places in table.walk(brief):
        seconds, (count, moved) = taken(output, places), _shared(brief, output, places)
        if count and seconds:
            pieces.append(Piece(count, seconds / count, moved))
        else:
            alone += seconds
    return Split(alone, tuple(pieces))


def _shared(brief: Brief, output: Output, places: list[Place]) -> tuple[int, float]:
    """In how many tasks an output is made, and what one of them moves; none if it is not shared."""
    first = places[0]
    if output.apart is not None:
        tile = brief.tile(first)
        return len(places), _PIXEL * (2 * tile.window.pixels + tile.write.pixels)
    if output.name == "moments":
        tiles = brief.grid(first).tiles
        return len(tiles), _PIXEL * tiles[0].window.pixels
    if output.name == "style moments":  # of paintings as large as the canvas
        pixels = len(brief.paintings) * brief.level(first).size.pixels
        return math.ceil(pixels / _STYLE_CORE), _PIXEL * 1.5 * _STYLE_CORE
    if output.name == "painted canvas":
        pixels = brief.level(first).size.pixels
        return math.ceil(pixels / _PART), _PIXEL * 2.5 * _PART
    return 0, 0.0
