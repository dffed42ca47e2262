"""How much a print looks painted at 100 %, in numbers beside those of the painting itself.

    python -m benchmarks.painterly [IMAGE STYLE] [--crop X,Y,W,H] [--identity] [--out FOLDER]

Without an image, the samples' photo is enlarged and painted at 1600x1200 and measured. The painting
is measured at the size that the image's paint was taken at: the image's own area, never enlarged.
The painting itself gives relief 1, patch distance 1, contrast 1 in every band, no foreign colours.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.common import INPUTS, print_table, save_json
from benchmarks.looks import read
from stages import canvas
from stages.canvas.looks.texture import Grey, Pixels, size_of
from stages.canvas.luminance import luminance
from stages.canvas.places import dictionary, gathering, paint, survey
from stages.canvas.places.matching import Manner, Matches
from stages.canvas.places.paint import Ready
from stages.measure import style_size
from stages.tiles import Rect, Size

SIDE = 11  # px of the patches
BANDS = (1.0, 2.0, 4.0, 8.0, 16.0)  # px
_AREA = 24  # px of the painting, squared, that count as one place
_LEVELS = 32  # of each of L*, a*, b* in the histogram of colours
_PAINTED = Size(1600, 1200)
_BESIDE = 24  # px to either side of a border


@dataclass(frozen=True)
class Row:
    """One measure of an image, and what is wanted of it."""

    measure: str
    value: float
    wanted: str


def relief(image: Pixels, painting: Pixels) -> float:
    """Mean standard deviation of luminance within 11 px patches over the painting's."""
    return _relief(image) / max(_relief(painting), 1e-9)


def _relief(image: Pixels) -> float:
    return float(dictionary.relief(image).mean())


