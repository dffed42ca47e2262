"""Paint: a canvas painted with the painting's own paint, by the places its blocks are matched to.

Every block lays the painting's pixels around its place, over its own area and half of its
neighbours'. Where several lie over one another, the one counts whose soft colours are nearest to
the canvas's there and whose middle is near, and boundaries follow the canvas's own edges and stay
sharp: a mean of several would be as soft as an optimizer's paint. (Efros and Freeman, *Image
Quilting*, 2001, cut along the least difference instead; Kopf et al., *Solid Texture Synthesis*,
2007, take the mean.)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from stages.canvas import keys, matching
from stages.canvas.dictionary import Dictionary, Sheet
from stages.canvas.files import Pixels
from stages.canvas.keys import Numbers, Planes
from stages.canvas.matching import Manner, Matches
from stages.tiles import Rect, Size

_BAND_PIXELS, _LEAST_ROWS = 4_000_000, 64
_DISTANCE = 0.25  # what a block's whole side away from its middle costs, in units of `Manner.edge`
_UNIT = 0.03  # squared opponent distance that counts as one


@dataclass(frozen=True)
class Ready:
    """All that painting a canvas takes: paint, the canvas's gains, prices, and the manner."""

    dictionary: Dictionary
    gains: tuple[float, ...]
    prices: Numbers
    manner: Manner


def margin(manner: Manner, blur: float) -> int:
    """Px around a part that decide about its pixels."""
    around = 2 * manner.block * (1 + manner.rounds)
    tone = round(3 * manner.tone_blur) if manner.tone else 0
    return around + keys.reach(blur) + tone


def painted(rows: Callable[[int, int], Pixels], size: Size, ready: Ready) -> Iterator[Pixels]:
    """Bands of rows of a canvas of `size`, painted; `rows(top, bottom)` gives it as it is."""
    around = margin(ready.manner, ready.dictionary.options.blur)
    step = max(_LEAST_ROWS, _BAND_PIXELS // size.width)
    for top in range(0, size.height, step):
        bottom = min(top + step, size.height)
        first, last = max(0, top - around), min(size.height, bottom + around)
        window = Rect(0, first, size.width, last - first)
        found = voted(rows(first, last), window, size, ready)
        yield found[top - first : bottom - first]


def voted(pixels: Pixels, window: Rect, size: Size, ready: Ready) -> Pixels:
    """A window of a canvas, painted; right `margin` px from edges that are not the canvas's."""
    dictionary, manner = ready.dictionary, ready.manner
    soft = keys.opponent(pixels, dictionary.options.blur)
    planes = keys.levelled(soft, ready.gains)
    matches = matching.match(dictionary, planes, window, size, ready.prices, manner)
    laid = _laid(matches, planes, window, dictionary, manner)
    if manner.tone:
        apart = keys.blurred(pixels - laid, manner.tone_blur)
        laid = laid + np.float32(manner.tone) * apart
    return np.clip(laid, 0.0, 1.0)


def _laid(
    matches: Matches, planes: Planes, window: Rect, dictionary: Dictionary, manner: Manner
) -> Pixels:
    """The paint of all blocks, `(H, W, 3)`; each row of blocks after the other."""
    side = manner.block
    height, width, _ = planes.shape
    frame = 2 * side
    guide = np.pad(planes, ((frame, frame), (frame, frame), (0, 0)), "edge")
    y = matches.blocks.y - window.y + frame - side
    x = matches.blocks.x - window.x + frame - side
    least = np.full(guide.shape[:2], np.inf, np.float32)
    pieces = _Pieces(dictionary, side)
    costs = []
    for row in range(len(y)):
        cost = pieces.costs(matches.places[row], guide, y[row], x[row], manner.edge)
        costs.append(cost)
        for piece, top, left in zip(cost, y[row], x[row], strict=True):
            part = least[top : top + 2 * side, left : left + 2 * side]
            np.minimum(part, piece, out=part)
    total = np.zeros((*guide.shape[:2], 3), np.float32)
    mass = np.zeros((*guide.shape[:2], 1), np.float32)
    for row in range(len(y)):
        paint = pieces.paint(matches.places[row])
        for number, (top, left) in enumerate(zip(y[row], x[row], strict=True)):
            rows, columns = slice(top, top + 2 * side), slice(left, left + 2 * side)
            weight = np.exp((least[rows, columns] - costs[row][number]) / manner.feather)[..., None]
            total[rows, columns] += weight * paint[number]
            mass[rows, columns] += weight
    inside = slice(frame, frame + height), slice(frame, frame + width)
    return total[inside] / np.maximum(mass[inside], 1e-12)


class _Pieces:
    """Squares of two blocks' side around places, out of the sheets."""

    def __init__(self, dictionary: Dictionary, side: int) -> None:
        self.sheets, self.side = dictionary.sheets, side
        offsets = (np.arange(2 * side) + 0.5) / side - 1
        self.distance = (offsets[:, None] ** 2 + offsets**2).astype(np.float32) * _DISTANCE
        self.steps = np.arange(-side, side)

    def _cut(self, places: NDArray[np.int32], of: Callable[[Sheet], Numbers]) -> Numbers:
        found = np.empty((len(places), 2 * self.side, 2 * self.side, 3), np.float32)
        for number in np.unique(places[:, 0]):
            some = np.flatnonzero(places[:, 0] == number)
            image = of(self.sheets[number])
            rows = _mirrored(places[some, 1, None] + self.steps, image.shape[0])
            columns = _mirrored(places[some, 2, None] + self.steps, image.shape[1])
            found[some] = image[rows[:, :, None], columns[:, None, :]]
        return found

    def paint(self, places: NDArray[np.int32]) -> Numbers:
        """Crisp pixels `(N, 2 side, 2 side, 3)`."""
        return self._cut(places, lambda sheet: sheet.pixels)  # type: ignore[arg-type,return-value]

    def costs(
        self, places: NDArray[np.int32], guide: Planes, y: Numbers, x: Numbers, edge: float
    ) -> Numbers:
        """How little every pixel of the squares fits, `(N, 2 side, 2 side)`."""
        soft = self._cut(places, lambda sheet: sheet.planes)  # type: ignore[arg-type,return-value]
        for number, (top, left) in enumerate(zip(y, x, strict=True)):
            soft[number] -= guide[top : top + 2 * self.side, left : left + 2 * self.side]
        apart = np.square(soft).sum(axis=-1) * np.float32(edge / _UNIT)
        # Means over a few px: single pixels that fit by chance do not break strokes up.
        flat = apart.reshape(-1, 2 * self.side)
        smooth = np.stack([cv2.blur(a, (5, 5)) for a in apart]) if len(flat) else apart
        return np.asarray(smooth + self.distance, np.float32)


def _mirrored(index: NDArray[np.int32], length: int) -> NDArray[np.int32]:
    """Indices beyond either end reflected back into 0 up to `length`."""
    period = 2 * length
    index = index % period
    return np.where(index < length, index, period - 1 - index)
