"""Paint out of the paintings: their dictionary for a canvas, and a whole image painted with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from stages.canvas import lines, resample
from stages.canvas.files import Pixels
from stages.canvas.places import crispness, gathering, own, paint, survey
from stages.canvas.places.dictionary import Dictionary, Half, Options
from stages.canvas.places.gathering import Quota
from stages.canvas.places.matching import Manner
from stages.canvas.places.paint import Ready
from stages.canvas.places.pricing import Pricing
from stages.canvas.zones import division
from stages.measure import StyleImages
from stages.tasks import Task, Tools
from stages.tiles import Size

_ROWS = 256
_LEAST_AREA = 0.05  # of the picture: a small zone has some places to choose from, too
DISPLAY_RATIO = 2.0  # how much softer than the painting an image out of the optimizer is
# Nothing is painted over the display again: it takes less contrast and relief than levels ask for.
_DISPLAY_BEYOND, _DISPLAY_HEIGHT = 1.3, 1.1


@dataclass(frozen=True)
class Paint:
    """How a canvas is painted.

    `copies` of a painting are looked at: 1 as it is, 2 mirrored too, 4 and 8 turned as well;
    `tone` (0 to 1) is the share of the canvas's own broad tones that stays; `lines` (0 to 1) is how
    far the photo's lines are put back before the display is painted, `strokes` (0 to 1) how far its
    dabs are drawn out afterwards; `hold` (0 to 1) is the share of the canvas's forms broader than
    about `hold_blur` px that stays; a `damped` one is no crisper than soft paintings, what larger
    ones are made of need not be.
    """

    copies: int = 2
    tone: float = 0.5
    seed: int = 0
    lines: float = 0.0
    strokes: float = 0.0
    hold: float = 0.0
    hold_blur: float = 1.0
    damped: bool = False


@dataclass(frozen=True)
class Painted:
    """An image in paint, `(H, W, 3)`, 0 to 1 sRGB.

    `own` `(H, W)`, 0 to 1, says where the photo was the painting's own paint before.
    """

    pixels: Pixels
    own: Pixels


@dataclass(frozen=True)
class GatherTask(Task[Dictionary]):
    """The gathering of a dictionary of paintings `(H, W, 3)`, to be done anywhere."""

    halves: tuple[Half, ...]
    weights: tuple[float, ...]
    options: Options
    opacities: tuple[Pixels | None, ...]
    encoded = False

    @property
    def name(self) -> str:
        """What it is, and for how many paintings."""
        return f"dictionary of {len(self.halves)}"

    def gathered(self) -> Dictionary:
        """The dictionary."""
        return gathering.build(self.halves, self.weights, self.options, self.opacities)

    def run(self, tools: Tools) -> Dictionary:
        """The dictionary, with a step told."""
        found = self.gathered()
        tools.step()
        return found


def gathered(
    styles: StyleImages,
    size: Size,
    ratio: float,
    how: Paint,
    done: Callable[[list[Callable[[], GatherTask]]], Iterable[tuple[int, Dictionary]]]
    | None = None,
) -> Dictionary:
    """The dictionary of prepared paintings for a canvas of `size`, `ratio` times the one below.

    `done` does its task; without it, and where masks divide the picture, it is gathered here.
    """
    sizes = styles.sizes(size)
    heaviest = max(range(len(sizes)), key=lambda number: styles.weights[number])
    options = paint.suited(sizes[heaviest], ratio, copies=how.copies, seed=how.seed)
    halves = tuple(_half(path, here) for path, here in zip(styles.paths, sizes, strict=True))
    if styles.zones:  # masks are files, of which one is held at a time
        return gathering.divided(halves, _quotas(styles, sizes), options)
    masks = tuple(
        None if (rows := resample.opacity_at(path, here)) is None else rows(0, here.height)
        for path, here in zip(styles.paths, sizes, strict=True)
    )
    task = GatherTask(halves, tuple(styles.weights), options, masks)
    if done is None:
        return task.gathered()
    ((_, found),) = done([lambda: task])
    return found


def _quotas(styles: StyleImages, sizes: list[Size]) -> list[Quota]:
    """What every zone takes of its paintings: places by its area, and at least a twentieth."""
    areas = [max(area, _LEAST_AREA) for area in division.areas(styles.zones)]
    return [
        Quota(
            number,
            member.painting,
            area / sum(areas) * member.weight,
            partial(styles.seen, member, sizes[member.painting]),
        )
        for number, (zone, area) in enumerate(zip(styles.zones, areas, strict=True))
        for member in zone.members
    ]


def _half(path: Path, size: Size) -> Half:
    """A prepared painting at a size, `(H, W, 3)` as float16: its rows are never all in float32."""
    rows, found = resample.rows_at(path, size), np.empty((size.height, size.width, 3), np.float16)
    for top in range(0, size.height, _ROWS):
        bottom = min(top + _ROWS, size.height)
        found[top:bottom] = rows(top, bottom)
    return found


def manner(found: Dictionary, how: Paint) -> Manner:
    """How blocks are matched and laid: as long as the strokes of the first painting."""
    height, width = found.sheets[0].pixels.shape[:2]
    return Manner(
        block=paint.block_for(Size(width, height)),
        tone=how.tone,
        seed=how.seed,
        hold=how.hold,
        hold_blur=how.hold_blur,
        damping=_damping(found) if how.damped else 0.0,
    )


def _damping(found: Dictionary) -> float:
    return crispness.damping(sheet.pixels for sheet in found.sheets[:: found.options.copies])


def over(
    image: Pixels,
    toned: Pixels,
    photo: Pixels,
    styles: StyleImages,
    how: Paint,
    shares: Pixels | None = None,
) -> Painted:
    """A whole image `(H, W, 3)`, 0 to 1 sRGB, with a photo's lines, painted: the display.

    `toned` is the photo in the painting's colours; where it is the painting's own paint already,
    it is painted as it is. `shares` `(H, W, Z)` are those of the zones that it is divided into.
    """
    size = Size(image.shape[1], image.shape[0])
    found = gathered(styles, size, DISPLAY_RATIO, how)
    lined = lines.redrawn(image, toned, photo, how.lines, _contrast(found, styles.weights))
    image = division.covered(image, lined.pixels, shares)
    painted, same = (_laid(one, found, how, shares) for one in (image, toned))
    painted = division.covered(painted, lined.held(painted), shares)
    kept = own.share(same, toned)
    return Painted(np.asarray(painted + kept[..., None] * (same - painted), np.float32), kept)


def _laid(image: Pixels, found: Dictionary, how: Paint, shares: Pixels | None) -> Pixels:
    """A whole image `(H, W, 3)` out of a dictionary's paint."""
    size = Size(image.shape[1], image.shape[0])

    def rows(top: int, bottom: int) -> Pixels:
        return image[top:bottom]

    prices = Pricing(height=_DISPLAY_HEIGHT)
    whose = None if shares is None else lambda top, bottom: shares[top:bottom]
    seen = survey.surveyed(rows, size, found, manner(found, how), prices, _DISPLAY_BEYOND, whose)
    ready = Ready(found, seen, manner(found, how))
    return np.concatenate(list(paint.painted(rows, size, ready, shares)))


def _contrast(found: Dictionary, weights: Sequence[float]) -> float:
    """That of the paintings' lines, by their weights."""
    sheets = found.sheets[:: found.options.copies]
    each = [lines.contrast(sheet.pixels.astype(np.float32)) for sheet in sheets]
    return float(np.average(each, weights=weights))
