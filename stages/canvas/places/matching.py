"""Matching: which place of the paintings every block of a canvas is painted with.

Blocks are squares with a middle that has some play, so that no grid shows. The nearest key decides,
exactly, as products of matrices, with three departures from a plain nearest-neighbour search:

- a block looks among one of several groups of places only, drawn so that among 16 blocks around it
  hardly any other has the same group. Where a canvas is flat all queries are the same, and the same
  place again and again makes a wallpaper; like this it cannot, and the search is as much cheaper;
- places have a price, by which each is used about as often as any other (see `pricing`);
- a block takes the place that carries on a neighbour's if that is nearly as good (coherence:
  Ashikhmin, *Synthesizing Natural Textures*, 2001), so that a stroke comes from one place.

A block depends on what is around it and its own coordinates, never on a window: it gets the same
place in a tile as in the whole canvas.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stages.canvas.places import keys
from stages.canvas.places.dictionary import Dictionary, Options, Places, sampled
from stages.canvas.places.keys import Numbers, Planes, Whole
from stages.tiles import Rect, Size

Flags = NDArray[np.bool_]
Unsigned = NDArray[np.uint64]

_AT_A_TIME = 1 << 22  # products in memory at a time: 16 MB
_STEPS = (4, 2, 1)  # px by which places are moved in search of a better one
_NEAR = ((0, 1), (0, -1), (1, 0), (-1, 0), (1, 1), (1, -1), (-1, 1), (-1, -1))


@dataclass(frozen=True)
class Manner:
    """How a canvas is matched and painted.

    `block` is the side of a block in px; `coherence` how much worse a place may be that carries on
    a neighbour's, as a share of its own distance, in each of `rounds`; `play` of a middle as a
    share of the block; `edge` how much a boundary between two blocks' paint bends towards the
    canvas's own edges, `feather` how gradual it is; `tone` the share of the canvas's own tones
    that stay, broader than `tone_blur` px; `hold` the share of its forms that do, broader than
    about `hold_blur` px; `damping` the share of the paint's finest band that is left out.
    """

    block: int = 16
    coherence: float = 0.3
    rounds: int = 2
    play: float = 0.5
    edge: float = 1.0
    feather: float = 0.15
    tone: float = 0.5
    tone_blur: float = 16.0
    seed: int = 0
    hold: float = 0.0
    hold_blur: float = 1.0
    damping: float = 0.0


@dataclass(frozen=True)
class Blocks:
    """Blocks of a canvas, `rows` x `columns`, from block (`top`, `left`); middles in canvas px.

    `y`, `x` and `group` are `(rows, columns)`.
    """

    top: int
    left: int
    y: NDArray[np.int64]
    x: NDArray[np.int64]
    group: NDArray[np.int64]

    def within(self, part: Rect) -> Flags:
        """Those whose middles lie within a part of the canvas."""
        down = (self.y >= part.y) & (self.y < part.bottom)
        return np.asarray(down & (self.x >= part.x) & (self.x < part.right))


@dataclass(frozen=True)
class Matches:
    """The place of every block, `(rows, columns, 3)`: sheet, row, column of its middle.

    And where the canvas is divided its zone, `(rows, columns)`.
    """

    blocks: Blocks
    places: Places
    zones: Whole | None = None


def _mixed(*numbers: NDArray[np.int64]) -> Unsigned:
    """Hash of integers, element by element (SplitMix64's finaliser)."""
    state = np.zeros(numbers[0].shape, np.uint64)
    for number in numbers:
        state = state + number.astype(np.uint64) + np.uint64(0x9E3779B97F4A7C15)
        state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        state = state ^ (state >> np.uint64(31))
    return state


def _share(numbers: Unsigned) -> NDArray[np.float64]:
    """Hashes as numbers from 0 up to 1."""
    found: NDArray[np.float64] = (numbers >> np.uint64(11)).astype(np.float64) / float(1 << 53)
    return found


def blocks(canvas: Size, region: Rect, manner: Manner, groups: int) -> Blocks:
    """The blocks that have a part of a region of the canvas."""
    side = manner.block
    rows = np.arange(region.y // side, -(-region.bottom // side))
    columns = np.arange(region.x // side, -(-region.right // side))
    r, c = (a.astype(np.int64) for a in np.meshgrid(rows, columns, indexing="ij"))
    seed = np.full_like(r, manner.seed)
    middles = []
    for axis, (number, length) in enumerate(((r, canvas.height), (c, canvas.width))):
        play = (_share(_mixed(seed, r, c, np.full_like(r, axis))) - 0.5) * manner.play
        middles.append(np.minimum(((number + 0.5 + play) * side).astype(np.int64), length - 1))
    y, x = middles
    return Blocks(int(rows[0]), int(columns[0]), y, x, _groups(r, c, seed, groups))


def _groups(
    r: NDArray[np.int64], c: NDArray[np.int64], seed: NDArray[np.int64], groups: int
) -> NDArray[np.int64]:
    """Groups of blocks: within every 4x4 blocks all different, in an order drawn for each."""
    key = _mixed(seed, r // 4, c // 4)
    # An affine map of 16 numbers with an odd factor is a permutation of them.
    factor, offset = (key >> np.uint64(8)) * np.uint64(2) + np.uint64(1), key >> np.uint64(40)
    within = ((r % 4) * 4 + c % 4).astype(np.uint64)
    turn = (within * factor + offset) & np.uint64(15)
    more = np.uint64(16) * (_mixed(r, c, seed) >> np.uint64(32))  # where there are more than 16
    return np.asarray((turn + more) % np.uint64(groups), np.int64)


def zones_at(found: Blocks, shares: Numbers, origin: tuple[int, int], manner: Manner) -> Whole:
    """The zone of every block, from the shares `(H, W, Z)` of a window at `origin` (x, y).

    Where several have a part of its middle, one is drawn, as likely as its share is large.
    """
    height, width, count = shares.shape
    y = np.clip(found.y - origin[1], 0, height - 1)
    x = np.clip(found.x - origin[0], 0, width - 1)
    own = np.cumsum(shares[y, x], axis=-1, dtype=np.float64)
    rows, columns = found.y.shape
    r, c = np.meshgrid(np.arange(rows) + found.top, np.arange(columns) + found.left, indexing="ij")
    seed = np.full(r.shape, manner.seed, np.int64)
    lot = _share(_mixed(r, seed, c)) * own[..., -1]
    return np.asarray(np.minimum((own <= lot[..., None]).sum(axis=-1), count - 1), np.int64)


def drawn(found: Blocks, manner: Manner, share: float) -> Flags:
    """Which blocks belong to a sample of about `share` of all; a matter of their place alone."""
    rows, columns = found.y.shape
    r, c = np.meshgrid(np.arange(rows) + found.top, np.arange(columns) + found.left, indexing="ij")
    numbers = _mixed(np.full(r.shape, manner.seed, np.int64), c, r)
    chosen: Flags = _share(numbers) < share
    return chosen


def queries(
    dictionary: Dictionary, planes: Planes, origin: tuple[int, int], found: Blocks
) -> Numbers:
    """Keys `(N, D)` of blocks, from the levelled planes of a window at `origin` (x, y)."""
    y, x = found.y.ravel() - origin[1], found.x.ravel() - origin[0]
    return dictionary.projection(keys.samples(planes, y, x, dictionary.options.apart))


def looked_up(
    dictionary: Dictionary,
    wanted: Numbers,
    group: NDArray[np.int64],
    prices: Numbers,
    zone: Whole | None = None,
) -> NDArray[np.int64]:
    """The number of the nearest place of its group, price included, for every query `(N, D)`.

    Where the canvas is divided, of its zone, `(N,)`. |q - k|^2 + p is least where
    <q, k> - (|k|^2 + p) / 2 is most; of equal ones the first.
    """
    best = np.zeros(len(wanted), np.int64)
    every = np.arange(len(dictionary.keys))
    for some, own_places in _tables(dictionary, group, zone):
        table, numbers = dictionary.keys[own_places], every[own_places]
        if not len(some) or not len(numbers):
            continue
        own = (np.square(table).sum(axis=1) + prices[own_places]) / 2
        for part in np.array_split(some, -(-len(some) * len(table) // _AT_A_TIME)):
            products = wanted[part] @ table.T
            products -= own
            best[part] = numbers[products.argmax(axis=1)]
    return best


def _tables(
    dictionary: Dictionary, group: NDArray[np.int64], zone: Whole | None
) -> Iterator[tuple[Whole, slice | Whole]]:
    """Numbers of queries, and of the places that they may have."""
    groups = dictionary.options.groups
    for number in range(groups):
        if zone is None or dictionary.zoned is None:
            yield np.flatnonzero(group == number), slice(number, None, groups)
            continue
        for own in range(len(dictionary.zoned.spreads)):
            there = number + groups * np.flatnonzero(dictionary.zoned.of[number::groups] == own)
            if not len(there):  # a zone of fewer places than groups
                there = np.flatnonzero(dictionary.zoned.of == own)
            yield np.flatnonzero((group == number) & (zone == own)), there


def reach(manner: Manner, options: Options) -> int:
    """Px around a block's middle that decide about its place."""
    step = manner.block * (1 + manner.play)  # the most from one middle to the next
    return math.ceil(manner.rounds * step) + keys.reach(options.blur, options.apart)


def match(
    dictionary: Dictionary,
    planes: Planes,
    window: Rect,
    canvas: Size,
    prices: Numbers,
    manner: Manner,
    shares: Numbers | None = None,
) -> Matches:
    """Places for the blocks of a window, whose levelled planes are `(H, W, 3)`.

    Where the canvas is divided, each of its own zone, by the zones' `shares` `(H, W, Z)`.

    `reach` px from the window's edges they are those of the whole canvas.
    """
    found = blocks(canvas, window, manner, dictionary.options.groups)
    wanted = queries(dictionary, planes, (window.x, window.y), found)
    zones = None if shares is None else zones_at(found, shares, (window.x, window.y), manner)
    zone = None if zones is None else zones.ravel()
    best = looked_up(dictionary, wanted, found.group.ravel(), prices, zone)
    places = dictionary.places[best]
    cost = np.square(wanted - dictionary.keys[best]).sum(axis=1) + prices[best]
    state = _State(dictionary, found, wanted, places, cost, prices[best], zone)
    for step in _STEPS:
        state.refine(step)
    for _ in range(manner.rounds):
        state.cohere(manner.coherence)
    return Matches(found, state.places.reshape(*found.y.shape, 3), zones)


class _Best:
    """Every block's best place so far, its cost, price, and the cost that is to be undercut."""

    def __init__(self, places: Places, cost: Numbers, price: Numbers) -> None:
        self.places, self.cost, self.price = places.copy(), cost.copy(), price.copy()
        self.least = cost.copy()


class _State:
    """Blocks while neighbours' places are tried."""

    def __init__(
        self,
        dictionary: Dictionary,
        found: Blocks,
        wanted: Numbers,
        places: Places,
        cost: Numbers,
        price: Numbers,
        zone: Whole | None = None,
    ) -> None:
        self.dictionary, self.blocks, self.wanted = dictionary, found, wanted
        self.places, self.cost, self.price = places, cost, price
        self.zone = zone
        self.allowed = dictionary.allowed() if zone is not None else ()
        sizes = [sheet.pixels.shape[:2] for sheet in dictionary.sheets]
        self.heights, self.widths = np.array(sizes, np.int32).T

    def refine(self, step: int) -> None:
        """Every block tries the places `step` px beside its own: keys lie farther apart."""
        own = self.places.copy()
        best = _Best(self.places, self.cost, self.price)
        for down, right in _NEAR:
            tried = own + np.array((0, step * down, step * right), np.int32)
            self._try(best, tried, self._inside(tried) & self._of_zone(tried), self.price, 0.0)
        self.places, self.cost, self.price = best.places, best.cost, best.price

    def cohere(self, coherence: float) -> None:
        """One round: every block takes the best of what carries on its neighbours' places.

        All look at the places before the round, so the order does not matter.
        """
        before = self.places
        best = _Best(before, self.cost, self.price)
        y, x = self.blocks.y.ravel(), self.blocks.x.ravel()
        for down, right in _NEAR:
            near, ok = self._neighbours(down, right)
            tried = before[near]
            tried[:, 1] += (y - y[near]).astype(np.int32)
            tried[:, 2] += (x - x[near]).astype(np.int32)
            ok &= self._inside(tried) & (tried != before).any(axis=1) & self._of_zone(tried)
            if self.zone is not None:
                ok &= self.zone[near] == self.zone
            self._try(best, tried, ok, self.price[near], coherence)
        self.places, self.cost, self.price = best.places, best.cost, best.price

    def _try(self, best: _Best, tried: Places, ok: Flags, price: Numbers, coherence: float) -> None:
        """Take those of the `tried` places that cost less than the best, `coherence` less."""
        some = np.flatnonzero(ok)
        if not len(some):
            return
        apart, sheets = self.dictionary.options.apart, self.dictionary.sheets
        found = self.dictionary.projection(sampled(sheets, tried[some], apart))
        cost = np.square(self.wanted[some] - found).sum(axis=1) + price[some]
        better = cost * np.float32(1 - coherence) < best.least[some]
        taken = some[better]
        best.least[taken] = cost[better] * np.float32(1 - coherence)
        best.cost[taken], best.places[taken] = cost[better], tried[taken]
        best.price[taken] = price[taken]

    def _neighbours(self, down: int, right: int) -> tuple[NDArray[np.int64], Flags]:
        """Numbers of the neighbours on one side, and whether there is one."""
        rows, columns = self.blocks.y.shape
        r, c = np.meshgrid(np.arange(rows) + down, np.arange(columns) + right, indexing="ij")
        ok = (r >= 0) & (r < rows) & (c >= 0) & (c < columns)
        near = np.clip(r, 0, rows - 1) * columns + np.clip(c, 0, columns - 1)
        return near.ravel().astype(np.int64), ok.ravel()

    def _of_zone(self, places: Places) -> Flags:
        """Whether places lie where their block's zone may look; all do if nothing is divided."""
        found = np.ones(len(places), bool)
        if self.zone is None:
            return found
        for number in np.unique(places[:, 0]):
            some = np.flatnonzero(places[:, 0] == number)
            seen = self.allowed[number]
            y = np.clip(places[some, 1], 0, seen.shape[0] - 1)
            x = np.clip(places[some, 2], 0, seen.shape[1] - 1)
            found[some] = (seen[y, x] >> self.zone[some].astype(np.uint16)) & 1 > 0
        return found

    def _inside(self, places: Places) -> Flags:
        least = int(min(self.heights.min(), self.widths.min()))
        margin = min(self.dictionary.options.margin, least // 4)
        sheet, y, x = places.T
        high, wide = self.heights[sheet] - margin, self.widths[sheet] - margin
        return np.asarray((y >= margin) & (x >= margin) & (y < high) & (x < wide))
