"""Lines: what a photo has of edges, put back into an image that an optimizer bent.

Averaged statistics move a photo's edges to where strokes run best: a jetty frays, a shore
dissolves. Where the photo has edges, the image's finer bands become the photo's before it is
painted; where the photo is plain, as in a sky, the image's own swirls stay.
"""

from __future__ import annotations

import cv2
import numpy as np

from stages.canvas.files import Pixels
from stages.canvas.luminance import luminance

_FINE = 12.0  # px, blur that parts lines from tones
_NEAR = 5.0  # px around a line that belong to it


def redrawn(image: Pixels, photo: Pixels, share: float) -> Pixels:
    """An image `(H, W, 3)`, 0 to 1 sRGB, with the lines of a photo of its size and colours.

    With `fine(x) = x - blur(x)` and e the photo's |fine luma|, blurred, over its mean, this is
    `image + share * e^2 / (e^2 + 1) * (fine(photo) - fine(image))`: an edge of mean strength moves
    half of the way. `share` is 0 (nothing) to 1.
    """
    if share <= 0:
        return image
    theirs = _fine(photo)
    strength = np.abs(luminance(theirs))
    mean = float(strength.mean())
    if mean < 1e-6:  # a plain photo has no lines
        return image
    near = np.square(_blurred(strength, _NEAR) / np.float32(mean))
    weight = np.float32(share) * near / (near + 1)
    found = image + weight[..., None] * (theirs - _fine(image))
    return np.asarray(np.clip(found, 0.0, 1.0), np.float32)


def _fine(image: Pixels) -> Pixels:
    return np.asarray(image - _blurred(image, _FINE), np.float32)


def _blurred(image: Pixels, sigma: float) -> Pixels:
    return np.asarray(cv2.GaussianBlur(image, (0, 0), sigma), np.float32)
