"""Prices of places: what keeps a canvas from being painted with a few places over and over.

Counted on a sample of the whole canvas's queries, a place's price rises where more than its share
choose it. It is the auction of optimal transport (Bertsekas 1988; for textures Galerne, Leclaire
and Rabin, *A Texture Synthesis Model Based on Semi-Discrete Optimal Transport*, 2018), broken off
while prices are small: a photo need not use the whole painting.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stages.canvas.places.dictionary import Dictionary
from stages.canvas.places.keys import Numbers
from stages.canvas.places.matching import looked_up


@dataclass(frozen=True)
class Pricing:
    """How prices are found: rounds, how far each goes, and what they count by.

    `area` px of the painting as it hangs, squared, count as one place; a place may be used `free`
    times as often as the mean before it costs; `most` is the highest price, in mean distances.
    `height` is what relief the chosen places are to have over the painting's mean: where paint of
    two places meets, some of it is lost.
    """

    rounds: int = 24
    rate: float = 0.3
    area: int = 24
    free: float = 0.7
    most: float = 2.0
    relief: float = 1.0
    height: float = 1.2


def priced(
    dictionary: Dictionary,
    sample: Numbers,
    group: NDArray[np.int64],
    how: Pricing,
    zone: NDArray[np.int64] | None = None,
) -> Numbers:
    """Prices `(N,)` of the dictionary's places, from a sample of a canvas's queries `(M, D)`.

    Where the canvas is divided, `zone` `(M,)` is whose each query is.

    Beside evenness they see to relief: of two places equally near the higher one is cheaper, by
    as much as it takes for those chosen to be as high as the painting is on average.
    """
    count, areas = _areas(dictionary, how.area)
    toll, lift = np.zeros(count, np.float32), 0.0
    height = dictionary.relief / max(float(dictionary.relief.mean()), 1e-6) - 1
    supply = np.bincount(areas, minlength=count) / len(areas)
    unit = 0.0
    prices = np.zeros(len(areas), np.float32)
    for number in range(how.rounds):
        best = looked_up(dictionary, sample, group, prices, zone)
        distance = float(np.square(sample - dictionary.keys[best]).sum(axis=1).mean())
        unit = unit or max(distance, 1e-6)
        use = np.bincount(areas[best], minlength=count) / len(best)
        # A handful of queries more than nothing, so that luck in a small sample is no price.
        ratio = (use + 2 / len(best)) / (supply + 2 / len(best))
        # Ever smaller steps: else all leave what was dear at once and crowd where it was cheap.
        step = unit / (1 + number)
        toll += how.rate * step * np.log(ratio / how.free).astype(np.float32)
        toll = np.clip(toll, 0, how.most * unit)
        lift -= how.relief * step * (float(height[best].mean()) + 1 - how.height)
        lift = min(max(lift, 0.0), unit)
        prices = (toll[areas] - lift * np.clip(height, -1, 1)).astype(np.float32)
    return prices


def _areas(dictionary: Dictionary, side: int) -> tuple[int, NDArray[np.int64]]:
    """How many areas the paintings have, and in which each place lies; copies share them."""
    home = dictionary.home.astype(np.int64) // np.array([1, side, side])
    wide = int(home[:, 2].max()) + 1
    high = int(home[:, 1].max()) + 1
    return (int(home[:, 0].max()) + 1) * high * wide, (
        (home[:, 0] * high + home[:, 1]) * wide + home[:, 2]
    )
