"""Looking places up: what it takes of painting a level, and ways to do it.

    OMP_NUM_THREADS=1 python -m benchmarks.lookup RUN [--level K] [--parts 6] [--out FOLDER]

Parts of a finished run's level are painted anew, and the steps of it timed. Then the
queries of their blocks are looked up in several ways: the product of matrices in float32 that paint
goes by, the same in bfloat16, and trees that find a near place instead of the nearest. `as_near` is
the mean cost of what is found over that of the nearest, `the_same` the share of queries whose
place is the nearest, in per cent.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch

from benchmarks.common import print_table, save_json
from benchmarks.prints import ready_of
from stages.canvas import files
from stages.canvas.places import matching, paint
from stages.canvas.places.dictionary import Dictionary
from stages.canvas.places.keys import Numbers, Whole
from stages.canvas.places.paint import Ready
from stages.tiles import Rect

_TREES, _CHECKS = 4, 64


@dataclass(frozen=True)
class Step:
    """A step of painting, and its share of it in per cent."""

    step: str
    seconds_per_megapixel: float
    share: float


@dataclass(frozen=True)
class Row:
    """One way to look queries up; seconds for as many as there are, building it left out."""

    way: str
    queries: int
    seconds: float
    as_near: float
    the_same: float


Lookup = Callable[[Numbers, Numbers], tuple[Whole, float]]
"""From queries `(N, D)` and a group's places `(M, D)`, price included, to numbers and seconds."""


def exact(wanted: Numbers, table: Numbers) -> tuple[Whole, float]:
    """The nearest, by a product in float32."""
    began = time.perf_counter()
    own = np.square(table).sum(axis=1) / 2
    best = (wanted @ table.T - own).argmax(axis=1)
    return np.asarray(best, np.int64), time.perf_counter() - began


def rounded(wanted: Numbers, table: Numbers) -> tuple[Whole, float]:
    """The same in bfloat16."""
    asked, there = (torch.from_numpy(part).bfloat16() for part in (wanted, table))
    own = torch.from_numpy(np.square(table).sum(axis=1) / 2)
    began = time.perf_counter()
    best = ((asked @ there.T).float() - own).argmax(1).numpy()
    return np.asarray(best, np.int64), time.perf_counter() - began


def trees(wanted: Numbers, table: Numbers) -> tuple[Whole, float]:
    """A near one, by randomized kd-trees (M. Muja and D. Lowe, *FLANN*, 2009)."""
    index = cv2.flann.Index(table, {"algorithm": 1, "trees": _TREES})
    began = time.perf_counter()
    found, _ = index.knnSearch(wanted, 1, params={"checks": _CHECKS})
    return np.asarray(found[:, 0], np.int64), time.perf_counter() - began


WAYS: dict[str, Lookup] = {
    "product in float32": exact,
    "product in bfloat16": rounded,
    "kd-trees": trees,
}


@dataclass(frozen=True)
class Asked:
    """What the blocks of some parts ask for: keys `(N, D)` and groups `(N,)`."""

    keys: Numbers
    groups: Whole


def priced(dictionary: Dictionary, keys: Numbers, prices: Numbers, number: int) -> Numbers:
    """A group's keys with one number more, in which places are as far off as they cost."""
    own = slice(number, None, dictionary.options.groups)
    cost = prices[own] - min(float(prices.min()), 0.0)
    return np.ascontiguousarray(np.column_stack([keys[own], np.sqrt(cost)]), np.float32)


def compared(ready: Ready, asked: Asked) -> list[Row]:
    """All ways, for the same queries."""
    dictionary, rows, nearest = ready.dictionary, [], 0.0
    first: dict[int, Whole] = {}
    for way, look in WAYS.items():
        seconds, cost, same = 0.0, 0.0, 0
        for number in range(dictionary.options.groups):
            own = asked.keys[asked.groups == number]
            if not len(own):
                continue
            wanted = np.column_stack([own, np.zeros(len(own), np.float32)])
            table = priced(dictionary, dictionary.keys, ready.survey.prices, number)
            best, took = look(np.ascontiguousarray(wanted, np.float32), table)
            seconds += took
            cost += float(np.square(wanted - table[best]).sum())
            same += int((best == first.setdefault(number, best)).sum())
        nearest = nearest or cost
        rows.append(
            Row(way, len(asked.keys), seconds, cost / nearest, 100 * same / len(asked.keys))
        )
    return rows


def steps(canvas: Path, ready: Ready, parts: Sequence[tuple[Rect, Rect]]) -> list[Step]:
    """Seconds of painting parts, and of what of them is looking up."""
    size, clock = files.size_of(canvas), _Clock()
    for part, window in parts:
        pixels = files.read(canvas, window)
        clock.start()
        planes = paint.levelled(pixels, ready)
        clock.took("keys: soft planes, bands")
        found = matching.blocks(size, window, ready.manner, ready.dictionary.options.groups)
        wanted = matching.queries(ready.dictionary, planes, (window.x, window.y), found)
        matching.looked_up(ready.dictionary, wanted, found.group.ravel(), ready.survey.prices)
        clock.took("looking up")
        matching.match(ready.dictionary, planes, window, size, ready.survey.prices, ready.manner)
        clock.took("looking up, around places and among neighbours")
        paint.voted(pixels, window, part, size, ready)
        clock.took("painting, all of it")
    total = clock.seconds["painting, all of it"]
    area = sum(part.pixels for part, _ in parts) / 1e6
    return [Step(name, took / area, 100 * took / total) for name, took in clock.seconds.items()]


class _Clock:
    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.at = 0.0

    def start(self) -> None:
        self.at = time.perf_counter()

    def took(self, step: str) -> None:
        now = time.perf_counter()
        self.seconds[step] = self.seconds.get(step, 0.0) + now - self.at
        self.at = now


def asked_of(canvas: Path, ready: Ready, parts: Sequence[tuple[Rect, Rect]]) -> Asked:
    """The queries of the blocks of parts."""
    size, keys, groups = files.size_of(canvas), [], []
    for part, window in parts:
        planes = paint.levelled(files.read(canvas, window), ready)
        found = matching.blocks(size, part, ready.manner, ready.dictionary.options.groups)
        keys.append(matching.queries(ready.dictionary, planes, (window.x, window.y), found))
        groups.append(found.group.ravel())
    return Asked(np.concatenate(keys), np.concatenate(groups))


def main(arguments: Sequence[str] | None = None) -> int:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("run", type=Path)
    parser.add_argument("--level", type=int, help="the last by default")
    parser.add_argument("--parts", type=int, default=6)
    parser.add_argument("--out", type=Path, help="folder for the result as JSON")
    args = parser.parse_args(arguments)
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    numbers = [int(path.name.split("-")[1]) for path in args.run.glob("paint-*")]
    level = args.level or max(numbers)
    ready, canvas = ready_of(args.run, level), args.run / f"upsample-{level}" / "canvas.npy"
    every = list(paint.pieces(files.size_of(canvas), ready))
    parts = every[:: max(1, len(every) // args.parts)][: args.parts]
    rows = steps(canvas, ready, parts)
    print_table(f"painting level {level}, {len(parts)} parts of {len(every)}", rows)
    found = compared(ready, asked_of(canvas, ready, parts))
    print_table("ways to look up", found)
    save_json(args.out, "lookup", found)
    return 0


if __name__ == "__main__":
    sys.exit(main())
