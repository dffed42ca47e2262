"""Stage `display`: the whole image at display scale, coarse to fine.

The look comes from starting small: strokes that a quarter-size image gets are large strokes of the
final one, which a start at full size never finds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from stages import brushwork, measure
from stages.brushwork import Paint
from stages.canvas import files, palette, resample, starts, strokes
from stages.canvas.ground import Tooth, roughened
from stages.canvas.luminance import relit
from stages.canvas.palette import Toning
from stages.canvas.starts import Start
from stages.canvas.zones import division
from stages.canvas.zones.division import Zone
from stages.measure import StyleImages
from stages.nst.moments import Moments
from stages.nst.optimize import Optimizer, Progress
from stages.nst.published.method import Method
from stages.nst.published.neighbours import At, Neighbours, Painter
from stages.nst.studio import Studio
from stages.nst.windows.task import Pixels, Task, Weights
from stages.tiles import Rect, Scale, Size


@dataclass(frozen=True)
class Manner:
    """How the display image is stylized; `content_energy` is the unit of the content loss.

    `joining` is how many iterations join the paint, if there is any.
    With a `method` losses are those of that one. The first scale begins with `start`.
    """

    weights: Weights
    optimizer: Optimizer
    tooth: Tooth
    content_energy: float
    toning: Toning = palette.NONE
    paint: Paint | None = None
    joining: int = 0
    method: Method | None = None
    start: Start = field(default_factory=Start)
    kernel: resample.Kernel = "lanczos3"
    cut: bool = False  # to whole steps of 255 after every scale
    zones: tuple[Zone, ...] = ()


@dataclass(frozen=True)
class Displayed:
    """The stylized display image `(H, W, 3)` and the losses of every scale."""

    pixels: Pixels
    losses: tuple[tuple[float, ...], ...]


def stylize(
    studio: Studio,
    photo: Pixels,
    style_of: Callable[[Size], Moments],
    path: Sequence[Scale],
    manner: Manner,
    report: Callable[[Scale, Progress], None] = lambda *_: None,
    paintings_at: Callable[[Size], tuple[Pixels, ...]] = lambda _: (),
) -> Displayed:
    """Stylize a whole photo `(H, W, 3)` along a path of scales.

    `style_of` gives the style's moments for a canvas size, `manner.zones` whose they are where,
    `paintings_at` the paintings themselves, for those methods that look at them; every scale
    starts with tooth.
    """
    if manner.method is not None and manner.method.style == "neighbours":
        return _by_neighbours(studio, photo, path, manner, paintings_at, report)
    canvas, curves = photo, []
    for number, scale in enumerate(path):
        content = resample.resized(photo, scale.size, kernel=manner.kernel)
        if number == 0 and manner.start.kind != "photo":
            first = paintings_at(scale.size) if manner.start.kind == "painting" else (None,)
            canvas = starts.begun(manner.start, content, first[0])
        else:
            canvas = resample.resized(canvas, scale.size, kernel=manner.kernel)
        canvas = roughened(canvas, manner.tooth)
        task = _task(style_of(scale.size), scale, manner)
        if manner.method is not None and manner.method.paintings:
            task = replace(task, paintings=paintings_at(scale.size))
        result = studio.restyle(
            canvas,
            content,
            task,
            lambda progress, scale=scale: report(scale, progress),  # type: ignore[misc]
        )
        canvas = _cut(result.pixels) if manner.cut else result.pixels
        curves.append(result.losses)
    return Displayed(canvas, tuple(curves))


def _task(style: Moments, scale: Scale, manner: Manner) -> Task:
    everything = Rect(0, 0, scale.size.width, scale.size.height)
    return Task(
        core=everything,
        write=everything,
        style=style,
        canvas=None,
        content_energy=manner.content_energy,
        weights=manner.weights,
        iterations=scale.iterations,
        optimizer=manner.optimizer,
        hues=manner.toning.hues,
        method=manner.method,
        zones=division.whole(manner.zones, scale.size),
    )


def _by_neighbours(
    studio: Studio,
    photo: Pixels,
    path: Sequence[Scale],
    manner: Manner,
    paintings_at: Callable[[Size], tuple[Pixels, ...]],
    report: Callable[[Scale, Progress], None],
) -> Displayed:
    """A whole photo by neural neighbours (stages.nst.published.neighbours)."""
    assert manner.method is not None
    how = Neighbours(
        manner.method.query_photo,
        manner.method.splitting,
        manner.optimizer.rate,
        manner.start.seed,
    )
    painter = Painter(studio, how)
    scales = [
        At(
            resample.resized(photo, scale.size, kernel=manner.kernel),
            paintings_at(scale.size),
            scale.iterations,
        )
        for scale in path
    ]
    found = painter.painted(scales, lambda number, progress: report(path[number], progress))
    return Displayed(_cut(found) if manner.cut else found, tuple(painter.losses))


def _cut(pixels: Pixels) -> Pixels:
    """Pixels at whole steps of 255, rounded down."""
    found: Pixels = np.floor(pixels * np.float32(255)) / np.float32(255)
    return found


def from_files(
    studio: Studio,
    photo: Path,
    styles: StyleImages,
    path: Sequence[Scale],
    manner: Manner,
    report: Callable[[Scale, Progress], None] = lambda *_: None,
) -> Displayed:
    """Stylize a prepared photo with prepared style images, and paint it over if it is asked for."""
    zones = division.whole(styles.zones, path[-1].size)
    small = resample.shrunk(photo, path[-1].size, kernel=manner.kernel)
    content = manner.toning(small, zones)
    manner = replace(manner, zones=styles.zones)

    def paintings_at(size: Size) -> tuple[Pixels, ...]:
        sizes = [size] if manner.start.kind == "painting" else styles.sizes(size)
        return tuple(
            resample.shrunk(painting, one, kernel=manner.kernel)
            for painting, one in zip(styles.paths, sizes, strict=False)
        )

    made = stylize(
        studio,
        content,
        lambda size: measure.style_moments(studio, styles, size),
        path,
        manner,
        report,
        paintings_at,
    )
    if manner.paint is None:
        return made
    painted = brushwork.over(made.pixels, content, small, styles, manner.paint, zones)
    drawn = manner.paint.strokes
    if not manner.joining:
        return replace(made, pixels=_joined(painted.pixels, painted.own, drawn, zones))
    scale = Scale(path[-1].size, manner.joining)
    crisp = replace(styles, soften=0.0, combed=0)  # of paint nothing is to be kept out
    task = _task(measure.style_moments(studio, crisp, scale.size), scale, manner)
    laid = painted.pixels
    result = studio.restyle(laid, content, task, lambda progress: report(scale, progress))
    found = _joined(relit(laid, result.pixels), painted.own, drawn, zones)
    return Displayed(found, (*made.losses, result.losses))


def _joined(painted: Pixels, own: Pixels, share: float, zones: Pixels | None) -> Pixels:
    """Paint `(H, W, 3)` drawn out along strokes, but where it is the painting's `own` `(H, W)`."""
    drawn = strokes.joined(painted, share)
    drawn = drawn + own[..., None] * (painted - drawn)
    return division.covered(painted, drawn, zones)


def content_energy(
    studio: Studio,
    photo: Path,
    size: Size,
    toning: Toning = palette.NONE,
    zones: Sequence[Zone] = (),
) -> float:
    """The unit of the content loss, of a prepared photo in its colours at the display's size."""
    return studio.energy(toning(resample.shrunk(photo, size), division.whole(zones, size)))


def save(result: Displayed, path: Path) -> None:
    """Write the display image as a canvas."""
    files.write(path, result.pixels)
