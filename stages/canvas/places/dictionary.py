"""The dictionary: places of the paintings that a canvas may be painted with, at a level's scale.

A place is a pixel of a painting, as it is, mirrored or turned. Its key is taken of the painting
made as soft as the enlarged canvas is, its paint is the painting's own, crisp. Places lie on a
grid with a little play, as many as are wanted: a rare mark is met as often as a common one of its
size, and the number of keys does not grow with the painting.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from safetensors import safe_open
from safetensors.numpy import save_file

from stages.canvas import luminance
from stages.canvas.files import Pixels
from stages.canvas.places import keys
from stages.canvas.places.keys import Numbers, Projection, Spread, Whole
from stages.canvas.resample import rows_resized
from stages.errors import TilebrushError
from stages.tiles import Rect, Size

Half = NDArray[np.float16]
Places = NDArray[np.int32]

RELIEF_SIDE = 11  # px of the square within which relief is measured
_FITTED = 20_000  # samples that the principal components are taken of
_ROWS = 512
_SEEN = 0.5  # from here on a place of a mask on a painting may be painted with


@dataclass(frozen=True)
class Options:
    """How a dictionary is made.

    `count` places in all; `groups` in which they take turns (see `matching`); `copies`
    of a painting: 1 as it is, 2 mirrored too, 4 upside down too, 8 turned by a right angle too;
    `ratio` by which the canvas is enlarged from the level below; `blur` in px of what keys see, and
    `apart` px between its samples; `margin` in px that a place keeps from the painting's edges.
    """

    count: int = 80_000
    groups: int = 16
    copies: int = 2
    ratio: float = 2.0
    blur: float = 2.0
    apart: int = 4
    margin: int = 16
    seed: int = 0


@dataclass(frozen=True)
class Sheet:
    """A painting's paint `(H, W, 3)`, 0 to 1 sRGB, and what keys see of it, as soft as a canvas."""

    pixels: Half
    planes: Half

    def turned(self, copy: int) -> Sheet:
        """A copy: bit 0 mirrors, bit 1 turns upside down, bit 2 swaps rows and columns."""
        return Sheet(_turned(self.pixels, copy), _turned(self.planes, copy))


def _turned(image: NDArray[Any], copy: int) -> NDArray[Any]:
    if copy & 4:
        image = image.transpose(1, 0, 2)
    if copy & 1:
        image = image[:, ::-1]
    return image[::-1] if copy & 2 else image


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


@dataclass(frozen=True)
class Zoned:
    """Whose the places are where a picture is divided.

    `of` `(N,)` is the zone of every place, `spreads` the spread of what each zone looks at, and
    `allowed` where it may look: for every sheet a bit for each zone, `(H, W)`.
    """

    of: NDArray[np.int32]
    spreads: tuple[Spread, ...]
    allowed: tuple[NDArray[np.uint16], ...]


@dataclass(frozen=True)
class Dictionary:
    """Places `(N, 3)` as (sheet, row, column), their keys `(N, D)` and relief `(N,)`.

    `sheets` are every painting's copies, one painting after the other; place number i takes its
    turn in group i % `options.groups`. `spread` is the paintings' own, `home` `(N, 3)` the place in
    the painting as it hangs (painting, row, column), for counting.
    """

    options: Options
    sheets: tuple[Sheet, ...]
    places: Places
    keys: Numbers
    relief: Numbers
    projection: Projection
    spread: Spread
    home: Places
    zoned: Zoned | None = None

    @property
    def bytes(self) -> int:
        """Bytes in memory."""
        paint = [sheet for sheet in self.sheets[:: self.options.copies]]
        arrays = (self.places, self.keys, self.relief, self.home)
        return sum(s.pixels.nbytes + s.planes.nbytes for s in paint) + sum(a.nbytes for a in arrays)

    def allowed(self) -> tuple[NDArray[np.uint16], ...]:
        """Where on every sheet zones may look, a bit for each, `(H, W)`; none if undivided."""
        if self.zoned is None:
            return ()
        copies = range(self.options.copies)
        return tuple(
            _turned(own[..., None], c)[..., 0] for own in self.zoned.allowed for c in copies
        )

    def __reduce__(self) -> tuple[Any, ...]:
        # Copies are views of the originals, which alone travel.
        originals = self.sheets[:: self.options.copies]
        arrays = self.places, self.keys, self.relief, self.projection, self.spread, self.home
        return _of_originals, (self.options, originals, *arrays, self.zoned)


