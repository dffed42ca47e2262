"""How much crisper a canvas in paint gets than the painting, and by how much that is to be damped.

Where dabs of two places meet there is an edge a pixel wide, as high as dabs differ. In a painting
that is crisp itself it is one among many; in a soft reproduction nothing else is as sharp. The
relief that is damped with it is given back where the painting has its own: in dabs, not in edges.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from stages.canvas.files import Pixels
from stages.canvas.luminance import luminance
from stages.canvas.places import keys
from stages.canvas.places.dictionary import Half

FINE = 1.0  # px, blur that parts the finest band from the rest
_DABS = 2.0, 4.0  # px, the blurs between which dabs differ
# With b the contrast of dabs over that of the finest band, prints of five paintings had a finest
# band of (1 + _EDGES max(0, b^2 - _CRISP))^1/2 times the painting's.
_EDGES, _CRISP = 0.24, 0.5
_WIDER = 1.6  # times the share: a part of what is taken off is broader than the finest band
_RAISED = 2.0, 8.0  # px, the blurs between which relief is given back
_GIVEN = 0.4  # of the share: that band is raised by so much
REACH = math.ceil(3 * max(FINE, *_RAISED))  # px around a pixel that decide about it
_ROWS, _APART = 128, 4  # rows looked at together, and in how many times as many they lie


def damping(sheets: Iterable[Half]) -> float:
    """The share of a painted canvas's finest band that is too much, 0 to 1, for these paintings.

    `sheets` `(H, W, 3)` are the paintings at the canvas's scale, 0 to 1 sRGB. For crisp paintings
    it is 0.
    """
    fine = dabs = 0.0
    for sheet in sheets:
        for top in range(0, sheet.shape[0], _ROWS * _APART):
            light = luminance(sheet[top : top + _ROWS].astype(np.float32))
            fine += _energy(light, keys.blurred(light, FINE))
            dabs += _energy(*(keys.blurred(light, blur) for blur in _DABS))
    surplus = _EDGES * max(0.0, dabs / max(fine, 1e-9) - _CRISP)
    return float(_WIDER * (1 - (1 + surplus) ** -0.5))


def damped(laid: Pixels, share: float) -> Pixels:
    """Paint `(h, w, 3)` with so much less of its finest band, and somewhat more of its dabs."""
    finest = laid - keys.blurred(laid, FINE)
    dabs, broad = (keys.blurred(laid, blur) for blur in _RAISED)
    return np.asarray(laid + np.float32(share) * (np.float32(_GIVEN) * (dabs - broad) - finest))


def _energy(light: Pixels, softer: Pixels) -> float:
    return float(np.square(light - softer, dtype=np.float64).sum())
