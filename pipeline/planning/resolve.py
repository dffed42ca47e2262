"""From what the artist asked for to what is computed: inputs inspected, settings resolved."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.config import load as config
from pipeline.config.load import Settings
from pipeline.console.console import Console
from pipeline.host import hours, speed
from pipeline.host import resources as machine
from pipeline.planning import estimate, masks, network, sheets
from pipeline.planning import levels as plan
from stages.errors import UsageError
from stages.tiles import Size

if TYPE_CHECKING:
    from pipeline.run.records import Input
    from stages.canvas import Facts
    from stages.nst.studio import Studio


# Of all memory, the part that a print may use when the settings name no limit: the artist's other
# programs need the rest.
_MEMORY_SHARE = 0.8


def peak_memory() -> int:
    """The most memory this process has used so far, in bytes."""
    try:
        import resource
    except ImportError:  # Windows
        import psutil

        info = psutil.Process().memory_info()  # type: ignore[no-untyped-call]
        return int(getattr(info, "peak_wset", 0))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


@contextmanager
def prepared_machine(settings: Settings) -> Iterator[None]:
    """Lower this process's priority as the settings ask."""
    if settings.run.nice and hasattr(os, "nice"):
        os.nice(settings.run.nice)
    yield


def inspect_inputs(photo: Path, styles: list[Path]) -> tuple[Facts, list[Facts]]:
    """What the headers of photo and styles say.

    Raises:
        InputImageError: one of them is missing or cannot be used.
        UsageError: no style image.
    """
    from stages import canvas

    if not styles:
        raise UsageError("no style image; name at least one painting after the photo")
    return canvas.inspect(photo), [canvas.inspect(style) for style in styles]


def profile_inputs(settings: Settings) -> tuple[Input, ...]:
    """The colour profiles that are files, checked: inputs of a run as photo and paintings are.

    Raises:
        UsageError: one is no profile, or of the wrong kind.
    """
    from pipeline.run.records import Input
    from stages import canvas

    asked = settings.print
    canvas.check_profile(asked.profile)
    if asked.soft_proof:
        canvas.check_profile(asked.soft_proof, proof=True)
    files = [name for name in (asked.profile, asked.soft_proof) if Path(name).is_absolute()]
    return tuple(Input.of("profile", Path(name)) for name in dict.fromkeys(files))


def tell_of_inputs(photo: Facts, styles: list[Facts], size: Size, console: Console) -> None:
    """Warn of what is odd about the inputs of a picture of `size`, before work begins."""
    from stages import prepare

    for note in prepare.notes(photo, styles, size):
        console.warn(note)


def tell_of_print(photo: Facts, styles: list[Facts], settings: Settings, console: Console) -> None:
    """Warn of what is odd or too small for a print of resolved settings, before work begins."""
    tell_of_inputs(photo, styles, config.print_size(settings), console)
    for note in [*sheets.notes(photo, styles, settings), *masks.notes(settings, photo, styles)]:
        console.warn(note)


def style_pixels(sizes: list[Size], settings: Settings) -> int:
    """Px of all paintings as they are read."""
    return sum(min(size.pixels, settings.style.max_pixels) for size in sizes)


def check_inputs(photo: Path, styles: list[Path]) -> None:
    """Decode photo and styles whole, where that is not left to the prepare stage.

    Raises:
        InputImageError: one of them is damaged or cut short.
    """
    from stages import canvas

    for path in (photo, *styles):
        canvas.check(path)


def resolve(settings: Settings, photo: Size, style_count: int, box: Size) -> Settings:
    """Settings with everything decided: exact size, preset, what computes, weights' place.

    A resumed run computes with exactly these, wherever it is resumed from.
    """
    from stages.nst.device import resolve_device, use_threads

    config.style_weights(settings, style_count)  # as many numbers as styles, or a clear error
    config.style_scales(settings, style_count)
    settings = config.apply_preset(settings)
    sheet = sheets.asked_sheet(settings.print, photo, box)
    device = resolve_device(settings.run.device)
    precision = speed.precision(settings.run.precision, device)
    threads = use_threads(speed.threads(settings.run.threads))
    weights = str(Path(settings.encoder.weights).absolute()) if settings.encoder.weights else ""
    return settings.model_copy(
        update={
            "print": sheets.exact(settings.print, sheet),
            "run": settings.run.model_copy(
                update={"device": device, "precision": precision, "threads": threads}
            ),
            "encoder": settings.encoder.model_copy(update={"weights": weights}),
        }
    )


def with_deadline(settings: Settings, now: datetime) -> Settings:
    """Settings whose `run.until` is an exact time, and `run.budget` the working time up to it.

    Raises:
        UsageError: both are set, or there is no working time up to it.
    """
    run = settings.run
    if not run.until:
        return settings
    if run.budget:
        raise UsageError(
            f"both run.budget ({run.budget}) and run.until ({run.until}) are set; set one of them"
        )
    until = hours.parse_moment(run.until, now)
    seconds = hours.working_seconds(until, hours.window(run.only_between), now)
    exact = {"until": f"{until:%Y-%m-%d %H:%M}", "budget": f"{max(seconds, 1) / 3600:.4f}h"}
    return settings.model_copy(update={"run": run.model_copy(update=exact)})


def within_memory(settings: Settings, style_pixels: int) -> Settings:
    """Settings whose tiles fit the memory.

    Raises:
        ResourceError: not even the smallest tiles do.
    """
    if settings.run.memory:
        limit = config.parse_memory(settings.run.memory)
    else:
        limit = int(machine.memory().total * _MEMORY_SHARE)
    return estimate.check_memory(settings, plan.make(settings), style_pixels, limit)


def open_studio(settings: Settings, console: Console) -> Studio:
    """The encoder that resolved settings name."""
    from stages.nst import device as nst_machine

    encoder, run = settings.encoder, settings.run
    return nst_machine.open_studio(
        encoder.name,
        encoder.weights,
        run.precision,
        run.threads,
        console.message,
        run.device,
        network.use(settings),
    )


def weights_of(settings: Settings, console: Console) -> str:
    """SHA-256 of the encoder's weights; those that can be fetched are, if they are not there.

    Raises:
        WeightsError: they are missing or not the published ones.
    """
    from stages.nst import encoders, weights

    file = Path(settings.encoder.weights) if settings.encoder.weights else None
    path = encoders.weights_path(settings.encoder.name, file, note=console.message)
    return weights.sha256(path)
