"""How the outputs of `display` are made: level 0."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from pipeline.engine.makers import curves, given
from pipeline.engine.outputs import Job, Made

if TYPE_CHECKING:
    from stages.brushwork import Paint
    from stages.canvas.starts import Start


def energy(job: Job) -> Made:
    """The unit of the content loss, measured on the photo at display size."""
    from stages import display
    from stages.canvas.zones.division import zones_of

    size = job.brief.plan.display[-1].size
    zones = zones_of(given.parts(job), job.brief.shares)
    photo, toning = job.path("photo"), given.toning(job)
    text = json.dumps(display.content_energy(job.studio, photo, size, toning, zones))
    return Made(lambda out: out.write_text(text))


def display(job: Job) -> Made:
    """Level 0."""
    from stages import display
    from stages.canvas import Tooth

    result = display.from_files(
        job.studio,
        job.path("photo"),
        given.style_images(job, "display"),
        job.brief.plan.display,
        display.Manner(
            weights=given.weights(job, job.setting("style.content_weight")),
            optimizer=given.optimizer(job),
            tooth=Tooth(job.setting("display.tooth"), job.setting("run.seed")),
            content_energy=given.energy(job),
            toning=given.toning(job),
            paint=_display_paint(job) if job.setting("style.matching") != "moments" else None,
            joining=job.brief.joining,
            method=given.method(job),
            start=_start(job),
            kernel=job.setting("display.resize"),
            cut=job.setting("display.ends") == "cut",
        ),
        lambda scale, _: job.did(scale.size.pixels / 1e6),
    )
    return Made(
        lambda out: display.save(result, out),
        {
            "losses": [curves.ends(curve) for curve in result.losses],
            "curves": [curves.thinned(curve) for curve in result.losses],
        },
        tuple(loss for curve in result.losses for loss in curve),
    )


def _display_paint(job: Job) -> Paint:
    job.setting("paint.join")  # named in the row: the brief reads it
    lines, strokes = job.setting("paint.lines"), job.setting("paint.strokes")
    return replace(given.how_painted(job), lines=lines, strokes=strokes)


def _start(job: Job) -> Start:
    """What the display starts from."""
    from stages.canvas.starts import GREY, Start

    ground = GREY
    if job.setting("start.ground") == "mean" and job.setting("start.kind") != "photo":
        ground = job.studio.design.mean
    return Start(
        kind=job.setting("start.kind"),
        ground=ground,
        photo=job.setting("start.photo"),
        noise=job.setting("start.noise"),
        amount=job.setting("start.amount"),
        seed=job.setting("run.seed"),
    )
