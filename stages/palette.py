"""Stage `palette`: the photo's colours are to be the paintings', before anything is painted."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from stages.canvas import files, palette, resample
from stages.canvas.files import Pixels
from stages.canvas.palette import Painting, Palette, Toning
from stages.canvas.zones import division
from stages.canvas.zones.division import Member
from stages.measure import StyleImages, style_size
from stages.tiles import Size


def fit(photo: Path, styles: StyleImages, size: Size, strength: float) -> Toning:
    """How a prepared photo's colours go to those of prepared paintings, seen at `size`.

    `strength` is 0 (colours stay) to 1 (all the way). The palette is one map from colour to colour
    for the whole run, so that all tiles of all levels agree.
    """
    if not strength:
        return palette.NONE
    small = resample.shrunk(photo, size)
    if styles.zones:
        return _divided(small, styles, size, strength)
    paintings = [
        _painting(styles, Member(number, weight), size)
        for number, weight in enumerate(styles.weights)
    ]
    hues = palette.directions(paintings)
    free = bool(np.allclose(hues, np.eye(3), atol=1e-6))
    return Toning(palette.fit(small, paintings, strength), None if free else hues)


def _divided(photo: Pixels, styles: StyleImages, size: Size, strength: float) -> Toning:
    """The same for every zone, of what each has of the photo and of its paintings."""
    shares = division.whole(styles.zones, size)
    assert shares is not None
    palettes, hues = [], []
    for number, zone in enumerate(styles.zones):
        own = shares[..., number]
        paintings = [_painting(styles, member, size) for member in zone.members]
        hues.append(palette.directions(paintings))
        some = bool(own.any())
        palettes.append(palette.fit(photo, paintings, strength, own) if some else Palette())
    all_hues = np.stack(hues)
    free = bool(np.allclose(all_hues, np.eye(3), atol=1e-6))
    return Toning(hues=None if free else all_hues, zones=tuple(palettes))


def _painting(styles: StyleImages, member: Member, size: Size) -> Painting:
    path = styles.paths[member.painting]
    here = style_size(files.size_of(path), size, 1.0)
    opacity = styles.seen(member, here)
    return Painting(resample.shrunk(path, here), member.weight, opacity)
