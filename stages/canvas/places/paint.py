"""Paint: a canvas painted with the painting's own paint, by the places its blocks are matched to.

Every block lays the painting's pixels around its place, over its own area and half of its
neighbours'. Where several lie over one another, the one counts whose soft colours are nearest to
the canvas's there and whose middle is near, and boundaries follow the canvas's own edges and stay
sharp: a mean of several would be as soft as an optimizer's paint. (Efros and Freeman, *Image
Quilting*, 2001, cut along the least difference instead; Kopf et al., *Solid Texture Synthesis*,
2007, take the mean.)
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import cv2
import numpy as np

from stages.canvas.files import Pixels
from stages.canvas.places import crispness, keys, matching
from stages.canvas.places.dictionary import Dictionary, Half, Options, Places
from stages.canvas.places.keys import Numbers, Planes
from stages.canvas.places.matching import Flags, Manner, Matches
from stages.canvas.places.survey import Survey
from stages.canvas.zones.division import covered
from stages.tiles import Rect, Size

_CORE = 1024  # px, side of the parts that are painted at a time
# Bands are as wide as the canvas: of a large one fewer rows, so that memory stays the same.
_BAND_PIXELS, _LEAST_ROWS = 6_300_000, 256
# What a block's whole side away from its middle costs, and what more beyond that: without the
# second, a place that fits better than all around shows as a square.
_DISTANCE, _BEYOND = 0.5, 8.0
_UNIT = 0.03  # squared opponent distance that costs one
_LEAST_SHARE = 1e-12  # beyond its zone paint costs 4, about that of a middle 1.5 sides away
_SMOOTH = 5  # px: costs are means over so many, so that chance fits of pixels break no strokes up
# A block is about as long as a stroke: of paintings of 2 to 6 megapixels looked at, as many strokes
# fit along a side whatever its px; at 100 % of a larger one 32 px do.
_BLOCKS_A_SIDE, _LEAST, _MOST = 71, 8, 32
# Where the canvas's forms and the paint cross over, the mean of two unlike strokes has 0.7 of their
# contrast: that band is raised by so much (0.4 would give back all; edges then begin to glow).
_MENDED = 0.3
_BLURS = 3 * keys.TIMES  # what is mended is taken twice more


@dataclass(frozen=True)
class Ready:
    """All that painting a canvas takes."""

    dictionary: Dictionary
    survey: Survey
    manner: Manner


def block_for(painting: Size) -> int:
    """Side of blocks in px for a painting of that size at the level's scale."""
    side = int(painting.pixels**0.5 / _BLOCKS_A_SIDE)
    return min(_MOST, max(_LEAST, side)) // 2 * 2


