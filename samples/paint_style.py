"""Paint ``style.jpg``, the sample style: a sun setting over rolling fields, in oils.

The picture is painted the way a painter works. A *scene* gives every place a flow direction, a
region and a tone. Layers of brush strokes, from broad underpainting to fine top strokes, then
follow the flow. A stroke is a circular arc onto which a brush print is bent; the print carries
three channels: how much paint the bristles leave, how high it stands, and how its colour
streaks. Colour and paint height build up together, and a light from the upper left turns the
height into visible impasto.

With one version of numpy and OpenCV the result depends on the size and the seed only.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.floating[Any]]  # in fact float32, but for short-lived intermediates
Labels = npt.NDArray[np.uint8]

REFERENCE_LONG_SIDE = 2880  # stroke sizes below are in pixels of a canvas this long
GUIDE_LONG_SIDE = 960  # the scene is laid out smaller: no stroke is finer than this needs
MAX_BYTES = 2_500_000  # sample images have to stay small enough for the repository
PRINTS_PER_BRUSH = 24


class Region(IntEnum):
    """What a place of the picture shows; strokes take their pigments from it."""

    SKY = 0
    SUN = 1
    MOON = 2
    FAR_HILLS = 3
    TEAL_HILLS = 4
    WHEAT = 5
    POPPIES = 6
    FOREGROUND = 7
    RIVER = 8
    TREE = 9


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
GROUND = "c9a878"  # the toned ground: it shows wherever strokes leave gaps


@dataclass(frozen=True)
class Disc:
    """A round motif in scene units (the picture's height is 1)."""

    x: float
    y: float
    radius: float


SUN = Disc(0.87, 0.40, 0.135)
MOON = Disc(0.13, 0.13, 0.048)
EDDIES = (Disc(0.40, 0.23, 0.20), Disc(0.13, 0.42, 0.11), Disc(1.20, 0.13, 0.13))
TREES = (
    Disc(0.380, 0.575, 0.032),
    Disc(0.310, 0.590, 0.045),
    Disc(1.130, 0.645, 0.040),
    Disc(1.225, 0.640, 0.068),
    Disc(0.305, 0.780, 0.060),
    Disc(0.125, 0.775, 0.105),
)


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
class Scene:
    """Where everything is, at guide resolution."""

    angle: Array  # direction of the flow, radians
    region: Labels
    tone: Array  # 0 dark to 1 light
    glow: Array  # above one half where a stroke of the sky is lit by the sun
    unit: float  # guide pixels per canvas pixel


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


def rgb(code: str) -> Array:
    """Return the colour of a hexadecimal code as RGB, 0 to 1."""
    return np.frombuffer(bytes.fromhex(code), np.uint8).astype(np.float32) / 255


def smoothstep(low: float, high: float, value: Array) -> Array:
    """Return 0 below ``low``, 1 above ``high`` and a smooth ramp between."""
    t = np.clip((value - low) / (high - low), 0, 1)
    return np.asarray(t * t * (3 - 2 * t), np.float32)


def smooth_noise(rng: np.random.Generator, shape: tuple[int, int], cells: float) -> Array:
    """Return noise of about unit variance with ``cells`` cells along the height."""
    rows = max(2, round(cells) + 1)
    cols = max(2, round(cells * shape[1] / shape[0]) + 1)
    grid = rng.standard_normal((rows, cols)).astype(np.float32)
    return np.asarray(cv2.resize(grid, shape[::-1], interpolation=cv2.INTER_CUBIC), np.float32)


# --- the scene -----------------------------------------------------------------------------------


def ridge(index: int, x: Array) -> Array:
    """Return the height (y, downwards) of the hill crest ``index`` above each ``x``."""
    base = (0.535, 0.585, 0.665, 0.760, 0.875)[index]
    swell = (0.022, 0.035, 0.038, 0.050, 0.045)[index]
    phase = (0.4, 2.3, 4.4, 0.9, 3.1)[index]
    rate = (7.5, 5.2, 4.3, 3.6, 3.1)[index]
    waves = np.sin(rate * x + phase) + 0.25 * np.sin(2.7 * rate * x)
    return np.asarray(base + swell * waves, np.float32)


def river_offset(x: Array, y: Array) -> Array:
    """Return the distance from the river's centre line in units of its half width."""
    depth = np.clip((y - 0.56) / 0.44, 0, 1)
    centre = 0.80 - 0.20 * np.sin(5.2 * depth**0.8) * (0.35 + 0.65 * depth) - 0.10 * depth
    half_width = 0.005 + 0.16 * depth**1.25
    return np.asarray((x - centre) / half_width, np.float32)


def polar(x: Array, y: Array, disc: Disc) -> tuple[Array, Array]:
    """Return distance and direction from the centre of ``disc``."""
    return np.hypot(x - disc.x, y - disc.y), np.arctan2(y - disc.y, x - disc.x)


def crown(x: Array, y: Array, tree: Disc) -> Array:
    """Return the distance from the middle of a tree in units of its ragged outline."""
    r, theta = polar(x, y, tree)
    ragged = 1 + 0.10 * np.sin(3 * theta + 40 * tree.x) + 0.06 * np.sin(7 * theta + 90 * tree.x)
    return np.asarray(r / (tree.radius * ragged), np.float32)


def lay_out_regions(x: Array, y: Array) -> Labels:
    """Return the region of every place, painted from the back to the front."""
    region = np.full(x.shape, Region.SKY, np.uint8)
    for disc, label in ((SUN, Region.SUN), (MOON, Region.MOON)):
        region[polar(x, y, disc)[0] < disc.radius] = label
    hills = (Region.FAR_HILLS, Region.TEAL_HILLS, Region.WHEAT, Region.POPPIES)
    for index, label in enumerate(hills):
        region[y > ridge(index, x)] = label
    region[(np.abs(river_offset(x, y)) < 1) & (y > ridge(1, x))] = Region.RIVER
    region[y > ridge(4, x)] = Region.FOREGROUND
    for tree in TREES:
        region[crown(x, y, tree) < 1] = Region.TREE
    return region


def sky_flow(x: Array, y: Array, drift: Array) -> tuple[Array, Array]:
    """Return the flow of the sky: a wavy wind, rings around the lights, eddies between."""
    wind = 0.35 * np.sin(4.5 * x + 3.0 * y) + 0.25 * drift
    u, v = np.cos(wind), np.sin(wind)
    for disc, reach, strength in ((SUN, 0.42, 3.0), (MOON, 0.12, 4.0)):
        r, theta = polar(x, y, disc)
        weight = strength * np.exp(-((r / reach) ** 2))
        u, v = u - weight * np.sin(theta), v + weight * np.cos(theta)
    for turn, eddy in zip((-1, 1, 1), EDDIES, strict=True):
        r, theta = polar(x, y, eddy)
        # The eye of an eddy keeps the wind: strokes cross it instead of leaving it bare.
        weight = 6.0 * np.exp(-((r / eddy.radius) ** 4)) * (1 - np.exp(-((r / 0.022) ** 2)))
        spiral = theta + turn * 1.25  # a little short of a right angle: the paint winds inwards
        u, v = u + weight * np.cos(spiral), v + weight * np.sin(spiral)
    return u.astype(np.float32), v.astype(np.float32)


def lay_out_flow(x: Array, y: Array, region: Labels, drift: Array) -> Array:
    """Return the direction in which the brush moves at every place, in radians."""
    u, v = sky_flow(x, y, drift)
    angle = np.arctan2(v, u)
    hills = (Region.FAR_HILLS, Region.TEAL_HILLS, Region.WHEAT, Region.POPPIES, Region.FOREGROUND)
    for index, label in enumerate(hills):
        slope = np.gradient(ridge(index, x[0]), x[0])
        furrow = (0.0, 0.5, -0.9, 0.75, -0.6)[index] * smoothstep(0.0, 0.12, y - ridge(index, x))
        here = region == label
        angle[here] = (np.arctan(slope)[None, :] + furrow + 0.18 * drift)[here]
    water = region == Region.RIVER
    angle[water] = (0.10 * np.sin(40 * y) + 0.15 * drift)[water]
    for disc, label in ((SUN, Region.SUN), (MOON, Region.MOON)):
        _, theta = polar(x, y, disc)
        here = region == label
        angle[here] = (theta + np.pi / 2 - 0.25)[here]
    for tree in TREES:  # branches fan out from the foot
        foot = replace(tree, y=tree.y + 1.15 * tree.radius)
        here = crown(x, y, tree) < 1
        angle[here] = (polar(x, y, foot)[1] + 0.35 * drift)[here]
    return angle.astype(np.float32)


def border_flow(region: Labels) -> Array:
    """Return the direction of the nearest border between regions, in radians."""
    blurred = cv2.GaussianBlur(region.astype(np.float32), (0, 0), 4)
    across_x = cv2.Sobel(blurred, cv2.CV_32F, 1, 0)
    across_y = cv2.Sobel(blurred, cv2.CV_32F, 0, 1)
    return np.asarray(np.arctan2(across_x, -across_y), np.float32)


def smear_along(field: Array, angle: Array, steps: int) -> Array:
    """Return ``field`` averaged along the flow (line integral convolution)."""
    rows, cols = np.indices(field.shape, dtype=np.float32)
    dx, dy = np.cos(angle), np.sin(angle)
    total = field.copy()
    for sign in (-1.0, 1.0):
        px, py = np.array(cols), np.array(rows)
        for _ in range(steps):
            # Steps of two pixels: the strokes are coarser than that.
            step_x = cv2.remap(dx, px, py, cv2.INTER_NEAREST, borderMode=cv2.BORDER_REPLICATE)
            step_y = cv2.remap(dy, px, py, cv2.INTER_NEAREST, borderMode=cv2.BORDER_REPLICATE)
            px += 2 * sign * step_x
            py += 2 * sign * step_y
            total += cv2.remap(field, px, py, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    return np.asarray((total - total.mean()) / total.std(), np.float32)


def lay_out_tone(x: Array, y: Array, region: Labels, lanes: Array) -> Array:
    """Return how light each place is: lanes along the flow, rings, and the light's fall-off."""
    tone = 0.42 + 0.19 * lanes
    sun_r, _ = polar(x, y, SUN)
    sky = region == Region.SKY
    rings = 0.16 * np.sin(2 * np.pi * (sun_r - SUN.radius) / 0.085) * np.exp(-sun_r / 0.5)
    tone[sky] += (rings + 0.10 - 0.45 * np.clip(sun_r - 0.45, 0, 0.5))[sky]
    for turn, eddy in zip((-1, 1, 1), EDDIES, strict=True):
        r, theta = polar(x, y, eddy)
        arm = np.cos(2 * theta - turn * 2 * np.pi * np.log(r / eddy.radius + 0.05) / 1.4)
        tone[sky] += (0.30 * (arm + 0.15) * np.exp(-((r / eddy.radius) ** 4)))[sky]
    moon_r, _ = polar(x, y, MOON)
    tone[sky] += (0.45 * np.exp(-(((moon_r - MOON.radius) / 0.06) ** 2)))[sky]
    sun = region == Region.SUN
    tone[sun] = (0.95 - 0.75 * (sun_r / SUN.radius) ** 2 + 0.10 * lanes)[sun]
    for index in range(5):  # crests catch the light
        crest = np.exp(-np.clip(y - ridge(index, x), 0, 1) / 0.012) * (y > ridge(index, x))
        tone[~sky & ~sun] += (0.22 * crest)[~sky & ~sun]
    for tree in TREES:  # lit from the side of the sun
        inside = crown(x, y, tree) < 1
        to_sun = np.arctan2(SUN.y - tree.y, SUN.x - tree.x)
        side = np.cos(polar(x, y, tree)[1] - to_sun)
        tone[inside] += (0.40 * crown(x, y, tree) * side)[inside]
    water = region == Region.RIVER
    offset = river_offset(x, y)
    tone[water] += (0.42 * np.exp(-((offset / 0.45) ** 2)) - 0.12)[water]
    return np.asarray(np.clip(tone, 0, 1), np.float32)


def compose_scene(width: int, height: int, rng: np.random.Generator) -> Scene:
    """Return the scene for a canvas of the given size."""
    unit = min(1.0, GUIDE_LONG_SIDE / max(width, height))
    shape = (round(height * unit), round(width * unit))
    rows, cols = np.indices(shape, dtype=np.float32)
    # Stretch x so that the composition fits any aspect ratio.
    x, y = cols / shape[1] * np.float32(4 / 3), rows / shape[0]
    region = lay_out_regions(x, y)
    angle = lay_out_flow(x, y, region, smooth_noise(rng, shape, 4))
    grain = smooth_noise(rng, shape, 60) + 0.6 * smooth_noise(rng, shape, 22)
    tone = lay_out_tone(x, y, region, smear_along(grain, angle, 24))
    sun_r, _ = polar(x, y, SUN)
    low = 0.35 * np.exp(-((np.clip(0.56 - y, 0, 1) / 0.07) ** 2))  # afterglow on the horizon
    glow = np.exp(-((np.clip(sun_r - SUN.radius, 0, 2) / 0.19) ** 1.5)) + low
    # Lit lanes reach out into the dark: light and dark strokes come in families.
    glow += 0.16 * smear_along(smooth_noise(rng, shape, 45), angle, 30)
    return Scene(angle, region, tone, glow.astype(np.float32), unit)


# --- the brush -----------------------------------------------------------------------------------


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


# --- the strokes ---------------------------------------------------------------------------------


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


# --- the canvas ----------------------------------------------------------------------------------


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


def paint(width: int, height: int, seed: int) -> npt.NDArray[np.uint8]:
    """Return the finished painting as 8-bit RGB."""
    rng = np.random.default_rng(seed)
    scene = compose_scene(width, height, rng)
    canvas = prime_canvas(width, height, scene, rng)
    for layer in LAYERS:
        paint_layer(canvas, scene, layer, rng)
    return np.asarray(np.rint(light_canvas(canvas) * 255), np.uint8)


def encode_jpeg(picture: npt.NDArray[np.uint8], max_bytes: int) -> bytes:
    """Return the picture as the best JPEG of at most ``max_bytes``."""
    bgr = cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)
    for quality in range(95, 40, -1):
        data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()
        if len(data) <= max_bytes:
            return data
    raise ValueError(f"the picture does not fit into {max_bytes} bytes")


def parse_size(text: str) -> tuple[int, int]:
    """Return width and height from ``WxH``."""
    try:
        width, height = (int(part) for part in text.lower().split("x"))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not WxH, as in 2880x2160") from None
    if min(width, height) < 64:
        raise argparse.ArgumentTypeError(f"{text}: a side is shorter than 64 pixels")
    return width, height


def main() -> None:
    """Paint the picture that the command line asks for."""
    parser = argparse.ArgumentParser(description="Paint the sample style.")
    default = Path(__file__).with_name("style.jpg")
    parser.add_argument("-o", "--output", type=Path, default=default, help="JPEG file to write")
    parser.add_argument(
        "--size", type=parse_size, default=(2880, 2160), metavar="WxH", help="pixels"
    )
    parser.add_argument("--seed", type=int, default=7, help="another seed, another painting")
    args = parser.parse_args()
    cv2.setNumThreads(1)  # the strokes are small: threads would only add overhead
    width, height = args.size
    args.output.write_bytes(encode_jpeg(paint(width, height, args.seed), MAX_BYTES))


if __name__ == "__main__":
    main()
