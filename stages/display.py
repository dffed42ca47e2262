"""Stage `display`: the whole image at display scale, coarse to fine.

The look comes from starting small: strokes that a quarter-size image gets are large strokes of the
final one, which a start at full size never finds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from stages import measure
from stages.canvas import files, resample
from stages.canvas.tooth import Tooth, roughened
from stages.measure import StyleImages
from stages.nst.moments import Moments
from stages.nst.optimize import Optimizer, Progress
from stages.nst.stylize import Pixels, Studio, Task, Weights
from stages.tiles import Rect, Size

VERSION = "4"

LEAST_SIDE = 64  # px; below it the deepest layers have too few positions for moments


@dataclass(frozen=True)
class Scale:
    """One step of the coarse-to-fine path."""

    size: Size
    iterations: int


def scales(size: Size, start: int, iterations: Sequence[int]) -> tuple[Scale, ...]:
    """Sizes from 1/`start` of the display size upwards, doubling, with their iterations.

    Scales under 64 px on the short side are left out; the last iteration count repeats.
    """
    factors = []
    factor = start
    while factor >= 1:
        factors.append(factor)
        factor //= 2
    path = []
    for i, shrink in enumerate(factors):
        here = Size(round(size.width / shrink), round(size.height / shrink))
        if min(here.width, here.height) >= LEAST_SIDE or shrink == 1:
            path.append(Scale(here, iterations[min(i, len(iterations) - 1)]))
    return tuple(path)


@dataclass(frozen=True)
class Displayed:
    """The stylized display image `(H, W, 3)`, the photo's content energy and the last losses."""

    pixels: Pixels
    content_energy: float
    losses: tuple[tuple[float, ...], ...]


def stylize(
    studio: Studio,
    photo: Pixels,
    style_of: Callable[[Size], Moments],
    path: Sequence[Scale],
    weights: Weights,
    optimizer: Optimizer,
    tooth: Tooth,
    report: Callable[[Scale, Progress], None] = lambda *_: None,
) -> Displayed:
    """Stylize a whole photo `(H, W, 3)` along a path of scales.

    `style_of` gives the style's moments for a canvas size; every scale starts with `tooth`.
    """
    energy = studio.energy(photo)
    canvas, curves = photo, []
    for scale in path:
        content = resample.resized(photo, scale.size)
        canvas = roughened(resample.resized(canvas, scale.size), tooth)
        everything = Rect(0, 0, scale.size.width, scale.size.height)
        task = Task(
            core=everything,
            write=everything,
            style=style_of(scale.size),
            canvas=None,
            content_energy=energy,
            weights=weights,
            iterations=scale.iterations,
            optimizer=optimizer,
        )
        result = studio.restyle(
            canvas,
            content,
            task,
            lambda progress, scale=scale: report(scale, progress),  # type: ignore[misc]
        )
        canvas = result.pixels
        curves.append(result.losses)
    return Displayed(canvas, energy, tuple(curves))


def from_files(
    studio: Studio,
    photo: Path,
    styles: StyleImages,
    path: Sequence[Scale],
    weights: Weights,
    optimizer: Optimizer,
    tooth: Tooth,
    report: Callable[[Scale, Progress], None] = lambda *_: None,
) -> Displayed:
    """Stylize a prepared photo with prepared style images; see `stylize`."""
    content = resample.shrunk(photo, path[-1].size)
    return stylize(
        studio,
        content,
        lambda size: measure.style_moments(studio, styles, size),
        path,
        weights,
        optimizer,
        tooth,
        report,
    )


def save(result: Displayed, path: Path) -> None:
    """Write the display image as a canvas."""
    files.write(path, result.pixels)