def suited(painting: Size, ratio: float, **others: Any) -> Options:
    """Options of a dictionary for blocks of `block_for`: keys see about a block."""
    apart = max(2, block_for(painting) // 4)
    return Options(ratio=ratio, apart=apart, blur=apart / 2, **others)


def reach(manner: Manner, options: Options) -> int:
    """Px around a part that decide about its pixels."""
    return _laid_reach(manner) + _patch_reach(manner) + matching.reach(manner, options)


def _laid_reach(manner: Manner) -> int:
    tone = math.ceil(3 * manner.tone_blur) if manner.tone else 0
    hold = _BLURS * math.ceil(3 * manner.hold_blur) if manner.hold else 0
    crisp = crispness.REACH if manner.damping else 0
    return _SMOOTH // 2 + tone + hold + crisp


def _patch_reach(manner: Manner) -> int:
    return manner.block


def pieces(size: Size, ready: Ready) -> Iterator[tuple[Rect, Rect]]:
    """The parts in which a canvas of `size` is painted, row by row, and the window that each reads.

    Their rows are bands that run across the canvas.
    """
    around = reach(ready.manner, ready.dictionary.options)
    step = min(_CORE, max(_LEAST_ROWS, _BAND_PIXELS // size.width))
    for top in range(0, size.height, step):
        bottom = min(top + step, size.height)
        first, last = max(0, top - around), min(size.height, bottom + around)
        for left in range(0, size.width, _CORE):
            right = min(left + _CORE, size.width)
            begin, end = max(0, left - around), min(size.width, right + around)
            part = Rect(left, top, right - left, bottom - top)
            yield part, Rect(begin, first, end - begin, last - first)


def painted(
    rows: Callable[[int, int], Pixels], size: Size, ready: Ready, shares: Pixels | None = None
) -> Iterator[Pixels]:
    """Bands of rows of a canvas of `size`, painted; `rows(top, bottom)` gives it as it is.

    `shares` `(H, W, Z)` are those of the zones that it is divided into.
    """
    for _, group in groupby(pieces(size, ready), key=lambda piece: piece[0].y):
        parts, band = [], None
        for part, window in group:
            if band is None:
                band = rows(window.y, window.bottom)
            pixels = np.ascontiguousarray(band[:, window.x : window.right])
            own = None if shares is None else _cut(shares, window)
            parts.append(voted(pixels, window, part, size, ready, own))
        yield np.concatenate(parts, axis=1)


def voted(
    pixels: Pixels,
    window: Rect,
    part: Rect,
    size: Size,
    ready: Ready,
    shares: Pixels | None = None,
) -> Pixels:
    """A part of a canvas of `size`, painted, `(h, w, 3)`.

    With the `shares` `(H, W, Z)` of zones in the window, each with its own paint; what is no zone's
    stays.

    `pixels` are the canvas's in `window`, which reaches `reach` px beyond the part, or to the
    canvas's edges; the result is then the same whatever the window.
    """
    dictionary, manner = ready.dictionary, ready.manner
    planes, prices = levelled(pixels, ready, shares), ready.survey.prices
    matches = matching.match(dictionary, planes, window, size, prices, manner, shares)
    around = _laid_reach(manner)
    left, top = max(window.x, part.x - around), max(window.y, part.y - around)
    right = min(window.right, part.right + around)
    bottom = min(window.bottom, part.bottom + around)
    area = Rect(left, top, right - left, bottom - top)
    here = None if shares is None else _cut(shares, area.within(window))
    laid = _laid(matches, _cut(planes, area.within(window)), area, ready, here)
    if manner.tone:
        apart = _cut(pixels, area.within(window)) - laid
        laid += np.float32(manner.tone) * keys.blurred(apart, manner.tone_blur)
    if manner.hold:
        laid = _held(laid, _cut(pixels, area.within(window)), manner)
    if manner.damping:
        laid = crispness.damped(laid, manner.damping)
    found = np.clip(_cut(laid, part.within(area)), 0.0, 1.0)
    inner = part.within(window)
    return covered(_cut(pixels, inner), found, None if shares is None else _cut(shares, inner))


def _held(laid: Pixels, canvas: Pixels, manner: Manner) -> Pixels:
    """Paint with the canvas's own forms of `hold_blur` px and more, `(h, w, 3)`.

    Back-projection (M. Irani and S. Peleg, *Improving Resolution by Image Registration*, 1991):
    what the paint lacks of the canvas, blurred, is added to it, and again what it lacks then: twice
    a Gaussian keeps more of what is broad and touches less of what is fine than a wider one.
    """
    blur = manner.hold_blur
    laid = laid + keys.broad(canvas - laid, blur, manner.hold)
    low = keys.broad(laid, blur)
    # What passes once and is lost the second time lies where both cross over.
    return laid + np.float32(4 * _MENDED * manner.hold) * (low - keys.broad(low, blur))


def matched(
    pixels: Pixels, window: Rect, size: Size, ready: Ready, shares: Pixels | None = None
) -> Matches:
    """What the blocks of a window of a canvas are matched to, to look at and to measure."""
    planes, prices = levelled(pixels, ready, shares), ready.survey.prices
    return matching.match(ready.dictionary, planes, window, size, prices, ready.manner, shares)


def levelled(pixels: Pixels, ready: Ready, shares: Pixels | None = None) -> Planes:
    """What keys see of a window's pixels `(H, W, 3)`, bands raised to what the survey asks for."""
    planes = keys.opponent(pixels, ready.dictionary.options.blur)
    if shares is not None:
        return keys.levelled_by_zone(planes, ready.survey.zones, shares)
    return keys.levelled(planes, ready.survey.gains)


def _cut(image: Planes, part: Rect) -> Planes:
    return np.ascontiguousarray(image[part.y : part.bottom, part.x : part.right])


def _laid(
    matches: Matches, planes: Planes, area: Rect, ready: Ready, shares: Pixels | None = None
) -> Pixels:
    """The paint of all blocks on an area of the canvas, whose levelled planes are `(h, w, 3)`.

    Beyond its zone, by the `shares` `(h, w, Z)`, a block's paint lies only where there is no other.
    """
    dictionary, manner, side = ready.dictionary, ready.manner, ready.manner.block
    touching = _touching(matches, area, side)
    y, x = matches.blocks.y.ravel()[touching], matches.blocks.x.ravel()[touching]
    places = matches.places.reshape(-1, 3)[touching]
    owners, beyond = None, None
    if shares is not None and matches.zones is not None:
        owners, beyond = matches.zones.ravel()[touching], _beyond(shares, 2 * side, manner.feather)
    frame = 2 * side
    guide = np.pad(planes, ((frame, frame), (frame, frame), (0, 0)), "edge")
    squares = [
        (slice(t, t + 2 * side), slice(left, left + 2 * side))
        for t, left in zip(y - area.y + side, x - area.x + side, strict=True)
    ]
    pieces = _Pieces(dictionary, side)
    costs = np.empty((len(squares), 2 * side, 2 * side), np.float32)
    least = np.full(guide.shape[:2], np.inf, np.float32)
    for some in _portions(len(squares), side):
        costs[some] = pieces.costs(places[some], [guide[s] for s in squares[some]], manner.edge)
        if owners is not None and beyond is not None:
            for cost, square, owner in zip(costs[some], squares[some], owners[some], strict=True):
                cost += beyond[(*square, owner)]
        for cost, square in zip(costs[some], squares[some], strict=True):
            np.minimum(least[square], cost, out=least[square])
    total = np.zeros((*guide.shape[:2], 3), np.float32)
    mass = np.zeros((*guide.shape[:2], 1), np.float32)
    for some in _portions(len(squares), side):
        paint = pieces.paint(places[some])
        for piece, cost, square in zip(paint, costs[some], squares[some], strict=True):
            weight = np.exp((least[square] - cost) / np.float32(manner.feather))[..., None]
            total[square] += weight * piece
            mass[square] += weight
    inside = slice(frame, frame + area.height), slice(frame, frame + area.width)
    return np.asarray(total[inside] / mass[inside], np.float32)


def _touching(matches: Matches, area: Rect, side: int) -> Flags:
    """The blocks whose squares touch an area."""
    y, x = matches.blocks.y.ravel(), matches.blocks.x.ravel()
    some = (y + side > area.y) & (y - side < area.bottom)
    some &= (x + side > area.x) & (x - side < area.right)
    return np.asarray(some)


def _beyond(shares: Pixels, frame: int, feather: float) -> Numbers:
    """What pixels cost the paint of every zone, framed: as much as makes its share its weight."""
    total = np.maximum(shares.sum(axis=-1, keepdims=True), _LEAST_SHARE)
    cost = -np.float32(feather) * np.log(np.maximum(shares / total, _LEAST_SHARE))
    return np.pad(cost, ((frame, frame), (frame, frame), (0, 0)), "edge")


def _portions(count: int, side: int) -> Iterator[slice]:
    """Squares in portions of about a megapixel."""
    step = max(1, (1 << 18) // side**2)
    return (slice(start, start + step) for start in range(0, count, step))


class _Pieces:
    """Squares of two blocks' side around places, out of the sheets."""

    def __init__(self, dictionary: Dictionary, side: int) -> None:
        self.dictionary, self.side = dictionary, side
        offsets = (np.arange(2 * side) + 0.5) / side - 1
        far = offsets[:, None] ** 2 + offsets**2
        beyond = np.maximum(far - 0.8, 0) ** 2
        self.distance = (_DISTANCE * far + _BEYOND * beyond).astype(np.float32)
        self.steps = np.arange(-side, side)

    def _cut(self, places: Places, images: Sequence[Half]) -> Numbers:
        found = np.empty((len(places), 2 * self.side, 2 * self.side, 3), np.float32)
        for number in np.unique(places[:, 0]):
            some = np.flatnonzero(places[:, 0] == number)
            image = images[number]
            rows = _mirrored(places[some, 1, None] + self.steps, image.shape[0])
            columns = _mirrored(places[some, 2, None] + self.steps, image.shape[1])
            found[some] = keys.grids(image, rows, columns)
        return found

    def paint(self, places: Places) -> Numbers:
        """Crisp pixels `(N, 2 side, 2 side, 3)`."""
        return self._cut(places, [sheet.pixels for sheet in self.dictionary.sheets])

    def costs(self, places: Places, guides: Sequence[Planes], edge: float) -> Numbers:
        """How little every pixel of the squares fits the canvas, `(N, 2 side, 2 side)`."""
        soft = self._cut(places, [sheet.planes for sheet in self.dictionary.sheets])
        soft -= np.stack(guides)
        apart = np.square(soft).sum(axis=-1) * np.float32(edge / _UNIT)
        smooth = np.stack([cv2.blur(cost, (_SMOOTH, _SMOOTH)) for cost in apart])
        return np.asarray(smooth + self.distance, np.float32)


def _mirrored(index: Places, length: int) -> Places:
    """Indices beyond either end reflected back into 0 up to `length`."""
    index = index % (2 * length)
    return np.minimum(index, 2 * length - 1 - index)
