"""The scene: what every place shows, where the paint flows there, and how light it is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum

import cv2
import numpy as np

from painter.numbers import Array, Labels, smooth_noise, smoothstep

GUIDE_LONG_SIDE = 960  # the scene is laid out smaller: no stroke is finer than this needs


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
class Scene:
    """Where everything is, at guide resolution."""

    angle: Array  # direction of the flow, radians
    region: Labels
    tone: Array  # 0 dark to 1 light
    glow: Array  # above one half where a stroke of the sky is lit by the sun
    unit: float  # guide pixels per canvas pixel


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
