"""Judging: a finished picture beside its photo and its painting, in numbers.

One encoder judges all pictures, whichever made them, so that their losses share an axis.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import torch

from stages.canvas import files, resample
from stages.canvas.looks import colours, texture
from stages.canvas.looks.texture import Grey, Pixels
from stages.canvas.luminance import luminance
from stages.measure import style_size
from stages.nst import losses
from stages.nst.studio import Studio
from stages.tiles import Rect, Size
from stages.verdict import Verdict


def judged(studio: Studio, picture: Path, photo: Path, style: Path) -> Verdict:
    """Measures of the canvas of a picture beside those of its photo and its painting."""
    image = files.read(picture)
    size = texture.size_of(image)
    plain = resample.shrunk(photo, size)
    painting = resample.shrunk(style, style_size(files.size_of(style), size, 1.0))
    ours, theirs = luminance(image), luminance(painting)
    small, own = colours.at_width(image), colours.at_width(painting)
    bands = [_contrast(small, own, scale) for scale in colours.BANDS]
    told = [band for band in bands if band is not None]
    return Verdict(
        coherence=_mean([_over(texture.coherence, ours, theirs, px) for px in texture.SCALES]),
        weave=_over(lambda grey, _: texture.weave(grey), ours, theirs, 0),
        grain=_over(lambda grey, _: texture.grain(grey), ours, theirs, 0),
        contrast_least=min(told, default=None),
        contrast_most=max(told, default=None),
        structure=_told(lambda: texture.structure(image, plain)),
        palette=_told(lambda: colours.palette_distance(small, colours.at_width(plain), own)),
        foreign_share=_told(lambda: colours.foreign(small, own) / 100),
        style_loss=_told(lambda: _style_loss(studio, image, painting)),
        content_loss=_told(lambda: _content_loss(studio, image, plain)),
    )


def _told(measure: Callable[[], float]) -> float | None:
    try:
        found = measure()
    except ValueError:  # nothing to compare with
        return None
    return found if math.isfinite(found) else None


def _over(
    measure: Callable[[Grey, float], float], ours: Grey, theirs: Grey, scale: float
) -> float | None:
    """A measure of the picture over that of the painting."""
    own = measure(theirs, scale)
    return _told(lambda: measure(ours, scale) / own) if own > 1e-9 else None


def _contrast(image: Pixels, painting: Pixels, scale: float) -> float | None:
    return _over(colours.contrast, luminance(image), luminance(painting), scale)


def _mean(values: list[float | None]) -> float | None:
    told = [value for value in values if value is not None]
    return sum(told) / len(told) if told else None


def _whole(size: Size) -> Rect:
    return Rect(0, 0, size.width, size.height)


@torch.inference_mode()
def _style_loss(studio: Studio, image: Pixels, painting: Pixels) -> float:
    found = studio.measure(image, _whole(texture.size_of(image)))
    wanted = studio.measure(painting, _whole(texture.size_of(painting)))
    return float(losses.style_loss(found, wanted, wanted, studio.style_weights))


@torch.inference_mode()
def _content_loss(studio: Studio, image: Pixels, photo: Pixels) -> float:
    everything = studio.everything(texture.size_of(image))
    found, wanted = (studio.content(pixels, everything) for pixels in (image, photo))
    energy = studio.energy(photo)
    return float(
        sum(
            share * losses.content_loss(found[name], wanted[name], energy)
            for name, share in studio.content_weights.items()
        )
    )
