"""Two canvases of one size beside each other: a picture, and how far they are apart in numbers."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stages.canvas import export, files, resample
from stages.canvas.files import Pixels
from stages.errors import TilebrushError
from stages.tiles import Rect, Size

_ROWS = 256
_BINS, _TOP = 5000, 100.0  # of the histogram of colour differences
_SEEN = 2.0  # delta E 2000; with less, eyes hardly tell two colours side by side apart
_GAP = 16  # px of white between pictures
GAIN = 4.0  # of the difference that is shown


@dataclass(frozen=True)
class Apart:
    """How far two canvases are apart.

    `mean` and `most` are of |a - b|, in steps of 255; `psnr` in dB, infinite for equal ones;
    `delta` and `delta_most` the mean and the 95th percentile of delta E 2000 (CIE 142-2001);
    `seen_share` the share of px whose colours differ visibly.
    """

    mean: float
    most: float
    psnr: float
    delta: float
    delta_most: float
    seen_share: float


def measured(a: Path, b: Path) -> Apart:
    """How far two canvases of one size are apart, band by band.

    Raises: `TilebrushError` if the sizes differ.
    """
    size = files.size_of(a)
    if files.size_of(b) != size:
        raise TilebrushError(f"{a} and {b} have different sizes; they must be the same")
    total, squares, most, deltas = 0.0, 0.0, 0.0, 0.0
    counts = np.zeros(_BINS, np.int64)
    for one, other in _bands(a, b, size):
        difference = np.abs(one - other)
        total += float(difference.sum(dtype=np.float64))
        squares += float(np.square(difference).sum(dtype=np.float64))
        most = max(most, float(difference.max()))
        found = _delta(one, other)
        deltas += float(found.sum(dtype=np.float64))
        counts += np.histogram(np.minimum(found, _TOP), _BINS, (0.0, _TOP))[0]
    number = size.pixels
    step = _TOP / _BINS
    place = int(np.searchsorted(np.cumsum(counts), 0.95 * number))
    return Apart(
        mean=255 * total / (3 * number),
        most=255 * most,
        psnr=-10 * math.log10(squares / (3 * number)) if squares else math.inf,
        delta=deltas / number,
        delta_most=(place + 1) * step if deltas else 0.0,
        seen_share=float(counts[round(_SEEN / step) :].sum()) / number,
    )


def _bands(a: Path, b: Path, size: Size) -> Iterator[tuple[Pixels, Pixels]]:
    for top in range(0, size.height, _ROWS):
        rect = Rect(0, top, size.width, min(_ROWS, size.height - top))
        yield tuple(np.clip(files.read(path, rect), 0, 1) for path in (a, b))  # type: ignore[misc]


def _delta(one: Pixels, other: Pixels) -> NDArray[np.float32]:
    found = _lab(one).dE00(_lab(other))
    return np.asarray(found.numpy(), np.float32)


def _lab(pixels: Pixels) -> Any:
    """sRGB as CIE Lab."""
    image = (export.image(pixels) * 65535.0).rint().cast("ushort")
    return image.copy(interpretation="rgb16").colourspace("lab")


def beside(a: Path, b: Path, out: Path, side: int = 1400) -> None:
    """A, B and four times their difference side by side, each at most `side` px, as PNG or JPEG."""
    size = files.size_of(a)
    scale = min(1.0, side / max(size.width, size.height))
    small = Size(max(1, round(size.width * scale)), max(1, round(size.height * scale)))
    first, second = resample.shrunk(a, small), resample.shrunk(b, small)
    gap = np.ones((small.height, _GAP, 3), np.float32)
    apart = np.minimum(GAIN * np.abs(first - second), 1.0)
    row = np.concatenate([first, gap, second, gap, apart], axis=1)
    export.preview(np.asarray(row, np.float32), out, 3 * side + 2 * _GAP)
