"""Where a photo is the painting's own paint already, as when a painting is its own photo.

An optimizer that matches averaged statistics lays strokes anew wherever it works, also where they
are right as they are. A photo painted as it is tells where that is so: paint of the painting gives
back what is the painting's own down to its finest strokes, and nothing else.
"""

from __future__ import annotations

import cv2
import numpy as np

from stages.canvas.files import Pixels
from stages.canvas.luminance import luminance

_FINE = 3.0  # px, blur that parts strokes from forms
_AROUND = 6.0  # px, over which strokes are compared
_UNLIKE, _ALIKE = 0.6, 0.85  # photographs come to 0.6, a painting to 0.97 of itself


def share(painted: Pixels, photo: Pixels) -> Pixels:
    """How far a photo `(H, W, 3)` is the painting's own paint, `(H, W)`, 0 to 1.

    `painted` is it out of that paint, 0 to 1 sRGB. With x and y the strokes of both, of their
    luminance, and means over a few strokes, it goes by `2 E(xy) / (E(xx) + E(yy))`: correlation
    that also counts contrast.
    """
    ours, theirs = (_strokes(luminance(image)) for image in (painted, photo))
    both, each = _mean(ours * theirs), _mean(np.square(ours)) + _mean(np.square(theirs))
    alike = (2 * both + 1e-5) / (each + 1e-5)
    # Plain parts of both are alike without any stroke.
    alike *= each / (each + 1e-4)
    found = np.clip((alike - _UNLIKE) / (_ALIKE - _UNLIKE), 0.0, 1.0)
    return np.asarray(found * found * (3 - 2 * found), np.float32)


def _strokes(plane: Pixels) -> Pixels:
    return np.asarray(plane - cv2.GaussianBlur(plane, (0, 0), _FINE), np.float32)


def _mean(plane: Pixels) -> Pixels:
    return np.asarray(cv2.GaussianBlur(plane, (0, 0), _AROUND), np.float32)
