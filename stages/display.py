"""Stage `display`: the whole image at display scale, coarse to fine.

The look comes from starting small: strokes that a quarter-size image gets are large strokes of the
final one, which a start at full size never finds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from stages import brushwork, measure
from stages.brushwork import Paint
from stages.canvas import files, palette, resample
from stages.canvas.ground import Tooth, roughened
from stages.canvas.palette import Toning
from stages.measure import StyleImages
from stages.nst.moments import Moments
from stages.nst.optimize import Optimizer, Progress
from stages.nst.studio import Pixels, Studio, Task, Weights
from stages.tiles import Rect, Scale, Size


@dataclass(frozen=True)
class Manner:
    """How the display image is stylized; `content_energy` is the unit of the content loss."""

    weights: Weights
    optimizer: Optimizer
    tooth: Tooth
    content_energy: float
    toning: Toning = palette.NONE
    paint: Paint | None = None


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
) -> Displayed:
    """Stylize a whole photo `(H, W, 3)` along a path of scales.

    `style_of` gives the style's moments for a canvas size; every scale starts with tooth.
    """
    canvas, curves = photo, []
    for scale in path:
        content = resample.resized(photo, scale.size)
        canvas = roughened(resample.resized(canvas, scale.size), manner.tooth)
        everything = Rect(0, 0, scale.size.width, scale.size.height)
        task = Task(
            core=everything,
            write=everything,
            style=style_of(scale.size),
            canvas=None,
            content_energy=manner.content_energy,
            weights=manner.weights,
            iterations=scale.iterations,
            optimizer=manner.optimizer,
            hues=manner.toning.hues,
        )
        result = studio.restyle(
            canvas,
            content,
            task,
            lambda progress, scale=scale: report(scale, progress),  # type: ignore[misc]
        )
        canvas = result.pixels
        curves.append(result.losses)
    return Displayed(canvas, tuple(curves))


def from_files(
    studio: Studio,
    photo: Path,
    styles: StyleImages,
    path: Sequence[Scale],
    manner: Manner,
    report: Callable[[Scale, Progress], None] = lambda *_: None,
) -> Displayed:
    """Stylize a prepared photo with prepared style images, and paint it over if it is asked for."""
    content = manner.toning(resample.shrunk(photo, path[-1].size))
    made = stylize(
        studio,
        content,
        lambda size: measure.style_moments(studio, styles, size),
        path,
        manner,
        report,
    )
    if manner.paint is None:
        return made
    return replace(made, pixels=brushwork.over(made.pixels, content, styles, manner.paint))


def content_energy(studio: Studio, photo: Path, size: Size, toning: Toning = palette.NONE) -> float:
    """The unit of the content loss, of a prepared photo in its colours at the display's size."""
    return studio.energy(toning(resample.shrunk(photo, size)))


def save(result: Displayed, path: Path) -> None:
    """Write the display image as a canvas."""
    files.write(path, result.pixels)
