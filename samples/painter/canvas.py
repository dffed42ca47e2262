"""The canvas: its ground, the strokes laid on it, and the light that shows its relief."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from painter.brush import brush_print
from painter.numbers import REFERENCE_LONG_SIDE, Array, rgb, smooth_noise
from painter.scene import Scene
from painter.strokes import LAYERS, Layer, Strokes, mix_pigments, plan_strokes

PRINTS_PER_BRUSH = 24
GROUND = "c9a878"  # the toned ground: it shows wherever strokes leave gaps


@dataclass
class Canvas:
    """The painting while it grows: colour, height of the paint, and the weave under it."""

    colour: Array
    height: Array
    weave: Array


def wash(scene: Scene, rng: np.random.Generator, size: tuple[int, int]) -> Array:
    """Return the toned ground under a thin wash of every region's colour."""
    rows, cols = np.indices(scene.tone.shape, dtype=np.float32).reshape(2, -1) / scene.unit
    local = mix_pigments(rng, scene, LAYERS[0], cols, rows).reshape(*scene.tone.shape, 3)
    soft = np.asarray(cv2.GaussianBlur(local, (0, 0), 6), np.float32)
    cloud = 0.85 + 0.10 * smooth_noise(rng, scene.tone.shape, 30)[..., None]
    washed = rgb(GROUND) + np.clip(cloud, 0.4, 1) * (soft - rgb(GROUND))
    return np.asarray(cv2.resize(washed, size, interpolation=cv2.INTER_LINEAR), np.float32)


def prime_canvas(width: int, height: int, scene: Scene, rng: np.random.Generator) -> Canvas:
    """Return a woven canvas on which the scene is laid in thinly."""
    thread = 5.5 * max(width, height) / REFERENCE_LONG_SIDE
    rows, cols = np.indices((height, width), dtype=np.float32)
    wander = 0.9 * smooth_noise(rng, (height, width), 60)
    warp, weft = np.pi * cols / thread + wander, np.pi * rows / thread + wander
    over = np.sign(np.sin(warp) * np.sin(weft))
    weave = 0.5 + 0.25 * over * (np.cos(warp) ** 2 - np.cos(weft) ** 2)
    weave += 0.10 * rng.standard_normal((height, width))
    weave = cv2.GaussianBlur(weave.astype(np.float32), (0, 0), 0.8)
    colour = wash(scene, rng, (width, height)) * (0.85 + 0.25 * weave[..., None])
    return Canvas(colour.astype(np.float32), 0.6 * weave, weave)


def stroke_frame(strokes: Strokes, i: int, shape: tuple[int, ...]) -> tuple[slice, slice] | None:
    """Return the rows and columns that stroke ``i`` can touch, or None off the canvas."""
    half = float(strokes.length[i]) / 2
    offset = np.linspace(-half, half, 5)
    heading = strokes.angle[i] + offset * strokes.curvature[i] / 2  # chords of the arc
    x, y = strokes.x[i] + offset * np.cos(heading), strokes.y[i] + offset * np.sin(heading)
    pad = float(strokes.width[i]) / 2 + 2
    left, right = max(0, int(x.min() - pad)), min(shape[1], int(x.max() + pad) + 1)
    top, bottom = max(0, int(y.min() - pad)), min(shape[0], int(y.max() + pad) + 1)
    if right - left < 2 or bottom - top < 2:
        return None
    return slice(top, bottom), slice(left, right)


