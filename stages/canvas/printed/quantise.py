"""A canvas as whole numbers.

A canvas is quantised once, at the very end, with triangular dither of one step: without it a
smooth sky of 8 bits shows bands when it is printed large. The noise is a square repeated over the
canvas, made from the seed, so the same canvas gives the same bytes whatever the order of work.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from stages.canvas import _vips

_NOISE_SIDE = 512


def quantised(image: Any, bits: int, seed: int) -> Any:
    """A float image of 0 to 1, dithered and rounded to 8 or 16 bits."""
    top = 255.0 if bits == 8 else 65535.0
    side = _NOISE_SIDE
    generator = np.random.default_rng(seed)
    shape = (side, side, 3)
    noise = generator.random(shape, np.float32) - generator.random(shape, np.float32)
    square = _vips.Image.new_from_memory(noise.data, side, side, 3, "float")
    noisy = square.replicate(-(-image.width // side), -(-image.height // side))
    noisy = noisy.crop(0, 0, image.width, image.height)
    stepped = (image.clamp() * top + noisy).rint()
    kind, space = ("uchar", "srgb") if bits == 8 else ("ushort", "rgb16")
    return stepped.cast(kind).copy(interpretation=space)
