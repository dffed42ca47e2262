"""The brush: prints of it, as its bristles leave them."""

from __future__ import annotations

import cv2
import numpy as np

from painter.numbers import Array, smoothstep


def bristle_streaks(rng: np.random.Generator, shape: tuple[int, int], across: float) -> Array:
    """Return noise drawn out along the stroke, as bristles leave it."""
    along = shape[1] * 0.16
    noise = rng.standard_normal((shape[0], shape[1])).astype(np.float32)
    streaks = cv2.GaussianBlur(noise, (0, 0), sigmaX=along, sigmaY=across)
    # A bristle keeps its place in the brush, so part of the streak runs the whole length.
    track = cv2.GaussianBlur(
        rng.standard_normal((shape[0], 1)).astype(np.float32), (0, 0), sigmaX=1, sigmaY=across
    )
    mixed = streaks / streaks.std() + track / (track.std() + 1e-6)
    return np.asarray(mixed / mixed.std(), np.float32)


def brush_print(rng: np.random.Generator, width: int, length: int) -> Array:
    """Return one print of a brush: load, height and colour streak, along the x axis.

    Load above 1 covers fully; towards 0 only the grain's peaks take paint.
    """
    v, u = np.meshgrid(np.linspace(-1, 1, width), np.linspace(0, 1, length), indexing="ij")
    v, u = v.astype(np.float32), u.astype(np.float32)
    fine = bristle_streaks(rng, v.shape, 0.6)  # one bristle, whatever the brush
    tuft = bristle_streaks(rng, v.shape, 0.9 + width * 0.025)
    broad = bristle_streaks(rng, v.shape, 1 + width * 0.07)
    bristles = 0.60 * fine + 0.55 * tuft + 0.40 * broad
    # The tips of the bristles touch down and lift off one by one: ragged, tapered ends.
    start = 0.04 + 0.09 * v**2 + 0.022 * bristles[:, :1]
    stop = 0.93 - 0.14 * v**2 - 0.07 * np.abs(broad[:, -1:]) - 0.045 * tuft[:, -1:]
    ends = smoothstep(0, 0.05, u - start) * smoothstep(0, 0.14, stop - u)
    lean, early, late = rng.uniform((-0.12, 0.0, 0.2), (0.12, 0.3, 0.6))
    half = 0.92 - early * (1 - u) ** 3 - late * u**3
    middle = lean * (u - 0.5) + 0.03 * broad
    sides = smoothstep(0, 0.14, half - np.abs(v - middle) + 0.03 * tuft)
    load = (1.85 - 1.25 * u**1.3 + 0.55 * bristles) * ends * sides
    rim_sides = np.exp(-(((np.abs(v - middle) - half + 0.14) / 0.09) ** 2))
    rim_end = np.exp(-(((stop - u - 0.08) / 0.03) ** 2))
    height = 0.50 + 0.36 * bristles + 0.20 * rim_sides + 0.25 * rim_end
    height *= (1.1 - 0.4 * u) * np.clip(load, 0, 1)
    streak = np.tanh(0.6 * bristle_streaks(rng, v.shape, 0.8 + width * 0.05) + 0.45 * fine)
    return np.ascontiguousarray(np.dstack([load, height, streak]), np.float32)
