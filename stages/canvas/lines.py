"""Lines: what a photo has of edges, put back into an image that an optimizer bent.

Averaged statistics move a photo's edges to where strokes run best: a jetty frays, a shore
dissolves. Where the photo has edges, the image's finer bands become the photo's before it is
painted; where the photo is plain, as in a sky, the image's own swirls stay.

A painting of few colours gives two of the photo's that are equally light one and the same, and
what lay between them is gone: a canyon's rim before the sky, its layers. So the hues of lines are
those that the palette gives, but their lightness is the photo's own, at the painting's contrast.
"""

from __future__ import annotations

import cv2
import numpy as np

from stages.canvas.files import Pixels
from stages.canvas.luminance import luminance

_FINE = 12.0  # px, blur that parts lines from tones
_NEAR = 5.0  # px around a line that belong to it
_HALF = 0.7  # of the mean strength: an edge of that moves half of the way
_MOST = 3.0  # times that a photo's contrast is raised: what lies deeper is noise


def contrast(image: Pixels) -> float:
    """Standard deviation of the luminance of an image's lines, 0 to 1."""
    return float(_fine(luminance(image)).std())


def redrawn(image: Pixels, toned: Pixels, photo: Pixels, share: float, wanted: float) -> Pixels:
    """An image `(H, W, 3)`, 0 to 1 sRGB, with the lines of a photo of its size.

    `toned` is the photo in the painting's colours, `photo` as it was taken, `wanted` the contrast
    of its lines (the painting's own). `share` is 0 (nothing) to 1.

    With `fine(x) = x - blur(x)` and l = fine(toned) of the lightness of fine(photo) at that
    contrast, e its |luma|, blurred, over its mean, this is
    `image + share * e^2 / (e^2 + 1/2) * (l - fine(image))`: an edge of 0.7 of the mean strength
    moves half of the way.
    """
    if share <= 0:
        return image
    theirs, light = _fine(toned), _fine(luminance(photo))
    gain = min(_MOST, wanted / max(float(light.std()), 1e-6))
    theirs += (np.float32(gain) * light - luminance(theirs))[..., None]
    strength = np.abs(luminance(theirs))
    mean = float(strength.mean())
    if mean < 1e-6:  # a plain photo has no lines
        return image
    near = np.square(_blurred(strength, _NEAR) / np.float32(_HALF * mean))
    weight = np.float32(share) * near / (near + 1)
    found = image + weight[..., None] * (theirs - _fine(image))
    return np.asarray(np.clip(found, 0.0, 1.0), np.float32)


def _fine(image: Pixels) -> Pixels:
    return np.asarray(image - _blurred(image, _FINE), np.float32)


def _blurred(image: Pixels, sigma: float) -> Pixels:
    return np.asarray(cv2.GaussianBlur(image, (0, 0), sigma), np.float32)