def stroke_coordinates(strokes: Strokes, i: int, rows: slice, cols: slice) -> tuple[Array, Array]:
    """Return, for each pixel of the frame, its place along and across the arc of stroke ``i``."""
    dx = np.arange(cols.start, cols.stop, dtype=np.float32)[None, :] - strokes.x[i]
    dy = np.arange(rows.start, rows.stop, dtype=np.float32)[:, None] - strokes.y[i]
    cos, sin = np.cos(strokes.angle[i]), np.sin(strokes.angle[i])
    ahead, aside = dx * cos + dy * sin, dy * cos - dx * sin
    curvature = float(strokes.curvature[i])
    side = np.float32(1.0 if curvature >= 0 else -1.0)
    radius = np.float32(1 / max(abs(curvature), 1e-5))  # a straight stroke: a very wide arc
    inwards = radius - side * aside
    return radius * np.arctan2(ahead, inwards), side * (radius - np.hypot(ahead, inwards))


def lay_stroke(canvas: Canvas, strokes: Strokes, i: int, brush: Array, relief: float) -> None:
    """Put stroke ``i`` on the canvas with the given brush print."""
    frame = stroke_frame(strokes, i, canvas.height.shape)
    if frame is None:
        return
    along, across = stroke_coordinates(strokes, i, *frame)
    map_x = (along / strokes.length[i] + 0.5) * (brush.shape[1] - 1)
    map_y = (across / strokes.width[i] + 0.5) * (brush.shape[0] - 1)
    load, height, streak = cv2.split(cv2.remap(brush, map_x, map_y, cv2.INTER_LINEAR))
    # Thin paint stays on the peaks of the weave and skips its valleys.
    cover = np.clip(1.9 * load - 1.9 * (1 - canvas.weave[frame]), 0, 1)
    colour, ground = canvas.colour[frame], canvas.height[frame]
    picked_up = colour[colour.shape[0] // 2, colour.shape[1] // 2]
    pigment = 0.88 * strokes.pigment[i] + 0.12 * picked_up  # wet in wet
    paint = pigment + streak[..., None] * strokes.streak[i]
    # Some bristles drag the wet paint below along instead of covering it.
    opaque = cover * (1 - 0.45 * np.clip(streak, 0, 1))
    colour += opaque[..., None] * (paint - colour)
    ground += cover * (relief * height - 0.6 * ground)


def paint_layer(canvas: Canvas, scene: Scene, layer: Layer, rng: np.random.Generator) -> None:
    """Paint one layer of strokes over the canvas."""
    size = (canvas.height.shape[1], canvas.height.shape[0])
    width = max(4, round(layer.width * max(size) / REFERENCE_LONG_SIDE))
    length = round(width * layer.aspect)
    prints = [brush_print(rng, width, length) for _ in range(PRINTS_PER_BRUSH)]
    prints += [np.ascontiguousarray(p[::-1]) for p in prints]
    strokes = plan_strokes(rng, scene, layer, size)
    for i, choice in enumerate(rng.integers(len(prints), size=strokes.x.size)):
        lay_stroke(canvas, strokes, i, prints[choice], layer.relief)


def light_canvas(canvas: Canvas) -> Array:
    """Return the picture of the canvas with a light at the upper left."""
    height = cv2.GaussianBlur(canvas.height, (0, 0), 0.5)
    slope_x = cv2.Sobel(height, cv2.CV_32F, 1, 0, scale=1 / 8)
    slope_y = cv2.Sobel(height, cv2.CV_32F, 0, 1, scale=1 / 8)
    steep = 1.6
    norm = np.sqrt(1 + (steep * slope_x) ** 2 + (steep * slope_y) ** 2)
    light = np.array([-0.48, -0.58, 0.66])
    facing = (light[2] - steep * (light[0] * slope_x + light[1] * slope_y)) / norm
    # Between the light and the eye: where oil shines.
    towards = light + np.array([0.0, 0.0, 1.0])
    middle = towards / np.linalg.norm(towards)
    gloss = (middle[2] - steep * (middle[0] * slope_x + middle[1] * slope_y)) / norm
    shade = 1 + 0.68 * (facing - light[2])
    shine = 0.13 * np.clip(gloss, 0, 1) ** 40
    lit = canvas.colour * shade[..., None] + shine[..., None]
    return np.asarray(np.clip(lit, 0, 1), np.float32)
