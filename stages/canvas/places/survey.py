"""Survey: what painting a canvas takes of the whole of it, gathered once, part by part.

Two things are: by how much its bands are flatter than the painting's, and what its blocks ask for,
a sample of which decides what places cost.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file, save_file

from stages.canvas.files import Pixels, Rows
from stages.canvas.places import keys, matching, pricing
from stages.canvas.places.dictionary import Dictionary
from stages.canvas.places.keys import Numbers, Spread, Whole
from stages.canvas.places.matching import Manner
from stages.canvas.places.pricing import Pricing
from stages.tiles import Rect, Size

_ROWS, _COLUMNS = 512, 2048  # of the parts that are looked at together
_SAMPLE = 8_000  # blocks of the whole canvas that prices are found with
# What is nearest is flatter than what was asked for, and flatter still from level to level.
BEYOND = 1.5


@dataclass(frozen=True)
class Survey:
    """The factors of the canvas's bands (`keys.gains`) and the price of every place, `(N,)`.

    Where the canvas is divided, the factors of every zone.
    """

    gains: tuple[float, ...]
    prices: Numbers
    zones: tuple[tuple[float, ...], ...] = ()


def surveyed(
    rows: Callable[[int, int], Pixels],
    size: Size,
    dictionary: Dictionary,
    manner: Manner,
    how: Pricing | None = None,
    beyond: float = BEYOND,
    shares: Rows | None = None,
) -> Survey:
    """The survey of a canvas of `size`, of which `rows(top, bottom)` gives rows `(rows, W, 3)`.

    `beyond` times the painting's contrast is asked for. `shares` gives those of the zones that a
    canvas is divided into, `(rows, W, Z)`.
    """
    options = dictionary.options
    total, asked, groups = Spread(0.0, (0.0,) * 3), [], []
    owners: list[Whole] = []
    parts = [Spread(0.0, (0.0,) * 3)] * (len(dictionary.zoned.spreads) if dictionary.zoned else 0)
    share = _SAMPLE * manner.block**2 / size.pixels
    around = keys.reach(options.blur, options.apart)
    for core, window, pixels in _parts(rows, size, around):
        planes = keys.opponent(pixels, options.blur)
        bands, rest = keys.bands(planes)
        total = total + keys.spread(bands, core.within(window))
        found = matching.blocks(size, core, manner, options.groups)
        chosen = found.within(core) & matching.drawn(found, manner, share)
        y, x = (found.y - window.y)[chosen], (found.x - window.x)[chosen]
        asked.append(_layers([*bands, rest], y, x, options.apart))
        groups.append(found.group[chosen])
        if shares is not None:
            own = shares(window.y, window.bottom)[:, window.x : window.right]
            here = core.within(window)
            parts = [part + keys.spread(bands, here, own[..., z]) for z, part in enumerate(parts)]
            owners.append(matching.zones_at(found, own, (window.x, window.y), manner)[chosen])
    gains = keys.gains(total, dictionary.spread, beyond)
    factors = np.array([*gains, 1.0], np.float32)[:, None, None]
    zone: Whole | None = None
    by_zone: tuple[tuple[float, ...], ...] = ()
    if dictionary.zoned is not None:
        each = zip(parts, dictionary.zoned.spreads, strict=True)
        by_zone = tuple(keys.gains(part, painting, beyond) for part, painting in each)
        zone = np.concatenate(owners)
        table = np.array([(*factor, 1.0) for factor in by_zone], np.float32)
        factors = table[zone].T[..., None]
    sample = dictionary.projection((np.concatenate(asked, axis=1) * factors).sum(axis=0))
    group = np.concatenate(groups)
    prices = pricing.priced(dictionary, sample, group, how or Pricing(), zone)
    return Survey(gains, prices, by_zone)


def _parts(
    rows: Callable[[int, int], Pixels], size: Size, around: int
) -> Iterator[tuple[Rect, Rect, Pixels]]:
    """The parts of a canvas, a window around each, and its pixels; a band of rows is read once."""
    for top in range(0, size.height, _ROWS):
        bottom = min(top + _ROWS, size.height)
        first, last = max(0, top - around), min(size.height, bottom + around)
        band = rows(first, last)
        for left in range(0, size.width, _COLUMNS):
            right = min(left + _COLUMNS, size.width)
            begin, end = max(0, left - around), min(size.width, right + around)
            core = Rect(left, top, right - left, bottom - top)
            yield core, Rect(begin, first, end - begin, last - first), band[:, begin:end]


def _layers(planes: list[Numbers], y: Whole, x: Whole, apart: int) -> Numbers:
    """Samples of every band `(bands, N, 75)`: they add up, so factors can come afterwards."""
    return np.stack([keys.samples(band, y, x, apart) for band in planes])


def save(survey: Survey, path: Path) -> None:
    """Write a survey as safetensors."""
    zones = {"zones": np.array(survey.zones)} if survey.zones else {}
    save_file({"gains": np.array(survey.gains), "prices": survey.prices, **zones}, path)


def load(path: Path) -> Survey:
    """What `save` wrote."""
    found = load_file(path)
    zones = tuple(tuple(float(gain) for gain in own) for own in found.get("zones", ()))
    return Survey(tuple(float(gain) for gain in found["gains"]), found["prices"], zones)
