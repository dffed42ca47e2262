"""Gathering: the places of paintings that go into a dictionary, and the keys of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from stages.canvas.files import Pixels
from stages.canvas.places import keys
from stages.canvas.places.dictionary import (
    RELIEF_SIDE,
    Dictionary,
    Half,
    Options,
    Places,
    Sheet,
    Zoned,
    moved,
    relief,
    sampled,
)
from stages.canvas.places.keys import Numbers, Spread
from stages.canvas.resample import rows_resized
from stages.errors import TilebrushError
from stages.tiles import Rect, Size

_FITTED = 20_000  # samples that the principal components are taken of
_ROWS = 512
_SEEN = 0.5  # from here on a place of a mask on a painting may be painted with


@dataclass(frozen=True)
class Quota:
    """What a zone takes of a painting: its number, its share of all places, where it may look.

    `seen` gives `(H, W)`, 0 where there is nothing for this zone and 1 where there is, when it is
    asked for: of many zones one is held at a time. Without it, or if it gives None, it is all.
    """

    zone: int
    painting: int
    share: float
    seen: Callable[[], Numbers | None] = lambda: None


def _soft_planes(painting: Half, options: Options) -> Half:
    """What keys see of a painting `(H, W, 3)`, as soft as one enlarged by the options' ratio.

    Some rows at a time: a large painting takes no more than its two halves.
    """
    height, width, _ = painting.shape
    size = Size(width, height)
    little = Size(*(max(1, round(length / options.ratio)) for length in (width, height)))
    down = rows_resized(lambda a, b: painting[a:b].astype(np.float32), size, little)
    small = np.concatenate(
        [down(top, min(top + _ROWS, little.height)) for top in range(0, little.height, _ROWS)]
    )
    up = rows_resized(lambda a, b: small[a:b], little, size)
    margin = keys.reach(options.blur, 0)
    found = np.empty(painting.shape, np.float16)
    for top in range(0, height, _ROWS):
        bottom = min(top + _ROWS, height)
        first, last = max(0, top - margin), min(height, bottom + margin)
        planes = keys.opponent(up(first, last), options.blur)
        found[top:bottom] = planes[top - first : bottom - first]
    return found


def _relief(pixels: Half) -> Half:
    """The same for a whole painting, some rows at a time."""
    height, margin = pixels.shape[0], RELIEF_SIDE
    parts = []
    for top in range(0, height, _ROWS):
        first = max(0, top - margin)
        found = relief(pixels[first : top + _ROWS + margin].astype(np.float32))
        parts.append(found[top - first : top - first + _ROWS].astype(np.float16))
    return np.concatenate(parts)


def divided(
    paintings: Sequence[Pixels | Half], quotas: Sequence[Quota], options: Options
) -> Dictionary:
    """The dictionary of paintings of which every zone may look at its own part.

    Raises:
        TilebrushError: a zone has no room for a place.
    """
    halves = [painting.astype(np.float16, copy=False) for painting in paintings]
    originals = [Sheet(half, _soft_planes(half, options)) for half in halves]
    zones = 1 + max(quota.zone for quota in quotas)
    spreads = [Spread(0.0, (0.0,) * 3)] * zones
    allowed = [np.zeros(half.shape[:2], np.uint16) for half in halves]
    found, owners = [], []
    for quota in quotas:
        sheet = originals[quota.painting]
        everything = Rect(0, 0, sheet.pixels.shape[1], sheet.pixels.shape[0])
        seen = quota.seen()
        spreads[quota.zone] += _spread(sheet.planes, seen)
        count = round(options.count * quota.share / options.copies)
        homes = _spread_out(everything, count, options, seen)
        if not len(homes) and seen is not None:  # narrower than a stroke: as far as it goes
            homes = _spread_out(everything, count, replace(options, margin=0), seen)
        if not len(homes):
            raise TilebrushError(
                "a mask on a painting leaves no room for a stroke; draw it larger or whiter"
            )
        bit = np.uint16(1 << quota.zone)
        allowed[quota.painting] |= bit if seen is None else bit * (seen > _SEEN)
        found.append(np.insert(homes, 0, quota.painting, axis=1))
        owners.append(np.full(len(homes) * options.copies, quota.zone, np.int32))
    zoned = Zoned(np.concatenate(owners), tuple(spreads), tuple(allowed))
    total = sum(spreads, Spread(0.0, (0.0,) * 3))
    home = np.concatenate(found).astype(np.int32)
    return replace(_assembled(options, originals, home, total), zoned=zoned)


def build(
    paintings: Sequence[Pixels | Half],
    weights: Sequence[float],
    options: Options,
    opacities: Sequence[Numbers | None] | None = None,
) -> Dictionary:
    """The dictionary of paintings `(H, W, 3)` at the level's scale; places go by weight.

    Places where a painting is not opaque (`opacities`, `(H, W)`, 0 to 1) are left out.

    Raises:
        TilebrushError: no painting has room for a place.
    """
    masks = list(opacities) if opacities is not None else [None] * len(paintings)
    originals, found = [], []
    total = Spread(0.0, (0.0,) * 3)
    for number, (painting, weight) in enumerate(zip(paintings, weights, strict=True)):
        pixels = painting.astype(np.float16, copy=False)
        soft = _soft_planes(pixels, options)
        everything = Rect(0, 0, painting.shape[1], painting.shape[0])
        total = total + _spread(soft)
        originals.append(Sheet(pixels, soft))
        share = options.count * weight / sum(weights) / options.copies
        homes = _spread_out(everything, round(share), options, masks[number])
        found.append(np.insert(homes, 0, number, axis=1))
    home = np.concatenate(found).astype(np.int32)
    if not len(home):
        raise TilebrushError("the paintings are smaller than a stroke; give larger ones")
    return _assembled(options, originals, home, total)


def _spread(planes: Half, seen: Numbers | None = None) -> Spread:
    """The spread of a whole painting's planes, or of what is seen of it, some rows at a time."""
    height, width, _ = planes.shape
    total = Spread(0.0, (0.0,) * 3)
    for top in range(0, height, _ROWS):
        bottom = min(top + _ROWS, height)
        first, last = max(0, top - keys.BAND_REACH), min(height, bottom + keys.BAND_REACH)
        core = Rect(0, top - first, width, bottom - top)
        bands = keys.bands(planes[first:last].astype(np.float32))[0]
        total = total + keys.spread(bands, core, None if seen is None else seen[first:last])
    return total


