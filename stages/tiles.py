"""Tile geometry: levels, cores, overlaps, halos and windows. Pure integers, no pixels.

All sizes are (width, height) in px and all rectangles (x, y, width, height), as in libvips.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

LEAST_SIDE = 64  # px; below it the deepest layers have too few positions for moments


@dataclass(frozen=True, order=True)
class Size:
    """Width and height in px."""

    width: int
    height: int

    def __str__(self) -> str:
        return f"{self.width}x{self.height}"

    @property
    def pixels(self) -> int:
        """Width times height."""
        return self.width * self.height


@dataclass(frozen=True)
class Rect:
    """A rectangle of a canvas: left, top, width, height in px."""

    x: int
    y: int
    width: int
    height: int

    @property
    def right(self) -> int:
        """First column to the right of it."""
        return self.x + self.width

    @property
    def bottom(self) -> int:
        """First row below it."""
        return self.y + self.height

    @property
    def pixels(self) -> int:
        """Width times height."""
        return self.width * self.height

    def overlap(self, other: Rect) -> Rect | None:
        """What two rectangles have in common, if anything."""
        x, y = max(self.x, other.x), max(self.y, other.y)
        right, bottom = min(self.right, other.right), min(self.bottom, other.bottom)
        return Rect(x, y, right - x, bottom - y) if x < right and y < bottom else None

    def within(self, outer: Rect) -> Rect:
        """The same rectangle, seen from the upper left corner of `outer`."""
        return Rect(self.x - outer.x, self.y - outer.y, self.width, self.height)


@dataclass(frozen=True)
class Tile:
    """One tile: `core` inside `write` (core and overlap) inside `window` (what is read).

    `window` may reach up to one alignment unit past the right and bottom edge of the canvas; the
    pixels there are reflected. All windows of a grid have one shape.
    """

    row: int
    col: int
    core: Rect
    write: Rect
    window: Rect

    @property
    def name(self) -> str:
        """Row and column as in file names and `--tile R,C`."""
        return f"{self.row},{self.col}"


@dataclass(frozen=True)
class Grid:
    """The tiles of one sweep, row by row."""

    size: Size
    overlap: int
    columns: int
    rows: int
    tiles: tuple[Tile, ...]


def fitted(source: Size, box: Size, fit: str) -> Size:
    """The output size of a photo in a box: `cover` is the box, `contain` lies inside it."""
    if fit == "cover":
        return box
    scale = min(box.width / source.width, box.height / source.height)
    width = min(box.width, max(1, round(source.width * scale)))
    height = min(box.height, max(1, round(source.height * scale)))
    return Size(width, height)


def sided(source: Size, box: Size, side: str, *, down: bool) -> Size:
    """The size of a photo of which one side is as long as that of a box.

    `side` is "height", or the "shorter" or "longer" one of each; the other is rounded, or cut
    `down`.
    """
    whole = math.floor if down else round
    if side == "height":
        by_height, length = True, box.height
    else:
        upright = source.height > source.width
        by_height = upright == (side == "longer")
        length = (max if side == "longer" else min)(box.width, box.height)
    if by_height:
        return Size(max(1, whole(source.width * length / source.height)), length)
    return Size(length, max(1, whole(source.height * length / source.width)))


def centre_crop(source: Size, target: Size) -> Rect:
    """The largest centred rectangle of `source` with the aspect ratio of `target`."""
    scale = min(source.width / target.width, source.height / target.height)
    width = min(source.width, max(1, round(target.width * scale)))
    height = min(source.height, max(1, round(target.height * scale)))
    return Rect((source.width - width) // 2, (source.height - height) // 2, width, height)


def levels(first: Size, last: Size, max_ratio: float = 2.0) -> tuple[Size, ...]:
    """Canvas sizes from display to print: one constant ratio of at most `max_ratio` between them.

    A print no larger than the display has one level, the print's own size.
    """
    growth = max(last.width / first.width, last.height / first.height)
    if growth <= 1.0:
        return (last,)
    steps = max(1, math.ceil(math.log(growth) / math.log(max_ratio) - 1e-9))
    sizes = []
    for step in range(steps):
        shrink = growth ** ((step - steps) / steps)
        width, height = round(last.width * shrink), round(last.height * shrink)
        sizes.append(Size(max(1, width), max(1, height)))
    return (*sizes, last)


def _core_of(length: int, count: int, margin: int, align: int) -> int:
    """How long the inner ones of `count` cores of an axis are, two or more, all alike.

    The outer two may be up to `margin` longer, because they need no overlap and halo on the
    canvas' edge; of these two margins one is kept as play for the shift.
    """
    return max(align, -(-(length - margin) // count // align) * align)


def _fitted_core(length: int, most: int, margin: int, align: int) -> tuple[int, int]:
    """How many cores an axis is cut into, and how long the inner ones are, at most `most`.

    As few as possible, so that little of the windows lies outside their cores or is computed twice.
    """
    if length <= most + 2 * margin:
        return 1, length
    count = 2
    while (core := _core_of(length, count, margin, align)) > most:
        count += 1
    return count, core


def best_core(size: Size, *, core: int, overlap: int, halo: int, align: int) -> Size:
    """The longest cores, across and down, with which the windows of a canvas are least work.

    No window has more px than that of a square core of `core` px, for memory's sake, but it may be
    longer than wide: of what fits, the cores whose windows have the fewest px in all are taken, so
    that no axis is cut once more for a few px. A canvas no larger than that is one tile.
    """
    margin = overlap + halo
    most = (core + 2 * margin) ** 2
    fitting = [
        (across[0] * down[0] * across[1] * down[1], across[0] * down[0], across[2], down[2])
        for across in _choices(size.width, core, margin, align)
        for down in _choices(size.height, core, margin, align)
        if across[1] * down[1] <= most
    ]
    return Size(*min(fitting)[2:])


def _choices(length: int, core: int, margin: int, align: int) -> list[tuple[int, int, int]]:
    """Ways to cut an axis: how many cores, how long a window is, how long a core.

    The last ones have cores no longer than `core`, which always fits.
    """
    padded = -(-length // align) * align
    found = [(1, padded, padded)]
    for count in range(2, _fitted_core(length, core, margin, align)[0] + 2):
        inner = _core_of(length, count, margin, align)
        found.append((count, min(padded, inner + 2 * margin), inner))
    return found


def _cuts(length: int, count: int, core: int, margin: int, align: int, shift: float) -> list[int]:
    """Where an axis is cut into cores; all cuts but the last are multiples of `align`.

    `shift` (0 to 1) moves the inner cuts through the play that the outer cores have.
    """
    if count == 1:
        return [0, length]
    least = max(align, core // 4 // align * align)
    between = (count - 2) * core
    low = -(-max(least, length - between - core - margin) // align) * align
    high = min(core + margin, length - between - least) // align * align
    first = low + round((high - low) * shift / align) * align
    return [0, *(first + i * core for i in range(count - 1)), length]


def _spans(
    length: int, most: int, overlap: int, halo: int, align: int, shift: float
) -> list[tuple[tuple[int, int], tuple[int, int], tuple[int, int]]]:
    """Core, write and window (start, stop) of every tile along one axis."""
    margin = overlap + halo
    count, core = _fitted_core(length, most, margin, align)
    cuts = _cuts(length, count, core, margin, align, shift)
    padded = -(-length // align) * align
    window = padded if count == 1 else min(padded, core + 2 * margin)
    spans = []
    for start, stop in pairwise(cuts):
        write = (max(0, start - overlap), min(length, stop + overlap))
        left = min(max(0, start - margin), padded - window)
        spans.append(((start, stop), write, (left, left + window)))
    return spans


def grid(
    size: Size, *, core: int | Size, overlap: int, halo: int, align: int, shift: float = 0.5
) -> Grid:
    """Cut a canvas into tiles of one window shape.

    `core` (the most that a core is long, but for the canvas' edges; a `Size` across and down),
    `overlap` and `halo` are px and multiples of `align` (the encoder's deepest stride), so that
    feature positions of the tiles are those of the whole canvas. `shift` (0 to 1) moves the grid;
    see `shift_of`.
    """
    most = core if isinstance(core, Size) else Size(core, core)
    named = (("core", most.width), ("core", most.height), ("overlap", overlap), ("halo", halo))
    for what, value in named:
        if value % align or value < (align if what == "core" else 0):
            raise ValueError(f"tile {what} is {value} px; it must be a multiple of {align}")
    across = _spans(size.width, most.width, overlap, halo, align, shift)
    down = _spans(size.height, most.height, overlap, halo, align, shift)

    def rect(x: tuple[int, int], y: tuple[int, int]) -> Rect:
        return Rect(x[0], y[0], x[1] - x[0], y[1] - y[0])

    tiles = tuple(
        Tile(row, col, rect(x[0], y[0]), rect(x[1], y[1]), rect(x[2], y[2]))
        for row, y in enumerate(down)
        for col, x in enumerate(across)
    )
    return Grid(size, overlap, len(across), len(down), tiles)


def parted(window: Rect, parts: int, *, halo: int, align: int) -> Grid:
    """A tile's window cut into about so many parts, in px from its upper left corner.

    Halved across the longer side again and again. The parts overlap by two alignment units, as far
    as there is room; small windows stay whole.
    """
    across, down = 1, 1
    while across * down < parts:
        if window.width * down >= window.height * across:
            across *= 2
        else:
            down *= 2
    inner = Size(
        *(
            max(align, -(-length // count // align) * align)
            for length, count in ((window.width, across), (window.height, down))
        )
    )
    size = Size(window.width, window.height)
    return grid(size, core=inner, overlap=2 * align, halo=halo, align=align)


@dataclass(frozen=True)
class Scale:
    """One step of the display's coarse-to-fine path."""

    size: Size
    iterations: int

    @property
    def work(self) -> float:
        """Megapixel-iterations."""
        return self.size.pixels * self.iterations / 1e6


def scales(
    size: Size, start: int, iterations: Sequence[int], growth: float = 2.0
) -> tuple[Scale, ...]:
    """Sizes from 1/`start` of the display size upwards, growing, with their iterations.

    Scales under 64 px on the short side are left out; the last iteration count repeats.
    """
    factors: list[float] = []
    factor = start
    while growth == 2 and factor >= 1:
        factors.append(factor)
        factor //= 2
    if not factors:
        steps = math.floor(math.log(start) / math.log(growth) + 1e-9)
        factors = [growth**i for i in range(steps, -1, -1)]
    path = []
    for i, shrink in enumerate(factors):
        here = Size(round(size.width / shrink), round(size.height / shrink))
        if min(here.width, here.height) >= LEAST_SIDE or shrink == 1:
            path.append(Scale(here, iterations[min(i, len(iterations) - 1)]))
    return tuple(path)


def checked_halo(needed: int, unit: int, wanted: int) -> int:
    """Halo in px: `wanted`, or what the encoder needs when 0, rounded up to whole strides."""
    halo = wanted or needed
    return -(-halo // unit) * unit


def shift_of(sweep: int) -> float:
    """Grid shift of a sweep: 1/2, 0, 1, 1/4, 3/4, then again."""
    return (0.5, 0.0, 1.0, 0.25, 0.75)[sweep % 5]
