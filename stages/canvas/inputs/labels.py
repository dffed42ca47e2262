"""Maps: images whose colours say which parts of a photo and of a painting belong together.

Champandard, *Semantic Style Transfer and Turning Two-Bit Doodles into Fine Artworks* (2016). A
colour that has a part of the picture is a label; edges that were smoothed and the noise of JPEG
count to the nearest. Pixels get their label before anything is resized: between red and blue there
is no purple.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stages.errors import InputImageError

MOST = 12  # labels of one map
_SAMPLES = 512  # px a side at most, taken from a map as they are to find its colours
_APART = 40.0  # of 255: colours nearer than that are one
_NOISE = 24.0  # of 255: neighbours nearer than that are in one flat part
_LEAST = 0.01  # of the picture; what a colour must have to be a label

Colours = tuple[tuple[int, int, int], ...]


def colours_of(srgb: Any) -> Colours:
    """The colours that a map, a libvips image of sRGB 0 to 1, is made of; most of it first."""
    step = max(1, -(-max(srgb.width, srgb.height) // _SAMPLES))
    small = srgb.subsample(step, step)
    memory = np.frombuffer(small.write_to_memory(), np.float32)
    picture = np.rint(memory.reshape(small.height, small.width, 3) * 255).astype(np.int64)
    pixels = picture[_flat(picture)]
    seen, counts = np.unique(pixels, axis=0, return_counts=True)
    found: list[NDArray[np.int64]] = []
    shares: list[float] = []
    for number in np.argsort(-counts, kind="stable"):
        apart = [float(np.linalg.norm(seen[number] - colour)) for colour in found]
        if apart and min(apart) < _APART:
            shares[int(np.argmin(apart))] += counts[number] / memory.size * 3
        else:
            found.append(seen[number])
            shares.append(counts[number] / memory.size * 3)
    order = sorted(range(len(found)), key=lambda n: -shares[n])
    return tuple(_three(found[n]) for n in order if shares[n] >= _LEAST)


def _flat(picture: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which pixels are as those to their left, right, above and below: no smoothed edges are."""
    found = np.ones(picture.shape[:2], bool)
    for axis in (0, 1):
        apart = np.linalg.norm(np.diff(picture, axis=axis), axis=-1) < _NOISE
        same = np.moveaxis(apart, axis, 0)
        own = np.moveaxis(found, axis, 0)  # a view
        own[:-1] &= same
        own[1:] &= same
    return found


def _three(colour: NDArray[np.int64]) -> tuple[int, int, int]:
    return int(colour[0]), int(colour[1]), int(colour[2])


def shared(photo: Colours, painting: Colours, names: tuple[Path, Path]) -> tuple[Colours, Colours]:
    """The labels of a pair of maps as each shows them, in one order.

    A painting's may have more: they come last in its own colours and have no part of the photo.

    Raises: `InputImageError` if the photo's map has a colour that the painting's lacks, or many.
    """
    for colours, name in ((photo, names[0]), (painting, names[1])):
        if not colours:
            raise InputImageError(
                f"{name}: no part of it is in one flat colour; a map has a flat colour for each "
                "thing that it tells apart"
            )
    if len(photo) > MOST:
        raise InputImageError(
            f"{names[0]}: {len(photo)} colours; a map has {MOST} at most, each one flat colour"
        )
    theirs = []
    for colour in photo:
        near = [other for other in painting if np.linalg.norm(np.subtract(colour, other)) < _APART]
        if not near:
            raise InputImageError(
                f"{names[0]}: its colour {_text(colour)} is not in {names[1]}, which has "
                f"{', '.join(map(_text, painting))}; paint the same thing the same in both"
            )
        theirs.append(near[0])
    return photo, (*theirs, *(other for other in painting if other not in theirs))


def _text(colour: Sequence[int]) -> str:
    return "#" + "".join(f"{channel:02x}" for channel in colour)


def labelled(srgb: Any, colours: Colours, count: int) -> Any:
    """A channel for each of the first `count` colours: one where it is the nearest of all."""
    away = [((srgb * 255.0 - list(colour)) ** 2).bandmean() for colour in colours]
    least = away[0]
    for own in away[1:]:
        least = (own < least).ifthenelse(own, least)
    planes = [(own <= least) / 255.0 for own in away[:count]]
    found = planes[0] if count == 1 else planes[0].bandjoin(planes[1:])
    return found.cast("float")