def _of_originals(options: Options, originals: Sequence[Sheet], *others: Any) -> Dictionary:
    """The dictionary whose sheets are these and their copies."""
    sheets = tuple(o.turned(copy) for o in originals for copy in range(options.copies))
    return Dictionary(options, sheets, *others)


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


def relief(pixels: Pixels) -> Numbers:
    """Standard deviation of the luminance within 11x11 px around every pixel, `(H, W)`."""
    light = np.asarray(cv2.transform(pixels, luminance.WEIGHTS[None]))
    side = (RELIEF_SIDE, RELIEF_SIDE)
    mean = np.asarray(cv2.blur(light, side))
    found: Numbers = np.sqrt(np.maximum(np.asarray(cv2.blur(light * light, side)) - mean**2, 0))
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


def moved(
    rows: NDArray[np.int32], columns: NDArray[np.int32], size: Size, copy: int
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Where pixels of a painting of `size` lie on its copy."""
    width, height = size.width, size.height
    if copy & 4:
        rows, columns, width, height = columns, rows, height, width
    if copy & 1:
        columns = width - 1 - columns
    if copy & 2:
        rows = height - 1 - rows
    return rows, columns


def moved_back(rows: Whole, columns: Whole, size: Size, copy: int) -> tuple[Whole, Whole]:
    """Where pixels of a copy lie on the painting of `size`; the inverse of `moved`."""
    width, height = (size.height, size.width) if copy & 4 else (size.width, size.height)
    if copy & 2:
        rows = height - 1 - rows
    if copy & 1:
        columns = width - 1 - columns
    return (columns, rows) if copy & 4 else (rows, columns)


def sampled(sheets: Sequence[Sheet], places: Places, apart: int) -> Numbers:
    """Samples `(N, 75)` of places `(N, 3)`, of which keys are made."""
    parts = []
    order = np.argsort(places[:, 0], kind="stable")
    for number in np.unique(places[:, 0]):
        some = places[places[:, 0] == number].astype(np.int64)
        parts.append(keys.samples(sheets[number].planes, some[:, 1], some[:, 2], apart))
    found = np.concatenate(parts)
    back = np.empty_like(order)
    back[order] = np.arange(len(order))
    return found[back]


def save(dictionary: Dictionary, path: Path) -> None:
    """Write a dictionary as safetensors."""
    copies = dictionary.options.copies
    tensors = {
        "places": dictionary.places,
        "keys": dictionary.keys,
        "relief": dictionary.relief,
        "home": dictionary.home,
        "mean": dictionary.projection.mean,
        "axes": dictionary.projection.axes,
        "spread": np.array([dictionary.spread.count, *dictionary.spread.energy]),
    }
    for number, sheet in enumerate(dictionary.sheets[::copies]):
        tensors[f"pixels.{number}"] = sheet.pixels
        tensors[f"planes.{number}"] = sheet.planes
    if dictionary.zoned is not None:
        zoned = dictionary.zoned
        tensors["zone"] = zoned.of
        tensors["spreads"] = np.array([(s.count, *s.energy) for s in zoned.spreads])
        tensors |= {f"allowed.{n}": allowed for n, allowed in enumerate(zoned.allowed)}
    facts = {"options": json.dumps(asdict(dictionary.options), sort_keys=True)}
    save_file({name: np.ascontiguousarray(t) for name, t in tensors.items()}, path, facts)


def load(path: Path) -> Dictionary:
    """What `save` wrote.

    Raises:
        TilebrushError: the file is no dictionary.
    """
    with safe_open(path, "np") as file:
        facts = file.metadata() or {}
        if "options" not in facts:
            raise TilebrushError(f"{path}: not a dictionary; make it again")
        t = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    options = Options(**json.loads(facts["options"]))
    count = sum(name.startswith("pixels.") for name in t)
    originals = [Sheet(t[f"pixels.{n}"], t[f"planes.{n}"]) for n in range(count)]
    own = Spread(float(t["spread"][0]), tuple(float(e) for e in t["spread"][1:]))
    projection = Projection(t["mean"], t["axes"])
    arrays = t["places"], t["keys"], t["relief"]
    zoned = None
    if "zone" in t:
        spreads = tuple(Spread(float(c), tuple(map(float, e))) for c, *e in t["spreads"])
        zoned = Zoned(t["zone"], spreads, tuple(t[f"allowed.{n}"] for n in range(count)))
    return _of_originals(options, originals, *arrays, projection, own, t["home"], zoned)
