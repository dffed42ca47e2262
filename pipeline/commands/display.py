"""The display command: one image at display size, without a run directory."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.commands.results import DisplayResult
from pipeline.config import load as config
from pipeline.config.load import Settings
from pipeline.console.console import Console
from pipeline.host.work_clock import worked
from pipeline.planning.resolve import (
    inspect_inputs,
    open_studio,
    peak_memory,
    prepared_machine,
    resolve,
)
from pipeline.run import atomic, scratch
from stages import tiles

if TYPE_CHECKING:
    from stages.display import Displayed, Scale
    from stages.measure import StyleImages


def display(
    photo: Path, styles: list[Path], out: Path, settings: Settings, console: Console
) -> DisplayResult:
    """Stylize at display size and write one image file.

    Raises:
        InputImageError, UsageError, WeightsError, ResourceError.
        TilebrushError: `out` cannot be written, which is found before anything is computed.
    """
    from stages import canvas, prepare

    began = worked()
    photo_size, _ = inspect_inputs(photo, styles)
    canvas.check_suffix(out)
    weights = config.style_weights(settings, len(styles))
    box = config.parse_size(settings.display.size)
    size = tiles.fitted(photo_size, box, settings.print.fit)
    atomic.try_out(out)
    with prepared_machine(settings), scratch.folder() as folder:
        made = prepare.run(photo, styles, folder, size, settings.style.max_pixels)
        # Torch takes a second or two to import: not before the inputs are known to be whole.
        from stages import display as stage
        from stages.measure import StyleImages

        settings = resolve(settings, photo_size, len(styles), box)
        path = stage.scales(size, settings.display.start, settings.display.iterations)
        seen = settings.display
        images = StyleImages(
            made.styles, weights, settings.style.scale, soften=seen.soften, combed=seen.comb
        )
        result = _stylized(made.photo, images, path, settings, console)
        finished = folder / "display.npy"
        stage.save(result, finished)
        atomic.atomic_write(
            out,
            lambda part: canvas.write_image(finished, part, settings.run.seed),
            "then run the command again",
        )
    return DisplayResult(
        str(out),
        str(size),
        settings.encoder.name,
        sum(scale.iterations for scale in path),
        round(worked() - began, 2),
        peak_memory(),
    )


def _stylized(
    photo: Path,
    styles: StyleImages,
    path: tuple[Scale, ...],
    settings: Settings,
    console: Console,
) -> Displayed:
    """The stylized image from the prepared canvases."""
    from stages import canvas
    from stages import display as stage
    from stages.nst.optimize import Optimizer
    from stages.nst.studio import Weights

    look, optimizer = settings.style, settings.optimizer
    work = sum(scale.size.pixels * scale.iterations for scale in path) / 1e6
    with console.progress(work, "display") as bar:
        studio = open_studio(settings, console)
        bar.stage("display")
        return stage.from_files(
            studio,
            photo,
            styles,
            path,
            Weights(
                look.weight, look.content_weight, look.smooth_weight, look.statistics == "gram+std"
            ),
            Optimizer(optimizer.name, optimizer.history, optimizer.adam_rate, optimizer.rate),
            canvas.Tooth(settings.display.tooth, settings.run.seed),
            lambda scale, _: bar.advance(scale.size.pixels / 1e6, str(scale.size)),
        )
