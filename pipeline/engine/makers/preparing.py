"""How the outputs of `prepare` and `palette` are made: inputs as canvases, and their colours."""

from __future__ import annotations

import json
from dataclasses import asdict

from pipeline.config.roles import COLOUR_MASK, MAP, MASK, STYLE_MAP, STYLE_MASK, role
from pipeline.engine.makers import given
from pipeline.engine.outputs import Job, Made


def photo(job: Job) -> Made:
    """The photo as a canvas."""
    from stages import prepare

    source = given.unchanged(job.brief.of_role("photo")[0])
    return Made(lambda out: prepare.photo(source, out, job.brief.plan.size, job.brief.crop))


def style(job: Job) -> Made:
    """A painting as a canvas."""
    from stages import prepare

    source = given.unchanged(job.brief.of_role("style")[job.place.style - 1])
    most = job.setting("style.max_pixels")
    return Made(lambda out: prepare.style(source, out, most))


def colour_mask(job: Job) -> Made:
    """The mask of where the photo's colours are kept."""
    return _mask(job, COLOUR_MASK)


def mask(job: Job) -> Made:
    """Where in the picture a painting is: its mask, or a channel for each label of its map."""
    from stages import prepare

    number, size, crop = job.place.style, job.brief.plan.size, job.brief.crop
    if not job.brief.has(role(MAP, number)):
        return _mask(job, role(MASK, number))
    own, painting = (
        given.unchanged(job.brief.of_role(role(k, number))[0]) for k in (MAP, STYLE_MAP)
    )
    return Made(lambda out: prepare.photo_map(own, painting, out, size, crop))


def style_mask(job: Job) -> Made:
    """What of a painting is looked at, in the channels of its mask or map on the picture."""
    from stages import prepare

    number, most = job.place.style, job.setting("style.max_pixels")
    if not job.brief.has(role(STYLE_MAP, number)):
        source = given.unchanged(job.brief.of_role(role(STYLE_MASK, number))[0])
        return Made(lambda out: prepare.style_mask(source, out, most))
    own, photo = (given.unchanged(job.brief.of_role(role(k, number))[0]) for k in (STYLE_MAP, MAP))
    return Made(lambda out: prepare.style_map(own, photo, out, most))


def _mask(job: Job, role: str) -> Made:
    from stages import prepare

    source = given.unchanged(job.brief.of_role(role)[0])
    return Made(lambda out: prepare.mask(source, out, job.brief.plan.size, job.brief.crop))


def credits(job: Job) -> Made:
    """Whose the photo is, for the print files."""
    from stages import prepare

    source = given.unchanged(job.brief.of_role("photo")[0])
    found = prepare.credits(source, camera=job.setting("print.metadata") == "all")
    text = json.dumps(asdict(found), indent=1) + "\n"
    return Made(lambda out: out.write_text(text, encoding="ascii"))


def recoloured_style(job: Job) -> Made:
    """A painting in the photo's colours."""
    from stages import colour

    source, photo, mask = job.path("style"), job.path("photo", style=0), given.colour_mask(job)
    how, size = job.setting("colour.keep"), job.brief.plan.display[-1].size
    return Made(lambda out: colour.recoloured(source, photo, out, size, how, mask))


def palette(job: Job) -> Made:
    """How the photo's colours go to the paintings'."""
    from stages import canvas
    from stages import palette as stage
    from stages.measure import StyleImages

    styles = StyleImages(
        paths=tuple(job.path(job.brief.painting, style=i) for i in job.brief.paintings),
        weights=given.shares(job),
        parts=given.parts(job),
    )
    size = job.brief.plan.display[-1].size
    job.setting("style.palette")  # named in the row: how far colours go comes of it
    found = stage.fit(job.path("photo"), styles, size, job.brief.palette)
    return Made(lambda out: canvas.palette.save(found, out))
