"""The strokes of a layer: where they lie, where they go, and with what pigment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

from painter.numbers import REFERENCE_LONG_SIDE, Array, rgb, smoothstep
from painter.scene import Region, Scene, border_flow

# Pigments from dark to light; a stroke's tone picks the place on its region's ramp.
NIGHT = ("0a0e2c", "141d55", "1d3a86", "1b5f93", "2b8796", "7dbcb4", "e9e2c4")
GLOW = ("5d1f45", "a8383f", "dd5a43", "ee8a3a", "efb53f", "f7d873", "fdf2d2")
RAMPS: dict[Region, tuple[str, ...]] = {
    Region.SKY: NIGHT,
    Region.SUN: ("e0713a", "f0a136", "f4c24b", "f9dc7c", "fdf0c4", "fffaea"),
    Region.MOON: ("7fb5ad", "d9dcb8", "f6ecc6", "fffbec"),
    Region.FAR_HILLS: ("15123f", "2b2163", "473279", "7a4480", "c4607a", "eb9a80"),
    Region.TEAL_HILLS: ("071f33", "0d3d4d", "14606a", "2b8a7c", "74b391", "d8d99c"),
    Region.WHEAT: ("5a3214", "98591c", "c98a26", "e3b03c", "f0cf6c", "f8eab4"),
    Region.POPPIES: ("3a1636", "7c2440", "bf4040", "e2684c", "f0977a", "f8d6b4"),
    Region.FOREGROUND: ("070d22", "0c2436", "14423f", "2e6a48", "8f9a48", "e6b94c", "ee7f5c"),
    Region.RIVER: ("122a63", "1b5a8a", "3f9aa2", "9fcbb8", "f4cf78", "fdf1d0"),
    Region.TREE: ("0a1030", "221a44", "57204a", "a83a3c", "e5683a", "f6b24a", "fbe3a0"),
}
CONTOUR = ("0b0f30", "1a1650", "2c1d5c", "5a2350")


@dataclass(frozen=True)
class Layer:
    """One pass over the picture with one brush."""

    width: float  # of the stroke, in reference pixels
    aspect: float  # length / width
    coverage: float  # summed stroke area / canvas area
    relief: float  # how thick the paint goes on
    scatter: float  # how far a stroke's tone strays from the scene's
    contour: bool = False  # along the borders of regions only


LAYERS = (
    Layer(120, 4.0, 4.0, 0.6, 0.05),
    Layer(64, 5.0, 3.0, 0.9, 0.07),
    Layer(38, 5.5, 2.6, 1.2, 0.10),
    Layer(20, 8.0, 0.15, 1.3, 0.00, contour=True),
    Layer(23, 6.5, 2.1, 1.4, 0.14),
    Layer(14, 7.5, 1.1, 1.5, 0.18),
)


@dataclass(frozen=True)
class Strokes:
    """The strokes of one layer, one array entry each, in painting order."""

    x: Array
    y: Array
    angle: Array
    curvature: Array
    length: Array
    width: Array
    pigment: Array  # n x 3
    streak: Array  # n x 3: what a full colour streak adds to the pigment


def look_up(field: npt.NDArray[np.generic], scene: Scene, x: Array, y: Array) -> Array:
    """Return the values of a guide ``field`` at canvas positions."""
    col = np.clip(x * scene.unit, 0, field.shape[1] - 1).astype(np.intp)
    row = np.clip(y * scene.unit, 0, field.shape[0] - 1).astype(np.intp)
    return np.asarray(field[row, col], np.float32)


def scatter_places(
    rng: np.random.Generator, size: tuple[int, int], count: int
) -> tuple[Array, Array]:
    """Return about ``count`` places, one in each cell of a grid, in random order."""
    width, height = size
    cell = float(np.sqrt(width * height / count))
    rows, cols = np.indices((int(height / cell) + 2, int(width / cell) + 2)).reshape(2, -1)
    order = rng.permutation(rows.size)
    x = (cols[order] - 0.5 + rng.random(rows.size)) * cell
    y = (rows[order] - 0.5 + rng.random(rows.size)) * cell
    return x.astype(np.float32), y.astype(np.float32)


def border_places(rng: np.random.Generator, scene: Scene, count: int) -> tuple[Array, Array]:
    """Return ``count`` places on the outlines of the land and what stands on it."""
    around = np.ones((3, 3), np.uint8)
    edges = cv2.morphologyEx(scene.region, cv2.MORPH_GRADIENT, around)
    land = cv2.dilate(scene.region, around) >= Region.FAR_HILLS
    rows, cols = np.nonzero((edges > 0) & land)
    pick = rng.choice(rows.size, count)
    jitter = rng.normal(0, 1.2, (2, count))
    x, y = (cols[pick] + jitter[0]) / scene.unit, (rows[pick] + jitter[1]) / scene.unit
    return x.astype(np.float32), y.astype(np.float32)


def along_ramp(ramp: Sequence[str], tone: Array) -> Array:
    """Return the colours at ``tone`` (0 to 1) on a ramp of pigments."""
    pigments = np.stack([rgb(code) for code in ramp])
    place = np.clip(tone, 0, 1) * (len(ramp) - 1)
    low = np.minimum(place.astype(np.intp), len(ramp) - 2)
    # Towards the pigments themselves: strokes stay distinct where tones change slowly.
    part = smoothstep(0.2, 0.8, (place - low).astype(np.float32))[:, None]
    return np.asarray(pigments[low] * (1 - part) + pigments[low + 1] * part, np.float32)


def mix_pigments(rng: np.random.Generator, scene: Scene, layer: Layer, x: Array, y: Array) -> Array:
    """Return the colour on the brush for strokes at the given places."""
    tone = look_up(scene.tone, scene, x, y)
    tone = tone + rng.normal(0, layer.scatter, x.size).astype(np.float32)
    if layer.contour:
        return along_ramp(CONTOUR, rng.random(x.size).astype(np.float32))
    region = look_up(scene.region, scene, x, y).astype(np.uint8)
    doubt = rng.normal(0, 0.06, x.size).astype(np.float32)
    lit = (region == Region.SKY) & (look_up(scene.glow, scene, x, y) + doubt > 0.5)
    colour = np.empty((x.size, 3), np.float32)
    for label, ramp in RAMPS.items():
        here = region == label
        colour[here] = along_ramp(ramp, tone[here])
    colour[lit] = along_ramp(GLOW, tone[lit] + 0.12)
    return colour


def bend(scene: Scene, x: Array, y: Array, angle: Array, reach: Array) -> Array:
    """Return the curvature of the flow along strokes, measured ``reach`` either way."""
    dx, dy = reach * np.cos(angle), reach * np.sin(angle)
    ahead = look_up(scene.angle, scene, x + dx, y + dy)
    behind = look_up(scene.angle, scene, x - dx, y - dy)
    # A direction and its opposite make the same stroke, hence modulo pi.
    turn = (ahead - behind + np.pi / 2) % np.pi - np.pi / 2
    return np.asarray(np.clip(turn, -1.0, 1.0) / (2 * reach), np.float32)


def trim_lengths(scene: Scene, x: Array, y: Array, angle: Array, length: Array) -> Array:
    """Return stroke lengths that stay in their region and turn by no more than a right angle."""
    region = look_up(scene.region, scene, x, y)
    trimmed = length.copy()
    for _ in range(2):
        for sign in (-0.4, 0.4):
            end_x = x + sign * trimmed * np.cos(angle)
            end_y = y + sign * trimmed * np.sin(angle)
            trimmed[look_up(scene.region, scene, end_x, end_y) != region] *= np.float32(0.75)
    # In the heart of an eddy long strokes would leave the middle bare.
    tight = np.abs(bend(scene, x, y, angle, trimmed / 6)) * trimmed > 1.4
    trimmed[tight] *= np.float32(0.65)
    return trimmed


def plan_strokes(
    rng: np.random.Generator, scene: Scene, layer: Layer, size: tuple[int, int]
) -> Strokes:
    """Return the strokes of a layer."""
    width = layer.width * max(size) / REFERENCE_LONG_SIDE
    count = int(layer.coverage * size[0] * size[1] / (width * width * layer.aspect))
    if layer.contour:
        scene = replace(scene, angle=border_flow(scene.region))
        x, y = border_places(rng, scene, count)
    else:
        x, y = scatter_places(rng, size, count)
    angle = look_up(scene.angle, scene, x, y) + rng.normal(0, 0.10, x.size).astype(np.float32)
    length = (width * layer.aspect * rng.uniform(0.65, 1.25, x.size)).astype(np.float32)
    if not layer.contour:
        length = trim_lengths(scene, x, y, angle, length)
    curvature = bend(scene, x, y, angle, length / 3)
    widths = (width * rng.uniform(0.7, 1.2, x.size)).astype(np.float32)
    pigment = mix_pigments(rng, scene, layer, x, y)
    pigment += rng.normal(0, 0.018, pigment.shape).astype(np.float32)
    # A second, half-mixed colour on the brush: lighter or darker, and of a slightly other hue.
    second = rng.normal(0, 0.085, (x.size, 1)) + rng.normal(0, 0.035, pigment.shape)
    return Strokes(x, y, angle, curvature, length, widths, pigment, second.astype(np.float32))