def _spread_out(area: Rect, count: int, options: Options, opacity: Numbers | None) -> Places:
    """About `count` places `(N, 2)` of an area, on a grid with play, in an order without one."""
    margin = min(options.margin, (min(area.width, area.height) - 1) // 4)
    width, height = area.width - 2 * margin, area.height - 2 * margin
    step = max(1.0, float(np.sqrt(width * height / max(1, count))))
    y, x = np.meshgrid(np.arange(0, height, step), np.arange(0, width, step), indexing="ij")
    generator = np.random.default_rng((options.seed, area.width, area.height, count))
    play = generator.random((2, *y.shape)) * step
    rows = np.minimum(y + play[0], height - 1).astype(np.int64).ravel() + margin
    columns = np.minimum(x + play[1], width - 1).astype(np.int64).ravel() + margin
    if opacity is not None:
        around = 2 * options.margin + 1
        least = np.asarray(cv2.erode(opacity, np.ones((around, around), np.uint8)))
        kept = least[rows, columns] > 0.99
        rows, columns = rows[kept], columns[kept]
    order = generator.permutation(len(rows))
    return np.stack([rows, columns], axis=1)[order].astype(np.int32)


def _assembled(
    options: Options, originals: Sequence[Sheet], home: Places, total: Spread
) -> Dictionary:
    sheets = tuple(o.turned(copy) for o in originals for copy in range(options.copies))
    reliefs = [_relief(o.pixels) for o in originals]
    # Copies of a place lie side by side, which puts them into different groups.
    homes = np.repeat(home, options.copies, axis=0)
    places = homes.copy()
    raised = np.empty(len(homes), np.float32)
    for number, original in enumerate(originals):
        size = Size(original.pixels.shape[1], original.pixels.shape[0])
        here = homes[:, 0] == number
        raised[here] = reliefs[number][homes[here, 1], homes[here, 2]]
        for copy in range(options.copies):
            some = here & (np.arange(len(homes)) % options.copies == copy)
            rows, columns = moved(homes[some, 1], homes[some, 2], size, copy)
            sheet = np.full(len(rows), number * options.copies + copy)
            places[some] = np.stack([sheet, rows, columns], axis=1)
    found = sampled(sheets, places[: _FITTED * options.copies], options.apart)
    projection = keys.fitted(found)
    taken = [
        projection(sampled(sheets, part, options.apart))
        for part in np.array_split(places, -(-len(places) // _FITTED))
    ]
    return Dictionary(
        options, sheets, places, np.concatenate(taken), raised, projection, total, homes
    )
