"""What several makers are given: files and settings of a job, as the stages take them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.config.roles import COLOUR_MASK
from pipeline.engine.outputs import Job, groups
from stages.errors import InputImageError, RunDiffers

if TYPE_CHECKING:
    from pipeline.run.records import Input
    from stages.brushwork import Paint
    from stages.canvas.palette import Toning
    from stages.canvas.zones.division import Part
    from stages.measure import StyleImages
    from stages.nst.optimize import Optimizer
    from stages.nst.published.method import Method
    from stages.nst.windows.task import Weights


def unchanged(item: Input) -> Path:
    """The file of an input, as it was when the run began.

    Raises:
        InputImageError: it is gone.
        RunDiffers: it has changed.
    """
    from pipeline.run.records import Input

    if not Path(item.path).is_file():
        raise InputImageError(
            f"{item.path}: the {item.role} of this run is gone; put it back, then resume"
        )
    if Input.of(item.role, Path(item.path)).sha256 != item.sha256:
        raise RunDiffers(
            f"{item.path} has changed since the run began; put the old {item.role} back, "
            "or start a new run"
        )
    return Path(item.path)


def colour_mask(job: Job) -> Path | None:
    """The mask of where colours are kept, if there is one."""
    return job.path("colour mask", style=0) if job.brief.has(COLOUR_MASK) else None


def parts(job: Job) -> tuple[Part, ...]:
    """What each painting has of the picture, if masks divide it."""
    from stages.canvas.zones.division import Part

    at = {"level": 0, "sweep": 0, "row": 0, "col": 0}
    division = zip(job.brief.paintings, job.brief.division, strict=False)
    return tuple(
        Part(
            job.path("mask", style=own, **at) if own else None,
            job.path("style mask", style=number, **at) if on else None,
        )
        for number, (own, on) in division
    )


def zones_file(job: Job) -> Path | None:
    """The shares of zones at a job's level, where there are any."""
    return job.path("zones", sweep=0, row=0, col=0) if job.brief.division else None


def sweep_source(job: Job) -> Path:
    """The canvas at the start of a sweep."""
    if job.place.sweep == 1:
        return job.path(job.brief.start(), sweep=0, row=0, col=0)
    return job.path("sweep canvas", sweep=job.place.sweep - 1, row=0, col=0)


def shares(job: Job) -> tuple[float, ...]:
    """What each painting counts; they add up to one."""
    job.setting("style.weights")  # named in the row: the shares come of it
    return job.brief.shares


def toning(job: Job) -> Toning:
    """What is done to the photo's colours."""
    from stages import canvas

    return canvas.palette.load(job.path("palette", level=0, sweep=0, row=0, col=0))


def energy(job: Job) -> float:
    """The unit of the content loss."""
    name = job.path("content energy", level=0, sweep=0, row=0, col=0)
    return float(json.loads(name.read_text()))


def style_images(job: Job, section: str = "") -> StyleImages:
    """The prepared paintings with their weights, combed and softened as at display or levels."""
    from stages.measure import StyleImages

    for key in ("style.scale", "style.scales"):
        job.setting(key)  # named in the row: the sizes come of it
    return StyleImages(
        paths=tuple(job.path(job.brief.painting, style=i, level=0) for i in job.brief.paintings),
        weights=shares(job),
        scales=job.brief.scales,
        parts=parts(job),
        soften=job.setting(f"{section}.soften") if section else 0.0,
        combed=job.setting(f"{section}.comb") if section else 0,
        fit=job.setting("style.fit"),
        kernel=job.setting("display.resize") if section == "display" else "lanczos3",
    )


def how_painted(job: Job) -> Paint:
    """How canvases are painted, as the settings say."""
    from stages.brushwork import Paint

    return Paint(job.setting("paint.copies"), job.setting("paint.tone"), job.setting("run.seed"))


def how_held(job: Job) -> Paint:
    """How the canvas of a level is painted, which keeps the forms of the display."""
    share, blur = hold(job)
    last = job.brief.last(job.place.level)
    return replace(how_painted(job), hold=share, hold_blur=blur, damped=last)


def hold(job: Job) -> tuple[float, float]:
    """The share of a level's forms that stays, and the px from which on they do."""
    job.setting("paint.hold")  # named in the row: the brief knows what it is at a level
    brief = job.brief
    # At display size a form of half a px is as fine as any.
    blur = brief.level(job.place).size.width / brief.plan.display[-1].size.width / 2
    return brief.held(job.place.level), blur


def weights(job: Job, content: float) -> Weights:
    """What style, photo and smoothness weigh in the loss."""
    from stages.nst.windows.task import Weights

    return Weights(
        style=job.setting("style.weight"),
        content=content,
        smooth=job.setting("style.smooth_weight"),
        with_std=job.setting("style.statistics") == "gram+std",
    )


def optimizer(job: Job) -> Optimizer:
    """The optimizer and its constants."""
    from stages.nst.optimize import Optimizer

    return Optimizer(**{key.split(".")[1]: job.setting(key) for key in groups.OPTIMIZER})


def method(job: Job) -> Method | None:
    """The losses of a published method; None for Tilebrush's own."""
    from stages.nst.published.method import Method

    found = Method(
        style=job.setting("losses.style"),
        norm=job.setting("losses.norm"),
        spread=job.setting("losses.spread"),
        content=job.setting("losses.content"),
        variation=job.setting("losses.variation"),
        out_of_range=job.setting("losses.range_weight"),
        white=job.setting("optimizer.white"),
        pixels=job.brief.plan.display[-1].size.pixels,
        query_photo=job.setting("losses.query_photo"),
        splitting=job.setting("losses.splitting"),
        patches=job.setting("losses.patches"),
        patch_layers=job.setting("losses.patch_layers"),
        patch_size=job.setting("losses.patch_size"),
        histogram=job.setting("losses.histogram"),
        sliced=job.setting("losses.sliced"),
    )
    return None if found.own else found
