"""Lines: what a photo has of edges, put back into an image that an optimizer bent.

Averaged statistics move a photo's edges to where strokes run best: a jetty frays, a shore
dissolves. Where the photo has edges, the image's finer bands become the photo's before it is
painted; where the photo is plain, as in a sky, the image's own swirls stay.

A painting of few colours gives two of the photo's that are equally light one and the same, and
what lay between them is gone: a canyon's rim before the sky, its layers. So the hues of lines are
those that the palette gives, but their lightness is the photo's own, at the painting's contrast.

Paint loses some of them again, for its dabs are broader than the bars of a window: half of their
light and dark is held in it.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from stages.canvas.files import Pixels
from stages.canvas.luminance import lit, luminance

_FINE = 12.0  # px, blur that parts lines from tones
_NEAR = 5.0  # px around a line that belong to it
_HALF = 0.7  # of the mean strength: an edge of that moves half of the way
_MOST = 3.0  # times that a photo's contrast is raised: what lies deeper is noise
# Of the light and dark of lines; all of it, or any of their hues, and houses are photographs.
_HELD, _HELD_FROM = 0.5, 0.8  # share, and px (sigma) below which strokes are let be
_FINEST = 1.0  # px, blur that parts the band whose contrast is given back


@dataclass(frozen=True)
class Lined:
    """An image `(H, W, 3)`, 0 to 1 sRGB, with lines; how far they are there `(H, W)`, 0 to 1."""

    pixels: Pixels
    weight: Pixels

    def held(self, painted: Pixels) -> Pixels:
        """The image in paint, with half of the light and dark of lines that the paint lacks.

        A mean of two unlike strokes is flatter than each: the finest contrast is given back.
        """
        light = luminance(painted)
        lacking = _blurred(luminance(self.pixels) - light, _HELD_FROM)
        drawn = light + np.float32(_HELD) * self.weight * lacking
        before, fine = (plane - _blurred(plane, _FINEST) for plane in (light, drawn))
        drawn += np.float32(before.std() / max(float(fine.std()), 1e-6) - 1) * fine
        return lit(painted, drawn)


def contrast(image: Pixels) -> float:
    """Standard deviation of the luminance of an image's lines, 0 to 1."""
    return float(_fine(luminance(image)).std())


def redrawn(image: Pixels, toned: Pixels, photo: Pixels, share: float, wanted: float) -> Lined:
    """An image `(H, W, 3)`, 0 to 1 sRGB, with the lines of a photo of its size.

    `toned` is the photo in the painting's colours, `photo` as it was taken, `wanted` the contrast
    of its lines (the painting's own). `share` is 0 (nothing) to 1.

    With `fine(x) = x - blur(x)` and l = fine(toned) of the lightness of fine(photo) at that
    contrast, e its |luma|, blurred, over its mean, this is
    `image + share * e^2 / (e^2 + 1/2) * (l - fine(image))`: an edge of 0.7 of the mean strength
    moves half of the way.
    """
    nowhere = Lined(image, np.zeros(image.shape[:2], np.float32))
    if share <= 0:
        return nowhere
    theirs, light = _fine(toned), _fine(luminance(photo))
    gain = min(_MOST, wanted / max(float(light.std()), 1e-6))
    theirs += (np.float32(gain) * light - luminance(theirs))[..., None]
    strength = np.abs(luminance(theirs))
    mean = float(strength.mean())
    if mean < 1e-6:  # a plain photo has no lines
        return nowhere
    near = np.square(_blurred(strength, _NEAR) / np.float32(_HALF * mean))
    weight = np.float32(share) * near / (near + 1)
    found = image + weight[..., None] * (theirs - _fine(image))
    return Lined(np.asarray(np.clip(found, 0.0, 1.0), np.float32), weight)


def _fine(image: Pixels) -> Pixels:
    return np.asarray(image - _blurred(image, _FINE), np.float32)


def _blurred(image: Pixels, sigma: float) -> Pixels:
    return np.asarray(cv2.GaussianBlur(image, (0, 0), sigma), np.float32)
