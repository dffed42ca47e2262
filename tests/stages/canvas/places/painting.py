"""Paintings and canvases for the tests of keys, dictionaries, matching and paint."""

from __future__ import annotations

import cv2
import numpy as np

from stages.canvas.files import Pixels
from stages.canvas.places.dictionary import Dictionary, Options
from stages.canvas.places.gathering import build
from stages.canvas.places.matching import Manner
from stages.canvas.places.paint import Ready
from stages.canvas.places.survey import surveyed
from stages.tiles import Size
from tests.conftest import style_pixels

MANNER = Manner(block=8, tone_blur=4.0)


def painting(width: int = 200, height: int = 150, seed: int = 0) -> Pixels:
    """Strokes of four colours, with the relief of bristles."""
    bristles = np.random.default_rng(seed).normal(0, 0.05, (height, width, 1))
    return np.clip(style_pixels(width, height, seed) + bristles, 0, 1).astype(np.float32)


def soft(pixels: Pixels, sigma: float = 2.0) -> Pixels:
    return np.asarray(cv2.GaussianBlur(pixels, (0, 0), sigma))


def options(**changed: object) -> Options:
    return Options(**({"count": 4000, "groups": 4, "apart": 2, "blur": 1.0} | changed))  # type: ignore[arg-type]


def made(*paintings: Pixels, **changed: object) -> Dictionary:
    return build(paintings or [painting()], [1.0] * max(1, len(paintings)), options(**changed))


def size_of(pixels: Pixels) -> Size:
    return Size(pixels.shape[1], pixels.shape[0])


def ready(dictionary: Dictionary, canvas: Pixels, manner: Manner = MANNER) -> Ready:
    found = surveyed(lambda a, b: canvas[a:b], size_of(canvas), dictionary, manner)
    return Ready(dictionary, found, manner)
