"""Stage `palette`: the photo's colours are to be the paintings', before anything is painted."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from stages.canvas import files, palette, resample
from stages.canvas.palette import Painting, Toning
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
    paintings = [
        _painting(path, weight, size)
        for path, weight in zip(styles.paths, styles.weights, strict=True)
    ]
    hues = palette.directions(paintings)
    free = bool(np.allclose(hues, np.eye(3), atol=1e-6))
    return Toning(palette.fit(small, paintings, strength), None if free else hues)


def _painting(path: Path, weight: float, size: Size) -> Painting:
    here = style_size(files.size_of(path), size, 1.0)
    opacity = resample.opacity_at(path, here)
    return Painting(
        resample.shrunk(path, here), weight, None if opacity is None else opacity(0, here.height)
    )
