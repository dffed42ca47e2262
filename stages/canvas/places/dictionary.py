"""The dictionary: places of the paintings that a canvas may be painted with, at a level's scale.

A place is a pixel of a painting, as it is, mirrored or turned. Its key is taken of the painting
made as soft as the enlarged canvas is, its paint is the painting's own, crisp. Places lie on a
grid with a little play, as many as are wanted: a rare mark is met as often as a common one of its
size, and the number of keys does not grow with the painting.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
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
from stages.errors import TilebrushError
from stages.tiles import Size

Half = NDArray[np.float16]
Places = NDArray[np.int32]
RELIEF_SIDE = 11  # px of the square within which relief is measured


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


def relief(pixels: Pixels) -> Numbers:
    """Standard deviation of the luminance within 11x11 px around every pixel, `(H, W)`."""
    light = np.asarray(cv2.transform(pixels, luminance.WEIGHTS[None]))
    side = (RELIEF_SIDE, RELIEF_SIDE)
    mean = np.asarray(cv2.blur(light, side))
    found: Numbers = np.sqrt(np.maximum(np.asarray(cv2.blur(light * light, side)) - mean**2, 0))
    return found


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