def _patches(grey: Grey, step: int, most: int, seed: int) -> Grey:
    """Up to `most` patches as rows of `(N, 121)`, each less its mean, drawn at random."""
    view = np.lib.stride_tricks.sliding_window_view(grey, (SIDE, SIDE))[::step, ::step]
    rows, columns = view.shape[:2]
    drawn = np.random.default_rng(seed).permutation(rows * columns)[:most]
    found = view[drawn // columns, drawn % columns].reshape(len(drawn), -1)
    return np.asarray(found - found.mean(axis=1, keepdims=True), np.float32)


def _alike(patches: Grey, deviations: Grey) -> Grey:
    """Of patches those whose standard deviations come nearest to the wanted ones, unit-norm."""
    own = patches.std(axis=1)
    order = np.argsort(own, kind="stable")
    nearest = np.searchsorted(own[order], deviations).clip(0, len(own) - 1)
    found = patches[order[nearest]]
    norm = np.linalg.norm(found, axis=1, keepdims=True)
    return np.asarray(found / np.maximum(norm, 1e-6), np.float32)


def _nearest(patches: Grey, among: Grey) -> float:
    """Mean distance of unit-norm patches to the nearest of others."""
    unit = among / np.maximum(np.linalg.norm(among, axis=1, keepdims=True), 1e-6)
    found = [
        2 - 2 * (part @ unit.T).max(axis=1) for part in np.array_split(patches, len(patches) // 256)
    ]
    return float(np.sqrt(np.maximum(np.concatenate(found), 0)).mean())


def patch_distance(image: Pixels, painting: Pixels, count: int = 2560, most: int = 40_000) -> float:
    """How far patches of an image are from the painting's, over how far its halves are apart.

    11 px patches of luminance, less their mean, of unit norm; distance to the nearest of the
    painting's right half. At equal relief: patches of the image and of the painting's left half are
    chosen to have the same spread of standard deviations, as flat patches are nearer to anything.
    """
    half = painting.shape[1] // 2
    left, right = luminance(painting[:, :half]), luminance(painting[:, half:])
    among, own = _patches(right, 2, most, 0), _patches(left, 2, 4 * count, 1)
    wanted = np.quantile(own.std(axis=1), np.linspace(0.02, 0.98, count)).astype(np.float32)
    theirs = _alike(own, wanted)
    ours = _alike(_patches(luminance(image), 2, 4 * count, 2), wanted)
    return _nearest(ours, among) / max(_nearest(theirs, among), 1e-9)


def contrast(image: Pixels, painting: Pixels) -> tuple[float, ...]:
    """Standard deviation of luminance between blurs of 0, 1, 2, 4, 8, 16 px over the painting's."""
    ours, theirs = _contrast(image), _contrast(painting)
    return tuple(a / max(b, 1e-9) for a, b in zip(ours, theirs, strict=True))


def _contrast(image: Pixels) -> list[float]:
    before, found = luminance(image), []
    for sigma in BANDS:
        after = np.asarray(cv2.GaussianBlur(before, (0, 0), sigma), np.float32)
        found.append(float((before - after).std()))
        before = after
    return found


def foreign(image: Pixels, painting: Pixels) -> float:
    """Share of pixels whose colour, blurred by 1 px, is not the painting's nor next to one of it.

    CIELAB in cells of 3.1 x 6.3 x 6.3; a cell counts as the painting's if it or one of the 26
    around holds a pixel of it.
    """
    theirs = np.zeros((_LEVELS,) * 3, bool)
    theirs[tuple(_cells(painting).T)] = True
    for axis in range(3):
        beside = theirs.copy()
        for step in (1, -1):
            beside |= np.roll(theirs, step, axis)
        theirs = beside
    return float(1 - theirs[tuple(_cells(image).T)].mean())


def _cells(image: Pixels) -> NDArray[np.int64]:
    soft = np.asarray(cv2.GaussianBlur(image, (0, 0), 1.0))
    lab = np.asarray(cv2.cvtColor(soft, cv2.COLOR_RGB2LAB)).reshape(-1, 3)
    unit = (lab + np.array((0, 100, 100))) / np.array((100, 200, 200))
    return np.asarray((unit * _LEVELS).astype(np.int64).clip(0, _LEVELS - 1))


def evenness(matches: Matches, found: dictionary.Dictionary) -> float:
    """Share of blocks held by the 1 % most used places, squares of 24 px of the paintings."""
    copies, total, seen = found.options.copies, 0, []
    places = matches.places.reshape(-1, 3).astype(np.int64)
    for number, sheet in enumerate(found.sheets[::copies]):
        height, width = sheet.pixels.shape[:2]
        high, wide = -(-height // _AREA), -(-width // _AREA)
        for copy in range(copies):
            _, y, x = places[places[:, 0] == number * copies + copy].T
            y, x = dictionary.moved_back(y, x, Size(width, height), copy)
            seen.append(total + y // _AREA * wide + x // _AREA)
        total += high * wide
    use = np.sort(np.bincount(np.concatenate(seen), minlength=total))[::-1]
    return float(use[: max(1, total // 100)].sum() / use.sum())


def seams(image: Pixels, columns: set[int], rows: set[int]) -> float:
    """Mean jump of `(H, W, 3)` across borders at these px over the mean jump beside them."""
    ratios = []
    for axis, cuts in ((1, columns), (0, rows)):
        if not cuts:
            continue
        jumps = np.abs(np.diff(image, axis=axis)).mean(axis=(1 - axis, 2))
        index = np.array(sorted(cuts), dtype=int) - 1
        distance = np.abs(np.arange(len(jumps))[:, None] - index).min(axis=1)
        beside = jumps[(distance > 1) & (distance <= _BESIDE)]
        ratios.append(jumps[index].mean() / max(float(beside.mean()), 1e-9))
    # Both directions count alike, however many cuts each has.
    return float(np.mean(ratios))


def measures(image: Pixels, painting: Pixels) -> list[Row]:
    """All that can be told from an image and its painting at the image's scale."""
    rows = [
        Row("relief", relief(image, painting), "0.9 to 1.1"),
        Row("patch distance", patch_distance(image, painting), "at most 1.05"),
        Row("foreign colours", foreign(image, painting), "at most 0.01"),
    ]
    bands = zip(BANDS, contrast(image, painting), strict=True)
    return rows + [Row(f"contrast, {px:g} px", value, "0.9 to 1.3") for px, value in bands]


def scaled(style: Pixels, size: Size) -> Pixels:
    """A painting at the size that paint for a canvas of `size` is taken at."""
    return canvas.resized(style, style_size(size_of(style), size, 1.0))


def painted(photo: Pixels, style: Pixels, size: Size, ratio: float = 2.0) -> tuple[Pixels, float]:
    """A photo enlarged to a size and painted with a painting; and the evenness of that."""
    small = canvas.resized(photo, Size(round(size.width / ratio), round(size.height / ratio)))
    start = canvas.resized(small, size)
    painting = scaled(style, size)
    made = gathering.build([painting], [1.0], paint.suited(size_of(painting), ratio))
    manner = Manner(block=paint.block_for(size_of(painting)))
    ready = Ready(
        made, survey.surveyed(lambda top, bottom: start[top:bottom], size, made, manner), manner
    )
    everything = Rect(0, 0, size.width, size.height)
    matches = paint.matched(start, everything, size, ready)
    bands = paint.painted(lambda top, bottom: start[top:bottom], size, ready)
    return np.concatenate(list(bands)), evenness(matches, made)


def of_samples() -> list[Row]:
    """The samples' photo, painted without any optimizer."""
    photo, style = (read(Path(name)) for name in INPUTS)
    image, even = painted(photo, style, _PAINTED)
    same, _ = painted(style, style, size_of(style))
    return [
        *measures(image, scaled(style, _PAINTED)),
        Row("evenness", even, "at most 0.1"),
        Row("identity", similarity(same, style), "at least 0.8"),
    ]


def similarity(image: Pixels, other: Pixels) -> float:
    """Structural similarity of luminance (Wang et al. 2004), Gaussian windows of 1.5 px, mean."""
    x, y = (luminance(p).astype(np.float64) for p in (image, other))

    def mean(plane: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(cv2.GaussianBlur(plane, (11, 11), 1.5))

    mx, my = mean(x), mean(y)
    vx, vy, both = mean(x * x) - mx**2, mean(y * y) - my**2, mean(x * y) - mx * my
    upper = (2 * mx * my + 1e-4) * (2 * both + 9e-4)
    return float((upper / ((mx**2 + my**2 + 1e-4) * (vx + vy + 9e-4))).mean())


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table and the same as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("image", type=Path, nargs="?")
    parser.add_argument("style", type=Path, nargs="?")
    parser.add_argument("--crop", help="X,Y,W,H: a part of the image, at the whole's scale")
    parser.add_argument(
        "--identity", action="store_true", help="the image is of the painting as photo and style"
    )
    parser.add_argument("--out", type=Path, help="folder for the result as JSON")
    args = parser.parse_args(arguments)
    if args.image and not args.style:
        parser.error("an image is measured beside its painting: name STYLE too")
    if args.image:
        image, style = read(args.image), read(args.style)
        style = scaled(style, size_of(image))
        if args.crop:
            x, y, width, height = (int(part) for part in args.crop.split(","))
            image = image[y : y + height, x : x + width]
        rows = measures(image, style)
        if args.identity:
            own = canvas.resized(style, size_of(image))
            rows.append(Row("identity", similarity(image, own), "at least 0.8"))
    else:
        rows = of_samples()
    print_table(f"Paint of {args.image.name if args.image else 'the samples'}", rows)
    print("\n" + json.dumps([asdict(row) for row in rows]))
    save_json(args.out, "painterly", rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
