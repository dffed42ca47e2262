"""How the outputs of `upsample` and `paint` are made: a level before it is restyled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.engine.makers import given
from pipeline.engine.outputs import Job, Made

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stages.canvas.files import Pixels


def upsampled(job: Job) -> Made:
    """The canvas of the level below at a level's size."""
    from stages import upsample
    from stages.canvas import Strokes

    size = job.brief.level(job.place).size
    crisp, bristles = job.setting("levels.crisp"), job.setting("levels.bristles")
    # Where the canvas is painted, strokes are the painting's own.
    strokes = (
        Strokes() if job.brief.painted else Strokes(crisp, bristles, job.brief.settings.run.seed)
    )
    below = job.place.level - 1
    source = job.path(job.brief.result(below), level=below)
    return Made(lambda out: upsample.enlarge(source, out, size, strokes))


def upsampled_photo(job: Job) -> Made:
    """The photo at a level's size."""
    from stages import upsample

    source, size = job.path("photo", level=0), job.brief.level(job.place).size
    toning, shares = given.toning(job), given.zones_file(job)
    return Made(lambda out: upsample.content(source, out, size, toning, shares))


def zones(job: Job) -> Made:
    """What share of a level's pixels the zones of the paintings have."""
    from stages import upsample
    from stages.canvas.zones.division import zones_of

    found, size = zones_of(given.parts(job), job.brief.shares), job.brief.level(job.place).size
    return Made(lambda out: upsample.shares(found, out, size))


def dictionary(job: Job) -> Made:
    """The paintings' places at a level's scale."""
    from stages import brushwork
    from stages.canvas.places import dictionary as dictionaries

    found = brushwork.gathered(
        given.style_images(job),
        job.brief.level(job.place).size,
        job.brief.ratio(job.place),
        given.how_painted(job),
        job.results,
    )
    return Made(lambda out: dictionaries.save(found, out))


def surveyed(job: Job) -> Made:
    """What painting a canvas takes of the whole of it."""
    from stages import paint
    from stages.canvas.places import dictionary as dictionaries
    from stages.canvas.places import survey

    places = dictionaries.load(job.path("dictionary"))
    canvas, shares = job.path("enlarged canvas"), given.zones_file(job)
    found = paint.surveyed(canvas, places, given.how_painted(job), shares)
    return Made(lambda out: survey.save(found, out))


def painted(job: Job) -> Made:
    """The enlarged canvas, painted."""
    from stages import paint
    from stages.canvas.places import dictionary as dictionaries
    from stages.canvas.places import survey

    source = job.path("enlarged canvas")
    places, seen = dictionaries.load(job.path("dictionary")), survey.load(job.path("survey"))
    painting = paint.Painting(source, places, seen, given.how_held(job), given.zones_file(job))
    return Made(lambda out: painting.write(out, _tidied(job.results(painting.tasks()))))


def _tidied(results: Iterator[tuple[int, Pixels]]) -> Iterator[tuple[int, Pixels]]:
    """The same; gaps between what is kept grow from part to part, so they are handed back."""
    from stages.nst.allocator import give_memory_back

    for result in results:
        yield result
        give_memory_back()
