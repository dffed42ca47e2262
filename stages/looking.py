"""What a stage worked with, as pictures for people: places of the paintings, targets of a tile."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from stages import plots
from stages.brushwork import Paint, manner
from stages.canvas import export, files, resample
from stages.canvas.files import Pixels
from stages.canvas.luminance import luminance
from stages.canvas.places import dictionary as dictionaries
from stages.canvas.places import paint
from stages.canvas.places.dictionary import Dictionary
from stages.canvas.places.paint import Ready
from stages.canvas.places.survey import Survey
from stages.nst.moments import Moments, residual_target
from stages.nst.studio import Studio
from stages.tiles import Rect, Size

_ROWS = 512
_SIDE = 1400  # px, of each of the two pictures at most
_GAP = 16  # px of white between them
# Colours of a painting's corners: upper left, upper right, lower left, lower right. As light and
# dark they differ too, so that no colour vision is needed to tell left from right.
_CORNERS = np.array(
    [[0.07, 0.15, 0.42], [0.95, 0.77, 0.16], [0.30, 0.72, 0.86], [0.75, 0.20, 0.33]], np.float32
)
_SHARE = 0.65  # of the colours; the rest is the picture's own light and dark


def places(
    canvas: tuple[Path, Path | None],
    painted: Path,
    found: Dictionary,
    seen: Survey,
    how: Paint,
    out: Path,
) -> None:
    """Where in the paintings each block of a canvas came from, as a PNG.

    `canvas` is what was painted over, and the file of its zones' shares, if it has zones.

    Left every painting with a colour for each place, right the painted canvas, every block in the
    colour of its place.
    """
    size = files.size_of(canvas[0])
    ready = Ready(found, seen, manner(found, how))
    blocks = _homes(*canvas, size, ready)
    shown = _fitted(size)
    colours = cv2.resize(blocks, (shown.width, shown.height), interpolation=cv2.INTER_NEAREST)
    right = _mixed(np.asarray(colours, np.float32), resample.shrunk(painted, shown))
    export.preview(_beside(_keys(found, shown.height), right), out, 4 * _SIDE)


def _homes(source: Path, zones: Path | None, size: Size, ready: Ready) -> Pixels:
    """The colour of every block's place, `(rows, columns, 3)`."""
    found, side = ready.dictionary, ready.manner.block
    rows, columns = -(-size.height // side), -(-size.width // side)
    colours = np.ones((rows, columns, 3), np.float32)
    around = paint.reach(ready.manner, found.options)
    step = max(side, _ROWS // side * side)
    for top in range(0, size.height, step):
        bottom = min(top + step, size.height)
        first, last = max(0, top - around), min(size.height, bottom + around)
        window = Rect(0, first, size.width, last - first)
        shares = None if zones is None else files.channels(zones, window)
        matches = paint.matched(files.read(source, window), window, size, ready, shares)
        begin = top // side - matches.blocks.top
        count = -(-bottom // side) - top // side
        some = matches.places[begin : begin + count]
        colours[top // side : top // side + count] = _coloured(some, found)
    return colours


def _coloured(some: NDArray[np.int32], found: Dictionary) -> Pixels:
    """Colours of places `(rows, columns, 3)`: where they are in the painting as it hangs."""
    copies = found.options.copies
    colours = np.zeros((*some.shape[:2], 3), np.float32)
    sheet, y, x = (some[..., axis].astype(np.int64) for axis in range(3))
    for number in np.unique(sheet):
        here = sheet == number
        height, width = found.sheets[number // copies * copies].pixels.shape[:2]
        down, across = dictionaries.moved_back(
            y[here], x[here], Size(width, height), int(number % copies)
        )
        colours[here] = _ramp(across / max(1, width - 1), down / max(1, height - 1))
    return colours


def _ramp(across: NDArray[np.float64], down: NDArray[np.float64]) -> Pixels:
    """The colour of places by their share of the way across and down, 0 to 1."""
    x, y = across[..., None], down[..., None]
    upper = _CORNERS[0] * (1 - x) + _CORNERS[1] * x
    lower = _CORNERS[2] * (1 - x) + _CORNERS[3] * x
    return np.asarray(upper * (1 - y) + lower * y, np.float32)


def _keys(found: Dictionary, height: int) -> Pixels:
    """All paintings with their places' colours, one over the other, `(height, w, 3)`."""
    originals = [sheet.pixels for sheet in found.sheets[:: found.options.copies]]
    each = max(1, height // len(originals))
    parts = []
    for pixels in originals:
        step = max(1, min(pixels.shape[:2]) // _SIDE)
        small = pixels[::step, ::step].astype(np.float32)
        width = max(1, round(each * small.shape[1] / small.shape[0]))
        image = cv2.resize(small, (width, each), interpolation=cv2.INTER_AREA)
        y, x = np.meshgrid(np.linspace(0, 1, each), np.linspace(0, 1, width), indexing="ij")
        parts.append(_mixed(_ramp(x, y), np.asarray(image, np.float32)))
    widest = max(part.shape[1] for part in parts)
    sheet = np.ones((height, widest, 3), np.float32)
    for number, part in enumerate(parts):
        sheet[number * each : number * each + each, : part.shape[1]] = part
    return sheet


def _fitted(size: Size) -> Size:
    scale = min(1.0, _SIDE / max(size.width, size.height))
    return Size(max(1, round(size.width * scale)), max(1, round(size.height * scale)))


def _mixed(colours: Pixels, image: Pixels) -> Pixels:
    light = luminance(np.ascontiguousarray(np.clip(image, 0, 1)))[..., None]
    return np.asarray(_SHARE * colours + (1 - _SHARE) * light, np.float32)


def _beside(left: Pixels, right: Pixels) -> Pixels:
    gap = np.ones((right.shape[0], _GAP, 3), np.float32)
    return np.concatenate([left, gap, right], axis=1)


def targets(
    studio: Studio,
    window: Pixels,
    core: Rect,
    moments: tuple[Moments, Moments | None],
    gains: dict[str, float] | None,
    after: tuple[Pixels, Rect],
    out: Path,
    zones: Pixels | None = None,
) -> None:
    """What a tile aimed at, and how near it came, as a chart for each layer.

    `window` `(H, W, 3)` is what was read, `core` px of it; `moments` are the paintings' and, unless
    one tile is the canvas, the canvas's; `after` are the new pixels and where in the window they
    belong; `zones` `(H, W, Z)` are zones' shares in the window, whose channels are then shown one
    after the other.
    """
    style, canvas = moments
    before = studio.measure(window, core, zones)
    target = style if canvas is None else residual_target(before, canvas, style, gains)
    new, pixels, at = window.copy(), *after
    new[at.y : at.bottom, at.x : at.right] = pixels
    made = studio.measure(new, core, zones)
    layers = []
    for name in sorted(target.layers.keys() & before.layers.keys()):
        goal = target.layers[name]
        unit = float(style.layers[name].gram.square().sum())
        was, is_now = before.layers[name].gram, made.layers[name].gram
        layers.append(
            plots.Layer(
                name=_told(name),
                target=_energies(goal.gram),
                before=_energies(was),
                after=_energies(is_now),
                distance_before=float((was - goal.gram).square().sum()) / unit,
                distance_after=float((is_now - goal.gram).square().sum()) / unit,
            )
        )
    plots.targets(layers, out)


def _told(name: str) -> str:
    """A layer's name, and which zone's it is if there are zones, for people."""
    layer, _, zone = name.partition("#")
    return f"{layer}, zone {int(zone) + 1}" if zone else layer


def _energies(gram: Tensor) -> list[float]:
    """The energy of every channel, of `(C, C)` or of several `(Z, C, C)`."""
    found: list[float] = gram.diagonal(dim1=-2, dim2=-1).flatten().tolist()
    return found
