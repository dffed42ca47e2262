"""The display command: one image at display size, without a run directory."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline import atomic, config
from pipeline.config import Settings
from pipeline.console import Console
from pipeline.resolving import inspect_inputs, open_studio, peak_memory, prepared_machine, resolve
from pipeline.results import DisplayResult
from stages.tiles import Size

if TYPE_CHECKING:
    from stages.measure import StyleImages


def display(
    photo: Path, styles: list[Path], out: Path, settings: Settings, console: Console
) -> DisplayResult:
    """Stylize at display size and write one image file.

    Raises:
        InputImageError, UsageError, WeightsError, ResourceError.
    """
    from stages import canvas

    began = time.monotonic()
    photo_size, _ = inspect_inputs(photo, styles)
    canvas.check_suffix(out)
    # Torch takes a second or two to import: not before the inputs are known to be usable.
    from stages import display as stage
    from stages.nst.optimize import Optimizer
    from stages.nst.stylize import Weights

    settings = resolve(settings, photo_size, len(styles), config.parse_size(settings.display.size))
    size = config.print_size(settings)
    path = stage.scales(size, settings.display.start, settings.display.iterations)
    look = settings.style
    work = sum(scale.size.pixels * scale.iterations for scale in path) / 1e6
    with (
        prepared_machine(settings),
        tempfile.TemporaryDirectory(prefix="tilebrush-") as folder,
        console.progress(work, "display") as bar,
    ):
        bar.stage("prepare")
        images = _prepare(photo, styles, Path(folder), size, settings)
        studio = open_studio(settings, console)
        bar.stage("display")
        result = stage.from_files(
            studio,
            Path(folder) / "photo.npy",
            images,
            path,
            Weights(
                look.weight, look.content_weight, look.smooth_weight, look.statistics == "gram+std"
            ),
            Optimizer(
                settings.optimizer.name,
                settings.optimizer.history,
                settings.optimizer.adam_rate,
                settings.optimizer.rate,
            ),
            canvas.Tooth(settings.display.tooth, settings.run.seed),
            lambda scale, _: bar.advance(scale.size.pixels / 1e6, str(scale.size)),
        )
        finished = Path(folder) / "display.npy"
        stage.save(result, finished)
        atomic.atomic_write(out, lambda part: canvas.write_image(finished, part, settings.run.seed))
    return DisplayResult(
        str(out),
        str(size),
        settings.encoder.name,
        sum(scale.iterations for scale in path),
        round(time.monotonic() - began, 2),
        peak_memory(),
    )


def _prepare(
    photo: Path, styles: list[Path], folder: Path, size: Size, settings: Settings
) -> StyleImages:
    from stages import prepare
    from stages.measure import StyleImages

    made = prepare.run(photo, styles, folder, size, settings.style.max_pixels)
    weights = config.style_weights(settings, len(styles))
    return StyleImages(made.styles, weights, settings.style.scale)
